"""Reader of ASE trajectories, and of any other format that ase.io reads when --format names it.

The values are those that the calculator left, as they are: ASE's get_forces() would set forces on
constrained atoms to zero, and they are as good a reference as the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np

from hpcfit.data.configuration import Configuration, configuration
from hpcfit.data.readers.extxyz import NAME_KEYS, TAG_KEYS, read_weights
from hpcfit.data.readers.keys import choose
from hpcfit.data.readers.reader import Reader, ReadOptions, ReadReport, Source
from hpcfit.errors import DataError
from hpcfit.suggest import suggestion

_TRAJECTORY = b"- of UlmASE-Trajectory"
_NO_RESULTS = "a configuration has no results of a calculator"


@final
class AseReader(Reader):
    """Trajectories (.traj) by themselves; other formats by the name that ASE gives them."""

    name = "ase"
    formats = "ASE trajectory (.traj), and any format of ase.io by --format NAME"
    fixed_units = True
    takes: ClassVar[frozenset[str]] = frozenset({"format"})

    def sniff(self, path: Path) -> bool:
        with path.open("rb") as file:
            return file.read(len(_TRAJECTORY)) == _TRAJECTORY

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        try:
            from ase.io import iread
            from ase.io.formats import ioformats
        except ImportError as error:
            raise DataError(
                f'{source.path}: reading this format needs ASE. Install it with: pip install "hpcfit[ase]"'
            ) from error
        name = "traj" if options.format in (None, self.name) else str(options.format)
        if name not in ioformats or not ioformats[name].can_read:
            readable = [each for each, kind in ioformats.items() if kind.can_read]
            related = sorted(each for each in readable if name and name in each)
            hint = f" ASE has {', '.join(related)}." if related else suggestion(name, readable)
            raise DataError(f"--format {name}: neither a reader of hpcfit nor a format that ASE reads.{hint}")
        index = 0
        images: Any = iread
        try:
            for index, atoms in enumerate(images(str(source.path), index=":", format=name)):
                yield _configuration(atoms, source, index, options, report)
        except (DataError, OSError):
            raise
        except Exception as error:
            # ASE lets through whatever its parsers raise at a damaged file.
            text = " ".join(str(error).split())[:200]
            raise DataError(
                f"{source.path}: ASE cannot read it as {name}, after {index} configurations "
                f"({type(error).__name__}: {text})."
            ) from error


def _configuration(
    atoms: Any, source: Source, index: int, options: ReadOptions, report: ReadReport
) -> Configuration:
    where = f"{source.path}: image {index}"
    results = dict(atoms.calc.results) if atoms.calc is not None else {}
    if not results:
        report.note(_NO_RESULTS)
    entries = {**atoms.info, **results}
    known = {name: value for name, value in entries.items() if not isinstance(value, dict)}
    cell = np.array(atoms.cell[:], dtype=np.float64).reshape(3, 3)
    natoms = len(atoms)
    energy = choose("energy", known, options, report, where, cell=cell, natoms=natoms)
    return configuration(
        _text(atoms.info, NAME_KEYS) or source.identifier(index),
        atoms.numbers,
        atoms.positions,
        cell,
        atoms.pbc,
        energy=None if energy is None else float(energy),
        forces=choose("forces", {**atoms.arrays, **known}, options, report, where, cell=cell, natoms=natoms),
        stress=choose("stress", known, options, report, where, cell=cell, natoms=natoms),
        tag=_text(atoms.info, TAG_KEYS) or source.tag,
        weights=read_weights(atoms.info, where),
    )


def _text(entries: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((str(entries[name]) for name in names if entries.get(name) not in (None, "")), None)
