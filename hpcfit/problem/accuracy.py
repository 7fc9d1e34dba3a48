"""How far predictions are from references: root mean square errors, by target and by tag."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.problem.targets import Targets

FloatArray = NDArray[np.float64]

#: columns of the sums: squared error and number of elements of each target
TARGETS = ("energy", "forces", "stress")
UNITS = {"energy": "eV/atom", "forces": "eV/angstrom", "stress": "eV/angstrom^3"}


def squared_errors(
    prediction: FloatArray, reference: FloatArray, first_atom: NDArray[np.int64], stress: bool
) -> FloatArray:
    """Sums of squared errors of each configuration, shape (n, 6).

    Columns are (sum, count) for energy per atom (eV/atom), force components (eV/angstrom) and
    stress components (eV/angstrom^3).

    Args:
        prediction, reference: all prediction rows, NaN references take no part, shape (rows,).
        first_atom: offsets of the atoms, shape (n + 1,).
        stress: rows of a configuration end with six of stress.
    """
    natoms = np.diff(first_atom)
    sums = np.zeros((len(natoms), 6))
    start = 0
    for c, count in enumerate(natoms):
        stop = start + 1 + 3 * count + (6 if stress else 0)
        error = prediction[start:stop] - reference[start:stop]
        parts = (error[:1] / count, error[1 : 1 + 3 * count], error[1 + 3 * count :])
        for t, part in enumerate(parts):
            present = part[~np.isnan(reference[start:stop][_place(t, count)])]
            sums[c, 2 * t : 2 * t + 2] = present @ present, len(present)
        start = stop
    return sums


def _place(target: int, natoms: int) -> slice:
    return (slice(0, 1), slice(1, 1 + 3 * natoms), slice(1 + 3 * natoms, None))[target]


def rmse_table(sums: FloatArray, tags: Sequence[str], targets: Targets) -> dict[str, dict[str, float | None]]:
    """RMSE of each target over all configurations ("all") and over those of each tag.

    Args:
        sums: from `squared_errors`, configurations in the order of the dataset, shape (n, 6).
        tags: the tag of each configuration.
    """
    table = {"all": _rmse(sums, targets)}
    if len(set(tags)) > 1:
        labels = np.asarray(tags)
        for tag in dict.fromkeys(tags):
            table[tag or "(no tag)"] = _rmse(sums[labels == tag], targets)
    return table


def _rmse(sums: FloatArray, targets: Targets) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for t, name in enumerate(TARGETS):
        if getattr(targets, name):
            total, count = sums[:, 2 * t].sum(), sums[:, 2 * t + 1].sum()
            found[name] = float(np.sqrt(total / count)) if count else None
    return found
