"""Reader of CP2K trajectories: PROJECT-pos-1.xyz with the forces, stress and cell of files beside it.

The comment line of a frame holds the step and the energy in Hartree. Forces come from
PROJECT-frc-1.xyz (Hartree/bohr), cells from PROJECT-1.cell (angstrom), stress from PROJECT-1.stress (bar,
compression positive); steps are matched by their number. CP2K's motion_utils.F writes pv_total there,
which during molecular dynamics contains the kinetic part: no potential can be fitted to that, and so it
is left out unless it is asked for as stress_with_kinetic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from hpcfit.data.configuration import Configuration, Floats
from hpcfit.data.readers.cp2k_files import CELL_HEADER, STRESS_HEADER, Frame, FrameFile, RowFile
from hpcfit.data.readers.reader import Quantity, Reader, ReadOptions, ReadReport, Source
from hpcfit.data.readers.step import CUT_OFF, Step, elements, scalar, voigt
from hpcfit.data.readers.text_file import CutOffError, head
from hpcfit.errors import DataError
from hpcfit.units import ENERGY, LENGTH, STRESS

_COMMENT = re.compile(r"\s*\d+\s*\n\s*i\s*=\s*\d+\s*,.*\bE\s*=")
_NAME = re.compile(r"(?P<project>.+)-(?P<kind>[a-z]+)-(?P<run>\d+)\.xyz")
_ROWS = re.compile(r"(?P<project>.+)-(?P<run>\d+)\.(?:cell|stress)")
_KINETIC = (
    "the stress of molecular dynamics contains its kinetic part and was left out "
    "(--stress-key stress_with_kinetic reads it all the same)"
)


@dataclass
class _Companions:
    """The files beside a trajectory; None for those that are not there or not wanted."""

    forces: FrameFile | None
    cell: RowFile | None
    stress: RowFile | None


@final
class Cp2kReader(Reader):
    """Trajectories of molecular dynamics and of relaxations, in XYZ form."""

    name = "cp2k"
    formats = "CP2K PROJECT-pos-1.xyz with PROJECT-frc-1.xyz, PROJECT-1.cell and PROJECT-1.stress beside it"
    fixed_units = True
    takes: ClassVar[frozenset[str]] = frozenset({"cell"})

    def sniff(self, path: Path) -> bool:
        text = head(path, 4096)
        return _COMMENT.match(text) is not None or text.lstrip().startswith((CELL_HEADER, STRESS_HEADER))

    def leader(self, path: Path) -> Path | None:
        named = _NAME.fullmatch(path.name)
        if named is None:
            named = _ROWS.fullmatch(path.name)
        elif named["kind"] == "pos":
            return None
        return path.with_name(f"{named['project']}-pos-{named['run']}.xyz") if named else None

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        with ExitStack() as stack:
            companions = _companions(source.path, options, report, stack)
            frames = stack.enter_context(closing(FrameFile(source.path)))
            index = 0
            while True:
                try:
                    frame = frames.next_frame()
                except CutOffError:
                    report.skip(f"{source.path}: frame {index + 1}", CUT_OFF)
                    return
                if frame is None:
                    return
                try:
                    step = _step(frame, index, companions, options, report)
                except CutOffError as error:
                    report.skip(f"{source.path}: step {frame.step}", f"{error} ends before this step")
                else:
                    yield step.configuration(source, options, report)
                index += 1


def _companions(path: Path, options: ReadOptions, report: ReadReport, stack: ExitStack) -> _Companions:
    """The files beside `path`, by their names, which `stack` closes; says which are missing."""
    named = _NAME.fullmatch(path.name)
    project, run = (named["project"], named["run"]) if named else (path.stem, "1")

    def beside(name: str, what: Quantity | None) -> Path | None:
        found = path.with_name(name)
        if what in options.leave_out:
            return None
        if not found.exists():
            if what is not None:
                report.note(f"no {what}: there is no file such as {name} beside the trajectory")
            return None
        report.also_read.append(found)
        return found

    forces = beside(f"{project}-frc-{run}.xyz", "forces")
    stress = beside(f"{project}-{run}.stress", "stress")
    cell = beside(f"{project}-{run}.cell", None) if options.cell is None else None
    if cell is None and options.cell is None:
        raise DataError(
            f"{path}: no {project}-{run}.cell beside it says what the cell is. Let CP2K write one "
            "(MOTION/PRINT/CELL), or give --cell 'ax ay az bx by bz cx cy cz', or --cell none for molecules."
        )
    return _Companions(
        None if forces is None else stack.enter_context(closing(FrameFile(forces))),
        None if cell is None else stack.enter_context(closing(RowFile(cell, "cell"))),
        None if stress is None else stack.enter_context(closing(RowFile(stress, "stress"))),
    )


def _step(
    frame: Frame, index: int, companions: _Companions, options: ReadOptions, report: ReadReport
) -> Step:
    numbers = elements(frame.symbols, frame.where)
    values: dict[Quantity, dict[str, Floats]] = {}
    if "energy" not in options.leave_out and frame.energy is not None:
        values["energy"] = {"energy": scalar(frame.energy * ENERGY["Ha"])}
    if companions.forces is not None:
        values["forces"] = {"forces": _forces(frame, companions.forces)}
    if companions.stress is not None:
        pressure = companions.stress.row(frame, 9).reshape(3, 3)
        name = "stress_with_kinetic" if frame.dynamics else "stress"
        values["stress"] = {name: -STRESS["bar"] * voigt(pressure)}
        if frame.dynamics and options.stress_key != name:
            report.note(_KINETIC)
    if companions.cell is not None:
        cell = companions.cell.row(frame, 9).reshape(3, 3)
    else:
        cell = np.array(options.cell, dtype=np.float64)
    where = f"{frame.where}: step {frame.step}"
    return Step(index, where, numbers, frame.vectors, cell, bool(cell.any()), values=values)


def _forces(frame: Frame, file: FrameFile) -> Floats:
    """The forces of the same step as `frame`, in eV/angstrom."""
    found = file.frame_of(frame)
    if found.symbols != frame.symbols:
        raise DataError(
            f"{found.where}: step {found.step} has {len(found.symbols)} atoms or other elements than the "
            f"{len(frame.symbols)} atoms of {frame.where}; the two files are not of one run."
        )
    return found.vectors * (ENERGY["Ha"] / LENGTH["bohr"])
