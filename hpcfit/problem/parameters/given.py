"""What a user says of the parameters of a potential, and which numbers of it each word speaks of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hpcfit.formula.potential import AnyBound, Instance, key_text

Key = tuple[str, ...]
TransformName = Literal["log", "logit"]


@dataclass(frozen=True)
class Prior:
    """What is known of a value before the fit: a Gaussian, in the unit of the value."""

    mean: float
    sigma: float


@dataclass(frozen=True)
class GivenParameter:
    """What a user says of a parameter: a value, bounds, and whether it is fitted, or what it is tied to.

    Attributes:
        initial: None keeps the catalogue's value.
        transform: of what the optimizer moves; None moves the value itself.
        tie: formula of other parameters; the bounds are then those of what makes sense.
        mixing: name of the rule that made the tie.
    """

    initial: float | None = None
    minimum: float = -math.inf
    maximum: float = math.inf
    fixed: bool = False
    transform: TransformName | None = None
    prior: Prior | None = None
    tie: str | None = None
    mixing: str | None = None


@dataclass(frozen=True)
class PotentialInput:
    """A potential of the model and what the user says of its parameters.

    Attributes:
        given: maps (species key, name) to the user's words; the key () speaks of all keys, for a tie as a
            rule for each of them.
        auxiliary: names of parameters that no formula has, for ties; their words are in `given` under ().
        smooth: factors of residuals that keep splines smooth, by (species key, spline).
        place: how messages begin; "potential[i]" for the i-th without one.
    """

    bound: AnyBound
    given: Mapping[tuple[Key, str], GivenParameter]
    auxiliary: tuple[str, ...] = ()
    smooth: Mapping[tuple[Key, str], float] = field(default_factory=dict)
    place: str = ""

    def where(self, index: int) -> str:
        """How messages about the i-th input of a model begin."""
        return self.place or f"potential[{index}]"


def parameter_groups(potential: PotentialInput) -> dict[tuple[Key, str], list[int]]:
    """Instances that one number sets, by (key, name), in the order of the first of each.

    `build_parameters` makes one parameter of each, in this order. Auxiliary ones set none, and come last.
    """
    count = Counter(instance.name for instance in potential.bound.instances)
    groups: dict[tuple[Key, str], list[int]] = {}
    for position, instance in enumerate(potential.bound.instances):
        key = _group_key(potential, instance, alone=count[instance.name] == 1)
        groups.setdefault((key, instance.name), []).append(position)
    return groups | {((), name): [] for name in potential.auxiliary}


def given_for(potential: PotentialInput, key: Key, name: str) -> GivenParameter | None:
    """What the user says of the group (key, name): by its own key, or by a rule for all keys."""
    own = potential.given.get((key, name))
    if own is not None:
        return own
    rule = potential.given.get(((), name))
    return rule if rule is not None and rule.tie is not None else None


def place_of(potential: PotentialInput, key: Key, name: str) -> tuple[str, str, str]:
    """How results name the group (key, name): potential, species, parameter.

    With one species it is named whatever the parameter's kind.
    """
    bound = potential.bound
    if name in potential.auxiliary:
        return bound.formula.name, "", name
    return bound.formula.name, key_text(key or (bound.species if len(bound.species) == 1 else ())), name


def _group_key(potential: PotentialInput, instance: Instance, alone: bool) -> Key:
    own = (instance.key, instance.name) in potential.given
    rule = potential.given.get(((), instance.name))
    if own or rule is None or rule.tie is not None:
        # Alone in its kind, a parameter needs no species to be told apart.
        return () if alone and not own else instance.key
    return ()
