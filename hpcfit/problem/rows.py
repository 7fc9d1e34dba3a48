"""Which prediction rows take part in the fit, with their references and weights.

Predictions of one configuration are ordered [energy, forces (3 natoms), stress (6)]; the stress
rows exist only where the model computes stress. A row takes part when its quantity is a target, the
configuration has a reference for it, and its weight is not zero (a residual function sees the rows
of zero weight too: it may use its weights in ways of its own).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration, ConfigurationBlock
from hpcfit.errors import DataError, PluginError
from hpcfit.kernels import ResidualRows
from hpcfit.problem.targets import Targets
from hpcfit.problem.user_code import described, is_real_array, user_code
from hpcfit.residuals import Residual, ScaledDifference, VectorResidual, WeightView
from hpcfit.weights import ConfigurationWeight, WeightScheme
from hpcfit.weights.configuration_weight import checked_vector

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class BlockRows:
    """References and weights of every prediction row of a block of configurations.

    Attributes:
        offsets: first prediction row of each configuration, shape (n + 1,).
        reference: references in eV, eV/angstrom, eV/angstrom^3; NaN = none; shape (rows,).
        weight: factors of prediction - reference, shape (rows,).
        takes_part: the rows that enter the residual, shape (rows,).
        views: for residual functions, what each configuration's function gets as `weight`.
    """

    offsets: NDArray[np.int64]
    reference: FloatArray
    weight: FloatArray
    takes_part: NDArray[np.bool_]
    views: tuple[WeightView, ...]


def prediction_offsets(first_atom: NDArray[np.int64], stress: bool) -> NDArray[np.int64]:
    """First prediction row of each configuration, shape (n + 1,)."""
    index = np.arange(len(first_atom))
    offsets: NDArray[np.int64] = 3 * (first_atom - first_atom[0]) + index * (7 if stress else 1)
    return offsets


def block_references(block: ConfigurationBlock, targets: Targets) -> FloatArray:
    """References of all prediction rows; NaN where a quantity is missing or no target."""
    offsets = prediction_offsets(block.first_atom, targets.stress)
    reference = np.full(offsets[-1], np.nan)
    for c in range(len(offsets) - 1):
        start, stop = offsets[c], offsets[c + 1]
        atoms = slice(block.first_atom[c], block.first_atom[c + 1])
        natoms = atoms.stop - atoms.start
        if targets.energy:
            reference[start] = block.energy[c]
        if targets.forces:
            reference[start + 1 : start + 1 + 3 * natoms] = block.force[atoms].ravel()
        if targets.stress:
            reference[stop - 6 : stop] = block.stress[c]
    return reference


def block_rows(
    block: ConfigurationBlock,
    targets: Targets,
    scheme: WeightScheme,
    residual: Residual,
) -> BlockRows:
    """References and factors of all prediction rows of a block.

    Raises:
        DataError: naming the configuration whose weights cannot be used.
        PluginError: naming the plugin's class that raised an exception.
    """
    offsets = prediction_offsets(block.first_atom, targets.stress)
    reference = block_references(block, targets)
    factor = np.empty(offsets[-1])
    views = []
    for c in range(len(offsets) - 1):
        configuration = block.configuration(c).guarded()
        with user_code(f"weights {type(scheme).__name__}, configuration {configuration.identifier!r}"):
            weight = scheme.weights(configuration)
        vector = checked_vector(weight, configuration)
        rows = slice(offsets[c], offsets[c + 1])
        present = ~np.isnan(reference[rows])
        if not isinstance(residual, ScaledDifference | VectorResidual):
            views.append(_view(weight, vector, configuration, present))
        elif present.any() and not vector[: len(present)][present].any():
            raise DataError(
                f"configuration {configuration.identifier!r}: whatever it has a reference for has weight 0, "
                "so it counts for nothing; give that a weight, or leave the configuration out by its tag in "
                "[data]."
            )
        if isinstance(residual, ScaledDifference):
            vector = checked_factors(residual, vector, configuration)
        factor[rows] = vector[: rows.stop - rows.start]
    takes_part = ~np.isnan(reference)
    if isinstance(residual, ScaledDifference):
        takes_part &= factor != 0.0
    return BlockRows(offsets, reference, factor, takes_part, tuple(views))


def checked_factors(
    residual: ScaledDifference, weights: FloatArray, configuration: Configuration
) -> FloatArray:
    """What a residual makes of the weights (7 + 3 natoms,) of a configuration, in the same shape.

    Raises:
        PluginError: naming the residual's class and the configuration, when it raises an exception or does
            not return as many finite numbers.
    """
    where = f"residual {type(residual).__name__}, configuration {configuration.identifier!r}"
    with user_code(where):
        factors = residual.factors(weights.copy(), configuration)
    if not is_real_array(factors, weights.shape):
        raise PluginError(
            f"{where}: factors(weights, configuration) must return {len(weights)} real numbers, one for each "
            f"weight, not {described(factors)}."
        )
    if not np.isfinite(factors).all():
        element = int(np.flatnonzero(~np.isfinite(factors))[0])
        raise PluginError(
            f"{where}: factors(weights, configuration) returned {factors[element]} for element {element} of "
            f"{len(weights)}; factors must be finite."
        )
    return factors


def _view(
    weight: ConfigurationWeight,
    vector: FloatArray,
    configuration: Configuration,
    present: NDArray[np.bool_],
) -> WeightView:
    """`present` tells which of the configuration's prediction rows have a reference."""
    forces = 1 + 3 * configuration.natoms
    there = bool(present[0]), bool(present[1:forces].any()), bool(present[forces:].any())
    return WeightView.of(weight, vector, configuration, there)


def residual_rows(rows: BlockRows, bounds: NDArray[np.int64]) -> ResidualRows:
    """The rows that take part, by chunk; chunk c holds configurations bounds[c]:bounds[c+1]."""
    source = np.flatnonzero(rows.takes_part)
    before = np.concatenate([[0], np.cumsum(rows.takes_part)])
    return ResidualRows(
        first_residual=before[rows.offsets[bounds]].astype(np.int64),
        source=source.astype(np.int64),
        weight=rows.weight[source],
        reference=rows.reference[source],
    )
