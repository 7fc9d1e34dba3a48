"""Configurations from ase.Atoms in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcfit.data.configuration import Configuration, configuration
from hpcfit.data.readers.extxyz import NAME_KEYS, TAG_KEYS, read_weights
from hpcfit.data.readers.keys import choose
from hpcfit.data.readers.reader import ReadOptions, ReadReport
from hpcfit.errors import DataError

if TYPE_CHECKING:
    from ase import Atoms

_RESULTS = ("energy", "forces", "stress")
_ATOM_WEIGHTS = ("atom_weight", "atom_weights")


def is_atoms(item: object) -> bool:
    """Whether `item` is an ase.Atoms, without importing ASE."""
    return any(f"{kind.__module__}.{kind.__name__}" == "ase.atoms.Atoms" for kind in type(item).__mro__)


def from_atoms(atoms: Atoms, name: str, options: ReadOptions, report: ReadReport) -> Configuration:
    """A configuration from atoms, with what their calculator has computed and what info and arrays hold.

    Energy, forces and stress are found among the results of the calculator, `atoms.info` and
    `atoms.arrays` by the names that `hpcfit import` knows; identifier, tag and weights in `info`; weights
    per atom in the array `atom_weight`. Nothing is computed.

    Args:
        name: the identifier of atoms whose info has none; messages begin with it.

    Raises:
        DataError: results for other positions than these, or entries of different value that could be meant.
    """
    results = _results(atoms, name)
    info = {str(key): value for key, value in atoms.info.items() if not isinstance(value, Mapping)}
    vectors = {key: value for key, value in atoms.arrays.items() if np.shape(value)[1:] == (3,)}
    del vectors["positions"]
    for own in (info, vectors):
        _check_same(results, own, name)
    cell, natoms = np.array(atoms.cell.array, dtype=np.float64), len(atoms)
    scalars = {**info, **{key: value for key, value in results.items() if key != "forces"}}
    energy = choose("energy", scalars, options, report, name, cell=cell, natoms=natoms)
    forces = {**vectors, **{key: value for key, value in results.items() if key == "forces"}}
    return configuration(
        _text(info, NAME_KEYS) or name,
        atoms.numbers,
        atoms.positions,
        cell,
        atoms.pbc,
        energy=None if energy is None else float(energy),
        forces=choose("forces", forces, options, report, name, cell=cell, natoms=natoms),
        stress=choose("stress", scalars, options, report, name, cell=cell, natoms=natoms),
        tag=_text(info, TAG_KEYS),
        weights=read_weights(info, name),
        atom_weights=next((atoms.arrays[key] for key in _ATOM_WEIGHTS if key in atoms.arrays), None),
    )


def _results(atoms: Atoms, name: str) -> dict[str, Any]:
    """What the calculator has computed for these very atoms."""
    calculator: Any = atoms.calc
    computed = getattr(calculator, "results", None) or {}
    found = {key: computed[key] for key in _RESULTS if computed.get(key) is not None}
    if found and calculator.check_state(atoms):
        raise DataError(
            f"{name}: the results of its calculator are not for these atoms, which have changed since. "
            "Compute them anew, or set atoms.calc = None."
        )
    return found


def _check_same(results: Mapping[str, Any], own: Mapping[str, Any], name: str) -> None:
    """An entry and a result of one name must not contradict each other."""
    for key, value in own.items():
        if key in results and not (
            np.shape(value) == np.shape(results[key])
            and np.allclose(value, results[key], rtol=1e-6, atol=1e-6)
        ):
            raise DataError(
                f"{name}: {key} of its calculator and {key} of its info or arrays differ. Remove one of them."
            )


def _text(entries: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(entries[name]) for name in names if entries.get(name) not in (None, "")), "")
