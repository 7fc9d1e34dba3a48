"""Cohesive energies and lattice constants that were published with the parameters of the catalogue.

Silicon: Stillinger and Weber chose twice epsilon, at 5.431 angstrom; Tersoff, Phys. Rev. B 37, 6991 and
38, 9902 (1988), gives 4.63 eV at 5.431 and 5.432; Justo et al., Phys. Rev. B 58, 2539 (1998), 4.650 eV at
5.430; Kumagai et al., Comput. Mater. Sci. 39, 457 (2007), and Erhart and Albe, Phys. Rev. B 71, 035211
(2005), 4.63 eV at 5.429. Carbon and germanium: Tersoff, Phys. Rev. B 39, 5566 (1989). The potentials of
metals were fitted to both numbers, which the papers named in the catalogue give. Hydrogen: Apostol and
Mishin, Phys. Rev. B 82, 144115 (2010), table III, whose lengths are those of bonds.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq

from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import build_geometry
from hpcfit.kernels import SiteModel, compile_model
from hpcfit.potentials import POTENTIALS

FloatArray = NDArray[np.float64]

_FACES = 0.5 * np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
#: primitive cell and positions in it, for a lattice constant of 1
LATTICES = {
    "diamond": (_FACES, np.array([[0.0] * 3, [0.25] * 3])),
    "fcc": (_FACES, np.zeros((1, 3))),
    "bcc": (0.5 * np.array([[-1.0, 1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, -1.0]]), np.zeros((1, 3))),
}
SEMICONDUCTORS = [
    ("stillinger-weber", {}, "Si", 4.3366, 5.431),
    ("stillinger-weber-kim", {}, "Si", 4.3364, 5.431),
    ("tersoff", {"published": "1988-C"}, "Si", 4.630, 5.432),
    ("tersoff", {"published": "1988-B"}, "Si", 4.630, 5.431),
    ("tersoff", {}, "Si", 4.630, 5.432),
    ("tersoff", {}, "C", 7.371, 3.566),
    ("tersoff", {}, "Ge", 3.851, 5.657),
    ("tersoff", {"published": "erhart-albe"}, "Si", 4.628, 5.429),
    ("tersoff-mod", {}, "Si", 4.630, 5.429),
    ("edip", {}, "Si", 4.650, 5.4305),
]
BCC = {
    "V": (5.31, 3.0399),
    "Nb": (7.57, 3.3008),
    "Ta": (8.10, 3.3058),
    "Cr": (4.10, 2.8845),
    "Mo": (6.82, 3.1472),
    "W": (8.90, 3.1652),
    "Fe": (4.28, 2.8665),
}
SUTTON_CHEN = {
    "Ni": (4.44, 3.52),
    "Cu": (3.50, 3.61),
    "Rh": (5.75, 3.80),
    "Pd": (3.94, 3.89),
    "Ag": (2.96, 4.09),
    "Ir": (6.93, 3.84),
    "Pt": (5.86, 3.92),
    "Au": (3.78, 4.08),
    "Pb": (2.04, 4.95),
    "Al": (3.34, 4.05),
}
GUPTA = {
    "Cu": (3.544, 3.615),
    "Pd": (3.936, 3.887),
    "Ag": (2.960, 4.085),
    "Pt": (5.853, 3.924),
    "Au": (3.779, 4.079),
    "Al": (3.339, 4.050),
}
ZHOU = {
    "Cu": ("fcc", 3.54, 3.615),
    "Ag": ("fcc", 2.85, 4.090),
    "Au": ("fcc", 3.93, 4.080),
    "Ni": ("fcc", 4.45, 3.520),
    "Pt": ("fcc", 5.77, 3.920),
    "Al": ("fcc", 3.58, 4.050),
    "Fe": ("bcc", 4.29, 2.866),
    "Mo": ("bcc", 6.81, 3.150),
    "Ta": ("bcc", 8.09, 3.3025),
    "W": ("bcc", 8.76, 3.165),
}
METALS = [
    *(("finnis-sinclair", {}, "bcc", each, *numbers) for each, numbers in BCC.items()),
    *(
        ("sutton-chen", {"truncation": "none"}, "fcc", each, *numbers)
        for each, numbers in SUTTON_CHEN.items()
    ),
    *(("gupta", {}, "fcc", each, *numbers) for each, numbers in GUPTA.items()),
    *(("eam-zhou", {}, lattice, each, *numbers) for each, (lattice, *numbers) in ZHOU.items()),
]


class Element:
    """A potential of the catalogue with its published values for one element."""

    def __init__(self, name: str, options: dict[str, Any], species: str) -> None:
        self.bound = BoundPotential(POTENTIALS[name](**options), (species,))
        # Sutton and Chen's range is infinite.
        given = {"rc": 36.0} if name == "sutton-chen" else {}
        numbers = [given.get(each.name, self.bound.default(each)) for each in self.bound.instances]
        self.values = np.array(numbers, dtype=float)
        self.model = _model(name, tuple(options.items()))

    def rows(self, cells: FloatArray, positions: FloatArray, periodic: bool) -> FloatArray:
        """Energy, forces and stress of each of some structures of equal size."""
        count, natoms = positions.shape[:2]
        block = SimpleNamespace(
            identifier=tuple(map(str, range(count))),
            first_atom=natoms * np.arange(count + 1),
            position=positions.reshape(-1, 3),
            cell=cells,
            pbc=np.full((count, 3), periodic),
        )
        cutoff = self.model.cutoff(self.values)
        geometry = build_geometry(block, np.zeros(count * natoms, dtype=np.int32), cutoff)
        return self.model.predict(geometry, self.values).reshape(count, -1)

    def crystal(self, lattice: str, a: float) -> tuple[float, float]:
        """Energy of an atom and the mean of the normal stresses, at a lattice constant."""
        cell, positions = LATTICES[lattice]
        [row] = self.rows(a * cell[None], a * positions[None], periodic=True)
        return float(row[0]) / len(positions), float(row[-6:-3].mean())


@cache
def _model(name: str, options: tuple[tuple[str, Any], ...]) -> SiteModel:
    # One element's kernel serves all: they differ in values only.
    bound = BoundPotential(POTENTIALS[name](**dict(options)), ("Si",))
    return compile_model([bound], ("Si",), [], stress=True)


def check(element: Element, lattice: str, energy: float, a: float, digits: float) -> None:
    found = brentq(lambda length: element.crystal(lattice, length)[1], 0.98 * a, 1.02 * a, xtol=1e-9)
    assert found == pytest.approx(a, rel=digits)
    assert -element.crystal(lattice, found)[0] == pytest.approx(energy, rel=digits)


@pytest.mark.parametrize(("name", "options", "species", "energy", "a"), SEMICONDUCTORS)
def test_semiconductors(name: str, options: dict[str, Any], species: str, energy: float, a: float) -> None:
    check(Element(name, options, species), "diamond", energy, a, 1.2e-4)


@pytest.mark.parametrize(("name", "options", "lattice", "species", "energy", "a"), METALS)
def test_metals(
    name: str, options: dict[str, Any], lattice: str, species: str, energy: float, a: float
) -> None:
    check(Element(name, options, species), lattice, energy, a, 2e-4)


@pytest.mark.parametrize(
    ("name", "species"),
    [
        *(("tersoff", "Si"), ("tersoff-mod", "Si"), ("edip", "Si")),
        *(("finnis-sinclair", "Fe"), ("gupta", "Cu"), ("eam-zhou", "Cu")),
    ],
)
def test_dimers_have_forces_that_are_derivatives_and_atoms_alone_have_none(name: str, species: str) -> None:
    element = Element(name, {}, species)
    r = np.linspace(1.6, element.model.cutoff(element.values) + 0.2, 40)
    h = 1e-5
    energies = []
    for shift in (-h, 0.0, h):
        positions = np.zeros((len(r), 2, 3))
        positions[:, 1, 0] = r + shift
        rows = element.rows(np.zeros((len(r), 3, 3)) + np.eye(3), positions, periodic=False)
        energies.append(rows[:, 0])
        if shift == 0.0:
            forces = rows[:, 1:7].reshape(-1, 2, 3)
    np.testing.assert_allclose(forces[:, 1, 0], (energies[0] - energies[2]) / (2.0 * h), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(forces[:, 0], -forces[:, 1], atol=1e-14)
    [alone] = element.rows(np.eye(3)[None], np.zeros((1, 1, 3)), periodic=False)
    assert alone[0] == pytest.approx(0.0, abs=1e-5)
    assert alone[1:].tolist() == [0.0] * 9
