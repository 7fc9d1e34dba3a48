"""What falls off with time: sums of exponentials, and the stretched one."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula
from hpcfit.models.linear import combination, misfit

FloatArray = NDArray[np.float64]

#: rates that guesses are taken from, by the span of the times
_RATES = np.geomspace(0.1, 300.0, 36)
_SWEEPS = 4


def exponential_decay(
    terms: Annotated[int, {"help": "how many exponentials are added", "minimum": 1, "maximum": 10}] = 1,
    constant: Annotated[bool, {"help": "whether there is a constant too"}] = False,
) -> RowFormula:
    """A1*exp(-k1*t) + A2*exp(-k2*t) + ... [+ c]"""
    specs: list[ParameterSpec] = []
    for n in range(1, terms + 1):
        specs.append(ParameterSpec(f"A{n}", "shared", None, "", f"amplitude of exponential {n}"))
        specs.append(ParameterSpec(f"k{n}", "shared", None, "", f"its rate, one over t; {_order(n)}"))
    if constant:
        specs.append(ParameterSpec("c", "shared", None, "", "what is left at the end"))
    parts = [*(f"A{n}*exp(-k{n}*t)" for n in range(1, terms + 1)), *(["c"] if constant else [])]
    return RowFormula(
        "exponential-decay",
        (("y", " + ".join(parts)),),
        ("t",),
        tuple(specs),
        summary=f"{terms} exponential decay{'s' if terms > 1 else ''}{' and a constant' if constant else ''}",
        source="A. A. Istratov and O. F. Vyvenko, Rev. Sci. Instrum. 70, 1233 (1999)",
        guess=partial(_of_decays, terms, constant),
    )


def _order(n: int) -> str:
    return "guesses have the fastest first" if n == 1 else f"the guess is slower than k{n - 1}"


def decay_rates(terms: int, constant: bool, t: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rates and the factors of their exponentials, and last of the constant: a search of one by one.

    Each rate in turn becomes the best of a grid while the others stay, the factors following by linear
    least squares.
    """
    span = float(np.ptp(t)) or 1.0
    start = t.min()
    grid = _RATES / span
    tables = np.exp(-grid[:, None] * (t - start))
    more = [np.ones_like(t)] if constant else []
    chosen = np.linspace(0, len(grid) - 1, terms + 2)[1:-1].round().astype(int)
    for _ in range(_SWEEPS):
        for n in range(terms):
            others = [k for i, k in enumerate(chosen) if i != n]
            left = [k for k in range(len(grid)) if k not in others]
            found = [misfit([*(tables[k] for k in (*others, one)), *more], y) for one in left]
            chosen[n] = left[int(np.argmin(found))]
    chosen = np.sort(chosen)[::-1]
    factors = combination([*(tables[k] for k in chosen), *more], y)
    factors[:terms] *= np.exp(grid[chosen] * start)
    return grid[chosen], factors


def _of_decays(terms: int, constant: bool, inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    rates, factors = decay_rates(terms, constant, inputs[0], outputs[0])
    found = {"c": float(factors[-1])} if constant else {}
    for n in range(terms):
        found |= {f"A{n + 1}": float(factors[n]), f"k{n + 1}": float(rates[n])}
    return found


def _of_stretched(inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    """Those of an exponential and a constant."""
    rates, factors = decay_rates(1, True, inputs[0], outputs[0])
    return {"A": float(factors[0]), "tau": float(1.0 / rates[0]), "beta": 1.0, "c": float(factors[1])}


stretched_exponential = RowFormula(
    "stretched-exponential",
    # 1e-300: at t = 0 the derivative by tau would be 0 times infinity
    (("y", "A*exp(-(t/tau + 1e-300)**beta) + c"),),
    ("t",),
    (
        ParameterSpec("A", "shared", None, "", "amplitude"),
        ParameterSpec("tau", "shared", None, "", "time after which 1/e of it is left", minimum=0.0),
        ParameterSpec("beta", "shared", 1.0, "", "stretching; 1 is an exponential", minimum=0.0),
        ParameterSpec("c", "shared", 0.0, "", "what is left at the end"),
    ),
    summary="relaxation with a spread of rates, for t at least 0",
    source="R. Kohlrausch, Ann. Phys. 167, 179 (1854)",
    guess=_of_stretched,
)
