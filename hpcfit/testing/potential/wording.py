"""How messages call an element of a prediction, and a structure."""

from __future__ import annotations

from hpcfit.data import Configuration
from hpcfit.testing.potential.subject import Subject

_AXES = "xyz"
_VOIGT = ("xx", "yy", "zz", "yz", "xz", "xy")


def place(subject: Subject, structure: Configuration) -> str:
    """ "NAME of SPECIES, structure STRUCTURE"."""
    return f"{subject.name}, structure {structure.identifier!r}"


def element(structure: Configuration, row: int) -> str:
    """The name of a row: "the energy", "the force on atom 3 (Si) along x", "the stress yz"."""
    if row == 0:
        return "the energy"
    if row > 3 * structure.natoms:
        return f"the stress {_VOIGT[row - 1 - 3 * structure.natoms]}"
    return f"the force on {atom(structure, (row - 1) // 3)} along {_AXES[(row - 1) % 3]}"


def atom(structure: Configuration, index: int) -> str:
    """ "atom 3 (Si)"."""
    return f"atom {index} ({structure.symbols[index]})"
