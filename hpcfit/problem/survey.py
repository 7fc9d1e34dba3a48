"""The survey of a block of configurations: what weight schemes may know, before any weight is given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration, ConfigurationBlock
from hpcfit.data.elements import atomic_number
from hpcfit.problem.rows import block_references, prediction_offsets
from hpcfit.problem.targets import Targets
from hpcfit.problem.user_code import user_code
from hpcfit.residuals import Residual, ScaledDifference
from hpcfit.weights.survey import Survey


def survey_block(
    block: ConfigurationBlock,
    species: tuple[str, ...],
    targets: Targets,
    residual: Residual | None,
) -> Survey:
    """The survey of a block's configurations; with no residual, its influence counts rows.

    Raises:
        PluginError: naming the residual's class that raised an exception.
    """
    return Survey(
        identifiers=block.identifier,
        tags=block.tag,
        natoms=block.natoms,
        energy=block.energy,
        species=species,
        compositions=_compositions(block, species),
        influence=_influence(block, targets, residual),
    )


def _compositions(block: ConfigurationBlock, species: tuple[str, ...]) -> NDArray[np.int64]:
    owner = np.repeat(np.arange(len(block)), block.natoms)
    table = np.zeros((len(block), len(species)), dtype=np.int64)
    for k, symbol in enumerate(species):
        table[:, k] = np.bincount(owner[block.number == atomic_number(symbol)], minlength=len(block))
    return table


def _influence(block: ConfigurationBlock, targets: Targets, residual: Residual | None) -> NDArray[np.float64]:
    offsets = prediction_offsets(block.first_atom, targets.stress)
    present = ~np.isnan(block_references(block, targets))
    table = np.zeros((len(block), 3))
    for c in range(len(block)):
        squares = _squared_factors(block.configuration(c).guarded(), residual)
        own = present[offsets[c] : offsets[c + 1]]
        squares = np.where(own, squares[: len(own)], 0.0)
        forces = 1 + 3 * int(block.natoms[c])
        table[c] = squares[0], squares[1:forces].sum(), squares[forces:].sum()
    return table


def _squared_factors(configuration: Configuration, residual: Residual | None) -> NDArray[np.float64]:
    ones = np.ones(7 + 3 * configuration.natoms)
    if not isinstance(residual, ScaledDifference):
        return ones
    with user_code(f"residual {type(residual).__name__}, configuration {configuration.identifier!r}"):
        return np.square(np.broadcast_to(residual.factors(ones, configuration), ones.shape))
