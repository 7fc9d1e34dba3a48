"""Promise: the order in which atoms are listed changes nothing but the order of the forces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hpcfit.data import Configuration
from hpcfit.testing.potential.moved import check_moved
from hpcfit.testing.potential.subject import Prediction, Subject


def check_permutation(
    subject: Subject, structure: Configuration, random: np.random.Generator, roughness: float
) -> float:
    """The largest deviation; ConformanceError above rounding."""
    order = np.roll(random.permutation(structure.natoms), 1)
    if (order == np.arange(structure.natoms)).all():
        order = np.roll(order, 1)
    moved = replace(structure, positions=structure.positions[order], numbers=structure.numbers[order])
    found = subject.predict([structure])[0]
    expected = Prediction(found.energy, found.forces[order], found.stress)
    how = f"atoms are listed in the order {', '.join(map(str, order))}"
    return check_moved(subject, structure, moved, expected, how, roughness)
