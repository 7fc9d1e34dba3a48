"""What a residual function gets as `weight`: the weights, and which rows of its vectors are which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.weights import ConfigurationWeight

if TYPE_CHECKING:
    from hpcfit.data import Configuration

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class WeightView:
    """The weights of one configuration, as a residual function sees them; its arrays are read-only.

    Attributes:
        config_weight, energy_weight: as the weight scheme gave them.
        forces_weight: a number, or one for each force component in the order of `prediction`, (3 natoms,).
        stress_weight: a number, or (6,).
        vector: their products with config_weight, one factor per element of `prediction`, shape (m,).
        configuration: atoms, cell, tag and references.
        energy, forces, stress: where in `prediction`, `reference` and `vector` each quantity is; None for
            one that is no target or that the configuration has no reference for. `prediction[weight.forces]`
            is (3 natoms,), `.reshape(natoms, 3)` has one row an atom.
    """

    config_weight: float
    energy_weight: float
    forces_weight: float | FloatArray
    stress_weight: float | FloatArray
    vector: FloatArray
    configuration: Configuration
    energy: slice | None = None
    forces: slice | None = None
    stress: slice | None = None

    @classmethod
    def of(
        cls,
        weight: ConfigurationWeight,
        factors: FloatArray,
        configuration: Configuration,
        present: tuple[bool, bool, bool],
    ) -> WeightView:
        """The view of a weight scheme's `weight`.

        Args:
            factors: all factors of the configuration, [energy, forces.ravel(), stress], (7 + 3 natoms,).
            present: whether energy, forces and stress are in the vectors.
        """
        natoms = configuration.natoms
        sizes = [size if there else 0 for size, there in zip((1, 3 * natoms, 6), present, strict=True)]
        ends = np.cumsum(sizes).tolist()
        places = [slice(end - size, end) if size else None for size, end in zip(sizes, ends, strict=True)]
        taken = np.repeat(np.array(present), (1, 3 * natoms, 6))
        return cls(
            weight.config,
            weight.energy,
            _components(weight.forces, natoms),
            weight.stress if np.ndim(weight.stress) == 0 else _read_only(np.asarray(weight.stress)),
            _read_only(factors[taken]),
            configuration.guarded(),
            *places,
        )


def _components(forces: float | FloatArray, natoms: int) -> float | FloatArray:
    """Weights given by atom as weights by component, which can multiply `prediction[1:]`."""
    array = np.asarray(forces, dtype=np.float64)
    if array.ndim == 0:
        return float(array)
    by_atom = array[:, None] if array.ndim == 1 else array
    return _read_only(np.broadcast_to(by_atom, (natoms, 3)).ravel())


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
