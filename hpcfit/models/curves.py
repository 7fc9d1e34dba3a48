"""Power laws and waves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula
from hpcfit.models.linear import combination, misfit

FloatArray = NDArray[np.float64]

#: frequencies that are tried for each wave that the longest one has in the span
_FINER, _MOST = 4, 400


def _of_power_law(inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    """Of the straight line through the logarithms; the rows of the commoner sign."""
    x, y = inputs[0], outputs[0]
    sign = 1.0 if np.count_nonzero(y > 0.0) >= np.count_nonzero(y < 0.0) else -1.0
    use = (x > 0.0) & (sign * y > 0.0)
    a, n = combination([np.ones(int(use.sum())), np.log(x[use])], np.log(sign * y[use])).tolist()
    return {"A": sign * float(np.exp(a)), "n": n}


def _of_sine(inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    """The best of a grid of frequencies, up to half of that at which x is sampled."""
    x, y = inputs[0], outputs[0]
    span = float(np.ptp(x)) or 1.0
    tried = np.arange(1, min(_MOST, _FINER * max(1, len(x) // 2)) + 1) / (_FINER * span)
    one = np.ones_like(x)
    left = []
    for f in tried:
        u = 2.0 * np.pi * f * x
        left.append(misfit([np.sin(u), np.cos(u), one], y))
    f = float(tried[int(np.argmin(left))])
    u = 2.0 * np.pi * f * x
    s, c, offset = combination([np.sin(u), np.cos(u), one], y).tolist()
    return {"A": float(np.hypot(s, c)), "f": f, "phase": float(np.arctan2(c, s)), "c": offset}


power_law = RowFormula(
    "power-law",
    (("y", "A*x**n"),),
    ("x",),
    (
        ParameterSpec("A", "shared", None, "", "value at x = 1"),
        ParameterSpec("n", "shared", None, "", "the power"),
    ),
    summary="a power of x, for x above 0",
    source="M. E. J. Newman, Contemp. Phys. 46, 323 (2005)",
    guess=_of_power_law,
)
sine = RowFormula(
    "sine",
    (("y", "A*sin(2*pi*f*x + phase) + c"),),
    ("x",),
    (
        ParameterSpec("A", "shared", None, "", "amplitude"),
        ParameterSpec("f", "shared", None, "", "frequency, one over x", minimum=0.0),
        ParameterSpec("phase", "shared", 0.0, "", "phase at x = 0, in radians"),
        ParameterSpec("c", "shared", 0.0, "", "mean"),
    ),
    summary="a wave around a mean",
    source="N. R. Lomb, Astrophys. Space Sci. 39, 447 (1976), for the guess",
    guess=_of_sine,
)
