"""Relative errors: differences divided by the size of the reference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.residuals.natoms import METADATA, Normalization, normalized
from hpcfit.residuals.scaled_difference import ScaledDifference

if TYPE_CHECKING:
    from hpcfit.data import Configuration

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Relative(ScaledDifference):
    """weight * (prediction - reference) / max(size of the reference, floor).

    The size is |E| for the energy, the length of the atom's force vector for its three components, and
    the Frobenius norm of the tensor for the stress: it does not change when everything is rotated. With
    `componentwise`, a component of a force or stress is compared with itself instead.
    """

    energy_floor: float = field(
        default=1.0, metadata={"help": "energies smaller than this, in eV, count as this", "minimum": 1e-12}
    )
    forces_floor: float = field(
        default=0.1,
        metadata={"help": "forces smaller than this, in eV/angstrom, count as this", "minimum": 1e-12},
    )
    stress_floor: float = field(
        default=0.01,
        metadata={"help": "stresses smaller than this, in eV/angstrom^3, count as this", "minimum": 1e-12},
    )
    componentwise: bool = field(
        default=False, metadata={"help": "compare each component of forces and stress with itself"}
    )
    normalize_by_natoms: Normalization = field(default=False, metadata=METADATA)

    def factors(self, weights: FloatArray, configuration: Configuration) -> FloatArray:
        sizes = reference_sizes(configuration, self.componentwise)
        natoms = configuration.natoms
        floors = np.repeat([self.energy_floor, self.forces_floor, self.stress_floor], [1, 3 * natoms, 6])
        factors = normalized(weights, natoms, self.normalize_by_natoms)
        factors /= np.maximum(sizes, floors)
        return factors


def reference_sizes(configuration: Configuration, componentwise: bool = False) -> FloatArray:
    """Sizes of the references in the order [energy, forces.ravel(), stress], (7 + 3 natoms,); 0 = none.

    |energy|; for each component the length of its atom's force; the Frobenius norm of the stress tensor.
    """
    sizes = np.zeros(7 + 3 * configuration.natoms)
    if configuration.energy is not None:
        sizes[0] = abs(configuration.energy)
    if configuration.forces is not None:
        forces = np.abs(configuration.forces)
        length = np.sqrt((forces**2).sum(axis=1, keepdims=True))
        sizes[1:-6] = (forces if componentwise else np.broadcast_to(length, forces.shape)).ravel()
    if configuration.stress is not None:
        stress = np.abs(configuration.stress)
        # the components yz, xz, xy stand in the tensor twice
        sizes[-6:] = stress if componentwise else np.sqrt((stress**2 * [1, 1, 1, 2, 2, 2]).sum())
    return sizes
