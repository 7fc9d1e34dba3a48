"""`hpcfit export`, `split`, `merge` and `convert-units` say what they did, or in a sentence why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpcfit.cli.app import main
from hpcfit.data import Dataset, configuration, write_dataset

SILICON = Path(__file__).resolve().parents[2] / "jobs" / "silicon-sw" / "silicon-train.h5"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(map(str, arguments)))
    return int(caught.value.code or 0)


def without_hashes(text: str) -> list[str]:
    return [line.split("  sha256:")[0] for line in text.splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    made = [
        configuration(
            f"c{i}",
            [14, 6],
            [[0, 0, 0], [2 + i / 9, 0, 0]],
            np.eye(3) * 9,
            True,
            energy=rng.normal(),
            tag=tag,
        )
        for i, tag in enumerate(("bulk", "bulk", "slab", "bulk", ""))
    ]
    write_dataset("all.h5", made, [{"step": "import", "sources": ["x"], "time": "then", "hpcfit": "0"}])
    write_dataset("tables.h5", made[:1], tables={"eos": {"x": np.arange(2.0)}})
    return tmp_path


def test_export_and_import_give_the_same_file_to_the_last_digit(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("export", SILICON, "-o", "out.extxyz") == 0
    assert capsys.readouterr().out == (
        f"read      214 configurations, 13233 atoms, from {SILICON}\nwrote     out.extxyz\n"
    )
    assert run("import", "out.extxyz", "-o", "again.h5") == 0
    out = capsys.readouterr().out
    with Dataset.open(SILICON) as one, Dataset.open("again.h5") as other:
        assert one.content_hash == other.content_hash
    assert "warning" not in out
    assert run("export", "again.h5", "-o", "again.extxyz") == 0
    assert Path("again.extxyz").read_bytes() == Path("out.extxyz").read_bytes()


def test_export_writes_chosen_tags_to_standard_output(folder, capsys):
    assert run("export", "all.h5", "-o", "-", "--tags", "slab") == 0
    captured = capsys.readouterr()
    assert captured.out.startswith('2\nLattice="9.0 0.0 0.0 ')
    assert captured.out.count("Lattice") == 1
    assert captured.err == ""
    assert run("export", "tables.h5", "-o", "-") == 0
    assert capsys.readouterr().err == ("left out  tables, for which extended XYZ has no place: eos\n")


def test_export_in_other_units_says_so(folder, capsys):
    assert run("export", "tables.h5", "-o", "a.xyz", "--energy-unit", "ha", "--length-unit", "BOHR") == 0
    assert capsys.readouterr().out.splitlines() == [
        "read      1 configuration, 2 atoms, from tables.h5",
        "units     energy Ha, length bohr, stress Ha/bohr^3 positive in tension",
        "left out  tables, for which extended XYZ has no place: eos",
        "wrote     a.xyz",
    ]
    assert run("import", "a.xyz", "-o", "b.h5") == 2
    assert capsys.readouterr().err == (
        "a.xyz: says energy_unit=Ha and length_unit=bohr; import it with --energy-unit Ha "
        "--length-unit bohr, "
        "or correct the file.\n"
    )
    assert run("import", "a.xyz", "-o", "b.h5", "--energy-unit", "Ha", "--length-unit", "bohr") == 0
    out = capsys.readouterr().out
    assert "units     extxyz from energy Ha, length bohr, stress Ha/bohr^3 positive in tension\n" in out


def test_export_refuses_in_a_sentence(folder, capsys):
    assert run("export", "all.h5", "-o", "a.xyz", "--tags", "slap") == 2
    assert capsys.readouterr().err == "no configuration has the tag 'slap'. Did you mean slab?\n"
    assert run("export", "all.h5", "-o", "no/a.xyz") == 2
    assert "does not exist; make it first." in capsys.readouterr().err
    assert run("export", "no.h5", "-o", "a.xyz") == 2
    assert capsys.readouterr().err.startswith("no.h5: no such file.")
    assert run("export", "all.h5") == 2
    assert not (folder / "a.xyz").exists()


def test_split_by_fraction_prints_both_parts(folder, capsys):
    assert run("split", "all.h5", "--train", "a.h5", "--test", "b.h5", "--fraction", "0.4") == 0
    lines = without_hashes(capsys.readouterr().out)
    assert lines[:2] == ["read      5 configurations, from all.h5", "split     by fraction 0.4, seed 0"]
    assert lines[2].startswith("train     3 configurations, 6 atoms; tags ")
    assert lines[3].startswith("test      2 configurations, 4 atoms; tags ")
    assert lines[4:] == ["wrote     a.h5", "wrote     b.h5"]


def test_split_by_tag_and_by_farthest_points(folder, capsys):
    assert run("split", "all.h5", "--train", "a.h5", "--test", "b.h5", "--by", "tag", "--tags", "bulk") == 0
    assert without_hashes(capsys.readouterr().out)[1:4] == [
        "split     by tag, bulk for testing",
        "train     2 configurations, 4 atoms; tags slab (1), (none) (1)",
        "test      3 configurations, 6 atoms; tags bulk (3)",
    ]
    more = ("--by", "farthest", "--force")
    assert run("split", "all.h5", "--train", "a.h5", "--test", "b.h5", *more, "--count", "2") == 0
    out = capsys.readouterr().out
    assert "split     by farthest points, 2 for training\ntrain     2 configurations" in out
    assert run("split", "all.h5", "--train", "a.h5", "--test", "b.h5", *more) == 0
    out = capsys.readouterr().out
    assert "split     by farthest points, fraction 0.1 for testing\ntrain     4 configurations" in out


def test_split_tells_of_test_data_that_training_knows(folder, capsys):
    twins = [configuration(n, [14], [[0, 0, 0.5]], tag=n) for n in "ab"]
    write_dataset("twins.h5", twins, tables={"eos": {"x": np.arange(2.0)}})
    assert run("split", "twins.h5", "--train", "a.h5", "--test", "b.h5", "--by", "tag", "--tags", "b") == 0
    assert without_hashes(capsys.readouterr().out)[4:6] == [
        "tables    in both: eos",
        "note      1 test configuration with the geometry of a training configuration (b); the test "
        "is too easy",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--by", "tag"],
            "--by tag: name the tags for testing with --tags, as in --tags Surface,Vacancy.",
        ),
        (
            ["--by", "tag", "--tags", "slab", "--seed", "1"],
            "--seed: is not for --by tag, which takes --tags; leave it out or choose another --by.",
        ),
        (
            ["--tags", "slab"],
            "--tags: is not for --by fraction, which takes --fraction and --each-tag and --seed; "
            "leave it out "
            "or choose another --by.",
        ),
        (
            ["--by", "farthest", "--count", "2", "--fraction", "0.5"],
            "--fraction and --count both say how many are for training; give one of them.",
        ),
        (["--fraction", "1"], "--fraction 1: write a number between 0 and 1, such as 0.1."),
        (
            ["--by", "farthest", "--count", "5"],
            "all.h5: 5 of 5 configurations for training leave none for one of the parts; take 1 to 4.",
        ),
    ],
)
def test_split_refuses_what_does_not_go_together(folder, capsys, options, message):
    assert run("split", "all.h5", "--train", "a.h5", "--test", "b.h5", *options) == 2
    assert capsys.readouterr().err == f"{message}\n"
    assert not (folder / "a.h5").exists()


def test_merge_puts_the_parts_together_again_and_inspect_shows_each_step(folder, capsys):
    run("split", "all.h5", "--train", "a.h5", "--test", "b.h5")
    capsys.readouterr()
    assert run("merge", "a.h5", "b.h5", "-o", "c.h5") == 0
    assert without_hashes(capsys.readouterr().out) == [
        "read      5 configurations, 10 atoms, from 2 datasets",
        "wrote     c.h5",
    ]
    assert run("inspect", "c.h5", "--verify") == 0
    made_by = [
        line.split()[2:] for line in capsys.readouterr().out.splitlines() if line.startswith("made by")
    ]
    assert [words[0] for words in made_by] == ["import", "split", "import", "split", "merge"]
    assert " ".join(made_by[1]).endswith(": train, 4 of 5 configurations, by fraction 0.1, seed 0")
    assert " ".join(made_by[4]).endswith(": 5 configurations of 2 datasets")


def test_merge_tells_of_repeated_geometries_and_refuses_clashes(folder, capsys):
    assert run("merge", "all.h5", "tables.h5", "-o", "c.h5") == 2
    assert capsys.readouterr().err == (
        "all.h5 and tables.h5 both have a configuration 'c0'. Leave one of the files out, or put their names "
        "before the identifiers with --prefix.\n"
    )
    assert run("merge", "all.h5", "tables.h5", "-o", "c.h5", "--prefix") == 0
    assert without_hashes(capsys.readouterr().out) == [
        "read      6 configurations, 12 atoms, from 2 datasets",
        "tables    tables.eos",
        "note      1 configuration with the geometry of one in an earlier file; duplicates count "
        "twice in a fit "
        "(tables/c0)",
        "wrote     c.h5",
    ]
    assert run("merge", "all.h5", "tables.h5", "-o", "c.h5", "--prefix") == 2
    assert "c.h5: exists already; use --force" in capsys.readouterr().err


def test_convert_units_says_from_what_and_by_how_much(folder, capsys):
    assert run("convert-units", "tables.h5", "-o", "b.h5", "--energy-unit", "KCAL/mol") == 0
    assert without_hashes(capsys.readouterr().out) == [
        "read      1 configuration, 2 atoms, from tables.h5",
        "units     from energy kcal/mol, length angstrom, stress kcal/mol/angstrom^3 positive in tension",
        "factors   energy 0.04336410424, length 1, forces 0.04336410424, stress 0.04336410424",
        "note      tables are as they were: eos",
        "wrote     b.h5",
    ]
    assert run("convert-units", "b.h5", "-o", "c.h5", "--length-unit", "nm") == 0
    assert "note      units were converted before: convert-units of tables.h5 at " in capsys.readouterr().out
    assert run("convert-units", "b.h5", "-o", "d.h5", "--energy-unit", "kcal") == 0
    assert run("convert-units", "b.h5", "-o", "e.h5", "--energy-unit", "hatree") == 2
    assert capsys.readouterr().err == ("--energy-unit hatree: is not a unit of energy. Did you mean Ha?\n")
    assert run("convert-units", "b.h5", "-o", "e.h5") == 2
    assert capsys.readouterr().err == (
        "b.h5: say what its numbers are in, with --energy-unit, --length-unit, --stress-unit or "
        "--stress-sign.\n"
    )


def test_import_refuses_units_for_formats_that_have_their_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text('[{"structure": {}, "outputs": {}}]')
    assert run("import", "a.json", "-o", "a.h5", "--energy-unit", "Ha") == 2
    assert capsys.readouterr().err == (
        "a.json: what the reader mlearn reads is in eV and angstrom by definition; leave "
        "--energy-unit out, or "
        "import this file by itself.\n"
    )


def test_import_and_inspect_warn_of_a_stress_in_gpa(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run("export", SILICON, "-o", "a.xyz", "--tags", "Elastic", "--stress-unit", "GPa")
    text = Path("a.xyz").read_text()
    Path("a.xyz").write_text(text.replace('stress_unit="GPa" ', ""))
    capsys.readouterr()
    assert run("import", "a.xyz", "-o", "a.h5") == 0
    *_, warning = capsys.readouterr().out.splitlines()
    sentence = (
        "45 configurations: energies and stress do not belong together: from one configuration to "
        "the next, the "
        "energy changes by 0.006252 times the work of the stress; import again, or `hpcfit "
        "convert-units`, with "
        "--stress-unit GPa (Elastic: Si 2x2x2 cell, mode 0, strain -0.08, "
    )
    assert warning.startswith(f"warning   {sentence}")
    assert run("inspect", "a.h5") == 0
    assert f"warning: {sentence}" in capsys.readouterr().out
    assert run("convert-units", "a.h5", "-o", "b.h5", "--stress-unit", "GPa") == 0
    assert run("inspect", "b.h5") == 0
    assert "energies and stress" not in capsys.readouterr().out
