"""Eight lanes compute both branches of a where: nothing of the one not taken may reach a result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from written_potential import written_potential

from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels import SiteModel, compile_model

FloatArray = NDArray[np.float64]
VALUES = {"A": 1.1, "a": 2.6, "n": 2.7, "L": 0.8, "rc": 4.0, "b": 3.1}
#: distances on either side of the changes at a, at b and at the cutoff, eight lanes full of both
DISTANCES = np.array([1.7, 2.0, 2.3, 2.59, 2.61, 2.9, 3.09, 3.11, 3.4, 3.95])
POTENTIAL = BoundPotential(
    written_potential(
        pair="A*(near + far)*switch_tersoff(r, rc - 0.5, rc) + where(r > b, (r - b)**n, 0)*end",
        triplet="L*(bent + where(r1 < b, sqrt(b - r1), 0)*where(r2 < b, sqrt(b - r2), 0))*end1*end2",
        let={
            "near": "where(r < a, sqrt(a - r)**3 + log(a + 0.5 - r), 0)",
            "far": "where(r > a, exp(-1/(r - a)**2), 0)",
            "end": "where(r < rc, exp(1/(r - rc)), 0)",
            "end1": "exp(1/(r1 - rc))",
            "end2": "exp(1/(r2 - rc))",
            "bent": "where(costheta < 0, (-costheta)**n*acos(0.5*costheta), 0)",
        },
        cutoff="rc",
    ),
    ("Si",),
)
NAMES = [instance.name for instance in POTENTIAL.instances]
HERE = np.array([VALUES[name] for name in NAMES])


@dataclass
class Clusters:
    """Clusters of atoms without periodic images."""

    position: FloatArray
    first_atom: NDArray[np.int64]

    @property
    def identifier(self) -> tuple[str, ...]:
        return tuple(map(str, range(len(self.first_atom) - 1)))

    @property
    def cell(self) -> FloatArray:
        return np.zeros((len(self.identifier), 3, 3))

    @property
    def pbc(self) -> NDArray[np.bool_]:
        return np.zeros((len(self.identifier), 3), dtype=bool)

    def geometry(self) -> Geometry:
        return build_geometry(self, np.zeros(len(self.position), dtype=np.int32), 4.5)


def clusters() -> Clusters:
    """A star of bonds of all distances in all directions, and dimers of each."""
    random = np.random.default_rng(3)
    directions = random.normal(size=(len(DISTANCES), 3))
    star = np.vstack(
        [np.zeros(3), DISTANCES[:, None] * directions / np.linalg.norm(directions, axis=1)[:, None]]
    )
    dimers = [np.array([[0.0, 0.0, 0.0], [r, 0.0, 0.0]]) for r in DISTANCES]
    sizes = [len(star), *(2 for _ in dimers)]
    return Clusters(np.vstack([star, *dimers]), np.cumsum([0, *sizes]))


@pytest.fixture(scope="module")
def model() -> SiteModel:
    return compile_model([POTENTIAL], ["Si"], range(len(NAMES)), stress=False)


def energies(model: SiteModel, structures: Clusters, values: FloatArray) -> FloatArray:
    geometry = structures.geometry()
    offsets = model.prediction_offsets(geometry)
    return model.predict(geometry, values)[offsets[:-1]]


def test_everything_is_finite_and_forces_are_minus_the_slopes_of_the_energy(model: SiteModel) -> None:
    structures = clusters()
    geometry = structures.geometry()
    table = model.predict_jacobian(geometry, 0, len(structures.identifier), HERE)
    assert np.isfinite(table).all()
    offsets = model.prediction_offsets(geometry)
    step = 1e-5
    for c, (first, last) in enumerate(
        zip(structures.first_atom[:-1], structures.first_atom[1:], strict=True)
    ):
        forces = table[offsets[c] + 1 : offsets[c + 1], -1].reshape(-1, 3)
        for atom in range(first, min(last, first + 3)):
            moved = []
            for sign in (-1, 1):
                position = structures.position.copy()
                position[atom, 0] += sign * step
                moved.append(energies(model, Clusters(position, structures.first_atom), HERE)[c])
            expected = -(moved[1] - moved[0]) / (2 * step)
            assert forces[atom - first, 0] == pytest.approx(expected, rel=2e-6, abs=2e-8)


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_by_parameters_are_those_of_the_branch_taken(model: SiteModel, name: str) -> None:
    structures = clusters()
    geometry = structures.geometry()
    table = model.predict_jacobian(geometry, 0, len(structures.identifier), HERE)
    k, step = NAMES.index(name), 1e-6
    moved = [model.predict(geometry, HERE + sign * step * np.eye(len(HERE))[k]) for sign in (-1, 1)]
    np.testing.assert_allclose(table[:, k], (moved[1] - moved[0]) / (2 * step), rtol=2e-6, atol=2e-8)
