"""The share of an ASE calculator in a model: one configuration after the other, in Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import FAILURES, HpcfitError, PluginError, raised
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry
from hpcfit.kernels.hand_written.ase_potential import AsePotential
from hpcfit.kernels.hand_written.differences import difference_points
from hpcfit.kernels.hand_written.part import Part

FloatArray = NDArray[np.float64]


@final
class AsePart(Part):
    """An `AsePotential` for given species; atoms of other species are left out of what it is shown.

    Args:
        forces: whether forces are wanted; where they are not, their rows are NaN.
    """

    bound: BoundPotential[AsePotential]

    def __init__(
        self,
        bound: BoundPotential[AsePotential],
        species: Sequence[str],
        first: int,
        column_of: Mapping[int, int],
        limits: tuple[FloatArray, FloatArray],
        stress: bool,
        forces: bool,
    ) -> None:
        super().__init__(bound, species, first, column_of, limits, stress)
        self.forces = forces
        self._symbols = tuple(species)
        # What was computed last for each configuration: a calculator without free parameters is asked once.
        self._found: WeakKeyDictionary[Geometry, tuple[bytes, dict[int, FloatArray]]] = WeakKeyDictionary()

    def cutoff(self, values: FloatArray) -> float:
        return 0.0

    def load(self, derivatives: bool) -> None:
        return

    def missing(self, values: FloatArray) -> frozenset[str]:
        """Which of energy, forces and stress the calculator says that it cannot compute.

        Raises:
            PluginError: no calculator can be made with these values.
        """
        own = values[self.own]
        with self._named(own), _without_mpi():
            known = getattr(self.bound.formula.made(own), "implemented_properties", None)
        return frozenset({"energy", "forces", "stress"} - set(known)) if known else frozenset()

    def add(self, geometry: Geometry, first: int, last: int, values: FloatArray, out: FloatArray) -> None:
        for rows, c in _placed(geometry, first, last, self.stress):
            out[rows] += self._rows(geometry, c, values[self.own])

    def add_columns(
        self, geometry: Geometry, first: int, last: int, values: FloatArray, out: FloatArray
    ) -> None:
        own = values[self.own]
        found = self._differences(own)
        for rows, c in _placed(geometry, first, last, self.stress):
            here = self._rows(geometry, c, own)
            out[-1, rows] += here
            for column, points, factors in zip(found.columns, found.points, found.coefficients, strict=True):
                sides = [self._evaluated(geometry, c, point) for point in points]
                out[column, rows] += factors[0] * here + factors[1] * sides[0] + factors[2] * sides[1]

    def add_weighted(
        self,
        geometry: Geometry,
        first: int,
        last: int,
        values: FloatArray,
        weights: FloatArray,
        out: FloatArray,
    ) -> None:
        own = values[self.own]
        found = self._differences(own)
        for rows, c in _placed(geometry, first, last, self.stress):
            wanted = weights[rows] != 0.0
            weight = weights[rows][wanted]
            for column, points, factors in zip(found.columns, found.points, found.coefficients, strict=True):
                for point, factor in zip((own, *points), factors, strict=True):
                    if factor and len(weight):
                        out[column] += factor * (weight @ self._evaluated(geometry, c, point)[wanted])

    def _differences(self, own: FloatArray) -> Any:
        step = self.bound.formula.difference_step
        return difference_points(own, self.column_of, self.lower, self.upper, step)

    def _rows(self, geometry: Geometry, c: int, own: FloatArray) -> FloatArray:
        at, found = self._found.get(geometry, (b"", {}))
        if at != own.tobytes():
            found = {}
            self._found[geometry] = own.tobytes(), found
        if c not in found:
            found[c] = self._evaluated(geometry, c, own)
        return found[c]

    def _evaluated(self, geometry: Geometry, c: int, own: FloatArray) -> FloatArray:
        """Energy, forces and stress of a configuration at values (v,) of its own numbers."""
        structures = geometry.structures
        assert structures is not None
        begin, end = int(geometry.first_atom[c]), int(geometry.first_atom[c + 1])
        kinds = geometry.species[begin:end]
        members = self.kind_of[kinds] >= 0
        rows = np.zeros(1 + 3 * (end - begin) + (6 if self.stress else 0))
        if not members.any():
            return rows
        with self._named(own, structures.identifier[c]), _without_mpi(), np.errstate(all="ignore"):
            from ase import Atoms

            atoms = Atoms(
                [self._symbols[kind] for kind in kinds[members]],
                positions=structures.position[begin:end][members],
                cell=structures.cell[c],
                pbc=structures.pbc[c],
            )
            atoms.calc = _calculator(self.bound.formula.made(own))
            self._fill(rows, atoms, members, bool(geometry.volume[c] > 0.0))
        return rows

    def _fill(self, rows: FloatArray, atoms: Any, members: NDArray[np.bool_], has_volume: bool) -> None:
        rows[0] = _numbers(atoms.get_potential_energy(), (), "energy")
        forces = rows[1 : 1 + 3 * len(members)].reshape(-1, 3)
        forces[:] = 0.0 if self.forces else np.nan
        if self.forces:
            forces[members] = _or_nothing(atoms.get_forces, (len(atoms), 3), "forces")
        if self.stress:
            rows[-6:] = _or_nothing(atoms.get_stress, (6,), "stress") if has_volume else np.nan

    @contextmanager
    def _named(self, own: FloatArray, identifier: str | None = None) -> Iterator[None]:
        """Let what the calculator raises become an error that says where, and at which values."""
        try:
            yield
        except HpcfitError:
            raise
        except (_UnusableError, *FAILURES) as error:
            full = np.zeros(self.own.stop)
            full[self.own] = own
            values = self.described(full)
            where = f"calculator {self.bound.formula.name}"
            where += f", configuration {identifier!r}" if identifier is not None else ""
            where += f", at {values}" if values else ""
            if isinstance(error, _UnusableError):
                raise PluginError(f"{where}: {error}") from error
            raise raised(where, error) from error


def _placed(geometry: Geometry, first: int, last: int, stress: bool) -> Iterator[tuple[slice, int]]:
    """The rows of each configuration, from 0 for the first one on, and its number."""
    start = 0
    for c in range(first, last):
        natoms = int(geometry.first_atom[c + 1] - geometry.first_atom[c])
        stop = start + 1 + 3 * natoms + (6 if stress else 0)
        yield slice(start, stop), c
        start = stop


def _or_nothing(get: Any, shape: tuple[int, ...], name: str) -> FloatArray:
    """A quantity, or NaN where the calculator has none: what needs it says so."""
    try:
        return _numbers(get(), shape, name)
    except NotImplementedError:
        return np.full(shape, np.nan)


class _UnusableError(Exception):
    """A calculator has returned something else than what was asked for."""


def _calculator(made: Any) -> Any:
    """What was made, if it can be asked for energies."""
    if not callable(getattr(made, "get_potential_energy", None)):
        kind = "None" if made is None else f"a {type(made).__name__}"
        raise _UnusableError(
            f"made {kind}, which is no calculator of ASE. Give a class or function that makes one."
        )
    return made


def _numbers(value: Any, shape: tuple[int, ...], name: str) -> FloatArray:
    found = np.asarray(value)
    if found.dtype.kind not in "fiu" or found.shape != shape:
        wanted = f"an array {shape} of real numbers" if shape else "a real number"
        given = f"an array {found.shape} of {found.dtype}" if found.ndim else f"{value!r:.60}"
        raise _UnusableError(f"returned {given} as {name}, where {wanted} is expected.")
    return found.astype(np.float64)


@contextmanager
def _without_mpi() -> Iterator[None]:
    """Keep ASE from taking the ranks of a fit for its own: each rank asks its calculators alone."""
    try:
        from ase import parallel
    except ImportError as error:
        raise PluginError("an ASE calculator needs ASE: pip install 'hpcfit[ase]'.") from error
    before = parallel.world.comm
    parallel.world.comm = parallel.DummyMPI()
    try:
        yield
    finally:
        parallel.world.comm = before
