"""`hpcfit inspect` shows a dataset in plain lines, or as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hpcfit.cli.app import main
from hpcfit.data import configuration, write_dataset

SILICON = Path(__file__).resolve().parents[2] / "jobs" / "silicon-sw" / "silicon-train.h5"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    return int(caught.value.code or 0)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.h5"
    made = [
        configuration(f"d{i}", [14, 6], [[0, 0, 0], [x, 0, 0]], np.eye(3) * 9, True, energy=-4.0, tag="pair")
        for i, x in enumerate((2.0, 2.1, 0.2))
    ]
    write_dataset(path, made, [{"step": "import", "sources": ["here"], "time": "now", "hpcfit": "0"}])
    return path


def test_inspect_prints_one_plain_line_a_fact(path, capsys):
    assert run("inspect", str(path), "--cutoff", "3") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    lines = out.splitlines()
    assert lines[:10] == [
        f"dataset           {path}",
        "configurations    3, 3 periodic in all directions",
        "atoms             6, 2 to 2 each",
        "species           C (3 atoms), Si (3 atoms)",
        "tags              pair (3)",
        "targets           energy (3), forces (0), stress (0)",
        "energy per atom   -2 to -2, mean -2, rms 2 eV",
        "|force|           none",
        "stress            none",
        "smallest distance 0.2000 angstrom in d2",
    ]
    assert lines[10] == "neighbours 3 A    1 to 1, mean 1.00 per atom"
    assert lines[12] == "made by           import of here at now with hpcfit 0"
    assert lines[13] == (
        "warning: 1 configuration: atoms closer than 0.5 angstrom; "
        "check the unit of length, the cell and for double atoms (d2)"
    )


def test_inspect_prints_json_when_asked(path, capsys):
    assert run("inspect", str(path), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["configurations"] == 3
    assert found["species"] == {"C": 3, "Si": 3}
    assert found["suspicions"][0]["kind"] == "too-close"
    assert found["provenance"][0]["step"] == "import"


def test_inspect_of_what_is_no_dataset_ends_with_two(tmp_path, capsys):
    path = tmp_path / "data.h5"
    path.write_text("text")
    assert run("inspect", str(path)) == 2
    assert capsys.readouterr().err.startswith(f"{path}: not an HDF5 file.")


def test_the_shipped_silicon_data_are_whole_and_unsuspicious(capsys):
    assert run("inspect", str(SILICON), "--verify") == 0
    out = capsys.readouterr().out
    assert "configurations    214, 214 periodic in all directions" in out
    assert "tags              AIMD-NVT (90), Vacancy (57), Elastic (55), Surface (12)" in out
    assert out.endswith("nothing looks wrong\n")
