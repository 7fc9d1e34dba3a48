"""`hpcfit import` of other programs' files, with the options that single formats have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer
from reading import FILES

from hpcfit.cli.app import main
from hpcfit.cli.import_data import import_data

PAGE = (Path(__file__).parents[2] / "docs" / "data-format.md").read_text(encoding="utf-8")


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


def test_a_run_of_vasp_is_imported_with_a_line_for_what_was_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(FILES / "vasprun.xml", tmp_path)
    assert run("import", "vasprun.xml", "-o", "x.h5") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:-1] == [
        "read      2 configurations, 4 atoms, from 1 vasprun file(s)",
        "species   Si",
        "energy    from 'e_fr_energy' (2)",
        "forces    from 'forces' (2)",
        "stress    from 'stress' (2)",
        "skipped   1: the electronic loop did not converge (--keep-unconverged reads such steps) "
        "(vasprun.xml: ionic step 2)",
    ]
    assert run("import", "vasprun.xml", "-o", "x.h5", "--force", "--keep-unconverged") == 0
    assert "read      3 configurations" in capsys.readouterr().out


def test_a_dump_is_imported_with_types_and_a_table(tmp_path, capsys):
    shutil.copy(FILES / "sic.lammpstrj", tmp_path / "dump")
    more = ["--types", "Si,C", "--energies", FILES / "sic.lammpstrj.energies", "--format", "lammps-dump"]
    assert run("import", tmp_path / "dump", "-o", tmp_path / "x.h5", *more) == 0
    out = capsys.readouterr().out
    assert "energy    from 'PotEng' (2)" in out
    assert "note      2: pressures of the table are taken as bar, without a kinetic part" in out


def test_a_trajectory_of_molecules_is_imported_without_a_cell(tmp_path, capsys):
    shutil.copy(FILES / "SiC-pos-1.xyz", tmp_path / "SiC-pos-1.xyz")
    assert run("import", tmp_path / "SiC-pos-1.xyz", "-o", tmp_path / "x.h5", "--cell", "none") == 0
    assert "read      3 configurations" in capsys.readouterr().out
    assert run("import", tmp_path / "SiC-pos-1.xyz", "-o", tmp_path / "y.h5", "--cell", "1 2") == 2
    assert capsys.readouterr().err == (
        "--cell '1 2': give nine numbers, three for a rectangular cell, or none.\n"
    )


def test_a_table_that_does_not_exist_is_told(tmp_path, capsys):
    path = FILES / "sic.lammpstrj"
    more = ["--types", "Si,C", "--energies", tmp_path / "none"]
    assert run("import", path, "-o", tmp_path / "x.h5", *more) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'none'}: no such file of energies (--energies).\n"


def test_every_option_of_the_import_is_on_the_page_of_data():
    command = typer.main.get_command(_app())
    options = {option for each in command.params for option in each.opts if option.startswith("--")}
    assert {option for option in options if option not in PAGE} <= {"--output", "--help"}


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(import_data)
    return app
