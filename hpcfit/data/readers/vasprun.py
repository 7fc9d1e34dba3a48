"""Reader of VASP's vasprun.xml: all ionic steps, as they stream by.

The energy is e_fr_energy, the free energy F of the electrons, unless the user says otherwise: forces
and stress are the derivatives of F, not of e_0_energy (extrapolated to no smearing) nor of e_wo_entrp.
The three differ by the smearing's entropy alone. Two faults of the file are set right, as ASE does:
the energies that end a step repeat e_fr_energy where e_0_energy should stand, so that differences are
taken from the last electronic step; and with PSTRESS they are enthalpies, so that PV is taken off.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, cast, final

import numpy as np

from hpcfit.data.configuration import Configuration, Floats
from hpcfit.data.readers.reader import Quantity, Reader, ReadOptions, ReadReport, Source
from hpcfit.data.readers.step import CUT_OFF, UNCONVERGED, Step, elements, scalar, voigt
from hpcfit.data.readers.text_file import floats, head, open_gently
from hpcfit.errors import DataError
from hpcfit.units import STRESS

_ENERGIES = ("e_fr_energy", "e_wo_entrp", "e_0_energy")
#: Parts of a step that are large and hold nothing for us.
_HEAVY = ("eigenvalues", "dos", "projected", "dielectricfunction", "kpoints", "eigenvelocities", "partial")


@dataclass
class _Run:
    """What the file said so far."""

    numbers: list[int] = field(default_factory=list)
    most_iterations: int | None = None
    tolerance: float = 0.0
    pressure: float = 0.0
    steps: int = 0


@final
class VasprunReader(Reader):
    """vasprun.xml, also gzip'd; needs no other file."""

    name = "vasprun"
    formats = "VASP vasprun.xml (also .gz)"
    fixed_units = True
    takes: ClassVar[frozenset[str]] = frozenset({"keep_unconverged"})

    def sniff(self, path: Path) -> bool:
        return "<modeling>" in head(path, 512)

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        run = _Run()
        within = False
        for element, where, started in _elements(source.path):
            if started:
                within = within or element.tag == "calculation"
                continue
            if element.tag == "parameters":
                _parameters(element, run, where)
            elif element.tag == "atominfo":
                run.numbers = _numbers(element, where)
            elif element.tag in _HEAVY:
                element.clear()
            elif element.tag == "calculation":
                within = False
                step = _step(element, run, options, where)
                run.steps += 1
                element.clear()
                if step is None:
                    report.skip(f"{source.path}: ionic step {run.steps}", UNCONVERGED)
                else:
                    yield step.configuration(source, options, report)
        if within:
            report.skip(f"{source.path}: ionic step {run.steps + 1}", CUT_OFF)


def _elements(path: Path) -> Iterator[tuple[ET.Element, str, bool]]:
    """(element, file:line, whether it begins) of what begins or ends; a file that is cut off just ends."""
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(["start", "end"])
    number = 0
    try:
        with open_gently(path) as lines:
            for number, line in enumerate(lines, 1):
                parser.feed(line)
                for event, element in cast("Iterator[tuple[str, ET.Element]]", parser.read_events()):
                    yield element, f"{path}:{number}", event == "start"
    except ET.ParseError as error:
        raise DataError(
            f"{path}:{error.position[0]}: not valid XML ({error}); the steps before could be kept by "
            "cutting the file off there."
        ) from error


def _parameters(element: ET.Element, run: _Run, where: str) -> None:
    found = {each.get("name"): (each.text or "").split() for each in element.iter("i")}
    if found.get("NELM"):
        run.most_iterations = int(floats(found["NELM"], where, "NELM")[0])
    if found.get("EDIFF"):
        run.tolerance = float(floats(found["EDIFF"], where, "EDIFF")[0])
    if found.get("PSTRESS"):
        run.pressure = float(floats(found["PSTRESS"], where, "PSTRESS")[0]) * STRESS["kbar"]


def _numbers(element: ET.Element, where: str) -> list[int]:
    rows = element.findall("array[@name='atoms']/set/rc")
    symbols = [(row.findtext("c") or "").strip() for row in rows]
    remedy = " atominfo names it so; correct it there."
    return elements(symbols, where, remedy)


def _step(element: ET.Element, run: _Run, options: ReadOptions, where: str) -> Step | None:
    """The step of a <calculation>; None when it did not converge and is not wanted."""
    if not options.keep_unconverged and _unconverged(element, run, where):
        return None
    where = f"{where}: ionic step {run.steps + 1}"
    cell = _array(element, "structure/crystal/varray[@name='basis']", 3, where, "the cell")
    fractions = _array(element, "structure/varray[@name='positions']", len(run.numbers), where, "positions")
    if cell is None or fractions is None:
        raise DataError(f"{where}: has no structure (crystal and positions).")
    values: dict[Quantity, dict[str, Floats]] = {}
    if "energy" not in options.leave_out:
        values["energy"] = _energies(element, run, cell, where)
    if "forces" not in options.leave_out:
        forces = _array(element, "varray[@name='forces']", len(run.numbers), where, "forces")
        values["forces"] = {} if forces is None else {"forces": forces}
    if "stress" not in options.leave_out:
        stress = _array(element, "varray[@name='stress']", 3, where, "stress")
        # VASP prints it in kB with compression positive; ours, ASE's, has tension positive.
        values["stress"] = {} if stress is None else {"stress": -STRESS["kbar"] * voigt(stress)}
    return Step(
        run.steps,
        where,
        run.numbers,
        fractions @ cell,
        cell,
        values=values,
        defaults={"energy": "e_fr_energy"},
    )


def _unconverged(element: ET.Element, run: _Run, where: str) -> bool:
    """Whether the electronic loop used all its iterations without coming within EDIFF."""
    found = element.findall("scstep/energy")
    if run.most_iterations is None or len(found) < run.most_iterations:
        return False
    last = [_energy(each, "e_fr_energy", where) for each in found[-2:]]
    known = [energy for energy in last if energy is not None]
    return len(known) < 2 or abs(known[1] - known[0]) >= run.tolerance


def _energies(element: ET.Element, run: _Run, cell: Floats, where: str) -> dict[str, Floats]:
    total = element.find("energy")
    free = None if total is None else _energy(total, "e_fr_energy", where)
    if free is None:
        return {}
    free -= run.pressure * abs(float(np.linalg.det(cell)))
    values = {"e_fr_energy": scalar(free)}
    loops = element.findall("scstep/energy")
    if loops:
        last = {name: _energy(loops[-1], name, where) for name in _ENERGIES}
        base = last["e_fr_energy"]
        for name in _ENERGIES[1:]:
            value = last[name]
            if value is not None and base is not None:
                values[name] = scalar(free + value - base)
    return values


def _energy(element: ET.Element, name: str, where: str) -> float | None:
    text = element.findtext(f"i[@name='{name}']")
    return None if text is None else float(floats(text.split(), where, name, 1)[0])


def _array(element: ET.Element, path: str, count: int, where: str, what: str) -> Floats | None:
    """The vectors (count, 3) of a <varray>; None when there is none."""
    found = element.find(path)
    if found is None:
        return None
    rows = [floats((row.text or "").split(), where, what, 3) for row in found.findall("v")]
    if len(rows) != count:
        raise DataError(f"{where}: {what}: {len(rows)} vectors instead of {count}.")
    return np.array(rows)
