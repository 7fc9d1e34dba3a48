"""What messages call a row of a configuration's prediction."""

from __future__ import annotations

_AXES = "xyz"
_VOIGT = ("xx", "yy", "zz", "yz", "xz", "xy")


def row_name(row: int, natoms: int) -> str:
    """ "energy", "force z of atom 3", "stress xy"; atoms are counted from 0."""
    if row == 0:
        return "energy"
    if row <= 3 * natoms:
        return f"force {_AXES[(row - 1) % 3]} of atom {(row - 1) // 3}"
    return f"stress {_VOIGT[row - 1 - 3 * natoms]}"
