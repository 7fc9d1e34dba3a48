"""Parameters that only say where a formula changes have derivatives of zero, and kernels for that."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from written_potential import written_potential

from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels.generate import generate_module

_BASE: dict[str, Any] = {"pair": "A*(r - 4)**2", "cutoff": 4.0}


@pytest.mark.parametrize(
    "texts",
    [
        {"pair": "where(r < s, A*(r - 4)**2, A*(r - 4)**3)"},
        {"triplet": "A*where(r1 < s, 1, 2)*where(r2 < s, 1, 2)*(r1 - 4)**2*(r2 - 4)**2"},
        {"density": "where(r < s, A*(r - 4)**2, 0)", "embedding": "-A*sqrt(rho)"},
        {"density": "A*(r - 4)**2", "embedding": "where(rho < s, -A*sqrt(rho), -rho)"},
        {"density": "A*(r - 4)**2", "pair": "where(rho < s, 1, 2)*A*(r - 4)**2"},
        {
            "bond_environment": "where(r2 < s, A*(r2 - 4)**2, 0)",
            "pair": "A*(r - 4)**2/(1 + zeta)",
        },
        {"bond_environment": "A*(r2 - 4)**2", "pair": "where(zeta < s, A*(r - 4)**2/(1 + zeta), 0)"},
        {"site": "where(s > 1, A, 2*A)"},
    ],
    ids=lambda texts: ", ".join(key for key, text in texts.items() if "s" in text),
)
@pytest.mark.parametrize("species", [("Si",), ("Si", "C")])
def test_kernels_are_written(texts: dict[str, str], species: tuple[str, ...]) -> None:
    bound = BoundPotential(written_potential(**{**_BASE, **texts}), species)
    text = generate_module([bound], species, [["A", "s"]], stress=True, jacobian=True)
    ast.parse(text)
