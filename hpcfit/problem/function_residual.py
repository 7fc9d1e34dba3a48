"""A user's residual function and its derivative along the columns of the prediction Jacobian.

The user writes residual_fn(identifier, natoms, weight, prediction, reference, data), and need not
write a derivative. Most such functions are affine and elementwise in the prediction,
r = s * prediction + b: then s is found by probing, verified at every evaluation, and the chain rule
is exact. Otherwise each column of the Jacobian is a directional derivative of the function: by the
complex step (Squire and Trapp, SIAM Rev. 40, 110 (1998)), which has no cancellation, where one
direction agrees with differences; and by extrapolated differences where the function is not analytic
Python. A function may bring its own derivative as an attribute `jacobian`.

Nothing here remembers an earlier theta, so a resumed run repeats the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import PluginError
from hpcfit.problem.found_derivative import AffineFunction, directional_jacobian
from hpcfit.problem.function_call import FunctionCall
from hpcfit.problem.given_jacobian import GivenJacobian
from hpcfit.residuals import ResidualFunction, WeightView

FloatArray = NDArray[np.float64]

#: how far predictions are moved from references to see whether the function keeps its form
_MOVES = (1e-3, -0.1, 1.0)


class FunctionResidual:
    """One configuration's residual, evaluated by a user's function.

    Args:
        function: the user's function.
        label: how messages name it, for example "my_residuals.py:crack".
        identifier, natoms, weight, reference, data: its arguments; reference is (m,).
        check_jacobian: compare the function's attribute `jacobian`, if it has one, with differences.

    Raises:
        PluginError: when the function raises, or returns what is not a real vector of one length, at the
            references as predictions or at some near them; or when its jacobian is wrong.
    """

    def __init__(
        self,
        function: ResidualFunction,
        label: str,
        identifier: str,
        natoms: int,
        weight: WeightView,
        reference: FloatArray,
        data: Mapping[str, Any],
        check_jacobian: bool = True,
    ) -> None:
        self._call = FunctionCall(function, label, identifier, natoms, weight, reference, data)
        given = getattr(function, "jacobian", None)
        self._given: GivenJacobian | None = None
        self._affine: AffineFunction | None = None
        near = [self._call(reference + move * np.maximum(np.abs(reference), 1.0)) for move in _MOVES]
        #: elements that are finite at none of the predictions near the references
        self.never_finite = np.flatnonzero(~np.isfinite(near).any(axis=0))
        if given is not None:
            self._given = GivenJacobian(self._call, given, check_jacobian)
        else:
            self._affine = AffineFunction(self._call)

    def require_finite(self) -> None:
        """Refuse a function with an element that is finite at none of the predictions near the references.

        Raises:
            PluginError: naming the element.
        """
        if len(self.never_finite):
            raise PluginError(
                f"{self._call.where}: element {self.never_finite[0]} of the {self.length} that it returns is "
                "not finite, wherever near the references the prediction is. Look for a division by zero, "
                "or a root or logarithm, in the residual."
            )

    @property
    def length(self) -> int:
        """Of the residual."""
        return self._call.length

    def value(self, prediction: FloatArray) -> FloatArray:
        """The residual (k,) at a prediction (m,).

        Raises:
            PluginError: when the function raises or does not return a vector of constant length.
        """
        return self._call(prediction)

    def value_and_jacobian(
        self, prediction: FloatArray, derivative: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """The residual (k,) and its Jacobian (k, p), from dprediction/dtheta (m, p)."""
        value = self._call(prediction)
        if not (np.isfinite(value).all() and np.isfinite(derivative).all()):
            return value, np.full((self.length, derivative.shape[1]), np.nan)
        if self._given is not None:
            return value, self._given.times(prediction, derivative)
        assert self._affine is not None
        if self._affine.slope is not None and self._affine.holds(prediction, value):
            return value, self._affine.slope[:, None] * derivative
        return value, directional_jacobian(self._call, prediction, derivative)

    def fault(self, prediction: FloatArray, derivative: FloatArray) -> str | None:
        """What is not finite at a finite prediction with finite derivatives; None when all is."""
        value, jacobian = self.value_and_jacobian(prediction, derivative)
        bad = np.flatnonzero(~np.isfinite(value))
        if len(bad):
            what = f"element {bad[0]} of the {self.length} that it returns is {value[bad[0]]}"
        elif not np.isfinite(jacobian).all():
            element = int(np.flatnonzero(~np.isfinite(jacobian).all(axis=1))[0])
            what = f"the derivative of element {element} of the {self.length} that it returns is not finite"
        else:
            return None
        return f"{self._call.where}: {what} at the initial values, where every prediction is finite"
