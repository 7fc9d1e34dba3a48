"""Functions that are given by numbers: a cubic between each two of many equidistant points.

In formulas `table(r, name)` is the value of one. The numbers are constants; what is fitted is a spline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpcfit.errors import KernelError
from hpcfit.formula.keys import Key, Kind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Tabulated:
    """A function of a potential, one for each key of its kind, all with the same points.

    With u = (x - low)/step, row i of its numbers holds the coefficients of 1, t, t**2, t**3 with
    t = u + 1 - i: row 0 is what the function is below the first point, row i from point i - 1 on, and the
    last row from the last point on.

    Attributes:
        kind: as of a parameter; formulas write the name with the same suffixes.
        low, step: the first point and the distance of two.
        rows: by key, in canonical order of the species; shape (points + 1, 4).
    """

    name: str
    kind: Kind
    low: float
    step: float
    rows: Mapping[Key, NDArray[np.float64]] = field(hash=False, compare=False)

    def __post_init__(self) -> None:
        shapes = {rows.shape for rows in self.rows.values()}
        shape = next(iter(shapes), ())
        if len(shapes) != 1 or len(shape) != 2 or shape[1] != 4 or shape[0] < 3:
            raise KernelError(
                f"table {self.name}: rows of 4 numbers are expected, as many for every key and at least 3"
            )
        if not self.step > 0.0:
            raise KernelError(f"table {self.name}: its points are {self.step:g} apart. Give a step above 0")

    @property
    def n_rows(self) -> int:
        """Rows of each key."""
        return len(next(iter(self.rows.values())))
