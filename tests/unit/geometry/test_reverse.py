"""Every bond has one that goes back."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.data import configuration, gather
from hpcfit.geometry import build_geometry
from hpcfit.geometry.reverse import reverse_bonds


@pytest.mark.parametrize("natoms", [0, 1, 2, 30])
def test_bonds_that_go_back_have_opposite_ends_and_vectors(natoms: int) -> None:
    random = np.random.default_rng(natoms)
    cells = [np.diag([3.0, 3.5, 4.0]), np.array([[3.0, 0.2, 0], [0, 4.0, 0.7], [1.0, 0, 5.0]])]
    block = gather(
        [
            configuration(f"c{k}", [14] * natoms, random.uniform(0, 6, (natoms, 3)), cell, True)
            for k, cell in enumerate(cells)
            if natoms
        ]
    )
    geometry = build_geometry(block, np.zeros(block.n_atoms, np.int32), 6.0, allow_overlaps=True)
    back = reverse_bonds(geometry)
    assert np.array_equal(back[back], np.arange(len(back)))
    assert np.array_equal(geometry.centre[back], geometry.neighbor)
    assert np.array_equal(geometry.vector[back], -geometry.vector)
