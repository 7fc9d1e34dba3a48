"""Where a row of predictions belongs, and what messages call it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_AXES = "xyz"
_VOIGT = ("xx", "yy", "zz", "yz", "xz", "xy")


def row_name(row: int, natoms: int) -> str:
    """ "energy", "force z of atom 3", "stress xy"; atoms are counted from 0."""
    if row == 0:
        return "energy"
    if row <= 3 * natoms:
        return f"force {_AXES[(row - 1) % 3]} of atom {(row - 1) // 3}"
    return f"stress {_VOIGT[row - 1 - 3 * natoms]}"


def place_rows(
    rows: NDArray[np.int64], first_row: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Configuration, and row within its prediction, of prediction rows (k,) of a group; both (k,)."""
    configuration = np.searchsorted(first_row, rows, side="right") - 1
    return configuration, rows - first_row[configuration]
