"""All parameters of a model: from theta, what the optimizer moves, to the values of the potentials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.potential import key_text
from hpcfit.problem.parameters.given import Prior
from hpcfit.problem.parameters.parameter import Parameter
from hpcfit.problem.parameters.smoothness import Smoothness
from hpcfit.problem.parameters.tie import Tie

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ParameterSet:
    """All parameters of a model, in a fixed order; the free ones, some transformed, form theta (p,).

    Attributes:
        n_values: instances of all potentials, V.
        order: positions of the tied ones, each after all that it depends on.
        smoothness: of splines; counts with the priors.
        splines: positions of the coefficients of each spline.
        ridge: positions of parameters that are drawn to a value, by how much; counts with the priors.
    """

    parameters: tuple[Parameter, ...]
    n_values: int
    order: tuple[int, ...] = ()
    smoothness: tuple[Smoothness, ...] = ()
    splines: tuple[tuple[int, ...], ...] = ()
    ridge: tuple[tuple[int, Prior], ...] = ()

    @cached_property
    def free(self) -> tuple[Parameter, ...]:
        return tuple(q for q in self.parameters if q.free)

    @property
    def start(self) -> FloatArray:
        """Initial theta, shape (p,)."""
        return np.array([q.start for q in self.free], dtype=np.float64)

    @property
    def lower(self) -> FloatArray:
        """Lower bounds of theta, shape (p,)."""
        return np.array([q.bounds[0] for q in self.free], dtype=np.float64)

    @property
    def upper(self) -> FloatArray:
        return np.array([q.bounds[1] for q in self.free], dtype=np.float64)

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each element of theta, as short as it can be while being unique."""
        return tuple(
            f"{q.transform_name} {self.label(q)}" if q.transform_name else self.label(q) for q in self.free
        )

    def label(self, parameter: Parameter) -> str:
        """The shortest name of one of the parameters that no other one has: "A", or "Si-C.A".

        That of the results, after its potential where several have one of the name.
        """
        several = len(self._potentials_of[parameter.name]) > 1
        prefix = f"{parameter.label}[{parameter.potential}]." if several else ""
        alone = self._namesakes[parameter.potential, parameter.name] == 1
        key = "" if alone or not parameter.key else f"{key_text(parameter.key)}."
        return f"{prefix}{key}{parameter.name}"

    @property
    def columns(self) -> NDArray[np.int32]:
        """Which column of a model's derivatives each value belongs to, -1 where it is constant; (V,).

        Without ties and transforms these are the columns of theta; see `jacobian`.
        """
        columns = np.full(self.n_values, -1, dtype=np.int32)
        column_of = {source: column for column, source in enumerate(self._sources)}
        for position, parameter in enumerate(self.parameters):
            columns[list(parameter.instances)] = column_of.get(self._source(position), -1)
        return columns

    def values(self, theta: FloatArray) -> FloatArray:
        """All values of the model at theta (p,), shape (V,)."""
        return self.numbers(theta)[self._owner]

    def numbers(self, theta: FloatArray) -> FloatArray:
        """The value of each parameter at theta (p,), in their order; NaN for a tie that has none."""
        numbers = self._constants.copy()
        numbers[list(self._free_positions)] = self.free_values(theta)
        if not self.order:
            return numbers
        plain = numbers.tolist()
        for position in self.order:
            plain[position] = self._tie(position).value(plain)
        return np.array(plain)

    def free_values(self, theta: FloatArray) -> FloatArray:
        """The values of the free parameters, transformed back, shape (p,)."""
        if all(q.transform is None for q in self.free):
            return theta
        values = [q.value(float(number)) for q, number in zip(self.free, theta, strict=True)]
        return np.array(values, dtype=np.float64)

    def slopes(self, theta: FloatArray) -> FloatArray:
        """The derivative of each parameter by theta, shape (parameters, p)."""
        numbers = self.numbers(theta).tolist()
        slopes = np.zeros((len(self.parameters), len(theta)))
        for column, (position, number) in enumerate(zip(self._free_positions, theta, strict=True)):
            slopes[position, column] = self.parameters[position].slope(float(number))
        for position in self.order:
            tie = self._tie(position)
            for other, slope in zip(tie.uses, tie.slopes(numbers), strict=True):
                if self._varies[other]:
                    slopes[position] += slope * slopes[other]
        return slopes

    def jacobian(self, theta: FloatArray) -> FloatArray | None:
        """Derivative of what a model's `columns` stand for by theta, shape (columns, p).

        None where that is the identity for all theta: there are no ties or transforms to speak of.
        """
        if self._direct:
            return None
        return self.slopes(theta)[list(self._sources)]

    @cached_property
    def priors(self) -> tuple[tuple[int, Prior], ...]:
        """Positions of the parameters that have a prior, with their priors."""
        return tuple((position, q.prior) for position, q in enumerate(self.parameters) if q.prior is not None)

    @property
    def has_priors(self) -> bool:
        """Whether there are residuals that depend on no data."""
        return bool(self.priors or self.smoothness or self.ridge)

    def prior_residual(self, theta: FloatArray) -> FloatArray:
        """(value - mean)/sigma of priors and of the ridge at theta (p,), then what keeps splines smooth."""
        numbers = self.numbers(theta)
        drawn = (*self.priors, *self.ridge)
        own = np.array([(numbers[k] - prior.mean) / prior.sigma for k, prior in drawn])
        return np.concatenate([own, *(each.residual(numbers) for each in self.smoothness)])

    def prior_jacobian(self, theta: FloatArray) -> FloatArray:
        """Its derivative by theta, a row for each of its elements and p columns."""
        drawn = (*self.priors, *self.ridge)
        positions = [k for k, _ in drawn]
        sigma = np.array([prior.sigma for _, prior in drawn])
        slopes = self.slopes(theta)
        own = slopes[positions] / sigma[:, np.newaxis]
        return np.concatenate([own, *(each.jacobian(slopes) for each in self.smoothness)])

    @property
    def widths(self) -> FloatArray | None:
        """How far each element of theta may go, NaN where nothing tells, shape (p,); None if nowhere.

        Priors tell it, and splines: there the size of a coefficient is that of its neighbours, also where the
        function crosses zero or fades away.
        """
        own = {position: prior.sigma for position, prior in self.priors}
        sizes = {position: size for spline in self.splines for position, size in self._sizes(spline)}
        widths = [
            own[position] / abs(q.slope(q.start)) if position in own else sizes.get(position, np.nan)
            for position, q in zip(self._free_positions, self.free, strict=True)
        ]
        return None if np.isnan(widths).all() else np.array(widths)

    def _sizes(self, spline: tuple[int, ...]) -> Iterator[tuple[int, float]]:
        """At least the median of all coefficients; none for transformed ones, and where most are zero."""
        starts = np.abs([self.parameters[position].initial for position in spline])
        least = float(np.median(starts))
        for position, size in zip(spline, starts.tolist(), strict=True):
            if self.parameters[position].transform is None and least > 0.0:
                yield position, max(size, least)

    def _tie(self, position: int) -> Tie:
        tie = self.parameters[position].tie
        assert tie is not None
        return tie

    @cached_property
    def _constants(self) -> FloatArray:
        """The values of the fixed parameters, in the order of all."""
        return np.array([q.initial for q in self.parameters], dtype=np.float64)

    @cached_property
    def _owner(self) -> NDArray[np.int64]:
        """The position of the parameter that sets each value, shape (V,)."""
        owner = np.empty(self.n_values, dtype=np.int64)
        for position, parameter in enumerate(self.parameters):
            owner[list(parameter.instances)] = position
        return owner

    @cached_property
    def _potentials_of(self) -> Mapping[str, set[int]]:
        """The potentials that have a parameter of each name."""
        found: dict[str, set[int]] = {}
        for parameter in self.parameters:
            found.setdefault(parameter.name, set()).add(parameter.potential)
        return found

    @cached_property
    def _namesakes(self) -> Counter[tuple[int, str]]:
        """How many parameters each potential has of each name."""
        return Counter((q.potential, q.name) for q in self.parameters)

    @cached_property
    def _free_positions(self) -> tuple[int, ...]:
        return tuple(position for position, q in enumerate(self.parameters) if q.free)

    @cached_property
    def _varies(self) -> tuple[bool, ...]:
        """Of each parameter, whether it depends on theta."""
        varies = [q.free for q in self.parameters]
        for position in self.order:
            varies[position] = any(varies[other] for other in self._tie(position).uses)
        return tuple(varies)

    def _source(self, position: int) -> int:
        """The parameter whose value this one is, unchanged: another one, through ties that are names."""
        while (tie := self.parameters[position].tie) is not None and tie.same_as is not None:
            position = tie.same_as
        return position

    @cached_property
    def _sources(self) -> tuple[int, ...]:
        """Positions of the parameters that have a column, in the order of the columns."""
        used = {self._source(position) for position, q in enumerate(self.parameters) if q.instances}
        return tuple(sorted(source for source in used if self._varies[source]))

    @cached_property
    def _direct(self) -> bool:
        return self._sources == self._free_positions and all(q.transform is None for q in self.free)
