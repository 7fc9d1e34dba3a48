"""What all invariances have in common: the prediction of a changed structure is one that can be foretold."""

from __future__ import annotations

import numpy as np

from hpcfit.data import Configuration
from hpcfit.testing.compare import difference, worst
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.subject import Prediction, Subject
from hpcfit.testing.potential.wording import element, place

#: rounding: positions are known to this part of a length, and energies add many terms
ROUNDING = 1e-9


def check_moved(
    subject: Subject,
    structure: Configuration,
    moved: Configuration,
    expected: Prediction,
    how: str,
    roughness: float,
) -> float:
    """Compare the prediction for `moved` with what it should be.

    Args:
        structure: names the elements in messages.
        how: what was done, as in "when HOW".
        roughness: energy (eV) whose 1e-9th part counts as rounding.

    Returns:
        The largest deviation over the scale of its quantity.

    Raises:
        ConformanceError: a deviation above rounding.
    """
    found = subject.predict([moved])[0].rows
    wanted = expected.rows
    forces = 1 + 3 * moved.natoms
    largest = 0.0
    for first, last in ((0, 1), (1, forces), (forces, forces + 6)):
        if last > forces and not structure.volume > 0.0:
            continue
        scale = max(float(np.abs(wanted[first:last]).max()), roughness)
        row = worst(found[first:last], wanted[first:last], ROUNDING * scale)
        if row is not None:
            row += first
            raise ConformanceError(
                f"{place(subject, structure)}: {element(moved, row)} is wrong when {how}: "
                f"{difference(found[row], wanted[row])}."
            )
        largest = max(largest, float(np.abs(found[first:last] - wanted[first:last]).max() / scale))
    return largest
