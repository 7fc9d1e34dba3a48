"""Promise: moving all atoms together changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hpcfit.data import Configuration
from hpcfit.testing.potential.moved import check_moved
from hpcfit.testing.potential.subject import Subject


def check_translation(
    subject: Subject, structure: Configuration, random: np.random.Generator, roughness: float
) -> float:
    """The largest deviation; ConformanceError above rounding."""
    shift = random.uniform(-3.0, 3.0, 3)
    moved = replace(structure, positions=structure.positions + shift)
    how = f"all atoms are moved by ({', '.join(f'{each:.3g}' for each in shift)}) angstrom"
    return check_moved(subject, structure, moved, subject.predict([structure])[0], how, roughness)
