"""The share of a site function in a model: numbers, cutoffs, compiled loops, and what goes wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import product
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import FAILURES, HpcfitError, PluginError
from hpcfit.formula.check import check_expression
from hpcfit.formula.interpret import float_algebra, interpret
from hpcfit.formula.keys import KEY_LENGTH
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry
from hpcfit.kernels.hand_written.compile_failure import compile_failure
from hpcfit.kernels.hand_written.differences import Differences, difference_points
from hpcfit.kernels.hand_written.part import Part
from hpcfit.kernels.hand_written.site_function import SiteFunction, cutoff_formula

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@final
class SitePart(Part):
    """A `SiteFunction` for given species.

    Args:
        checked: an index out of bounds in the functions is an error, which takes time.
    """

    bound: BoundPotential[SiteFunction]

    def __init__(
        self,
        bound: BoundPotential[SiteFunction],
        species: Sequence[str],
        first: int,
        column_of: Mapping[int, int],
        limits: tuple[FloatArray, FloatArray],
        stress: bool,
        checked: bool = False,
    ) -> None:
        super().__init__(bound, species, first, column_of, limits, stress)
        self.place = place_table(bound)
        self._checked = checked
        self._cutoffs = SiteCutoffs(bound)
        self._at = np.zeros(1, np.int64)

    def cutoff(self, values: FloatArray) -> float:
        cutoffs = self._cutoffs(values[self.own])
        return float(np.nan if np.isnan(cutoffs).any() else cutoffs.max())

    def load(self, derivatives: bool) -> None:
        _ = self._values_loop
        if derivatives and self.n_free:
            _ = self._columns_loop

    def add(self, geometry: Geometry, first: int, last: int, values: FloatArray, out: FloatArray) -> None:
        with self._named(geometry, values):
            self._values_loop(*self._sites(geometry, first, last, values), self.stress, self._at, out)

    def add_columns(
        self, geometry: Geometry, first: int, last: int, values: FloatArray, out: FloatArray
    ) -> None:
        if not self.n_free:
            self.add(geometry, first, last, values, out[-1])
            return
        with self._named(geometry, values):
            self._columns_loop(
                *self._sites(geometry, first, last, values), *self._slots(values), self.stress, self._at, out
            )

    def add_weighted(
        self,
        geometry: Geometry,
        first: int,
        last: int,
        values: FloatArray,
        weights: FloatArray,
        out: FloatArray,
    ) -> None:
        if not self.n_free:
            return
        with self._named(geometry, values):
            self._weighted_loop(
                *self._sites(geometry, first, last, values),
                *self._slots(values),
                self.stress,
                self._at,
                weights,
                out,
            )

    def _sites(self, geometry: Geometry, first: int, last: int, values: FloatArray) -> tuple[Any, ...]:
        return (
            first,
            last,
            geometry.first_atom,
            self.kind_of,
            geometry.species,
            geometry.volume,
            geometry.first_bond,
            geometry.neighbor,
            geometry.vector,
            geometry.distance,
            self._cutoffs(values[self.own]),
            np.ascontiguousarray(values[self.own], dtype=np.float64),
            self.place,
        )

    def _slots(self, values: FloatArray) -> tuple[Any, ...]:
        """Which numbers are wanted, points of differences (none unless they are needed), columns."""
        if not self._calls.differs:
            return (self.column_of >= 0, np.empty((0, 2, 0)), np.empty((0, 3)), self.column_of)
        found: Differences = difference_points(
            values[self.own], self.column_of, self.lower, self.upper, self.bound.formula.difference_step
        )
        return self.column_of >= 0, found.points, found.coefficients, found.columns

    @contextmanager
    def _named(self, geometry: Geometry, values: FloatArray) -> Iterator[None]:
        """Let what the functions raise become an error that says for which atom of what."""
        try:
            yield
        except HpcfitError:
            raise
        except FAILURES as error:
            atom = int(self._at[0])
            c = int(np.searchsorted(geometry.first_atom, atom, side="right")) - 1
            named = "" if geometry.structures is None else f" {geometry.structures.identifier[c]!r}"
            site, atom = self.bound.formula, atom - int(geometry.first_atom[c])
            raise PluginError(
                f"site function {site.name}, configuration{named}, atom {atom}, at {self.described(values)}: "
                f"raised {type(error).__name__}: {error} ({site.origin})."
            ) from error

    @cached_property
    def _calls(self) -> Any:
        from hpcfit.kernels.hand_written.site_calls import calls_of

        return calls_of(self.bound.formula, self._checked)

    @cached_property
    def _values_loop(self) -> Any:
        from hpcfit.kernels.hand_written.site_loops import VALUES, values_loop

        return self._compiled(values_loop(self._calls), VALUES, "energy_and_gradient")

    @cached_property
    def _columns_loop(self) -> Any:
        from hpcfit.kernels.hand_written.site_loops import COLUMNS, columns_loop

        site = self.bound.formula
        own = "weighted_gradient" if site.jacobian is None else "jacobian"
        own = "energy_and_gradient" if self._calls.differs else own
        return self._compiled(columns_loop(self._calls), COLUMNS, own)

    @cached_property
    def _weighted_loop(self) -> Any:
        from hpcfit.kernels.hand_written.site_loops import WEIGHTED, weighted_loop

        return self._compiled(weighted_loop(self._calls), WEIGHTED, "weighted_gradient")

    def _compiled(self, loop: Any, signature: str, attribute: str) -> Any:
        axes = ", ".join(":" * (self.place.ndim - 1) + ":")
        if not loop.signatures:
            try:
                loop.compile(signature.format(place=f"{axes}:1"))
            except Exception as error:
                raise compile_failure(self.bound.formula, attribute, error) from error
        return loop


def place_table(bound: BoundPotential[SiteFunction]) -> IntArray:
    """Where the numbers of each parameter stand: one axis for the parameters, and one for each species of
    the longest key; a shorter key is the same for all species of the further axes."""
    specs = bound.formula.parameters
    axes = max((KEY_LENGTH[spec.kind] for spec in specs), default=0)
    n = len(bound.species)
    table = np.zeros((len(specs), *(n,) * axes), dtype=np.int64)
    for k, spec in enumerate(specs):
        for kinds in product(range(n), repeat=axes):
            key = tuple(bound.species[kind] for kind in kinds[: KEY_LENGTH[spec.kind]])
            table[k, *kinds] = bound.position[bound.instance(spec.name, key)]
    return table


class SiteCutoffs:
    """Callable: the potential's own values (v,) -> cutoff of centre and neighbour (n, n), angstrom."""

    def __init__(self, bound: BoundPotential[SiteFunction]) -> None:
        self._bound, self._cutoff = bound, bound.formula.cutoff
        self._kinds: list[dict[str, int]] = []
        if isinstance(self._cutoff, str):
            names = cutoff_formula(bound.formula).written_names("pair", len(bound.species) == 1)
            self._checked = check_expression(self._cutoff, names, f"{bound.formula.name}.cutoff")
            self._kinds = [
                {
                    written: bound.position[bound.instance(name.parameter, name.key(atoms))]
                    for written, name in names.items()
                }
                for atoms in product(bound.species, repeat=2)
            ]

    def __call__(self, values: FloatArray) -> FloatArray:
        n = len(self._bound.species)
        if isinstance(self._cutoff, str):
            return np.array([self._formula(kind, values) for kind in self._kinds]).reshape(n, n)
        if callable(self._cutoff):
            return np.full((n, n), self._function(values))
        return np.full((n, n), float(self._cutoff))

    def _formula(self, positions: Mapping[str, int], values: FloatArray) -> float:
        numbers = {name: float(values[position]) for name, position in positions.items()}
        try:
            return float(interpret(self._checked.tree, float_algebra(numbers), self._checked.constants))
        except (ArithmeticError, ValueError):
            return float("nan")

    def _function(self, values: FloatArray) -> float:
        assert callable(self._cutoff)
        where = f"site function {self._bound.formula.name}: cutoff(parameters)"
        try:
            return float(self._cutoff(values.copy()))
        except FAILURES as error:
            raise PluginError(f"{where}: raised {type(error).__name__}: {error}.") from error
