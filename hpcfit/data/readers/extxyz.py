"""Reader of extended XYZ files, with one configuration or many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.configuration import Configuration, Floats, configuration
from hpcfit.data.elements import atomic_number
from hpcfit.data.readers import extxyz_text as text
from hpcfit.data.readers.keys import choose, numbers
from hpcfit.data.readers.reader import Reader, ReadOptions, ReadReport, Source
from hpcfit.errors import DataError

_SPECIES = ("species", "symbols", "symbol", "element", "elements")
_NUMBERS = ("z", "numbers", "atomic_numbers", "atomic_number")
_NOT_QUANTITIES = ("lattice", "properties", "pbc")
_UNITS = ("energy_unit", "length_unit", "stress_unit", "stress_sign")
_POSITIONS = ("pos", "positions", "position", "coords")
#: The comment line of CP2K, whose files have a reader of their own.
_CP2K = re.compile(r"\s*i\s*=\s*\d+\s*,.*\be\s*=")
NAME_KEYS = ("identifier", "name", "config_name", "structure_name")
TAG_KEYS = ("config_type", "tag", "group")
#: Keys of weights, as GAP and MACE write them -> hpcfit's names.
WEIGHT_KEYS: Mapping[str, str] = {
    "config_weight": "config",
    "energy_weight": "energy",
    "config_energy_weight": "energy",
    "forces_weight": "forces",
    "force_weight": "forces",
    "config_forces_weight": "forces",
    "stress_weight": "stress",
    "config_stress_weight": "stress",
}
#: Begins the keys of all other weights.
OTHER_WEIGHT = "weight_"
_ATOM_WEIGHTS = ("atom_weight", "atom_weights")


@dataclass(frozen=True)
class _Frame:
    """One configuration as text; `where` is file:line of its first line."""

    where: str
    path: str
    line: int
    comment: str
    atoms: list[str]


@final
class ExtxyzReader(Reader):
    """Extended XYZ; plain XYZ as well, without any target."""

    name = "extxyz"
    formats = "extended XYZ (.extxyz, .xyz), one or many configurations a file"

    def sniff(self, path: Path) -> bool:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            count = file.readline(64).strip()
            if not count.isdecimal():
                return False
            comment = file.readline(1 << 16).lower()
        if _CP2K.match(comment):
            return False
        return path.suffix.lower() in (".xyz", ".extxyz") or "properties=" in comment

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        with source.path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
            for index, frame in enumerate(_frames(file, str(source.path))):
                yield _configuration(frame, source, index, options, report)


def _frames(file: Iterator[str], path: str) -> Iterator[_Frame]:
    line = 0
    for count in file:
        line += 1
        where = f"{path}:{line}"
        if not count.strip():
            continue
        if not count.strip().isdecimal() or int(count) == 0:
            raise DataError(
                f"{where}: expected the number of atoms of a configuration, found {count.strip()[:40]!r}."
            )
        natoms = int(count)
        comment = next(file, None)
        atoms = list(islice(file, natoms))
        if comment is None or len(atoms) < natoms:
            raise DataError(f"{where}: the file ends after {len(atoms)} of {natoms} atoms; it is truncated.")
        yield _Frame(where, path, line, comment, atoms)
        line += natoms + 1


def _configuration(
    frame: _Frame, source: Source, index: int, options: ReadOptions, report: ReadReport
) -> Configuration:
    where = frame.where
    text.require_utf8(frame.comment, f"{frame.path}:{frame.line + 1}")
    pairs = text.parse_comment(frame.comment)
    columns = text.parse_columns(text.get(pairs, "properties"), f"{frame.path}:{frame.line + 1}")
    cell = _cell(text.get(pairs, "lattice"), where)
    report.stated_units.update((key, stated) for key in _UNITS if (stated := pairs.get(key)))
    width = max(column.last for column in columns.values())
    words = text.split_atoms(frame.atoms, width, frame.path, frame.line + 2)
    natoms = len(frame.atoms)
    arrays = {
        name: text.numeric(words, column, width, name, (frame.path, frame.line + 2))
        for name, column in columns.items()
        if column.kind in "RI" and column.last - column.first in (1, 3)
    }
    vectors = {name: values for name, values in arrays.items() if values.shape[1] == 3}
    scalars = {
        key: value for key, value in pairs.items() if key.lower() not in ("lattice", "properties", "pbc")
    }
    energy = choose("energy", scalars, options, report, where, cell=cell, natoms=natoms)
    return configuration(
        _first(pairs, NAME_KEYS) or source.identifier(index),
        _atomic_numbers(columns, arrays, words, width, where),
        _positions(vectors, where),
        cell,
        text.parse_pbc(text.get(pairs, "pbc"), bool(cell.any()), where),
        energy=None if energy is None else float(energy),
        forces=choose("forces", vectors, options, report, where, cell=cell, natoms=natoms),
        stress=choose("stress", scalars, options, report, where, cell=cell, natoms=natoms),
        tag=_first(pairs, TAG_KEYS) or source.tag,
        weights=read_weights(pairs, where),
        atom_weights=_atom_weights(arrays),
    )


def read_weights(entries: Mapping[str, object], where: str) -> dict[str, float]:
    """The configuration weights among named entries, by hpcfit's names."""
    weights: dict[str, float] = {}
    for key, entry in entries.items():
        name = WEIGHT_KEYS.get(key.lower(), key.removeprefix(OTHER_WEIGHT))
        if name == key:
            continue
        value = numbers(entry)
        if value is None or value.size != 1:
            raise DataError(f"{where}: {key} = {entry!r} is not a number.")
        weights[name] = float(value.reshape(()))
    return weights


def _atom_weights(arrays: Mapping[str, Floats]) -> Floats | None:
    for name, values in arrays.items():
        if name.lower() in _ATOM_WEIGHTS and values.shape[1] == 1:
            return values[:, 0]
    return None


def _first(pairs: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((found for name in names if (found := text.get(pairs, name))), None)


def _cell(lattice: str | None, where: str) -> Floats:
    if lattice is None:
        return np.zeros((3, 3))
    value = numbers(lattice)
    if value is None or value.size != 9:
        raise DataError(f'{where}: Lattice="{lattice[:80]}" is not nine numbers.')
    return value.reshape(3, 3)


def _positions(vectors: Mapping[str, Floats], where: str) -> Floats:
    for name, values in vectors.items():
        if name.lower() in _POSITIONS:
            return values
    raise DataError(f"{where}: Properties name no positions (pos:R:3).")


def _atomic_numbers(
    columns: Mapping[str, text.AtomColumn],
    arrays: Mapping[str, Floats],
    words: list[str],
    width: int,
    where: str,
) -> NDArray[np.float64] | list[int]:
    for name, column in columns.items():
        if name.lower() in _SPECIES and column.kind == "S":
            symbols = words[column.first :: width]
            try:
                known = {symbol: atomic_number(symbol) for symbol in set(symbols)}
            except DataError as error:
                raise DataError(f"{where}: {error}") from error
            return [known[symbol] for symbol in symbols]
    for name, values in arrays.items():
        if name.lower() in _NUMBERS and values.shape[1] == 1:
            return values[:, 0]
    raise DataError(f"{where}: Properties name no species (species:S:1, or Z:I:1).")
