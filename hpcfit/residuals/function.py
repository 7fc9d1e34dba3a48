"""The form of a residual that is a Python function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.residuals.weight_view import WeightView

FloatArray = NDArray[np.float64]

#: residual_fn(identifier, natoms, weight, prediction, reference, data) -> (k,) residuals.
#: prediction and reference are [energy, forces.ravel(), stress], each present if it is a target
#: and the configuration has a reference for it. An attribute `jacobian` of the function, called
#: with the same arguments, gives the derivative by the prediction: (k, m), or (k,) for a function
#: whose element i depends on prediction[i] alone.
ResidualFunction = Callable[
    [str, int, WeightView, FloatArray, FloatArray, Mapping[str, Any]],
    FloatArray,
]
