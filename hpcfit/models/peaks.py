"""Sums of peaks on a constant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula

FloatArray = NDArray[np.float64]
_PEAKS = {"help": "how many there are", "minimum": 1, "maximum": 20}
_CONSTANT = {"help": "whether there is a constant below them"}


def gaussian(peaks: Annotated[int, _PEAKS] = 1, constant: Annotated[bool, _CONSTANT] = False) -> RowFormula:
    """h1*exp(-((x - m1)/s1)**2/2) + ... [+ c]"""
    width = "its standard deviation"
    source = "C. F. Gauss, Theoria Motus (1809), art. 177"
    return _form("gaussian", "h{n}*exp(-((x - m{n})/s{n})**2/2)", "s", width, source, peaks, constant)


def lorentzian(peaks: Annotated[int, _PEAKS] = 1, constant: Annotated[bool, _CONSTANT] = False) -> RowFormula:
    """h1/(1 + ((x - m1)/g1)**2) + ... [+ c]"""
    width = "its half width at half height"
    source = "H. A. Lorentz, Versl. K. Akad. Wet. Amsterdam 14, 518 (1905)"
    return _form("lorentzian", "h{n}/(1 + ((x - m{n})/g{n})**2)", "g", width, source, peaks, constant)


def _form(
    name: str, term: str, letter: str, width: str, source: str, peaks: int, constant: bool
) -> RowFormula:
    specs: list[ParameterSpec] = []
    for n in range(1, peaks + 1):
        specs.append(ParameterSpec(f"h{n}", "shared", None, "", f"height of peak {n}"))
        specs.append(ParameterSpec(f"m{n}", "shared", None, "", "its middle"))
        specs.append(ParameterSpec(f"{letter}{n}", "shared", None, "", width, minimum=0.0))
    if constant:
        specs.append(ParameterSpec("c", "shared", None, "", "what the peaks stand on"))
    parts = [*(term.format(n=n) for n in range(1, peaks + 1)), *(["c"] if constant else [])]
    return RowFormula(
        name,
        (("y", " + ".join(parts)),),
        ("x",),
        tuple(specs),
        summary=f"{peaks} {name} peak{'s' if peaks > 1 else ''}{' on a constant' if constant else ''}",
        source=source,
        guess=partial(_of_peaks, name, letter, peaks, constant),
    )


#: peaks of height 1 by their distance from the middle in half widths at half height
_SHAPES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "gaussian": lambda u: np.exp(-np.log(2.0) * u * u),
    "lorentzian": lambda u: 1.0 / (1.0 + u * u),
}


def _of_peaks(
    name: str, letter: str, peaks: int, constant: bool, inputs: FloatArray, outputs: FloatArray
) -> dict[str, float]:
    """The largest peak, then the largest of what it leaves, and so on."""
    order = np.argsort(inputs[0], kind="stable")
    x, y = inputs[0][order], outputs[0][order]
    found: dict[str, float] = {}
    if constant:
        found["c"] = float(np.quantile(y, 0.1) if abs(y.max()) >= abs(y.min()) else np.quantile(y, 0.9))
    rest = y - found.get("c", 0.0)
    factor = 1.0 / np.sqrt(2.0 * np.log(2.0)) if name == "gaussian" else 1.0
    for n in range(1, peaks + 1):
        top = int(np.argmax(np.abs(rest)))
        half = _half_width(x, rest, top)
        found |= {f"h{n}": float(rest[top]), f"m{n}": float(x[top]), f"{letter}{n}": factor * half}
        rest = rest - rest[top] * _SHAPES[name]((x - x[top]) / half)
    return found


def _half_width(x: FloatArray, y: FloatArray, top: int) -> float:
    """Distance from x[top] to where |y| has fallen to half, the nearer side."""
    above = np.abs(y) > abs(y[top]) / 2.0
    sides = []
    for step in (-1, 1):
        k = top
        while 0 <= k < len(x) and above[k]:
            k += step
        if 0 <= k < len(x):
            sides.append(abs(float(x[k] - x[top])))
    wide = [side for side in sides if side > 0.0]
    return min(wide) if wide else float(np.ptp(x)) / 4.0 or 1.0
