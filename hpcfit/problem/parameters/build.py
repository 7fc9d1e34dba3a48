"""From what a user says of the parameters to all of them, with every fault at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hpcfit.errors import JobError, KernelError
from hpcfit.formula.potential import FormulaPotential, key_text
from hpcfit.problem.parameters.given import (
    GivenParameter,
    Key,
    PotentialInput,
    given_for,
    parameter_groups,
)
from hpcfit.problem.parameters.missing import missing_values
from hpcfit.problem.parameters.order import order_of_ties
from hpcfit.problem.parameters.parameter import Parameter
from hpcfit.problem.parameters.parameter_set import ParameterSet
from hpcfit.problem.parameters.reference import Group, References
from hpcfit.problem.parameters.smoothness import Smoothness, smoothness_of
from hpcfit.problem.parameters.tie import Tie
from hpcfit.problem.parameters.transform import make_transform, transform_problem


def build_parameters(potentials: Sequence[PotentialInput]) -> ParameterSet:
    """The parameters of all potentials of a model.

    Raises:
        JobError: every tie that cannot be read or goes in a circle; every parameter that has no value, starts
            outside its bounds, or has empty ones.
    """
    building = _Building(potentials)
    made = building.made()
    if not building.problems:
        building.check_start(made)
    if building.problems:
        raise JobError(building.sentences)
    numbers = made.numbers(made.start).tolist()
    parameters = [
        q if q.tie is None else replace(q, initial=number)
        for q, number in zip(made.parameters, numbers, strict=True)
    ]
    return replace(made, parameters=tuple(parameters))


def tie_problems(potentials: Sequence[PotentialInput]) -> list[str]:
    """What is wrong with the ties, and with what is there for ties only, whatever values there are."""
    building = _Building(potentials)
    building.find_unused()
    return building.sentences


class _Building:
    """The parameters of a model in the making.

    Attributes:
        problems: (position of the parameter, sentence) of what was found to be wrong so far.
    """

    def __init__(self, potentials: Sequence[PotentialInput]) -> None:
        self._potentials = potentials
        self._references = References(potentials)
        self._groups = self._references.groups
        self.problems: list[tuple[int, str]] = []
        self._missing: list[tuple[int, Group]] = []
        self._ties = self._read_ties()
        self._order, circles = order_of_ties(self._ties)
        for circle in circles:
            self._fault(circle[0], self._circle(circle))

    @property
    def sentences(self) -> list[str]:
        """The problems in the order of the parameters; a rule for several keys has them once."""
        return list(dict.fromkeys(text for _, text in sorted(self.problems, key=lambda problem: problem[0])))

    def made(self) -> ParameterSet:
        """All parameters; what is faulty of them is told of in `problems`."""
        found: list[Parameter] = []
        first = 0
        for index, potential in enumerate(self._potentials):
            for (key, name), members in parameter_groups(potential).items():
                instances = tuple(first + member for member in members)
                found.append(self._parameter(len(found), (index, key, name), instances, members))
            first += len(potential.bound.instances)
        self.problems += missing_values(self._potentials, self._missing)
        rows, splines = tuple(self._smoothness()), tuple(self._splines())
        return ParameterSet(tuple(found), first, self._order, rows, splines)

    def _smoothness(self) -> Iterator[Smoothness]:
        """What keeps the splines of all potentials smooth."""
        for index, potential in enumerate(self._potentials):
            formula = potential.bound.formula
            if potential.smooth and isinstance(formula, FormulaPotential):
                own = [group for group in self._groups if group[0] == index]
                positions = {(key, name): self._references.positions[q, key, name] for q, key, name in own}
                yield from smoothness_of(formula.splines, potential.smooth, positions)

    def _splines(self) -> Iterator[tuple[int, ...]]:
        """Positions of the coefficients of each spline and key."""
        found: dict[tuple[int, Key, str], list[int]] = {}
        for position, (index, key, name) in enumerate(self._groups):
            potential = self._potentials[index]
            if name not in potential.auxiliary and (of := potential.bound.formula.parameter(name).spline):
                found.setdefault((index, key, of), []).append(position)
        return (tuple(positions) for positions in found.values())

    def check_start(self, made: ParameterSet) -> None:
        """Ties that have no value or derivative where the fit starts, or a value that makes no sense."""
        if not self._ties:
            return  # slopes are a matrix of parameters by parameters: of a network, gigabytes
        numbers, slopes = made.numbers(made.start), made.slopes(made.start)
        for position, tie in self._ties.items():
            parameter, value = made.parameters[position], float(numbers[position])
            key = self._groups[position][1]
            it = f"for {key_text(key)} it" if self._is_rule(position) and key else "it"
            if any(k in self._ties and not math.isfinite(numbers[k]) for k in tie.uses):
                continue  # told of there
            if not math.isfinite(value):
                self._fault(position, f"{it} has no finite value where the fit starts.")
            elif value < parameter.minimum:
                least = f"and must be at least {parameter.minimum:g}"
                self._fault(position, f"{it} gives {value:.10g} where the fit starts, {least}.")
            elif value > parameter.maximum:
                most = f"and must be at most {parameter.maximum:g}"
                self._fault(position, f"{it} gives {value:.10g} where the fit starts, {most}.")
            elif not all(map(math.isfinite, slopes[position])):
                self._fault(position, f"{it} has no finite derivative where the fit starts.")

    def find_unused(self) -> None:
        """Auxiliary parameters that no tie refers to; where a tie cannot be read, nobody knows."""
        used = {other for tie in self._ties.values() for other in tie.uses}
        known = not self.problems
        for position, (index, _, name) in enumerate(self._groups):
            if known and name in self._potentials[index].auxiliary and position not in used:
                self._fault(position, "no tie uses this name.")

    def _fault(self, position: int, sentence: str) -> None:
        self.problems.append((position, f"{self._where(position)}: {sentence}"))

    def _given(self, group: Group) -> GivenParameter:
        index, key, name = group
        return given_for(self._potentials[index], key, name) or GivenParameter(fixed=True)

    def _is_rule(self, position: int) -> bool:
        """Whether a tie is given once, for several keys."""
        index, key, name = self._groups[position]
        return (key, name) not in self._potentials[index].given

    def _where(self, position: int) -> str:
        """How messages about a parameter begin; those about a tie name the tie."""
        index, key, name = group = self._groups[position]
        given, place = self._given(group), self._potentials[index].where(index)
        if given.mixing is not None:
            return f"{place}.mixing: {self._references.spelled(group, index)} = {given.tie}"
        table = "auxiliary" if name in self._potentials[index].auxiliary else "parameters"
        of_key = f" ({key_text(key)})" if key and (given.tie is None or not self._is_rule(position)) else ""
        return f"{place}.{table}.{name}{of_key}{'' if given.tie is None else '.tie'}"

    def _read_ties(self) -> dict[int, Tie]:
        ties = {}
        for position, group in enumerate(self._groups):
            given = self._given(group)
            if given.tie is None:
                continue
            try:
                ties[position] = self._references.tie(given.tie, self._where(position), group, given.mixing)
            except KernelError as error:
                self.problems.append((position, str(error)))
        return ties

    def _circle(self, circle: list[int]) -> str:
        within = self._groups[circle[0]][0]
        names = [self._references.spelled(self._groups[position], within) for position in circle]
        if len(names) == 1:
            return f"{names[0]} is tied to itself. Give it a value, or tie it to another one."
        around = " -> ".join([*names, names[0]])
        return f"goes in a circle: {around}. Give one of them a value in place of its tie."

    def _parameter(
        self, position: int, group: Group, instances: tuple[int, ...], members: Sequence[int]
    ) -> Parameter:
        index, key, name = group
        given, bound = self._given(group), self._potentials[index].bound
        initial = given.initial
        if initial is None and members:
            initial = bound.default(bound.instances[members[0]])
        transform = None
        if given.tie is not None:
            initial = math.nan
        elif initial is None:
            self._missing.append((position, group))
            initial = math.nan
        elif problem := _value_problem(initial, given):
            self._fault(position, problem)
        elif given.transform is not None:
            transform = make_transform(given.transform, initial, given.minimum, given.maximum)
        return Parameter(
            index,
            bound.formula.name,
            name,
            key,
            initial,
            given.minimum,
            given.maximum,
            given.fixed,
            instances,
            transform,
            None if transform is None else given.transform,
            given.prior,
            self._ties.get(position),
        )


def _value_problem(initial: float, given: GivenParameter) -> str | None:
    if not math.isfinite(initial):
        return f"its initial value {initial} is not finite."
    if given.minimum > given.maximum:
        return f"min {given.minimum} is above max {given.maximum}."
    if not given.fixed and given.minimum == given.maximum:
        return f"min and max are both {given.minimum}; write fixed = true instead."
    if not given.minimum <= initial <= given.maximum:
        return f"its initial value {initial} is outside [{given.minimum}, {given.maximum}]."
    if given.transform is None:
        return None
    return transform_problem(given.transform, initial, given.minimum, given.maximum)
