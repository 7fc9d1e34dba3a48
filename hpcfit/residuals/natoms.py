"""Division of residuals by the number of atoms, which the built-in residuals have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: the option normalize_by_natoms: everything, nothing, or the energy only
Normalization = bool | Literal["energy"]
METADATA: Mapping[str, Any] = {
    "help": "divide residuals by the number of atoms",
    "choices": (True, False, "energy"),
}


def normalized(weights: FloatArray, natoms: int, by: Normalization) -> FloatArray:
    """Weights [energy, forces.ravel(), stress] (7 + 3 natoms,) divided as an option says; a new array."""
    if by == "energy":
        factors = weights.copy()
        factors[0] /= natoms
        return factors
    return weights / natoms if by else weights.copy()
