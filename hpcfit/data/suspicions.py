"""What looks wrong in a dataset: nothing here is an error, everything is worth a look.

Outliers are found by the robust z-score 0.6745 |x - median| / MAD (Iglewicz & Hoaglin, How to
Detect and Handle Outliers, 1993), with a wide threshold: reference data are meant to be varied.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.configuration import Floats
from hpcfit.data.dataset import Dataset
from hpcfit.data.facts import Facts
from hpcfit.data.suspicion import Suspicion, suspicion
from hpcfit.data.unit_suspicions import unit_suspicions

TOO_CLOSE = 0.5
"""angstrom; no two nuclei of reference data come closer"""
NET_FORCE_PER_ATOM = 0.01
"""eV/angstrom; well-converged calculations stay below"""
LONG_BONDS, SHORT_BONDS = 1.5, 0.6
"""times the sum of covalent radii; in bohr lengths are 1.9 times as long, in nm a tenth"""
FEWEST_BONDED = 3
"""configurations that it takes to judge the unit of length"""
OUTLIER = 10.0
"""robust z-score beyond which a value is reported"""
_SMALLEST_SPREAD = {"energy": 1e-3, "force": 1e-1}


def find_suspicions(dataset: Dataset, facts: Facts) -> list[Suspicion]:
    """Everything that looks wrong, the gravest first."""
    return [
        *_too_close(dataset, facts),
        *_bond_lengths(dataset, facts),
        *_duplicates(dataset, facts),
        *_outliers(dataset, facts),
        *_missing(dataset),
        *_net_force(dataset, facts),
        *unit_suspicions(dataset, facts.work),
    ]


def _too_close(dataset: Dataset, facts: Facts) -> Iterator[Suspicion]:
    which = np.flatnonzero(facts.smallest_distance < TOO_CLOSE)
    if len(which):
        text = (
            f"atoms closer than {TOO_CLOSE} angstrom; check the unit of length, the cell and for double atoms"
        )
        yield suspicion(dataset, "too-close", text, which)


def _bond_lengths(dataset: Dataset, facts: Facts) -> Iterator[Suspicion]:
    """Lengths in other units, where all configurations say so: one alone may be stretched or squeezed."""
    known = np.flatnonzero(~np.isnan(facts.shortest_bond))
    if len(known) < FEWEST_BONDED:
        return
    shortest = facts.shortest_bond[known]
    if shortest.min() > LONG_BONDS:
        text = (
            f"no two atoms of any configuration come closer than {shortest.min():.2g} times the sum of their "
            "covalent radii; lengths look like bohr: import again, or `hpcfit convert-units`, with "
            "--length-unit bohr"
        )
        yield suspicion(dataset, "length-units", text, known)
    elif shortest.max() < SHORT_BONDS:
        text = (
            f"atoms of every configuration come as close as {shortest.max():.2g} times the sum of their "
            "covalent radii, or closer; lengths look too small: check their unit (--length-unit nm, perhaps)"
        )
        yield suspicion(dataset, "length-units", text, known)


def _duplicates(dataset: Dataset, facts: Facts) -> Iterator[Suspicion]:
    groups: dict[bytes, list[int]] = defaultdict(list)
    for index, fingerprint in enumerate(facts.fingerprint.tolist()):
        groups[fingerprint].append(index)
    repeated = [group for group in groups.values() if len(group) > 1]
    different = [group for group in repeated if np.ptp(dataset.energies[group]) > 1e-3]
    if repeated:
        text = (
            "the geometry of an earlier configuration again; duplicates count twice and leak into test sets"
        )
        yield suspicion(dataset, "duplicates", text, [index for group in repeated for index in group[1:]])
    if different:
        text = "the same geometry as another configuration but a different energy; one of them is wrong"
        yield suspicion(dataset, "contradictions", text, [index for group in different for index in group])


def _outliers(dataset: Dataset, facts: Facts) -> Iterator[Suspicion]:
    energy = _beyond_composition(dataset.energies, facts.composition) / dataset.natoms
    for kind, values, what in (
        ("energy", energy, "energy per atom, after a least-squares energy per species,"),
        ("force", facts.largest_force, "largest |force|"),
    ):
        score = robust_score(values, _SMALLEST_SPREAD[kind])
        which = np.flatnonzero(score > OUTLIER)
        if len(which):
            which = which[np.argsort(-score[which], kind="stable")]
            text = f"{what} far from all others (robust z-score above {OUTLIER:.0f}, up to {score.max():.0f})"
            yield suspicion(dataset, f"{kind}-outliers", text, which)


def robust_score(values: Floats, smallest_spread: float) -> Floats:
    """Robust z-score of each of `values` (n,), 0 for NaN; `smallest_spread` stands in for a smaller one."""
    known = ~np.isnan(values)
    score = np.zeros(len(values))
    if known.any():
        distance = np.abs(values[known] - np.median(values[known]))
        score[known] = distance / max(1.4826 * float(np.median(distance)), smallest_spread)
    return score


def _beyond_composition(energy: Floats, composition: NDArray[np.int64]) -> Floats:
    """Energies (n,) less the best sum of one energy per species."""
    known = ~np.isnan(energy)
    present = composition.any(axis=0)
    counts = composition[:, present].astype(np.float64)
    if not known.any():
        return energy
    per_species = np.linalg.lstsq(counts[known], energy[known], rcond=None)[0]
    beyond: Floats = energy - counts @ per_species
    return beyond


def _missing(dataset: Dataset) -> Iterator[Suspicion]:
    has = {
        "energy": ~np.isnan(dataset.energies),
        "forces": dataset.has_force,
        "stress": ~np.isnan(dataset.stresses[:, 0]),
    }
    for target, present in has.items():
        if present.any() and not present.all():
            text = f"{target} missing, which other configurations have"
            yield suspicion(dataset, f"missing-{target}", text, np.flatnonzero(~present))


def _net_force(dataset: Dataset, facts: Facts) -> Iterator[Suspicion]:
    per_atom = facts.net_force / dataset.natoms
    which = np.flatnonzero(per_atom > NET_FORCE_PER_ATOM)
    if len(which):
        worst = float(np.nanmax(per_atom))
        text = (
            f"forces do not add up to zero (more than {NET_FORCE_PER_ATOM} eV/angstrom per atom, up to "
            f"{worst:.3g}); an interatomic potential's always do"
        )
        yield suspicion(dataset, "net-force", text, which)
