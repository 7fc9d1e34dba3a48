"""Reader of the output of Quantum ESPRESSO's pw.x: scf, relax, vc-relax and md, all steps.

The energy is the one that the line beginning with ! gives. With smearing that is the free energy F,
which the forces are derivatives of; `internal_energy` is E = F + TS, where pw.x prints it. Rydberg and
bohr are turned to eV and angstrom here. pw.x prints stress with compression positive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from hpcfit.data.configuration import Configuration, Floats
from hpcfit.data.readers.reader import Quantity, Reader, ReadOptions, ReadReport, Source
from hpcfit.data.readers.step import CUT_OFF, UNCONVERGED, Step, elements, scalar, voigt
from hpcfit.data.readers.text_file import CutOffError, Lines, floats, head, whole_number, words_of
from hpcfit.errors import DataError
from hpcfit.units import ENERGY, LENGTH, STRESS

_RYDBERG, _BOHR = ENERGY["Ry"], LENGTH["bohr"]
_ALAT = re.compile(r"alat\s*=\s*([^)\s]+)")
_LABEL = re.compile(r"[A-Za-z]+")
#: How far below its head the first line of a block may be.
_GAP = 4


@dataclass
class _Run:
    """The geometry that holds at this line, and what was said of it."""

    alat: float | None = None
    natoms: int = 0
    numbers: list[int] = field(default_factory=list)
    cell: Floats | None = None
    positions: Floats | None = None
    steps: int = 0
    scf_begun: bool = False
    unconverged: bool = False
    last_energy: Floats | None = None
    where: str = ""
    values: dict[Quantity, dict[str, Floats]] = field(default_factory=dict)
    expected: set[Quantity] = field(default_factory=set)


@final
class EspressoReader(Reader):
    """Output of pw.x, also gzip'd, also of several runs one after the other."""

    name = "espresso"
    formats = "Quantum ESPRESSO pw.x output (.out, .pwo; also .gz)"
    fixed_units = True
    takes: ClassVar[frozenset[str]] = frozenset({"keep_unconverged"})

    def sniff(self, path: Path) -> bool:
        return "Program PWSCF" in head(path, 4096)

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        run, done = _Run(), False
        with Lines(source.path) as lines:
            try:
                for line in lines:
                    done = "JOB DONE" in line or (done and "Program PWSCF" not in line)
                    if _begins_geometry(line):
                        yield from _end_step(run, source, options, report)
                    _line(line, lines, run, options)
            except CutOffError:
                done = False
        if done:
            yield from _end_step(run, source, options, report)
        else:
            yield from _end_cut_step(run, source, options, report)


def _begins_geometry(line: str) -> bool:
    return line.startswith(("CELL_PARAMETERS", "ATOMIC_POSITIONS")) or "crystal axes:" in line


def _line(line: str, lines: Lines, run: _Run, options: ReadOptions) -> None:
    """Note what `line`, and those after it, say."""
    if "lattice parameter (alat)" in line:
        run.alat = float(floats(line.split("=")[-1].split(), lines.where, "lattice parameter", 1)[0]) * _BOHR
    elif "celldm(1)=" in line:  # the same with more digits
        words = line.split("celldm(1)=")[1].split()
        run.alat = float(floats(words, lines.where, "celldm(1)", 1)[0]) * _BOHR
    elif "number of atoms/cell" in line:
        run.natoms = whole_number(line.split("=")[-1].strip(), lines.where, "number of atoms/cell")
        if run.natoms < 1:
            raise DataError(f"{lines.where}: a cell of {run.natoms} atoms.")
    elif "crystal axes:" in line:
        run.cell = _alat(run, lines.where) * lines.vectors(3, slice(3, 6), "crystal axes", width=6)
    elif "site n." in line and "positions" in line:
        if "alat" in line:
            _sites(lines, run)
    elif line.startswith("CELL_PARAMETERS"):
        run.cell = _unit(line, run, lines.where) * lines.vectors(3, slice(3), "CELL_PARAMETERS", width=3)
    elif line.startswith("ATOMIC_POSITIONS"):
        _positions(line, lines, run)
    elif "iteration #" in line:
        run.scf_begun = True
    elif "convergence NOT achieved" in line:
        run.unconverged = True
    else:
        _results(line, lines, run, options)


