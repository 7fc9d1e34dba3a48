"""What rises and levels off: adsorption, responses, growth."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula
from hpcfit.models.linear import combination

FloatArray = NDArray[np.float64]


def langmuir(
    sites: Annotated[int, {"help": "kinds of sites, whose amounts add up", "minimum": 1, "maximum": 10}] = 1,
) -> RowFormula:
    """q1*K1*p/(1 + K1*p) + ..."""
    specs: list[ParameterSpec] = []
    for n in range(1, sites + 1):
        specs.append(ParameterSpec(f"q{n}", "shared", None, "", f"capacity of sites {n}", minimum=0.0))
        specs.append(ParameterSpec(f"K{n}", "shared", None, "", "their affinity, one over p", minimum=0.0))
    return RowFormula(
        "langmuir",
        (("q", " + ".join(f"q{n}*K{n}*p/(1 + K{n}*p)" for n in range(1, sites + 1))),),
        ("p",),
        tuple(specs),
        summary=f"adsorbed amount over pressure, {sites} kind{'s' if sites > 1 else ''} of sites",
        source="I. Langmuir, J. Am. Chem. Soc. 40, 1361 (1918)",
        guess=partial(_of_langmuir, sites),
    )


def half_height(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """(largest y, the x whose y is nearest to half of it)."""
    top = float(y[np.argmax(np.abs(y))])
    return top, float(x[np.argmin(np.abs(y - top / 2.0))])


def _of_langmuir(sites: int, inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    """Affinities around the one of half the largest amount, a factor 10 apart; equal capacities."""
    top, half = half_height(inputs[0], outputs[0])
    affinities = 10.0 ** (np.arange(sites) - (sites - 1) / 2.0)[::-1] / (half or 1.0)
    terms = sum(k * inputs[0] / (1.0 + k * inputs[0]) for k in affinities)
    capacity = float(combination([np.asarray(terms)], outputs[0])[0])
    capacity = capacity if capacity > 0.0 else top
    return {
        f"{letter}{n + 1}": value
        for n, k in enumerate(affinities.tolist())
        for letter, value in (("q", capacity), ("K", k))
    }


def _of_michaelis(inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    top, half = half_height(inputs[0], outputs[0])
    return {"vmax": 1.2 * top, "Km": half}


def _of_dose_response(inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    x, y = inputs[0], outputs[0]
    bottom, top = float(y[np.argmin(x)]), float(y[np.argmax(x)])
    half = float(x[np.argmin(np.abs(y - (bottom + top) / 2.0))])
    return {"bottom": bottom, "top": top, "half": half, "n": 1.0}


def _of_logistic(inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    order = np.argsort(inputs[0], kind="stable")
    x, y = inputs[0][order], outputs[0][order]
    ends = max(1, len(x) // 10)
    low, high = float(y[:ends].mean()), float(y[-ends:].mean())
    middle = float(x[np.argmin(np.abs(y - (low + high) / 2.0))])
    return {"low": low, "high": high, "middle": middle, "width": float(np.ptp(x)) / 10.0 or 1.0}


michaelis_menten = RowFormula(
    "michaelis-menten",
    (("rate", "vmax*s/(Km + s)"),),
    ("s",),
    (
        ParameterSpec("vmax", "shared", None, "", "largest rate"),
        ParameterSpec("Km", "shared", None, "", "concentration of half of it", minimum=0.0),
    ),
    summary="rate of an enzyme over the concentration of its substrate",
    source="L. Michaelis and M. L. Menten, Biochem. Z. 49, 333 (1913)",
    guess=_of_michaelis,
)
dose_response = RowFormula(
    "dose-response",
    (("response", "bottom + (top - bottom)*dose**n/(half**n + dose**n)"),),
    ("dose",),
    (
        ParameterSpec("bottom", "shared", None, "", "response without a dose"),
        ParameterSpec("top", "shared", None, "", "response to a dose without end"),
        ParameterSpec("half", "shared", None, "", "dose half way", minimum=0.0),
        ParameterSpec("n", "shared", 1.0, "", "steepness, Hill's coefficient", minimum=0.0),
    ),
    summary="response to a dose, Hill's equation above a bottom",
    source="A. V. Hill, J. Physiol. 40, iv (1910)",
    guess=_of_dose_response,
)
logistic = RowFormula(
    "logistic",
    (("y", "low + (high - low)/(1 + exp(-(x - middle)/width))"),),
    ("x",),
    (
        ParameterSpec("low", "shared", None, "", "level at the left"),
        ParameterSpec("high", "shared", None, "", "level at the right"),
        ParameterSpec("middle", "shared", None, "", "x half way"),
        ParameterSpec(
            "width", "shared", None, "", "width of the step; a quarter of its rise at its slope", minimum=0.0
        ),
    ),
    summary="step from one level to another",
    source="P.-F. Verhulst, Corr. Math. Phys. 10, 113 (1838)",
    guess=_of_logistic,
)
