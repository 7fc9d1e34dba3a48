"""Site functions for tests: those of jobs/benchmarks, and a cone that is small enough to vary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hpcfit.data import Configuration, gather
from hpcfit.formula.potential import ParameterSpec
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels import SiteFunction
from hpcfit.problem.groups import species_index
from hpcfit.registry.local_files import LocalFiles

_FILES = LocalFiles(Path(__file__).parents[2] / "jobs" / "benchmarks")
LENNARD_JONES: Any = _FILES.object("site_potentials.py:LENNARD_JONES")
STILLINGER_WEBER: Any = _FILES.object("site_potentials.py:STILLINGER_WEBER")

CONE_PARAMETERS = (
    ParameterSpec("k", "shared", 0.3, "eV/angstrom^3", "strength"),
    ParameterSpec("rc", "shared", 5.0, "angstrom", "cutoff"),
)


def cone_energy(vectors, distances, parameters, gradients):  # type: ignore[no-untyped-def]
    """Half of k (rc - r)^3 for each bond."""
    energy = 0.0
    for x in range(len(distances)):
        short = parameters[1] - distances[x]
        energy += 0.5 * parameters[0] * short**3
        gradients[x] = -1.5 * parameters[0] * short**2 / distances[x] * vectors[x]
    return energy


def cone(function: Callable[..., Any] = cone_energy, **changed: Any) -> SiteFunction:
    """The cone with another energy, or other fields."""
    fields: dict[str, Any] = {"name": "cone", "parameters": CONE_PARAMETERS, "cutoff": "rc"}
    return SiteFunction(**{**fields, "energy_and_gradient": function, **changed})


def bonds(structures: Sequence[Configuration], species: tuple[str, ...], cutoff: float) -> Geometry:
    """The bonds of structures up to a cutoff, angstrom."""
    block = gather(structures)
    return build_geometry(block, species_index(block, species), cutoff)


def scaled_error(found: Any, expected: Any) -> float:
    """The largest difference of two tables of predictions, over the largest number of each column.

    Both must have NaN (the stress of what has no volume) in the same places.
    """
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    scale = np.nanmax(np.abs(expected), axis=0)
    return float(np.nanmax(np.abs(found - expected) / np.where(scale > 0.0, scale, 1.0)))
