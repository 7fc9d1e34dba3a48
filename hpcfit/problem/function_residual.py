"""A user's residual function and its derivative along the columns of the prediction Jacobian.

The user writes residual_fn(identifier, natoms, weight, prediction, reference, data) and no
derivative. Most such functions are affine and elementwise in the prediction, r = s * prediction + b:
then s is found by probing, verified at every evaluation, and the chain rule is exact. Otherwise each
column of the Jacobian is a directional derivative of the function: by the complex step (Squire and
Trapp, SIAM Rev. 40, 110 (1998)), which has no cancellation, where one direction agrees with
differences; and by extrapolated differences where the function is not analytic Python.

Nothing here remembers an earlier theta, so a resumed run repeats the same bits.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import PluginError
from hpcfit.problem.extrapolated import directional_derivative
from hpcfit.problem.user_code import raised
from hpcfit.residuals import ResidualFunction, WeightView

FloatArray = NDArray[np.float64]

_AFFINE_TOLERANCE = 1e-11
_COMPLEX_STEP = 1e-30
_AGREEMENT = 1e-6


class FunctionResidual:
    """One configuration's residual, evaluated by a user's function.

    Args:
        function: the user's function.
        label: how messages name it, for example "my_residuals.py:crack".
        identifier, natoms, weight, reference, data: its arguments; reference is (m,).
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
    ) -> None:
        self._function = function
        self._where = f"residual function {label}, configuration {identifier!r}"
        self._identifier = identifier
        self._natoms = natoms
        self._weight = weight
        # A function that changed these would change what the fit is about, from one call to the next.
        self._reference = _read_only(reference)
        _read_only(weight.vector)
        self._data = data
        self.length = self._first_length()
        self._slope, self._offset = self._probe()

    def value(self, prediction: FloatArray) -> FloatArray:
        """The residual (k,) at a prediction (m,).

        Raises:
            PluginError: when the function raises or does not return a vector of constant length.
        """
        return self._real(prediction)

    def value_and_jacobian(
        self, prediction: FloatArray, derivative: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """The residual (k,) and its Jacobian (k, p), from dprediction/dtheta (m, p)."""
        value = self._real(prediction)
        if not (np.isfinite(value).all() and np.isfinite(derivative).all()):
            return value, np.full((self.length, derivative.shape[1]), np.nan)
        if self._slope is not None and self._affine_here(prediction, value):
            return value, self._slope[:, None] * derivative
        return value, self._directional(prediction, derivative)

    def _call(self, prediction: NDArray[Any]) -> Any:
        try:
            # What is not finite is counted; NumPy's warnings of it would repeat at every evaluation.
            with np.errstate(all="ignore"):
                return self._function(
                    self._identifier, self._natoms, self._weight, prediction, self._reference, self._data
                )
        except Exception as error:
            raise raised(self._where, error) from error

    def _first_length(self) -> int:
        value = self._call(self._reference.copy())
        if not isinstance(value, np.ndarray) or value.ndim != 1 or value.dtype.kind not in "fiu":
            shown = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)[:80]
            raise PluginError(f"{self._where}: must return a numpy vector of real numbers, not {shown}.")
        return len(value)

    def _real(self, prediction: FloatArray) -> FloatArray:
        # A copy, since a function may work in place.
        value = self._call(prediction.copy())
        if not isinstance(value, np.ndarray) or value.shape != (self.length,):
            shape = getattr(value, "shape", type(value).__name__)
            raise PluginError(
                f"{self._where}: returned {shape} where it returned a vector of length {self.length} "
                "before; the length must not depend on the prediction."
            )
        return value.astype(np.float64, copy=False)

    def _probe(self) -> tuple[FloatArray | None, FloatArray]:
        """Slope and offset (m,) of an elementwise affine function, or no slope if it is not one."""
        none = np.zeros(0)
        if self.length != len(self._reference) or self.length == 0:
            return None, none
        generator = np.random.default_rng(self.length)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            offset = self._real(self._reference)
            scale = np.maximum(np.abs(self._reference), 1.0)
            step = scale * generator.uniform(0.5, 1.5, self.length)
            slope = (self._real(self._reference + step) - offset) / step
            for size in (1e-3, 1.0, 1e3):
                move = size * scale * generator.standard_normal(self.length)
                expected = offset + slope * move
                error = np.abs(self._real(self._reference + move) - expected)
                allowed = _AFFINE_TOLERANCE * (np.abs(slope) * (scale + np.abs(move)) + np.abs(offset))
                if not (error <= allowed).all():
                    return None, none
        return slope, offset

    def _affine_here(self, prediction: FloatArray, value: FloatArray) -> bool:
        assert self._slope is not None
        move = prediction - self._reference
        error = np.abs(value - (self._offset + self._slope * move))
        scale = np.abs(self._slope) * (np.abs(self._reference) + np.abs(prediction) + 1.0)
        return bool((error <= _AFFINE_TOLERANCE * (scale + np.abs(self._offset))).all())

    def _directional(self, prediction: FloatArray, derivative: FloatArray) -> FloatArray:
        columns = derivative.shape[1]
        jacobian = np.zeros((self.length, columns))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            complex_works = self._complex_agrees(prediction, derivative)
            for k in range(columns):
                direction = derivative[:, k]
                size = np.abs(direction).max(initial=0.0)
                if size == 0.0:
                    continue
                unit = direction / size
                step = self._complex(prediction, unit) if complex_works else None
                if step is None:
                    step = directional_derivative(self._real, prediction, unit)[0]
                jacobian[:, k] = size * step
        return jacobian

    def _complex_agrees(self, prediction: FloatArray, derivative: FloatArray) -> bool:
        mix = derivative @ np.cos(np.arange(1.0, derivative.shape[1] + 1.0))
        size = np.abs(mix).max(initial=0.0)
        if size == 0.0:
            return True
        step = self._complex(prediction, mix / size)
        if step is None:
            return False
        difference, error = directional_derivative(self._real, prediction, mix / size)
        scale = np.abs(difference).max(initial=0.0)
        return bool((np.abs(step - difference) <= _AGREEMENT * scale + 10.0 * error).all())

    def _complex(self, prediction: FloatArray, direction: FloatArray) -> FloatArray | None:
        try:
            value = np.asarray(self._call(prediction + 1j * _COMPLEX_STEP * direction))
        except PluginError:
            return None
        if value.shape != (self.length,) or value.dtype.kind != "c":
            return None
        return np.asarray(value.imag / _COMPLEX_STEP, dtype=np.float64)


def _read_only(array: FloatArray) -> FloatArray:
    array.flags.writeable = False
    return array
