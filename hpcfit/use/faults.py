"""What a potential cannot predict: configurations of other species, and predictions that are not finite."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock
from hpcfit.data.elements import SYMBOLS
from hpcfit.errors import DataError
from hpcfit.problem.rows import prediction_offsets

#: faults that a message names
_SHOWN = 5


def check_species(
    block: ConfigurationBlock, covered: NDArray[np.bool_], species: Sequence[str], origin: str
) -> None:
    """Raise DataError naming the first configurations with species that a potential is not for.

    Args:
        covered: whether it is for the species of each atom, shape (natoms,).
        species: chemical symbols of those that it is for.
        origin: where the potential comes from, for people.
    """
    if covered.all():
        return
    faults = []
    for c in range(len(block)):
        own = slice(block.first_atom[c], block.first_atom[c + 1])
        missing = sorted({SYMBOLS[number] for number in block.number[own][~covered[own]]})
        if missing:
            faults.append(
                f"configuration {block.identifier[c]}: holds {', '.join(missing)}, but the potential "
                f"({origin}) is for {', '.join(species)}."
            )
    raise DataError(_some(faults))


def check_finite(block: ConfigurationBlock, rows: NDArray[np.float64], missing: Collection[str]) -> None:
    """Raise DataError naming configurations whose predictions `rows` (FittedPotential.rows) are not finite.

    The stress of a configuration without volume is NaN, and no fault; so is what is `missing`: quantities
    that a calculator does not compute.
    """
    if np.isfinite(rows).all():
        return
    offsets = prediction_offsets(block.first_atom, stress=True)
    volume = block.volume
    faults = []
    for c in range(len(block)):
        own = rows[offsets[c] : offsets[c + 1]]
        if np.isnan(volume[c]) or "stress" in missing:
            own = own[:-6]
        if "forces" in missing:
            own = own[:1]
        if not np.isfinite(own).all():
            faults.append(
                f"configuration {block.identifier[c]}: the prediction is not finite (energy {own[0]:.6g} "
                "eV). Look for atoms too close to each other, or parameters that the formula cannot bear."
            )
    if faults:
        raise DataError(_some(faults))


def _some(faults: Sequence[str]) -> str:
    more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
    return "\n".join([*faults[:_SHOWN], *more])
