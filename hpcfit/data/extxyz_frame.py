"""One configuration as text of extended XYZ, with every digit: read back, it is the same to the last bit.

Numbers are written as Python's repr does, the shortest text that reads back as the same number.
Text is quoted with backslash escapes as https://github.com/libAtoms/extxyz describes. ASE and
this package's own reader take the frames as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hpcfit.data.configuration import Configuration
from hpcfit.data.elements import SYMBOLS

#: Atoms whose words are held at once; a word takes ten times the memory of its number.
_PIECE = 50_000
_NOTHING: Mapping[str, ArrayLike] = MappingProxyType({})
#: Weights whose keys the field knows; others are written as weight_NAME.
_USUAL_WEIGHTS = ("config", "energy", "forces", "stress")
#: Place of xx xy xz yx yy yz zx zy zz among xx yy zz yz xz xy.
_MATRIX = [0, 5, 4, 5, 1, 3, 4, 3, 2]
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})
_SYMBOLS = np.array(SYMBOLS)
_KINDS = {"f": "R", "i": "I", "u": "I", "b": "L", "U": "S"}


def extxyz_frame(
    configuration: Configuration,
    info: Mapping[str, ArrayLike] = _NOTHING,
    arrays: Mapping[str, ArrayLike] = _NOTHING,
) -> str:
    """The lines of `configuration`, the last one ended too.

    What is known is written as `energy` (eV), `stress` (nine numbers, eV/angstrom^3, ASE's sign),
    `forces` (eV/angstrom), `identifier`, `config_type` (the tag), `config_weight`, `energy_weight`
    and so on, and `atom_weight`. `info` adds entries (numbers, flags, text, arrays) of the whole
    configuration, `arrays` columns (natoms,) or (natoms, k) of numbers, flags or words.
    Raises ValueError for a key that is there already, and for an array of another length.
    """
    columns = dict(_own_columns(configuration))
    for key, given in arrays.items():
        array = np.asarray(given)
        if key in columns:
            raise ValueError(f"array {key!r} is written already.")
        if array.ndim not in (1, 2) or len(array) != configuration.natoms or array.size == 0:
            raise ValueError(f"array {key!r} has shape {array.shape} for {configuration.natoms} atoms.")
        columns[key] = array
    entries = dict(_own_entries(configuration))
    for key, value in info.items():
        if key.lower() in ("lattice", "properties", "pbc", *entries):
            raise ValueError(f"info {key!r} is written already.")
        entries[key] = value
    comment = " ".join(
        (
            *_lattice(configuration),
            f"Properties={':'.join(_property(key, array) for key, array in columns.items())}",
            *(f"{_key(key)}={_value(value)}" for key, value in entries.items()),
            f'pbc="{" ".join(_words(configuration.pbc))}"',
        )
    )
    pieces = range(0, configuration.natoms, _PIECE)
    lines = (_lines([array[first : first + _PIECE] for array in columns.values()]) for first in pieces)
    return "\n".join((str(configuration.natoms), comment, *lines, ""))


def _lines(columns: Sequence[NDArray[np.generic]]) -> str:
    """The lines of atoms whose values are `columns`, (atoms,) or (atoms, k) each."""
    words = [_words(part) for array in columns for part in np.atleast_2d(array.T)]
    return "\n".join(map(" ".join, zip(*words, strict=True)))


def _own_columns(configuration: Configuration) -> Iterator[tuple[str, NDArray[np.generic]]]:
    yield "species", _SYMBOLS[configuration.numbers]
    yield "pos", configuration.positions
    if configuration.forces is not None:
        yield "forces", configuration.forces
    if configuration.atom_weights is not None:
        yield "atom_weight", configuration.atom_weights


def _own_entries(configuration: Configuration) -> Iterator[tuple[str, ArrayLike]]:
    yield "identifier", configuration.identifier
    if configuration.tag:
        yield "config_type", configuration.tag
    if configuration.energy is not None:
        yield "energy", configuration.energy
    if configuration.stress is not None:
        yield "stress", configuration.stress[_MATRIX]
    for name, weight in configuration.weights.items():
        yield f"{name}_weight" if name in _USUAL_WEIGHTS else f"weight_{name}", weight


def _lattice(configuration: Configuration) -> Iterator[str]:
    if configuration.cell.any():
        yield f'Lattice="{" ".join(_words(configuration.cell.ravel()))}"'


def _property(key: str, array: NDArray[np.generic]) -> str:
    if array.dtype.kind not in _KINDS or not key or set(key) & set(': ="\n'):
        raise ValueError(f"array {key!r} of type {array.dtype} cannot be a column of extended XYZ.")
    return f"{key}:{_KINDS[array.dtype.kind]}:{1 if array.ndim == 1 else array.shape[1]}"


def _words(values: NDArray[np.generic]) -> list[str]:
    """Each of `values` (n,) as a word."""
    if values.dtype.kind == "b":
        return ["T" if value else "F" for value in values.tolist()]
    if values.dtype.kind != "U":
        return list(map(repr, values.tolist()))
    words: list[str] = values.tolist()
    if any(len(word.split()) != 1 for word in words):
        raise ValueError("a column of words must have no spaces and no empty words.")
    return words


def _key(key: str) -> str:
    return key if key.isidentifier() else _quoted(key)


def _value(value: ArrayLike) -> str:
    if isinstance(value, str):
        return _quoted(value)
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{value!r} cannot be an entry of extended XYZ.")
    if array.ndim == 0:
        return _words(array.reshape(1))[0]
    if array.ndim == 1:
        return f'"{" ".join(_words(array))}"'
    # ASE's own way to write tables in the comment line.
    return _quoted(f"_JSON {json.dumps(array.tolist())}")


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
