"""From a dataset to extended XYZ, which other programs read; nothing is rounded."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.dataset import Dataset
from hpcfit.data.extxyz_frame import extxyz_frame
from hpcfit.data.foreign_units import ForeignUnits
from hpcfit.data.selection import named_tags, select_tags
from hpcfit.data.whole_file import check_apart, check_output, whole_file
from hpcfit.errors import DataError

#: Atoms held at once.
_PIECE_ATOMS = 100_000
_SUFFIXES = (".extxyz", ".xyz")
_NATIVE = ForeignUnits()


@dataclass(frozen=True)
class Exported:
    """What an export wrote, and the tables for which extended XYZ has no place."""

    configurations: int
    atoms: int
    tables_left_out: tuple[str, ...]


def export_extxyz(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    tags: Sequence[str] | None = None,
    units: ForeignUnits = _NATIVE,
    overwrite: bool = False,
) -> Exported:
    """Write the dataset `source`, or its configurations with `tags`, to `output` ("-" is standard output).

    The file appears only when it is complete. In other units than eV and angstrom every frame says
    so. Raises DataError, and writes nothing, for what cannot be read or written, and for tags that
    no configuration has.
    """
    to_file = os.fspath(output) != "-"
    if to_file:
        check_output(Path(output), overwrite)
        check_apart([Path(output)], [Path(source)])
        if Path(output).suffix.lower() not in _SUFFIXES:
            raise DataError(
                f"{os.fspath(output)}: extended XYZ is written; give a name that ends in .extxyz or .xyz, or "
                "- for standard output."
            )
    with Dataset.open(source) as dataset:
        wanted = None if tags is None else named_tags(dataset.tags, tags)
        indices = select_tags(dataset.tags, wanted)
        if to_file:
            with whole_file(output) as name, open(name, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(_frames(dataset, indices, units))
        else:
            sys.stdout.writelines(_frames(dataset, indices, units))
        return Exported(len(indices), int(dataset.natoms[indices].sum()), dataset.table_names)


def _frames(dataset: Dataset, indices: NDArray[np.int64], units: ForeignUnits) -> Iterator[str]:
    said = units.said
    for piece in _pieces(dataset, indices):
        for configuration in dataset.read(piece):
            yield extxyz_frame(units.from_native(configuration), said)


def _pieces(dataset: Dataset, indices: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Runs of `indices`, each of about as many atoms as are held at once."""
    if len(indices):
        place = np.cumsum(dataset.natoms[indices]) // _PIECE_ATOMS
        yield from np.split(indices, np.flatnonzero(np.diff(place)) + 1)
