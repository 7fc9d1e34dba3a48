"""Files cut off, or with nonsense somewhere in them: whole steps are read, or one sentence is said."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import FILES

from hpcfit.data import READERS, Configuration, ReadOptions, ReadReport, Source
from hpcfit.errors import DataError

NONSENSE = ("", "nan", "****", "-", "1e999", "-1", "0", "99999999999999999999", "\x00", "é", "#N", "<v>", "Q")


@dataclass(frozen=True)
class Case:
    """A reader, the file to damage, and the file to read when that is another one."""

    reader: str
    name: str
    main: str | None = None
    types: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


CASES = [
    Case("vasprun", "vasprun.xml"),
    Case("outcar", "OUTCAR"),
    Case("espresso", "relax.pwo"),
    Case("cp2k", "SiC-pos-1.xyz"),
    Case("cp2k", "SiC-frc-1.xyz", "SiC-pos-1.xyz"),
    Case("cp2k", "SiC-1.cell", "SiC-pos-1.xyz"),
    Case("cp2k", "SiC-1.stress", "SiC-pos-1.xyz"),
    Case("lammps-dump", "sic.lammpstrj", types=("Si", "C")),
    Case("lammps-dump", "sic.lammpstrj.energies", "sic.lammpstrj", ("Si", "C")),
    Case("potfit", "crystal.config"),
    Case("runner", "input.data"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("damaged")
    for path in FILES.iterdir():
        shutil.copy(path, root / path.name)
    return root


def read(case, folder, text):
    """The configurations of a damaged file; None when it is refused in a sentence."""
    path = folder / case.name
    path.write_text(text, encoding="utf-8")
    options = ReadOptions(types=case.types, keep_unconverged=True)
    main = folder / (case.main or case.name)
    try:
        return list(READERS[case.reader].read(Source(main, "x"), options, ReadReport()))
    except DataError as error:
        return None if str(folder) in str(error) else pytest.fail(f"names no file: {error}")
    finally:
        shutil.copy(FILES / case.name, path)


def same(one: Configuration, other: Configuration) -> bool:
    return (
        one.energy == other.energy
        and np.array_equal(one.positions, other.positions)
        and np.array_equal(one.cell, other.cell)
        and np.array_equal(one.numbers, other.numbers)
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_file_cut_off_anywhere_gives_its_first_steps_or_a_sentence(case, folder):
    text = (FILES / case.name).read_text()
    whole = read(case, folder, text)
    assert whole
    for place in range(0, len(text), 1 + len(text) // 150):
        made = read(case, folder, text[:place])
        if made is not None:
            assert len(made) <= len(whole)
            if case.main is None and case.reader != "potfit":  # a last number of potfit may be cut
                assert all(map(same, made, whole)), place


@pytest.mark.parametrize("case", CASES, ids=str)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), word=st.sampled_from(NONSENSE))
def test_a_word_of_nonsense_never_ends_in_a_traceback(case, folder, place, word):
    lines = (FILES / case.name).read_text().split("\n")
    words = [(row, column) for row, line in enumerate(lines) for column in range(len(line.split()))]
    row, column = words[place % len(words)]
    changed = lines[row].split()
    changed[column] = word
    lines[row] = " ".join(changed)
    made = read(case, folder, "\n".join(lines))
    for configuration in made or ():
        assert np.isfinite(configuration.positions).all()
        assert configuration.energy is None or np.isfinite(configuration.energy)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_lines_may_be_missing_or_double(case, folder):
    lines = (FILES / case.name).read_text().splitlines(keepends=True)
    for place in range(0, len(lines), 1 + len(lines) // 60):
        read(case, folder, "".join(lines[:place] + lines[place + 1 :]))
        read(case, folder, "".join(lines[: place + 1] + lines[place:]))
