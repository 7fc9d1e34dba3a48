"""`hpcfit import` says what it did, and ends with 2 and one sentence when it cannot."""

from __future__ import annotations

import pytest

from hpcfit.cli.app import main
from hpcfit.registry import Registry

FRAME = (
    '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:force:R:3 energy=-3 REF_energy={ref}\n'
    "Si 0 0 0 1 0 0\nC 1.9 0 0 -1 0 0\n"
)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    return int(caught.value.code or 0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for index in range(3):
        path = tmp_path / "set" / "melt" / f"step{index}.xyz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FRAME.format(ref=-3))
    (tmp_path / "set" / "README").write_text("about")
    return tmp_path


def test_import_prints_keys_counts_and_what_was_skipped(folder, capsys):
    assert run("import", "set", "-o", "data.h5") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:-1] == [
        "read      3 configurations, 6 atoms, from 3 extxyz file(s)",
        "species   C Si",
        "energy    from 'energy' (3)",
        "forces    from 'force' (3)",
        "stress    none (3)",
        "tags      melt (3)",
        "skipped   1: text about the data (README)",
    ]
    assert lines[-1].startswith("wrote     data.h5  sha256:")
    assert (folder / "data.h5").exists()


def test_import_asks_for_a_choice_and_takes_it(folder, capsys):
    (folder / "set" / "melt" / "step1.xyz").write_text(FRAME.format(ref=-4))
    assert run("import", "set", "-o", "data.h5") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "set/melt/step1.xyz:1: has both energy and REF_energy, with different values. "
        "Choose with --energy-key energy or --energy-key REF_energy, or --no-energy.\n"
    )
    assert not (folder / "data.h5").exists()
    assert (
        run("import", "set", "-o", "data.h5", "--energy-key", "REF_energy", "--no-forces", "--tag", "x") == 0
    )
    out = capsys.readouterr().out
    assert "energy    from 'REF_energy' (3)" in out
    assert "forces    none (3)" in out
    assert "tags      x (3)" in out


def test_import_does_not_overwrite_without_force(folder, capsys):
    (folder / "data.h5").write_text("precious")
    assert run("import", "set", "-o", "data.h5") == 2
    assert capsys.readouterr().err == (
        "data.h5: exists already; use --force to replace it, or another name.\n"
    )
    assert (folder / "data.h5").read_text() == "precious"
    assert run("import", "set", "-o", "data.h5", "--force", "--compress") == 0


def test_import_never_replaces_what_it_reads(folder, capsys):
    source = folder / "alone.extxyz"
    source.write_text("1\n\nAr 0 0 0\n")
    assert run("import", "alone.extxyz", "-o", "alone.extxyz", "--force") == 2
    assert capsys.readouterr().err == "alone.extxyz: is what is read; give another name to write to.\n"
    assert source.read_text().startswith("1\n")


def test_import_without_output_is_a_usage_error(folder, capsys):
    assert run("import", "set") == 2
    assert "--output" in capsys.readouterr().err


def test_import_does_without_a_plugins_reader_that_is_none(folder, monkeypatch, capsys):
    monkeypatch.setattr(Registry, "load_installed", lambda registry: registry.load_local("plugin.py"))
    (folder / "plugin.py").write_text(
        "from hpcfit.registry import hookimpl\n\n\n@hookimpl\ndef hpcfit_readers():\n"
        "    return {'mine': 3, 'mlearn': 4}\n"
    )
    assert run("import", "set", "-o", "data.h5") == 0
    assert capsys.readouterr().err == (
        "reader 'mlearn' is left out: reader 'mlearn' is registered by both hpcfit (built in) and plugin.py "
        "(local file). Uninstall or rename one of them.\n"
        "reader 'mine' is left out: mine of plugin plugin.py (local file) cannot be a reader: it must be an "
        "instance of a class derived from Reader.\n"
    )
