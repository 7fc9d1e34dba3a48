"""Forward and backward through a neural network, many rows at a time, by products of matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.network import Network

FloatArray = NDArray[np.float64]
Slopes = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class Weights:
    """The numbers of a network as matrices, or the derivatives of something by them.

    Attributes:
        matrices: (after, before) of each layer; `biases` (after, 1).
        x_shift, x_scale: (inputs, 1); `y_shift`, `y_scale` (outputs, 1).
    """

    matrices: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    x_shift: FloatArray
    x_scale: FloatArray
    y_shift: FloatArray
    y_scale: FloatArray

    @classmethod
    def of(cls, network: Network, values: FloatArray) -> Weights:
        """Views of `values` (V,), in the order of the network's parameters."""
        place, matrices, biases = 0, [], []
        for before, after in pairwise(network.sizes):
            matrices.append(values[place : place + after * before].reshape(after, before))
            place += after * before
            biases.append(values[place : place + after, None])
            place += after
        constants = []
        for count in (*2 * (network.sizes[0],), *2 * (network.sizes[-1],)):
            constants.append(values[place : place + count, None])
            place += count
        return cls(tuple(matrices), tuple(biases), *constants)


def _tanh(h: FloatArray) -> Slopes:
    a = np.tanh(h)
    slope = 1.0 - a * a
    return a, slope, -2.0 * a * slope


def _softplus(h: FloatArray) -> Slopes:
    small = np.exp(-np.abs(h))
    slope = np.where(h >= 0.0, 1.0, small) / (1.0 + small)
    return np.logaddexp(0.0, h), slope, small / (1.0 + small) ** 2


def _sin(h: FloatArray) -> Slopes:
    a = np.sin(h)
    return a, np.cos(h), -a


#: value, first and second derivative of each activation
ACTIVATIONS: Mapping[str, Callable[[FloatArray], Slopes]] = {
    "tanh": _tanh,
    "softplus": _softplus,
    "sin": _sin,
}


@dataclass(frozen=True)
class Forward:
    """What the units give.

    Attributes:
        units: of the inputs and every hidden layer, shape (units, m).
        slopes, bends: first and second derivatives of the activations of every hidden layer.
        predictions: shape (outputs, m).
    """

    units: list[FloatArray]
    slopes: list[FloatArray]
    bends: list[FloatArray]
    predictions: FloatArray


def forward(activation: str, weights: Weights, x: FloatArray) -> Forward:
    """The network at rows x (inputs, m)."""
    act = ACTIVATIONS[activation]
    units, slopes, bends = [(x - weights.x_shift) / weights.x_scale], [], []
    for matrix, bias in zip(weights.matrices[:-1], weights.biases[:-1], strict=True):
        unit, slope, bend = act(matrix @ units[-1] + bias)
        units.append(unit)
        slopes.append(slope)
        bends.append(bend)
    last = weights.matrices[-1] @ units[-1] + weights.biases[-1]
    return Forward(units, slopes, bends, weights.y_shift + weights.y_scale * last)


def second_derivative(weights: Weights, at: Forward, first: Weights, second: Weights) -> FloatArray:
    """d^2 f/dt^2 (outputs, m) along weights(t) with derivatives `first` and `second` by t."""
    unit_1 = unit_2 = np.zeros_like(at.units[0])
    for layer, matrix in enumerate(weights.matrices):
        unit = at.units[layer]
        moved, bent = first.matrices[layer], second.matrices[layer]
        sum_1 = moved @ unit + matrix @ unit_1 + first.biases[layer]
        sum_2 = bent @ unit + 2.0 * (moved @ unit_1) + matrix @ unit_2 + second.biases[layer]
        if layer < len(at.slopes):
            unit_1 = at.slopes[layer] * sum_1
            unit_2 = at.bends[layer] * sum_1**2 + at.slopes[layer] * sum_2
    return weights.y_scale * sum_2


def pulled_back(weights: Weights, at: Forward, upstream: FloatArray, into: Weights) -> None:
    """Write into `into` the derivatives of sum(upstream * f) by the weights; upstream (outputs, m)."""
    delta = weights.y_scale * upstream
    for layer in reversed(range(len(weights.matrices))):
        into.matrices[layer][:] = delta @ at.units[layer].T
        into.biases[layer][:] = delta.sum(axis=1, keepdims=True)
        if layer:
            delta = (weights.matrices[layer].T @ delta) * at.slopes[layer - 1]


def fill_jacobian(weights: Weights, at: Forward, factor: FloatArray, block: FloatArray) -> None:
    """Write the derivatives of factor * f by each weight into block (weights, outputs, m).

    Args:
        factor: of each output and row, shape (outputs, m).
    """
    n_outputs, m = factor.shape
    places = np.cumsum([0, *(b.size + w.size for w, b in zip(weights.matrices, weights.biases, strict=True))])
    for output in range(n_outputs):
        delta = (weights.y_scale[output] * factor[output])[None, :]
        for layer in reversed(range(len(weights.matrices))):
            after, before = weights.matrices[layer].shape
            own = block[places[layer] : places[layer + 1], output]
            matrix, bias = own[: after * before].reshape(after, before, m), own[after * before :]
            if layer == len(weights.matrices) - 1:
                own[:] = 0.0
                matrix, bias = matrix[output : output + 1], bias[output : output + 1]
            np.multiply(delta[:, None, :], at.units[layer][None], out=matrix)
            bias[:] = delta
            if layer:
                rows = weights.matrices[layer]
                rows = rows[output : output + 1] if layer == len(weights.matrices) - 1 else rows
                delta = (rows.T @ delta) * at.slopes[layer - 1]
