"""The derivative that a residual function brings along, `function.jacobian`.

It is believed after being compared with differences at two predictions near the reference, along one
direction in which all elements take part: an error in any element shows.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import PluginError
from hpcfit.problem.extrapolated import directional_derivative
from hpcfit.problem.function_call import FunctionCall
from hpcfit.problem.user_code import described, is_real_array

FloatArray = NDArray[np.float64]

_TOLERANCE = 1e-6
#: how far from the reference the check is made, in units of its elements or of one
_DISTANCES = (1e-2, 1.0)


class GivenJacobian:
    """The attribute `jacobian` of a residual function, called with the function's own arguments.

    Args:
        call: the function for one configuration.
        check: compare it with differences now.

    Raises:
        PluginError: when it cannot be called, has a wrong shape, or is wrong.
    """

    def __init__(self, call: FunctionCall, jacobian: Any, check: bool) -> None:
        self._call = call
        self._jacobian = jacobian
        if not callable(jacobian):
            raise PluginError(
                f"{call.where}: its attribute jacobian must be a function of (identifier, natoms, weight, "
                f"prediction, reference, data), not {described(jacobian)}."
            )
        for distance in _DISTANCES if check else ():
            self._check(distance)

    def at(self, prediction: FloatArray) -> FloatArray:
        """What it returns at a prediction (m,): (k, m), or (k,) for an elementwise function."""
        k, m = self._call.length, len(prediction)
        found = self._call.raw(prediction.copy(), self._jacobian)
        if is_real_array(found, (k, m)) or (k == m and is_real_array(found, (k,))):
            return np.asarray(found, dtype=np.float64)
        elementwise = f", or of shape ({k},) for an elementwise function" if k == m else ""
        raise PluginError(
            f"{self._call.where}: its jacobian must return an array of real numbers of shape ({k}, {m})"
            f"{elementwise}, not {described(found)}."
        )

    def times(self, prediction: FloatArray, derivative: FloatArray) -> FloatArray:
        """dr/dtheta (k, p) from dprediction/dtheta (m, p)."""
        found = self.at(prediction)
        if found.ndim == 1:
            return found[:, None] * derivative
        return np.asarray(found @ derivative)

    def _check(self, distance: float) -> None:
        reference = self._call.reference
        generator = np.random.default_rng(len(reference))
        scale = np.maximum(np.abs(reference), 1.0)
        point = reference + distance * scale * generator.uniform(0.3, 1.0, len(reference))
        direction = generator.choice([-1.0, 1.0], len(reference)) * generator.uniform(
            0.5, 1.0, len(reference)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if not np.isfinite(self._call(point)).all():
                return
            given = self.times(point, direction[:, None])[:, 0]
            if self._differs(given, point, direction) is not None:
                self._tell(point)

    def _differs(self, given: FloatArray, point: FloatArray, direction: FloatArray) -> FloatArray | None:
        """The derivative (k,) along a direction by differences, where `given` disagrees with it."""
        found, error = directional_derivative(self._call, point, direction)
        finite = np.isfinite(found) & np.isfinite(error)
        allowed = _TOLERANCE * np.abs(found[finite]).max(initial=0.0) + 10.0 * error
        wrong = finite & ~(np.abs(given - found) <= allowed)
        return found if wrong.any() else None

    def _tell(self, point: FloatArray) -> None:
        """Find the element that is most wrong; column by column, for it happens once."""
        table = self.at(point)
        dense = np.diag(table) if table.ndim == 1 else table
        worst = (0.0, 0, 0, 0.0, 0.0)
        for j in range(len(point)):
            found, error = directional_derivative(self._call, point, np.eye(1, len(point), j)[0])
            # Where even differences do not know, nothing is wrong with what is given.
            off = np.nan_to_num(np.abs(dense[:, j] - found), nan=np.inf) - 10.0 * np.nan_to_num(error)
            i = int(np.argmax(off))
            if off[i] > worst[0]:
                worst = (float(off[i]), i, j, float(dense[i, j]), float(found[i]))
        _, i, j, given, difference = worst
        raise PluginError(
            f"{self._call.where}: its jacobian is wrong: d residual[{i}] / d prediction[{j}] is given as "
            f"{given:.8g}, and differences find {difference:.8g}. Correct it, or leave it out: hpcfit then "
            "differentiates the function itself."
        )
