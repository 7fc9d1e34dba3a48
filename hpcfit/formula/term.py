"""The texts of a potential: terms that end at a cutoff, and densities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hpcfit.formula.tracings import Formula

Rank = Literal["scalar", "vector", "tensor"]


@dataclass(frozen=True)
class Term:
    """An energy expression and the distance (an expression of parameters) at which it ends.

    Instead of a text either may be a function in Python, which the potential that gets the term traces.
    """

    expression: str
    cutoff: str | None = None

    if TYPE_CHECKING:

        def __init__(self, expression: Formula, cutoff: Formula | None = None) -> None: ...


def density_variables(name: str, rank: Rank) -> tuple[str, ...]:
    """The names of a density's invariants in the embedding."""
    if rank == "scalar":
        return (name,)
    return (f"{name}_squared",) if rank == "vector" else (f"{name}_squared", f"{name}_trace")


@dataclass(frozen=True)
class Density:
    """A sum over the bonds of an atom, known in formulas by its name.

    With the bond vectors D_x: a scalar density is rho = sum_x f(r_x), a vector density
    mu_a = sum_x f(r_x) D_x,a, a tensor density l_ab = sum_x f(r_x) D_x,a D_x,b. Formulas may use a
    scalar by its NAME, and in the embedding alone of a vector NAME_squared = sum_a mu_a^2, of a tensor
    NAME_squared = sum_ab l_ab^2 and NAME_trace = sum_a l_aa.
    """

    name: str
    term: Term
    rank: Rank = "scalar"

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of its invariants in the embedding."""
        return density_variables(self.name, self.rank)
