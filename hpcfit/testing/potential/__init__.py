"""check_potential: all that a potential promises, on structures of the check's own making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hpcfit.devices.device import Device
from hpcfit.testing.potential.bind import bind, choose_species, the_potential
from hpcfit.testing.potential.continuity import check_continuity
from hpcfit.testing.potential.cutoff import check_cutoff
from hpcfit.testing.potential.device import check_device, open_for_checks
from hpcfit.testing.potential.doubling import check_doubling
from hpcfit.testing.potential.finite import check_finite
from hpcfit.testing.potential.forces import check_forces
from hpcfit.testing.potential.parameters import at_bound, check_parameters
from hpcfit.testing.potential.permutation import check_permutation
from hpcfit.testing.potential.ranks import check_ranks
from hpcfit.testing.potential.report import PotentialReport
from hpcfit.testing.potential.rotation import check_rotation
from hpcfit.testing.potential.scale import typical_distance
from hpcfit.testing.potential.stress import check_stress
from hpcfit.testing.potential.structures import sample_structures
from hpcfit.testing.potential.subject import Subject
from hpcfit.testing.potential.translation import check_translation
from hpcfit.testing.potential.wrapping import check_wrapping

__all__ = ["PotentialReport", "check_potential"]


def check_potential(
    potential: Any,
    species: Sequence[str] | None = None,
    values: Mapping[str, Any] | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    smooth: bool = True,
    distance: float | None = None,
    tolerance: float = 1e-6,
    seed: int = 0,
    device: str = "cpu",
) -> tuple[PotentialReport, ...]:
    """Check what hpcfit and its users expect of a potential.

    On random structures (small skewed and left-handed cells, a slab, a cluster, a dimer): forces, stress and
    every column of the Jacobian against extrapolated differences; translation, rotation, order of atoms,
    wrapping, doubling of the cell; no jump of the energy, neither between nor at the cutoff; the same bits
    on 1, 2 and 3 ranks.

    Args:
        potential: a `FormulaPotential`, a `SiteFunction`, an `AsePotential`, a function that makes one, or
            the name of a registered one. In site functions, indices out of bounds are found too.
        species: chemical symbols; by default one, two and three as far as the parameters tell them apart.
        values: of parameters, as in a job file: {"A": 1.0, "Si-C": {"B": 2.0}}. By default published ones;
            a number that is then one for several keys is made a little different for each, so that a
            mix-up of species shows.
        options: keyword arguments of the function.
        smooth: False allows the energy to jump at the cutoff.
        distance: typical distance of neighbours in angstrom; by default that of the most stable dimer.
        tolerance: of derivatives, over the largest of their quantity.
        seed: of the random structures.
        device: "cuda" compares what a GPU computes with the processor, besides.

    Returns:
        For each list of species, the deviations, and where the force jumps at a cutoff; `print` it.

    Raises:
        ConformanceError: what is wrong, where and by how much.
        ValueError: parameters without a value.
        RunError: device = "cuda", and there is no GPU, with what is missing.
    """
    opened = open_for_checks(device)
    form = the_potential(potential, options or {})
    lists = [tuple(species)] if species is not None else list(choose_species(form))
    return tuple(
        check_subject(Subject(*bind(form, each, values or {})), smooth, distance, tolerance, seed, opened)
        for each in lists
    )


def check_subject(
    subject: Subject,
    smooth: bool = True,
    distance: float | None = None,
    tolerance: float = 1e-6,
    seed: int = 0,
    device: Device | None = None,
) -> PotentialReport:
    """The same for a potential whose parameters have values, on a device if one is given."""
    distance = typical_distance(subject) if distance is None else distance
    structures = sample_structures(subject.species, distance, subject.cutoffs, seed)
    random = np.random.default_rng(seed)
    for structure in structures:
        check_finite(subject, structure)
    roughness = max(float(np.abs(each.energy)) for each in subject.predict(structures))
    deviations = {
        "forces": max(check_forces(subject, each, tolerance) for each in structures),
        "stress": max(check_stress(subject, each, tolerance) for each in structures),
        "parameters": check_parameters(subject, structures, tolerance),
        "translation": max(check_translation(subject, each, random, roughness) for each in structures),
        "rotation": max(check_rotation(subject, each, random, roughness) for each in structures),
        "permutation": max(check_permutation(subject, each, random, roughness) for each in structures),
        "wrapping": max(check_wrapping(subject, each, random, roughness) for each in structures),
        "doubling": max(check_doubling(subject, each, roughness) for each in structures),
    }
    check_continuity(subject, distance)
    jumps = check_cutoff(subject, distance, smooth=smooth)
    check_ranks(subject, structures)
    if device is not None:
        deviations |= check_device(subject, structures, device, tolerance)
    return PotentialReport(subject.name, distance, deviations, at_bound(subject), jumps)
