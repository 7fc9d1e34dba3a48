"""A neural network as a model of tables: its shape, and the numbers that it is made of.

Inputs and outputs are shifted and scaled, by numbers that the table decides once (`started`): they are
fixed parameters of the model, so that a result holds all that a prediction needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.keys import Key
from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.suggest import suggestion

FloatArray = NDArray[np.float64]
Activation = Literal["tanh", "softplus", "sin"]

#: how far apart the initial weights are, beside those that Glorot and Bengio give
_GAIN: Mapping[str, float] = {"tanh": 5.0 / 3.0, "softplus": 2.0**0.5, "sin": 1.0}


@dataclass(frozen=True)
class Network:
    """Layers of units: a' = activation(W a + b), the last one without activation.

    Its parameters are W1[i,j], from unit j of the inputs to unit i of the first layer, b1[i], W2[i,j], ...,
    and the fixed x_shift[j], x_scale[j], y_shift[i], y_scale[i]: the network sees (x - x_shift)/x_scale and
    its outputs are y_shift + y_scale times what the last layer gives.

    Attributes:
        layers: units of each hidden layer.
        seed: of the initial weights, which are drawn as X. Glorot and Y. Bengio, Proc. AISTATS 9 (2010) 249.
        columns: names of inputs and outputs.
        constants: x_shift, x_scale, y_shift, y_scale, once the table has decided them.
    """

    of_rows: ClassVar[bool] = True

    name: str
    layers: tuple[int, ...]
    activation: Activation
    seed: int = 0
    inputs: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    constants: tuple[float, ...] | None = None
    summary: str = "neural network of fully connected layers"
    source: str = "X. Glorot and Y. Bengio, Proc. AISTATS 9, 249 (2010), for its initial weights"
    materials: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)

    def of_columns(self, inputs: Sequence[str], outputs: Sequence[str]) -> Network:
        """The same for these columns of a table."""
        return replace(self, inputs=tuple(inputs), output_names=tuple(outputs))

    @property
    def outputs(self) -> tuple[tuple[str, str], ...]:
        """(column, formula); the formula is empty."""
        return tuple((name, "") for name in self.output_names)

    @property
    def used_inputs(self) -> frozenset[str]:
        """All inputs."""
        return frozenset(self.inputs)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of all layers, inputs and outputs included."""
        return (len(self.inputs), *self.layers, len(self.output_names))

    @property
    def n_weights(self) -> int:
        """How many weights and biases there are; they come first of the parameters."""
        return sum((before + 1) * after for before, after in pairwise(self.sizes))

    @cached_property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """Weights and biases layer by layer, then shifts and scales."""
        return tuple(self._by_name.values())

    def parameter(self, name: str) -> ParameterSpec:
        """The specification of a parameter; KernelError with a suggestion if there is none."""
        spec = self._by_name.get(name)
        if spec is None:
            raise KernelError(
                f"{self.name}: unknown parameter {name}.{suggestion(name, list(self._by_name))}"
            )
        return spec

    def default(self, name: str, key: Key, species: tuple[str, ...]) -> float | None:
        """The initial value of a parameter."""
        return self.parameter(name).default

    def is_constant(self, name: str) -> bool:
        """Whether a parameter is a shift or a scale, which no fit moves."""
        return name[:2] in ("x_", "y_")

    def grouped(self, names: Sequence[str]) -> Network:
        """The same; there is one network for all groups.

        Raises:
            KernelError: a number for each group is asked for.
        """
        if names:
            raise KernelError(f"{self.name} is one network for all groups. Give the group as an input")
        return self

    def faults(self, where: str) -> list[str]:
        """Nothing can be wrong with formulas that are not there."""
        return []

    def started(
        self, inputs: FloatArray, outputs: FloatArray, group: NDArray[np.int32], labels: Sequence[str]
    ) -> Network:
        """The same with shifts and scales from a table: mean and standard deviation of each column.

        Args:
            inputs, outputs: shapes (inputs, n) and (outputs, n); outputs may lack numbers, which are NaN.
        """
        shifts_and_scales = [_standard(columns) for columns in (inputs, outputs)]
        numbers = [number for both in shifts_and_scales for each in both for number in each]
        return replace(self, constants=tuple(numbers))

    @cached_property
    def _by_name(self) -> Mapping[str, ParameterSpec]:
        weights = self._initial_weights().tolist()
        constants = self.constants if self.constants is not None else self._plain_constants()
        values = [*weights, *constants]
        names = self._names()
        return {
            name: ParameterSpec(name, "shared", value, "", description)
            for (name, description), value in zip(names, values, strict=True)
        }

    def _names(self) -> Iterator[tuple[str, str]]:
        for layer, (before, after) in enumerate(pairwise(self.sizes), start=1):
            for i in range(after):
                for j in range(before):
                    yield f"W{layer}[{i},{j}]", f"weight from unit {j} to unit {i} of layer {layer}"
            for i in range(after):
                yield f"b{layer}[{i}]", f"bias of unit {i} of layer {layer}"
        for letter, columns in (("x", self.inputs), ("y", self.output_names)):
            for what in ("shift", "scale"):
                for k, column in enumerate(columns):
                    yield f"{letter}_{what}[{k}]", f"{what} of {column}"

    def _plain_constants(self) -> tuple[float, ...]:
        return tuple(
            value
            for columns in (self.inputs, self.output_names)
            for value in (*(0.0 for _ in columns), *(1.0 for _ in columns))
        )

    def _initial_weights(self) -> FloatArray:
        """Uniform numbers; biases of hidden units spread their middles over the inputs, the last are 0."""
        draw = np.random.default_rng(self.seed)
        parts, last = [], len(self.sizes) - 2
        for layer, (before, after) in enumerate(pairwise(self.sizes)):
            gain = _GAIN[self.activation] if layer < last else 1.0
            limit = gain * (6.0 / (before + after)) ** 0.5
            parts.append(draw.uniform(-limit, limit, before * after))
            parts.append(draw.uniform(-1.0, 1.0, after) if layer < last else np.zeros(after))
        return np.concatenate(parts)


def _standard(columns: FloatArray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each column, 1 where that is 0; of numbers of any size."""
    shifts, scales = [], []
    for column in columns:
        known = column[np.isfinite(column)]
        size = float(np.abs(known).max(initial=0.0)) or 1.0
        scaled = known / size
        mean = float(scaled.mean()) if len(scaled) else 0.0
        spread = float(np.sqrt(((scaled - mean) ** 2).mean())) if len(scaled) else 0.0
        shifts.append(mean * size)
        scales.append(spread * size if spread > 1e-12 * abs(mean) and spread * size > 0.0 else 1.0)
    return shifts, scales
