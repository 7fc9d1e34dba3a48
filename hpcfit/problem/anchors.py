"""Anchors: the configurations that the energies of others are measured from.

Their predictions are needed by chunks of every rank, so each rank evaluates the anchors of its own
configurations itself, each one alone: the bits then depend on nothing but the anchor.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock
from hpcfit.kernels import AnyModel
from hpcfit.problem.geometry_keeper import GeometryKeeper

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Anchors:
    """The anchors of a block of n configurations.

    Attributes:
        block: the anchors themselves, with their reference energies.
        index: which of them each configuration's energy is measured from, -1 for none, shape (n,).
        ratio: how many times the anchor's composition each configuration holds, shape (n,).
        itself: the configurations that are their own anchor, and have no energy residual, shape (n,).
    """

    block: ConfigurationBlock
    index: NDArray[np.int64]
    ratio: FloatArray
    itself: NDArray[np.bool_]

    def part(self, own: slice) -> Anchors:
        """Those of the configurations `own` of the block."""
        return Anchors(self.block, self.index[own], self.ratio[own], self.itself[own])


@dataclass
class AnchorEnergies:
    """Predicted energies of anchors, computed once for all groups of a rank.

    Attributes:
        keepers: geometry of each anchor.
    """

    keepers: tuple[GeometryKeeper, ...]
    _found: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    _found_at: tuple[bytes, bool] | None = None

    def columns(self, model: AnyModel, values: FloatArray, derivatives: bool) -> FloatArray:
        """Derivatives of the energies by the parameters (if asked for) and, last, the energies in eV.

        Shape (p + 1, n_anchors), or (1, n_anchors).
        """
        at = values.tobytes(), derivatives
        if self._found_at != at:
            cutoff = model.cutoff(values)
            found = [_energy(model, keeper, cutoff, values, derivatives) for keeper in self.keepers]
            height = model.n_columns + 1 if derivatives else 1
            self._found = np.array(found).reshape(len(found), height).T
            self._found_at = at
        return self._found

    def release(self) -> None:
        """Let go of the bonds that are held."""
        for keeper in self.keepers:
            keeper.release()


def _energy(
    model: AnyModel, keeper: GeometryKeeper, cutoff: float, values: FloatArray, derivatives: bool
) -> FloatArray:
    geometry = keeper.at(cutoff)
    if derivatives:
        return np.asarray(model.predict_jacobian(geometry, 0, 1, values)[0])
    return np.asarray(model.predict(geometry, values)[:1])
