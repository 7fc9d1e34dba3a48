"""Parameters: which numbers of the potentials are free, between which bounds, and where they go.

A potential has *instances*, one number per parameter name and species key. A `Parameter` is one
number the user speaks of; it sets one instance, or all the instances that share it (a value given
without a species key, for a parameter that exists per pair or triplet).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError
from hpcfit.formula.potential import BoundPotential, Instance, key_text

FloatArray = NDArray[np.float64]
Key = tuple[str, ...]


@dataclass(frozen=True)
class GivenParameter:
    """What a user says of a parameter: a value, bounds, and whether it is fitted.

    `initial` None keeps the catalogue's value.
    """

    initial: float | None = None
    minimum: float = -math.inf
    maximum: float = math.inf
    fixed: bool = False


@dataclass(frozen=True)
class Parameter:
    """One number of the model, in the unit the potential declares.

    Attributes:
        potential: index of its potential; `label` that potential's name.
        key: species it belongs to; () where it is shared by all keys of its kind.
        instances: positions in the vector of all values that it sets.
    """

    potential: int
    label: str
    name: str
    key: Key
    initial: float
    minimum: float
    maximum: float
    fixed: bool
    instances: tuple[int, ...]


@dataclass(frozen=True)
class ParameterSet:
    """All parameters of a model, in a fixed order; the free ones form theta (p,)."""

    parameters: tuple[Parameter, ...]
    n_values: int

    @property
    def free(self) -> tuple[Parameter, ...]:
        return tuple(q for q in self.parameters if not q.fixed)

    @property
    def start(self) -> FloatArray:
        """Initial theta, shape (p,)."""
        return np.array([q.initial for q in self.free], dtype=np.float64)

    @property
    def lower(self) -> FloatArray:
        return np.array([q.minimum for q in self.free], dtype=np.float64)

    @property
    def upper(self) -> FloatArray:
        return np.array([q.maximum for q in self.free], dtype=np.float64)

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each free parameter, as short as it can be while being unique."""
        return tuple(self.label(q) for q in self.free)

    def label(self, parameter: Parameter) -> str:
        """The shortest name of one of the parameters that no other one has."""
        several = len({q.potential for q in self.parameters if q.name == parameter.name}) > 1
        prefix = f"{parameter.label}[{parameter.potential}]." if several else ""
        suffix = f" ({key_text(parameter.key)})" if parameter.key else ""
        return f"{prefix}{parameter.name}{suffix}"

    @property
    def columns(self) -> NDArray[np.int32]:
        """Column of theta that sets each value, -1 where it is fixed; shape (n_values,)."""
        columns = np.full(self.n_values, -1, dtype=np.int32)
        for column, parameter in enumerate(self.free):
            columns[list(parameter.instances)] = column
        return columns

    def values(self, theta: FloatArray) -> FloatArray:
        """All values of the model at theta (p,), shape (n_values,)."""
        values = np.empty(self.n_values)
        free = iter(theta)
        for parameter in self.parameters:
            value = parameter.initial if parameter.fixed else next(free)
            values[list(parameter.instances)] = value
        return values


@dataclass(frozen=True)
class PotentialInput:
    """A potential of the model and what the user says of its parameters.

    `given` maps (species key, name) to the user's words; the key () speaks of all keys.
    """

    bound: BoundPotential
    given: Mapping[tuple[Key, str], GivenParameter]


def build_parameters(potentials: Sequence[PotentialInput]) -> ParameterSet:
    """The parameters of all potentials of a model.

    Raises:
        JobError: every parameter that has no value, starts outside its bounds, or has empty ones.
    """
    parameters: list[Parameter] = []
    problems: list[str] = []
    first = 0
    for index, potential in enumerate(potentials):
        groups = parameter_groups(potential)
        for (key, name), members in groups.items():
            given = potential.given.get((key, name), GivenParameter(fixed=True))
            initial = given.initial
            if initial is None:
                initial = potential.bound.default(potential.bound.instances[members[0]])
            where = f"potential[{index}].parameters.{name}" + (f" ({key_text(key)})" if key else "")
            if initial is None:
                problems.append(f"{where}: it has no default; give it a value.")
                continue
            problem = _bounds_problem(initial, given)
            if problem:
                problems.append(f"{where}: {problem}")
            label = potential.bound.formula.name
            instances = tuple(first + m for m in members)
            parameters.append(
                Parameter(
                    index, label, name, key, initial, given.minimum, given.maximum, given.fixed, instances
                )
            )
        first += len(potential.bound.instances)
    if problems:
        raise JobError(problems)
    return ParameterSet(tuple(parameters), first)


def parameter_groups(potential: PotentialInput) -> dict[tuple[Key, str], list[int]]:
    """Instances that one number sets, by (key, name), in the order of the first of each.

    `build_parameters` makes one parameter of each, in this order.
    """
    groups: dict[tuple[Key, str], list[int]] = {}
    for position, instance in enumerate(potential.bound.instances):
        groups.setdefault((_group_key(potential, instance), instance.name), []).append(position)
    return groups


def _group_key(potential: PotentialInput, instance: Instance) -> Key:
    own = (instance.key, instance.name) in potential.given
    shared = ((), instance.name) in potential.given
    if own or not shared:
        # Alone in its kind, a parameter needs no species to be told apart.
        return () if _alone(potential, instance) and not own else instance.key
    return ()


def _alone(potential: PotentialInput, instance: Instance) -> bool:
    return sum(other.name == instance.name for other in potential.bound.instances) == 1


def _bounds_problem(initial: float, given: GivenParameter) -> str | None:
    if not math.isfinite(initial):
        return f"its initial value {initial} is not finite."
    if given.minimum > given.maximum:
        return f"min {given.minimum} is above max {given.maximum}."
    if not given.fixed and given.minimum == given.maximum:
        return f"min and max are both {given.minimum}; write fixed = true instead."
    if not given.minimum <= initial <= given.maximum:
        return f"its initial value {initial} is outside [{given.minimum}, {given.maximum}]."
    return None
