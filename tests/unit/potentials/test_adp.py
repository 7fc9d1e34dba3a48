"""The angular-dependent potentials of the catalogue against tables of their authors and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from plain_energy import PlainEnergy

from hpcfit.formula.potential import BoundPotential
from hpcfit.potentials import POTENTIALS

#: r, u and w of the tables that LAMMPS ships, Ni.adp and AlCu.adp
TABLES = [
    ("Ni", "Ni", 2.0674067406740675, -8.7185218566037080e-03, 3.9110845160828286e-02),
    ("Ni", "Ni", 2.5842584258425845, 1.5523015020193251e-02, 2.3700107540169340e-03),
    ("Ni", "Ni", 3.8763876387638767, 1.8068451881343126e-02, -4.2656580739123713e-03),
    ("Al", "Cu", 2.514884, -1.9114540245091245e-02, 2.7115400834749739e-02),
    ("Al", "Cu", 3.1436049999999995, -8.8938629578562464e-03, 8.7080974629964759e-03),
    ("Al", "Cu", 4.7154074999999995, -1.3699301012070681e-04, -8.2204567699391499e-03),
]


def energy_of(species: tuple[str, ...]) -> PlainEnergy:
    bound = BoundPotential(POTENTIALS["adp"](), species)
    return PlainEnergy(bound, np.array([bound.default(each) for each in bound.instances], dtype=float))


@pytest.mark.parametrize(("centre", "neighbour", "r", "u", "w"), TABLES)
def test_dipoles_and_quadrupoles_are_those_of_the_authors_tables(
    centre: str, neighbour: str, r: float, u: float, w: float
) -> None:
    plain = energy_of(tuple(dict.fromkeys((centre, neighbour))))
    dipole, quadrupole = plain.formula.densities
    found = [
        plain.term("density", each.term.expression, (centre, neighbour), {"r": r})
        for each in (dipole, quadrupole)
    ]
    assert found == pytest.approx([u, w], abs=5e-9)
    # Of one bond: half the square of u r, and of w r^2 a half less a sixth.
    energy = plain(centre, [neighbour], r * np.array([[0.6, 0.0, -0.8]]))
    assert energy == pytest.approx(u**2 * r**2 / 2 + w**2 * r**4 / 3, abs=5e-9)


def test_cubic_surroundings_have_no_angular_energy() -> None:
    plain = energy_of(("Ni",))
    cube = 1.5 * np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    assert plain("Ni", ["Ni"] * 8, cube) == pytest.approx(0.0, abs=1e-14)
    assert plain("Ni", ["Ni"] * 7, cube[1:]) > 1e-4
