"""Geometry on a device: every bond has one that goes back, bonds are sorted by species, sums have pieces."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from awkward import awkward_structures
from emulated import HostDevice

from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels.cuda.place import place_geometry, reverse_bonds
from tests.unit.kernels.test_site_model import bonds_of, clusters


@pytest.fixture(params=[1, 3])
def geometry(request: pytest.FixtureRequest) -> Geometry:
    structures = awkward_structures(request.param, 2.5, [6.0], np.random.default_rng(4))
    return build_geometry(structures, structures.species, 6.0)


def test_reverse_bonds_go_back_by_the_same_image(geometry: Geometry) -> None:
    reverse = reverse_bonds(geometry)
    np.testing.assert_array_equal(geometry.vector[reverse], -geometry.vector)
    np.testing.assert_array_equal(geometry.centre[reverse], geometry.neighbor)
    np.testing.assert_array_equal(reverse[reverse], np.arange(len(reverse)))
    assert (geometry.centre == geometry.neighbor).any()  # images of the same atom among them


def test_bonds_of_an_atom_are_sorted_by_the_species_of_the_neighbour(geometry: Geometry) -> None:
    device, n = HostDevice(), int(geometry.species.max()) + 1
    placed = place_geometry(device, geometry, n, stress=True)
    segment, kinds = device.get(placed.segment), device.get(placed.kinds)
    neighbor, reverse = device.get(placed.neighbor), device.get(placed.reverse)
    vector, centre = device.get(placed.vector), device.get(placed.centre)
    if n == 1:
        kinds = np.zeros(len(neighbor), np.int32)
    for place, (begin, end) in enumerate(pairwise(segment)):
        atom, near = divmod(place, n)
        assert (centre[begin:end] == atom).all()
        assert (geometry.species[neighbor[begin:end]] == near).all()
        assert (kinds[begin:end] == n * geometry.species[atom] + near).all()
    np.testing.assert_array_equal(vector[:, reverse], -vector)


def test_large_configurations_are_summed_in_pieces() -> None:
    bonds = bonds_of(clusters(600, 3), 1.0, [[0] * 600, [0] * 3], volume=1e4)
    device = HostDevice()
    placed = place_geometry(device, bonds, 1, stress=False)
    np.testing.assert_array_equal(device.get(placed.piece), [0, 256, 512, 600, 603])
    np.testing.assert_array_equal(device.get(placed.first_piece), [0, 3, 4])
    np.testing.assert_array_equal(device.get(placed.first_row), [0, 1801, 1811])
    np.testing.assert_array_equal(device.get(placed.row)[[0, 599, 600]], [1, 1798, 1802])
