"""Promise: energy, forces and stress, and all of their derivatives, are numbers."""

from __future__ import annotations

import numpy as np

from hpcfit.data import Configuration
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.subject import Subject
from hpcfit.testing.potential.wording import element, place


def check_finite(subject: Subject, structure: Configuration) -> None:
    """Raises ConformanceError at the first element, and the first derivative, that is NaN or infinite."""
    rows = slice(None) if structure.volume > 0.0 else slice(-6)  # without a cell there is no stress
    found = subject.predict([structure])[0].rows[rows]
    faulty = np.flatnonzero(~np.isfinite(found))
    if len(faulty):
        row = int(faulty[0])
        raise ConformanceError(
            f"{place(subject, structure)}: {element(structure, row)} is {found[row]}, not a finite number."
        )
    columns = subject.jacobian(structure)[rows]
    places = np.argwhere(~np.isfinite(columns))
    if len(places):
        row, column = (int(each) for each in places[0])
        raise ConformanceError(
            f"{place(subject, structure)}: the derivative of {element(structure, row)} by "
            f"{subject.labels[column]} is {columns[row, column]}, not a finite number."
        )
