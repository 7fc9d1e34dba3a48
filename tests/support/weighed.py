"""What tests of weights weigh: a small configuration with everything known, and surveys made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hpcfit.data import Configuration, configuration
from hpcfit.weights import Survey

FORCES = np.array([[3.0, 0.0, 4.0], [0.0, -0.5, 0.0]])
STRESS = np.array([0.01, -0.02, 0.02, 0.005, 0.0, -0.01])


def slab(identifier: str = "slab-3", **changes: Any) -> Configuration:
    """Two atoms, silicon and carbon, in a cell of 1000 cubic angstrom."""
    whole = configuration(
        identifier, [14, 6], [[0, 0, 1], [2, 3, 4]], 10.0 * np.eye(3), True,
        energy=-8.0, forces=FORCES, stress=STRESS, tag="Surface",
    )  # fmt: skip
    return replace(whole, **changes)


def survey(entries: Sequence[tuple[Any, ...]], species: tuple[str, ...] = ("C", "Si")) -> Survey:
    """Of entries (identifier, tag, counts of the species, energy, influence of energy, forces, stress)."""
    identifiers, tags, counts, energies, influence = zip(*entries, strict=True)
    compositions = np.array(counts, dtype=np.int64)
    return Survey(
        identifiers,
        tags,
        compositions.sum(axis=1),
        np.array(energies, dtype=float),
        species,
        compositions,
        np.array(influence, dtype=float),
    )
