"""Promise: between contact and cutoff the energy has no jump; it changes by what the force does.

The integral of the force over an interval (Gauss and Legendre) must be the difference of energies. A kink
of the force makes the quadrature less exact, but ever less as intervals shrink; a jump of the energy
stays. So an interval that does not fit is halved again and again, and what is left is the jump.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.probe import Probe, probes
from hpcfit.testing.potential.subject import Subject

FloatArray = NDArray[np.float64]

_INTERVALS, _HALVINGS = 60, 34
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
#: of the deepest energy; less is no jump
_ENERGY = 1e-7
#: shortest distance, over the typical one
_CONTACT = 0.7


def check_continuity(subject: Subject, distance: float) -> None:
    """Look along the way of a coming atom, for all combinations of species; cutoffs are left to themselves.

    Args:
        distance: typical distance of neighbours, angstrom.

    Raises:
        ConformanceError: the energy jumps at some distance.
    """
    if not subject.cutoffs:
        return
    ends = [_CONTACT * distance, *(each for each in subject.cutoffs if each > _CONTACT * distance)]
    for probe in probes(subject, distance):
        for first, last in pairwise(ends):
            # Not up to the cutoffs themselves, which have a check of their own.
            margin = 1e-6 * (last - first)
            count = int(np.ceil(_INTERVALS * (last - first) / (ends[-1] - ends[0])))
            _check_way(probe, np.linspace(first + margin, last - margin, count + 1), distance)


def _check_way(probe: Probe, points: FloatArray, distance: float) -> None:
    energy = probe.energies(points)[0]
    scale = max(float(np.abs(energy).max()), float(np.abs(probe.energies([distance])[0]).max()))
    for a, b, misfit in zip(points[:-1], points[1:], _misfits(probe, points), strict=True):
        if not abs(misfit) <= _ENERGY * scale:
            place, jump = _narrowed(probe, float(a), float(b))
            if not abs(jump) <= _ENERGY * scale:
                raise ConformanceError(
                    f"{probe.subject.name}, {probe.name}: the energy jumps by {jump:.4g} eV at a distance of "
                    f"{place:.8g} angstrom, and the force does not tell."
                )


def _misfits(probe: Probe, points: FloatArray) -> FloatArray:
    """For each interval between points, the change of energy less the integral of its derivative."""
    half, middle = 0.5 * np.diff(points), 0.5 * (points[1:] + points[:-1])
    slope = probe.energies((middle[:, None] + half[:, None] * _NODES).ravel())[1].reshape(len(half), -1)
    return np.asarray(np.diff(probe.energies(points)[0]) - half * (slope @ _WEIGHTS))


def _narrowed(probe: Probe, first: float, last: float) -> tuple[float, float]:
    """The middle of the small interval that fits worst, and its misfit."""
    misfit = np.zeros(2)
    for _ in range(_HALVINGS):
        middle = 0.5 * (first + last)
        misfit = _misfits(probe, np.array([first, middle, last]))
        if abs(misfit[0]) >= abs(misfit[1]):
            last = middle
        else:
            first = middle
    return 0.5 * (first + last), float(misfit[np.argmax(np.abs(misfit))])
