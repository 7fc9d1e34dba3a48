"""One expression of a graph: what it is, what it depends on, when it can be computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

#: a sum of sums that share parts may have more terms than could ever be written
MOST_TERMS = 2000


class Uses(IntFlag):
    """What an expression depends on; bonds 1 and 2 are the two of a triplet, a pair has bond 1."""

    NOTHING = 0
    DISTANCE_1 = 1
    DISTANCE_2 = 2
    ANGLE = 4
    PARAMETER_1 = 8  # of the species pair of bond 1
    PARAMETER_2 = 16
    PARAMETER_12 = 32  # of the species triplet
    DENSITY = 64  # of the atom as a whole: a density, or what is made of densities
    ENVIRONMENT_1 = 128  # zeta of bond 1
    ENVIRONMENT_2 = 256
    VARIABLES = 7 | 64 | 128 | 256


_OF_BOND_1 = Uses.DISTANCE_1 | Uses.ENVIRONMENT_1 | Uses.DENSITY
_OF_BOND_2 = Uses.DISTANCE_2 | Uses.ENVIRONMENT_2 | Uses.DENSITY


class Part(IntEnum):
    """When an expression can be computed, in this order."""

    NUMBER = 0
    PARAMETERS = 1  # once
    SITE = 2  # once per atom
    BOND_1 = 3  # once per bond, seen as bond 1
    BOND_2 = 4
    LANE = 5  # bond 1, but with parameters of the triplet
    TRIPLET = 6


@dataclass(frozen=True, eq=False)
class Node:
    """One expression. `args` are nodes; `value` is a number's value, a symbol's name, a power."""

    op: str
    args: tuple[Node, ...]
    value: float | str | int | None
    uses: Uses
    positive: bool
    index: int
    factors: dict[Part, Node] = field(default_factory=dict, repr=False)

    @property
    def part(self) -> Part:
        """When it can be computed."""
        if self.op == "number":
            return Part.NUMBER
        variables = self.uses & Uses.VARIABLES
        if not variables:
            return Part.PARAMETERS
        others = self.uses & ~Uses.VARIABLES
        if variables == Uses.DENSITY and not others:
            return Part.SITE
        if not variables & ~_OF_BOND_1:
            return Part.LANE if others & ~Uses.PARAMETER_1 else Part.BOND_1
        if not variables & ~_OF_BOND_2 and not others & ~Uses.PARAMETER_2:
            return Part.BOND_2
        return Part.TRIPLET

    @property
    def number(self) -> float:
        """Value of a number node."""
        assert isinstance(self.value, float)
        return self.value


def factors_of(a: Node) -> dict[Part, Node]:
    """The factors of a product by part; of anything else, itself."""
    return a.factors or {a.part: a}


def terms_of(a: Node) -> list[Node]:
    """The terms of a (nested) sum; a sum of more than MOST_TERMS is taken for one term."""
    terms: list[Node] = []
    pending = [a]
    while pending:
        node = pending.pop()
        if node.op == "add":
            pending += reversed(node.args)
        else:
            terms.append(node)
        if len(terms) > MOST_TERMS:
            return [a]
    return terms


def base_and_power(a: Node) -> tuple[Node, int]:
    """(x, n) when a is x**n, n perhaps negative."""
    n = 1
    if a.op == "power_i":
        a, n = a.args[0], int(a.value or 0)
    return (a.args[0], -n) if a.op == "inverse" else (a, n)
