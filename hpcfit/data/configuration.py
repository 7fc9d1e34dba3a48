"""One configuration: atoms in a cell, and what a reference calculation said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.elements import MAX_NUMBER, SYMBOLS
from hpcfit.errors import DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Configuration:
    """Atoms and their reference values; None is a value that is not known.

    numbers (natoms,) atomic numbers; positions (natoms, 3) angstrom; cell (3, 3) with
    the lattice vectors as rows, angstrom, zeros where there is none; pbc (3,);
    energy of the whole configuration in eV; forces (natoms, 3) eV/angstrom;
    stress (6,) in eV/angstrom^3 with ASE's sign (+1/V dE/dstrain) and Voigt order
    xx yy zz yz xz xy; weights by name ("config", "energy", ...); atom_weights (natoms,).
    """

    identifier: str
    numbers: NDArray[np.uint8]
    positions: Floats
    cell: Floats
    pbc: NDArray[np.bool_]
    energy: float | None = None
    forces: Floats | None = None
    stress: Floats | None = None
    tag: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    atom_weights: Floats | None = None

    @property
    def natoms(self) -> int:
        """Number of atoms."""
        return len(self.numbers)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Chemical symbol of every atom."""
        return tuple(SYMBOLS[number] for number in self.numbers)

    @property
    def volume(self) -> float:
        """|det cell| in angstrom^3; NaN without a cell."""
        return float(cell_volumes(self.cell[np.newaxis])[0])

    def guarded(self) -> Configuration:
        """The same with arrays that nobody can change, for users' functions: a fit's own data lie behind."""
        names = ("numbers", "positions", "cell", "pbc", "forces", "stress", "atom_weights")
        views: dict[str, Any] = {}
        for name in names:
            array = getattr(self, name)
            if array is not None:
                views[name] = array.view()
                views[name].flags.writeable = False
        return replace(self, **views)


def configuration(
    identifier: str,
    numbers: object,
    positions: object,
    cell: object = None,
    pbc: object = False,
    *,
    energy: float | None = None,
    forces: object = None,
    stress: object = None,
    tag: str = "",
    weights: Mapping[str, float] | None = None,
    atom_weights: object = None,
) -> Configuration:
    """A checked Configuration from anything NumPy can read; see Configuration for shapes and units.

    Raises DataError, with the identifier, for wrong shapes and for values that cannot be.
    """
    try:
        made = Configuration(
            identifier=str(identifier),
            numbers=_atomic_numbers(numbers),
            positions=_floats(positions),
            cell=np.zeros((3, 3)) if cell is None else _floats(cell),
            pbc=np.broadcast_to(np.asarray(pbc, dtype=bool), (3,)).copy(),
            energy=None if energy is None else float(energy),
            forces=None if forces is None else _floats(forces),
            stress=None if stress is None else _floats(stress),
            tag=str(tag),
            weights={str(name): float(value) for name, value in (weights or {}).items()},
            atom_weights=None if atom_weights is None else _floats(atom_weights),
        )
    except (TypeError, ValueError) as error:
        raise DataError(f"configuration {identifier}: {error}") from error
    check_configuration(made)
    return made


def check_configuration(configuration: Configuration) -> None:
    """Raise DataError, with the identifier, where `configuration` breaks the dataset's rules."""
    fault = (
        _shape_fault(configuration)
        or _value_fault(configuration)
        or cell_fault(configuration.cell, configuration.pbc, configuration.stress is not None)
    )
    if fault:
        raise DataError(f"configuration {configuration.identifier}: {fault}")


def cell_volumes(cells: Floats) -> Floats:
    """|det cell| (n,) of `cells` (n, 3, 3) in angstrom^3; NaN where the cell spans no volume."""
    cells = np.asarray(cells, dtype=np.float64)
    volume: Floats = np.abs(np.linalg.det(cells))
    size = np.prod(np.linalg.norm(cells, axis=2), axis=1)
    # A cell whose vectors lie in a plane has a determinant of rounding noise, not of exactly zero.
    return np.where(volume > 1e-10 * size, volume, np.nan)


def cell_fault(cell: Floats, pbc: NDArray[np.bool_], has_stress: bool) -> str | None:
    """What is wrong with `cell` (3, 3), given its periodic directions and whether stress is wanted."""
    vectors = cell[pbc]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if len(vectors) and (not lengths.all() or np.linalg.svd(vectors / lengths)[1][-1] < 1e-10):
        return "periodic, but the lattice vectors of its periodic directions span no volume; give a cell."
    if has_stress and np.isnan(cell_volumes(cell[np.newaxis])[0]):
        return "has a stress but no cell volume to refer it to; give a cell or leave the stress out."
    return None


def _shape_fault(configuration: Configuration) -> str | None:
    n = configuration.natoms
    if configuration.numbers.ndim != 1 or n == 0:
        return "has no atoms."
    expected: list[tuple[str, Floats | None, tuple[int, ...]]] = [
        ("positions", configuration.positions, (n, 3)),
        ("cell", configuration.cell, (3, 3)),
        ("forces", configuration.forces, (n, 3)),
        ("stress", configuration.stress, (6,)),
        ("atom weights", configuration.atom_weights, (n,)),
    ]
    for name, array, shape in expected:
        if array is not None and array.shape != shape:
            return f"{name} have shape {array.shape} instead of {shape}."
    return None


def _value_fault(configuration: Configuration) -> str | None:
    if not configuration.identifier or "\0" in configuration.identifier + configuration.tag:
        return "identifiers must not be empty, and neither they nor tags may contain a NUL character."
    numbers = configuration.numbers
    if numbers.min() < 1 or numbers.max() > MAX_NUMBER:
        return f"atomic numbers must be 1 to {MAX_NUMBER}; found {numbers.min()} to {numbers.max()}."
    wanted: list[tuple[str, object]] = [
        ("positions", configuration.positions),
        ("cell", configuration.cell),
        ("energy", configuration.energy),
        ("forces", configuration.forces),
        ("stress", configuration.stress),
    ]
    for name, value in wanted:
        if value is not None and not np.all(np.isfinite(np.asarray(value))):
            return f"{name} contain NaN or infinity; leave the whole value out if it is not known."
    weights = [*configuration.weights.items(), ("of an atom", configuration.atom_weights)]
    for name, weight in weights:
        if weight is not None and not np.all(np.isfinite(weight) & (np.asarray(weight) >= 0)):
            return f"weight {name} must be finite and not negative."
    return None


def _floats(values: object) -> Floats:
    return np.array(values, dtype=np.float64)


def _atomic_numbers(numbers: object) -> NDArray[np.uint8]:
    given = np.asarray(numbers)
    made = given.astype(np.uint8)
    if not np.array_equal(made, given):
        raise ValueError(f"atomic numbers must be whole numbers from 1 to {MAX_NUMBER}.")
    return made
