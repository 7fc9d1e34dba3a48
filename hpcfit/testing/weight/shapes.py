"""Promise: weights come as a ConfigurationWeight, with one number, or one for each atom or component."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration
from hpcfit.suggest import counted
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.weights import ConfigurationWeight


def check_shapes(name: str, configuration: Configuration, weight: object) -> NDArray[np.float64]:
    """All factors in the order [energy, forces.ravel(), stress], shape (7 + 3 natoms,).

    Raises:
        ConformanceError: another type, or a shape that is none of those allowed.
    """
    where = f"{name}, configuration {configuration.identifier!r}"
    if not isinstance(weight, ConfigurationWeight):
        raise ConformanceError(
            f"{where}: weights(configuration) must return a ConfigurationWeight, not {type(weight).__name__}."
        )
    n = configuration.natoms
    allowed: dict[str, tuple[tuple[int, ...], ...]] = {
        "config": ((),),
        "energy": ((),),
        "forces": ((), (n,), (n, 3)),
        "stress": ((), (6,)),
    }
    for part, shapes in allowed.items():
        value = np.asarray(getattr(weight, part))
        if value.dtype.kind not in "fiu":
            raise ConformanceError(f"{where}: its {part} weight is {getattr(weight, part)!r}, not a number.")
        if value.shape not in shapes:
            others = " or ".join(str(shape) for shape in shapes if shape)
            raise ConformanceError(
                f"{where}: its {part} weight has shape {value.shape}; it must be one number"
                f"{f', or of shape {others}' if others else ''}, for {counted(n, 'atom')}."
            )
    return weight.vector(n)
