"""Derivatives of residual functions that bring none: by probing, the complex step, or differences."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import PluginError
from hpcfit.problem.extrapolated import directional_derivative
from hpcfit.problem.function_call import FunctionCall

FloatArray = NDArray[np.float64]

_AFFINE_TOLERANCE = 1e-11
_COMPLEX_STEP = 1e-30
_AGREEMENT = 1e-6


class AffineFunction:
    """A function r = slope * prediction + offset, element by element, if it is one.

    Attributes:
        slope: (m,), or None for another function.
    """

    def __init__(self, call: FunctionCall) -> None:
        self._call = call
        self.slope: FloatArray | None = None
        self._offset = np.zeros(0)
        if call.length == len(call.reference) > 0:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._probe()

    def holds(self, prediction: FloatArray, value: FloatArray) -> bool:
        """Whether the residual `value` at a prediction is that of the affine function."""
        if self.slope is None:
            return False
        reference = self._call.reference
        error = np.abs(value - (self._offset + self.slope * (prediction - reference)))
        scale = np.abs(self.slope) * (np.abs(reference) + np.abs(prediction) + 1.0)
        return bool((error <= _AFFINE_TOLERANCE * (scale + np.abs(self._offset))).all())

    def _probe(self) -> None:
        reference, m = self._call.reference, self._call.length
        generator = np.random.default_rng(m)
        offset = self._call(reference)
        scale = np.maximum(np.abs(reference), 1.0)
        step = scale * generator.uniform(0.5, 1.5, m)
        slope = (self._call(reference + step) - offset) / step
        for size in (1e-3, 1.0, 1e3):
            move = size * scale * generator.standard_normal(m)
            error = np.abs(self._call(reference + move) - (offset + slope * move))
            allowed = _AFFINE_TOLERANCE * (np.abs(slope) * (scale + np.abs(move)) + np.abs(offset))
            if not (error <= allowed).all():
                return
        self.slope, self._offset = slope, offset


def directional_jacobian(call: FunctionCall, prediction: FloatArray, derivative: FloatArray) -> FloatArray:
    """dr/dtheta (k, p) at a prediction (m,), from dprediction/dtheta (m, p): a direction at a time."""
    columns = derivative.shape[1]
    jacobian = np.zeros((call.length, columns))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        complex_works = _complex_agrees(call, prediction, derivative)
        for k in range(columns):
            direction = derivative[:, k]
            size = np.abs(direction).max(initial=0.0)
            if size == 0.0:
                continue
            unit = direction / size
            step = _complex_step(call, prediction, unit) if complex_works else None
            if step is None:
                step = directional_derivative(call, prediction, unit)[0]
            jacobian[:, k] = size * step
    return jacobian


def _complex_agrees(call: FunctionCall, prediction: FloatArray, derivative: FloatArray) -> bool:
    mix = derivative @ np.cos(np.arange(1.0, derivative.shape[1] + 1.0))
    size = np.abs(mix).max(initial=0.0)
    if size == 0.0:
        return True
    step = _complex_step(call, prediction, mix / size)
    if step is None:
        return False
    difference, error = directional_derivative(call, prediction, mix / size)
    scale = np.abs(difference).max(initial=0.0)
    return bool((np.abs(step - difference) <= _AGREEMENT * scale + 10.0 * error).all())


def _complex_step(call: FunctionCall, prediction: FloatArray, direction: FloatArray) -> FloatArray | None:
    try:
        value = np.asarray(call.raw(prediction + 1j * _COMPLEX_STEP * direction))
    except PluginError:
        return None
    if value.shape != (call.length,) or value.dtype.kind != "c":
        return None
    return np.asarray(value.imag / _COMPLEX_STEP, dtype=np.float64)
