"""Crack tips are found from positions, whatever the cell's origin, and the atoms near them weigh more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hpcfit.data import Configuration, configuration
from hpcfit.errors import JobError
from hpcfit.testing import check_weight

from hpcfit_fracture.weights import CrackTipWeights

EDGE = 5.431
FCC = [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]
DIAMOND = [(x + s, y + s, z + s) for x, y, z in FCC for s in (0.0, 0.25)]


def silicon(repeat: tuple[int, int, int]) -> Configuration:
    cells = np.array(np.meshgrid(*map(range, repeat), indexing="ij")).reshape(3, -1).T
    positions = EDGE * (np.array(DIAMOND)[None] + cells[:, None]).reshape(-1, 3)
    return configuration("bulk", [14] * len(positions), positions, EDGE * np.diag(repeat), True)


def cracked(length: float) -> Configuration:
    """A slot of `length` angstrom along x and one layer of cells high, through the whole of z."""
    whole = silicon((6, 3, 1))
    x, y = whole.positions[:, 0], whole.positions[:, 1]
    middle = 3.0 * EDGE
    slot = (abs(x - middle) < 0.5 * length) & (abs(y - 1.5 * EDGE) < 2.0)
    return replace(
        whole,
        identifier="si_with_cracks",
        numbers=whole.numbers[~slot],
        positions=whole.positions[~slot],
    )


def test_it_keeps_what_hpcfit_expects_of_weights() -> None:
    check_weight(CrackTipWeights, {"forces": 0.5, "boost": 8.0}, [cracked(12.0), silicon((2, 2, 2))])


def test_without_a_crack_all_atoms_weigh_the_same() -> None:
    assert set(CrackTipWeights(forces=0.5).weights(silicon((2, 2, 2))).forces) == {0.5}


def test_atoms_at_both_ends_of_a_crack_weigh_most() -> None:
    crack = cracked(12.0)
    forces = CrackTipWeights(boost=5.0, width=3.0).weights(crack).forces
    x = crack.positions[:, 0]
    heavy = x[forces == 5.0]
    assert heavy.min() == pytest.approx(3.0 * EDGE - 6.0, abs=2.5)
    assert heavy.max() == pytest.approx(3.0 * EDGE + 6.0, abs=2.5)
    assert not ((heavy > 3.0 * EDGE - 3.0) & (heavy < 3.0 * EDGE + 3.0)).any()
    assert forces[np.argmin(x)] < 1.2


def test_a_crack_across_the_boundary_of_the_cell_is_one_crack() -> None:
    crack = cracked(12.0)
    scheme = CrackTipWeights()
    moved = crack.positions + np.array([3.1 * EDGE, 0.7, 0.2])
    wrapped = np.mod(moved, crack.cell.diagonal())
    np.testing.assert_allclose(
        scheme.weights(replace(crack, positions=wrapped)).forces, scheme.weights(crack).forces, rtol=1e-12
    )


def test_a_crack_through_the_whole_cell_has_no_tip() -> None:
    crack = cracked(100.0)
    assert set(CrackTipWeights().weights(crack).forces) == {1.0}


def test_a_direction_of_no_length_is_refused() -> None:
    with pytest.raises(JobError) as caught:
        CrackTipWeights(growth=(0.0, 0.0, 0.0))
    assert str(caught.value) == (
        "weights.growth: a direction is expected, such as [1.0, 0.0, 0.0], not zero."
    )
