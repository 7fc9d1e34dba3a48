"""Numbers that look like other units than eV and angstrom, or have the opposite sign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.configuration import Floats
from hpcfit.data.header import DatasetHeader
from hpcfit.data.suspicion import Suspicion, suspicion
from hpcfit.units import ENERGY, GPA, LENGTH, STRESS

#: eV; stress times volume, an atom's share of it. Matter has about one, at the Earth's core 17.
LARGE_VIRIAL = 20.0
#: A configuration alone is suspicious when it has this many times as much as most.
_FAR_ABOVE = 100.0
#: Work, and changes of energy, below this (eV) are noise.
_SMALLEST = 0.01
#: So many steps, and quartiles of energy change over work this close to the median, are evidence...
_FEWEST, _SPREAD = 5, 0.3
#: ... and a median within this factor of 1 is well.
_WELL = 1.5
#: A known factor is meant when it is as close as this.
_MEANT = 1.15

_FORCE_CAUSES: Mapping[str, float] = {
    "forces with the opposite sign (the gradient); turn it in the source": -1.0,
    **{
        f"energies in {unit} beside forces in eV/angstrom; convert one of them in the source": 1.0 / value
        for unit, value in ENERGY.items()
        if unit != "eV"
    },
    **{
        f"forces in {unit}/angstrom beside energies in eV; convert one of them in the source": value
        for unit, value in ENERGY.items()
        if unit != "eV"
    },
    **{
        f"forces in {unit}/bohr beside energies in eV and positions in angstrom; convert them in the "
        "source": ENERGY[unit] / LENGTH["bohr"]
        for unit in ("Ha", "Ry")
    },
    "positions in bohr beside forces in eV/angstrom; convert them in the source": LENGTH["bohr"],
    "forces per bohr beside positions in angstrom; convert them in the source": 1.0 / LENGTH["bohr"],
}
_STRESS_CAUSES: Mapping[str, float] = {
    "--stress-sign compression": -1.0,
    **{f"--stress-unit {unit}": value for unit, value in STRESS.items() if value != 1.0},
    **{
        f"--stress-unit {unit} --stress-sign compression": -value
        for unit, value in STRESS.items()
        if value != 1.0
    },
}


@dataclass(frozen=True)
class _Ratio:
    """Energy change over work: its median, and the configurations that it was found for."""

    median: float
    which: NDArray[np.int64]

    @property
    def well(self) -> bool:
        return 1.0 / _WELL < self.median < _WELL


def unit_suspicions(dataset: DatasetHeader, work: Floats) -> list[Suspicion]:
    """What the sizes of stresses, and `work` (see work_along), say against the units."""
    index, change, force, stress = work[:, 0].astype(np.int64), *work[:, 1:].T
    by_force = _ratio(index, change, force, stress)
    by_stress = _ratio(index, change, stress, force)
    return [
        *_forces(dataset, by_force),
        *_stresses(dataset, by_stress, by_force is None or by_force.well),
        *_large_stresses(dataset, by_stress),
    ]


def _ratio(index: NDArray[np.int64], change: Floats, work: Floats, other: Floats) -> _Ratio | None:
    """The ratio where `work` is nearly all there is; None without evidence."""
    usable = np.maximum(np.abs(work), np.abs(change)) > _SMALLEST
    usable &= np.abs(other) < 0.1 * np.abs(work)
    if np.count_nonzero(usable) < _FEWEST:
        return None
    low, median, high = np.quantile(change[usable] / work[usable], (0.25, 0.5, 0.75))
    return _Ratio(float(median), index[usable]) if high - low < _SPREAD * abs(median) else None


def _meant(ratio: float, causes: Mapping[str, float]) -> str | None:
    """The cause whose factor is next to `ratio`, if it is near."""
    away = {abs(np.log(ratio / factor)): cause for cause, factor in causes.items() if ratio * factor > 0}
    nearest = min(away, default=np.inf)
    return away[nearest] if nearest < np.log(_MEANT) else None


def _forces(dataset: DatasetHeader, found: _Ratio | None) -> Iterator[Suspicion]:
    if found is not None and not found.well:
        cause = _meant(found.median, _FORCE_CAUSES)
        text = (
            f"energies and forces do not belong together: from one configuration to the next, the energy "
            f"changes by {found.median:.4g} times the work of the forces; "
            + (f"it looks like {cause}" if cause else "check the units of both")
        )
        yield suspicion(dataset, "force-work", text, found.which)


def _stresses(dataset: DatasetHeader, found: _Ratio | None, forces_well: bool) -> Iterator[Suspicion]:
    if found is not None and not found.well and forces_well:
        options = _meant(found.median, _STRESS_CAUSES)
        remedy = (
            f"import again, or `hpcfit convert-units`, with {options}"
            if options
            else "check its unit, sign and order (xx yy zz yz xz xy)"
        )
        text = (
            f"energies and stress do not belong together: from one configuration to the next, the energy "
            f"changes by {found.median:.4g} times the work of the stress; {remedy}"
        )
        yield suspicion(dataset, "stress-units", text, found.which)


def _large_stresses(dataset: DatasetHeader, found: _Ratio | None) -> Iterator[Suspicion]:
    if found is not None and not found.well:
        return  # told already, and more exactly
    largest = np.abs(dataset.stresses).max(axis=1, initial=0.0)
    virial = largest * dataset.volumes / dataset.natoms
    known = virial[~np.isnan(virial)]
    if not len(known):
        return
    usual = float(np.median(known))
    most = usual > LARGE_VIRIAL and found is None
    limit = LARGE_VIRIAL if most else max(LARGE_VIRIAL, _FAR_ABOVE * usual)
    which = np.flatnonzero(virial > limit)
    if len(which):
        worst = which[np.argmax(virial[which])]
        text = (
            f"stress up to {largest[worst]:.4g} eV/angstrom^3 ({largest[worst] * GPA:.0f} GPa), which times "
            f"volume is {virial[worst]:.3g} eV an atom, where matter has about 1; it looks like GPa, kbar or "
            "a virial: import again, or `hpcfit convert-units`, with --stress-unit GPa or --stress-unit kbar"
        )
        yield suspicion(dataset, "stress-units", text, which)
