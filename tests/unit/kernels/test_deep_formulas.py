"""Formulas at the limits of what is allowed: long, deep, and with parts that are used again at every step.

What grows exponentially would not end; what recurses would fail.
"""

from __future__ import annotations

import ast
from typing import Any

import pytest
from written_potential import written_potential

from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels.generate import generate_module

END = "exp(1/(r - 4))"


def steps(first: str, step: str) -> dict[str, str]:
    return {"x0": first, **{f"x{k + 1}": step.format(k=k) for k in range(30)}}


CASES: dict[str, dict[str, Any]] = {
    "a sum of 900 terms": {"pair": "A*(" + "+".join(["r"] * 900) + f")*{END}"},
    "a polynomial": {"pair": f"A*{END}*(" + "+".join(f"r**{k}" for k in range(1, 300)) + ")"},
    "many parameters": {"pair": f"{END}*(" + "+".join(f"A{k}*r**{k}" for k in range(1, 60)) + ")"},
    "a product of sums": {"triplet": "A*" + "*".join(f"(r1 + r2 + {k}*costheta)" for k in range(1, 60))},
    "parts of an environment": {
        "pair": f"A*{END}*(1 + zeta)**-0.5",
        "bond_environment": "B*x30",
        "let": steps("r1 + r2*costheta + A", "exp(-x{k}*x{k}) + {k}.5*x{k}"),
    },
    "parts with a density": {
        "triplet": "A*x30*(r1*r2)",
        "density": "exp(-B*r)",
        "let": steps("rho + r1 + r2 + costheta + A", "(x{k} + A)*(x{k} + B)"),
    },
    "parts of an embedding": {
        "embedding": "A*x30",
        "density": "exp(-B*r)",
        "let": steps("rho + A*B", "where(x{k} < {k}, x{k}*sin(x{k}), cos(x{k}))"),
    },
}


@pytest.mark.parametrize("case", CASES)
def test_kernels_are_written_for_it(case: str) -> None:
    potential = written_potential(**CASES[case], cutoff=4.0)
    active = {spec.name for spec in potential.parameters}
    text = generate_module([BoundPotential(potential, ("Si",))], ["Si"], [active], stress=True, jacobian=True)
    ast.parse(text)