def _results(line: str, lines: Lines, run: _Run, options: ReadOptions) -> None:
    if "total energy  " in line and "=" in line and "energy" not in options.leave_out:
        energy = scalar(_energy(line, lines.where))
        if line.startswith("!"):
            run.values.setdefault("energy", {})["energy"] = energy
        run.last_energy, run.where = energy, lines.where
    elif "internal energy E=F+TS" in line and "energy" not in options.leave_out:
        run.values.setdefault("energy", {})["internal_energy"] = scalar(_energy(line, lines.where))
    elif "Forces acting on atoms" in line:
        _seek(lines, "atom ")
        if not run.natoms:
            raise DataError(f"{lines.where}: the line 'number of atoms/cell' is missing before this one.")
        if "forces" not in options.leave_out:
            rows = lines.vectors(run.natoms, slice(-3, None), "forces", width=9)
            run.values["forces"] = {"forces": rows * (_RYDBERG / _BOHR)}
        run.where = lines.where
    elif "total   stress" in line and "stress" not in options.leave_out:
        rows = lines.vectors(3, slice(3), "stress", width=3)
        run.values["stress"] = {"stress": voigt(rows) * -STRESS["Ry/bohr^3"]}
        run.where = lines.where


def _energy(line: str, where: str) -> float:
    return float(floats(line.split("=")[-1].split(), where, "energy", 1)[0]) * _RYDBERG


def _seek(lines: Lines, start: str) -> None:
    """Stop before the next line that begins with `start`, a few lines away at most."""
    for _ in range(_GAP):
        line = lines.take()
        if line.strip().startswith(start):
            lines.back(line)
            return
    raise DataError(f"{lines.where}: expected a line beginning with {start.strip()!r} near here.")


def _alat(run: _Run, where: str) -> float:
    if run.alat is None:
        raise DataError(f"{where}: the line 'lattice parameter (alat)' is missing before this one.")
    return run.alat


def _unit(line: str, run: _Run, where: str) -> float:
    """The length in angstrom that a card's numbers are in."""
    text = line.lower()
    if "angstrom" in text:
        return 1.0
    if "bohr" in text:
        return _BOHR
    found = _ALAT.search(text)
    if found is None:
        return _alat(run, where)
    return float(floats([found[1]], where, "alat")[0]) * _BOHR


def _sites(lines: Lines, run: _Run) -> None:
    labels, rows = [], []
    for _ in range(run.natoms):
        words = words_of(lines.take().replace("(", " ( ").replace(")", " ) "))
        if len(words) < 4:
            raise DataError(f"{lines.where}: expected the position of an atom.")
        labels.append(words[1])
        rows.append(floats(words[-4:-1], lines.where, "positions", 3))
    run.numbers = _elements(labels, lines.where)
    run.positions = _alat(run, lines.where) * np.array(rows).reshape(-1, 3)


def _positions(line: str, lines: Lines, run: _Run) -> None:
    if "crystal" in line.lower() and run.cell is None:
        raise DataError(f"{lines.where}: crystal positions, but no cell before them.")
    where, unit = lines.where, 1.0 if "crystal" in line.lower() else _unit(line, run, lines.where)
    labels, rows = [], []
    for _ in range(run.natoms):
        words = words_of(lines.take())
        labels.append(words[0] if words else "")
        rows.append(floats(words[1:], lines.where, "positions", 3))
    run.numbers = _elements(labels, where)
    positions = unit * np.array(rows).reshape(-1, 3)
    run.positions = positions @ run.cell if run.cell is not None and "crystal" in line.lower() else positions


def _elements(labels: list[str], where: str) -> list[int]:
    """Atomic numbers of species labels such as Fe1 or C_h."""
    symbols = [found[0].capitalize() if (found := _LABEL.match(label)) else label for label in labels]
    return elements(symbols, where, " Species labels of pw.x begin with an element.")


def _end_step(run: _Run, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
    """The configuration that the results so far make, if there are any; then starts anew."""
    step, index = None, run.steps
    if run.values or run.last_energy is not None or run.unconverged:
        run.steps += 1
        if run.unconverged and not options.keep_unconverged:
            report.skip(f"{source.path}: step {run.steps}", UNCONVERGED)
        elif run.cell is None or run.positions is None:
            raise DataError(f"{run.where}: results, but no cell or no positions before them.")
        else:
            energies = run.values.setdefault("energy", {})
            if run.unconverged and run.last_energy is not None:
                energies.setdefault("energy", run.last_energy)
            where = f"{run.where}: step {run.steps}"
            step = Step(index, where, run.numbers, run.positions, run.cell, values=run.values)
    run.expected = run.expected or set(run.values)
    run.values, run.last_energy, run.scf_begun, run.unconverged = {}, None, False, False
    if step is not None:
        yield step.configuration(source, options, report)


def _end_cut_step(
    run: _Run, source: Source, options: ReadOptions, report: ReadReport
) -> Iterator[Configuration]:
    """The last step of a file that ends without JOB DONE: read when it has all that the first one has."""
    if run.expected and run.expected <= set(run.values):
        yield from _end_step(run, source, options, report)
    elif run.scf_begun or run.values:
        run.steps += 1
        report.skip(f"{source.path}: step {run.steps}", CUT_OFF)
