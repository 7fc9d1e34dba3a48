"""Rates that depend on the temperature."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula
from hpcfit.models.linear import combination

FloatArray = NDArray[np.float64]


def arrhenius(
    log: Annotated[bool, {"help": "whether y is the natural logarithm of the rate"}] = False,
    gas_constant: Annotated[
        float, {"help": "R in units of Ea over those of T; 8.617333262e-05 for eV", "minimum": 1e-300}
    ] = 8.31446261815324,
) -> RowFormula:
    """A*exp(-Ea/(R*T)), or its logarithm."""
    factor = ParameterSpec("A", "shared", None, "", "rate at infinite temperature", minimum=0.0)
    if log:
        factor = ParameterSpec("lnA", "shared", None, "", "logarithm of the rate at infinite temperature")
    formula = f"lnA - Ea/({gas_constant!r}*T)" if log else f"A*exp(-Ea/({gas_constant!r}*T))"
    return RowFormula(
        "arrhenius",
        (("log_rate" if log else "rate", formula),),
        ("T",),
        (factor, ParameterSpec("Ea", "shared", None, "", "activation energy; J/mol unless R is given")),
        summary="rate over temperature",
        source="S. Arrhenius, Z. Phys. Chem. 4, 226 (1889)",
        guess=partial(_of_arrhenius, log, gas_constant),
    )


def _of_arrhenius(
    log: bool, gas_constant: float, inputs: FloatArray, outputs: FloatArray
) -> dict[str, float]:
    """Of the straight line through the logarithms."""
    y = outputs[0]
    use = np.ones(len(y), bool) if log else y > 0.0
    line = y[use] if log else np.log(y[use])
    a, b = combination([np.ones(len(line)), 1.0 / inputs[0][use]], line).tolist()
    return {"lnA" if log else "A": a if log else float(np.exp(a)), "Ea": -b * gas_constant}
