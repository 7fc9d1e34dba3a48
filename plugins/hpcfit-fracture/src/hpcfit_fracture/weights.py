"""Weights per atom that are largest at crack tips."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hpcfit.data import Configuration
from hpcfit.errors import JobError
from hpcfit.weights import ConfigurationWeight
from numpy.typing import NDArray

from hpcfit_fracture.tips import bonds_of, find_tips

FloatArray = NDArray[np.float64]

#: distances beyond this many widths do not matter: exp(-4.5^2/2) is 4e-5
_FAR = 4.5


@dataclass(frozen=True)
class CrackTipWeights:
    """Forces of atoms near a crack tip weigh more.

    The weight of an atom at distance d from the nearest tip atom is forces * (1 + (boost - 1)
    exp(-d^2/(2 width^2))); in a configuration without tips all weigh the same. Tips are found from the
    configuration itself, see tips.py.

    In a job file::

        [weights]
        name = "crack-tip"
        energy = 1.0
        forces = 0.3
        boost = 5.0
        width = 4.0
        growth = [1.0, 0.0, 0.0]
    """

    config: float = field(default=1.0, metadata={"help": "factor of every residual", "minimum": 0.0})
    energy: float = field(default=1.0, metadata={"help": "factor of energy residuals", "minimum": 0.0})
    forces: float = field(default=1.0, metadata={"help": "factor of forces far from a tip", "minimum": 0.0})
    stress: float = field(default=1.0, metadata={"help": "factor of stress residuals", "minimum": 0.0})
    boost: float = field(
        default=5.0, metadata={"help": "weight at a tip, over that far away", "minimum": 1.0}
    )
    width: float = field(
        default=4.0, metadata={"help": "how far a tip's influence goes, angstrom", "minimum": 0.1}
    )
    growth: tuple[float, float, float] = field(
        default=(1.0, 0.0, 0.0), metadata={"help": "direction in which cracks grow"}
    )
    bond: float = field(default=2.9, metadata={"help": "longest bond, angstrom", "minimum": 0.1})
    neighbors: int = field(default=4, metadata={"help": "of an atom in the bulk", "minimum": 1})
    reach: float = field(
        default=6.0,
        metadata={"help": "longest distance of face atoms of one crack, angstrom", "minimum": 0.1},
    )

    def __post_init__(self) -> None:
        if not np.linalg.norm(self.growth) > 0.0:
            raise JobError("weights.growth: a direction is expected, such as [1.0, 0.0, 0.0], not zero.")

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        """The weights of one configuration; `forces` has one number per atom."""
        near = np.exp(-0.5 * (self.distances(configuration) / self.width) ** 2)
        forces = self.forces * (1.0 + (self.boost - 1.0) * near)
        return ConfigurationWeight(self.config, self.energy, forces, self.stress)

    def distances(self, configuration: Configuration) -> FloatArray:
        """Distance of each atom to the nearest tip atom in angstrom, shape (natoms,); infinite if far."""
        tips = find_tips(configuration, np.array(self.growth), self.bond, self.neighbors, self.reach)
        found = np.full(configuration.natoms, np.inf)
        if len(tips):
            geometry = bonds_of(configuration, _FAR * self.width)
            centre = np.repeat(np.arange(configuration.natoms), np.diff(geometry.first_bond))
            to_tip = np.isin(geometry.neighbor, tips)
            np.minimum.at(found, centre[to_tip], geometry.distance[to_tip])
            found[tips] = 0.0
        return found
