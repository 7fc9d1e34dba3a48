"""Where the numbers that belong to atoms lie: rows of `fields`, and of `responses` for each atom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpcfit.kernels.density.plan import DensityPlan


@dataclass(frozen=True)
class AtomRows:
    """Rows of one potential: components c, A_c, functions S_k, e_k and e_kl (density/atom_functions.py).

    `responses` has the rows of c (later of A_c), and if there are functions those of S_k and of e_k.

    Attributes:
        n: number of components; `m`: of functions.
        second: rows of e_kl by (k, l).
    """

    n: int
    m: int
    second: dict[tuple[int, ...], int]

    @classmethod
    def of(cls, plan: DensityPlan) -> AtomRows:
        n, m = len(plan.embedding.components), len(plan.functions.values)
        first = 2 * (n + m)
        return cls(n, m, {pair: first + row for row, pair in enumerate(plan.functions.curvatures)})

    @property
    def n_fields(self) -> int:
        return 2 * (self.n + self.m) + len(self.second)

    @property
    def n_responses(self) -> int:
        return self.n + 2 * self.m

    def slope(self, c: int) -> int:
        """A_c in `fields`."""
        return self.n + c

    def value(self, k: int) -> int:
        """S_k in `fields`."""
        return 2 * self.n + k

    def function_slope(self, k: int) -> int:
        """e_k in `fields`."""
        return 2 * self.n + self.m + k

    def value_response(self, k: int) -> int:
        """dS_k/dtheta in `responses`."""
        return self.n + k

    def slope_response(self, k: int) -> int:
        """e_k,theta in `responses`."""
        return self.n + self.m + k
