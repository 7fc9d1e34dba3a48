"""Neural networks as models of tables."""

from __future__ import annotations

from typing import Annotated

from hpcfit.errors import KernelError
from hpcfit.formula.network import Activation, Network


def mlp(
    layers: Annotated[tuple[int, ...], {"help": "units of each hidden layer, such as [10, 10]"}],
    activation: Annotated[
        Activation, {"help": "what a unit does to its sum", "choices": ("tanh", "softplus", "sin")}
    ] = "tanh",
    seed: Annotated[int, {"help": "number that decides the initial weights", "minimum": 0}] = 0,
) -> Network:
    """neural network: layers of units, each a function of a sum of those before; any inputs and outputs.

    Raises:
        KernelError: a layer without units.
    """
    if not layers or min(layers) < 1:
        raise KernelError(f"layers must be numbers of units such as [10, 10], not {list(layers)}.")
    return Network("mlp", layers, activation, seed)
