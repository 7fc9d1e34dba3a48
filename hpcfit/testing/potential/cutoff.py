"""Promise: the energy goes to zero at the cutoff; whether the force does is reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.probe import probes
from hpcfit.testing.potential.subject import Subject

#: how near to the cutoff, over the cutoff, the two sides are compared
_NEAR = 1e-10
#: of the deepest energy of the probe (eV, eV/angstrom); less is no jump
_ENERGY, _FORCE = 1e-8, 1e-6


@dataclass(frozen=True)
class Jump:
    """How much energy (eV) and force (eV/angstrom) change where an atom passes a cutoff (angstrom)."""

    probe: str
    cutoff: float
    energy: float
    force: float


def check_cutoff(subject: Subject, distance: float, *, smooth: bool) -> tuple[Jump, ...]:
    """The jumps at the cutoffs, of all combinations of species.

    Args:
        distance: typical distance of neighbours, angstrom.
        smooth: whether a jump of the energy is a fault.

    Raises:
        ConformanceError: the energy jumps, or has no value beside the cutoff.
    """
    jumps = []
    for probe in probes(subject, distance):
        scale = float(np.abs(probe.energies([distance])[0]).max())
        for cutoff in subject.cutoffs:
            energy, slope = probe.energies([cutoff * (1.0 - _NEAR), cutoff * (1.0 + _NEAR)])
            if not (np.isfinite(energy).all() and np.isfinite(slope).all()):
                raise ConformanceError(
                    f"{subject.name}, {probe.name}: energy or force is not a finite number beside the cutoff "
                    f"of {cutoff:.6g} angstrom."
                )
            step = float(energy[1] - energy[0])
            # What a finite force does over the distance between the two sides is no jump.
            if abs(step) <= _ENERGY * scale + 10.0 * cutoff * _NEAR * abs(slope[0]):
                step = 0.0
            jump = Jump(probe.name, cutoff, step, float(slope[0] - slope[1]))
            if smooth and step:
                raise ConformanceError(
                    f"{subject.name}, {probe.name}: the energy jumps by {jump.energy:.4g} eV at the cutoff "
                    f"of {cutoff:.6g} angstrom. Let the energy end at zero there, or say smooth=False."
                )
            if step or abs(jump.force) > _FORCE * scale / distance:
                jumps.append(jump)
    return tuple(jumps)
