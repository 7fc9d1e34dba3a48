"""Points at which curves of a model with one input are drawn, and the scale of their axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.plot.table_fit import TableFit
from hpcfit.plot.unsuitable import Unsuitable

FloatArray = NDArray[np.float64]

#: points of a curve
_POINTS = 400
#: of a range, beyond the data on both sides
_BEYOND = 0.03


def one_input(fit: TableFit) -> str:
    """The column that the model is a function of.

    Raises:
        Unsuitable: it is a function of several, or of none.
    """
    names = tuple(dict.fromkeys(fit.columns.x))
    if len(names) != 1:
        told = ", ".join(names) if names else "no column"
        raise Unsuitable(
            f"{fit.name}: curves are drawn of models with one input, and this one is a function of {told}."
        )
    return names[0]


def is_logarithmic(x: FloatArray) -> bool:
    """Whether positive numbers over two decades or more are spread evenly by their logarithms."""
    low, high = float(x.min()), float(x.max())
    if low <= 0.0 or high < 100.0 * low:
        return False
    middle = float(np.median(x))
    linear = (middle - low) / (high - low)
    logarithmic = float(np.log(middle / low) / np.log(high / low))
    return abs(logarithmic - 0.5) < abs(linear - 0.5)


def grid_of(x: FloatArray, logarithmic: bool) -> FloatArray:
    """Points over the range of x and a little beyond it; not across zero."""
    low, high = float(x.min()), float(x.max())
    if logarithmic:
        beyond = (high / low) ** _BEYOND
        return np.geomspace(low / beyond, high * beyond, _POINTS)
    beyond = _BEYOND * (high - low)
    below = max(low - beyond, 0.0) if low >= 0.0 else low - beyond
    # A formula may have a pole at zero: do not go there where the data do not.
    start = low if below == 0.0 else below
    return np.linspace(start, high + beyond, _POINTS)
