"""Predictions of a site function by its plain Python function, atom by atom; nothing is compiled."""

from __future__ import annotations

import inspect

import numpy as np

from hpcfit.geometry import Geometry
from hpcfit.kernels import SiteFunction


def plain_rows(
    site: SiteFunction,
    place: np.ndarray,
    kinds: np.ndarray,
    cutoff: float,
    geometry: Geometry,
    values: np.ndarray,
) -> np.ndarray:
    """Energy, forces and stress of each configuration, one after the other.

    Args:
        place: where the numbers of parameters stand.
        kinds: species of the potential for each of the geometry's, -1 for none.
        cutoff: the same for all pairs, angstrom.
    """
    made = []
    for c in range(len(geometry)):
        begin, end = geometry.first_atom[c : c + 2].tolist()
        energy, forces, virial = 0.0, np.zeros((end - begin, 3)), np.zeros((3, 3))
        for atom in range(begin, end):
            bonds_of = np.arange(geometry.first_bond[atom], geometry.first_bond[atom + 1])
            near = kinds[geometry.species[geometry.neighbor[bonds_of]]]
            own = bonds_of[(geometry.distance[bonds_of] < cutoff) & (near >= 0)]
            if kinds[geometry.species[atom]] < 0:
                continue
            gradients = np.zeros((len(own), 3))
            given = {
                "vectors": geometry.vector[own],
                "distances": geometry.distance[own],
                "species": kinds[geometry.species[geometry.neighbor[own]]],
                "centre": kinds[geometry.species[atom]],
                "parameters": values,
                "place": place,
                "gradients": gradients,
            }
            names = inspect.signature(site.energy_and_gradient).parameters
            energy += site.energy_and_gradient(**{name: given[name] for name in names})
            forces[atom - begin] += gradients.sum(axis=0)
            np.subtract.at(forces, geometry.neighbor[own] - begin, gradients)
            virial += geometry.vector[own].T @ gradients
        virial = 0.5 * (virial + virial.T) / geometry.volume[c]
        stress = virial[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        made.append(np.concatenate([[energy], forces.ravel(), stress]))
    return np.concatenate(made)
