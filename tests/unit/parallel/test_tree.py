"""The reduction in one process: sums and triangles in the fixed order."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.parallel.tree import Reduction


@pytest.mark.parametrize("n", [1, 5, 64])
def test_triangles_and_sums_of_all_chunks_are_those_of_all_rows(n: int) -> None:
    random = np.random.default_rng(n)
    blocks = random.normal(size=(n, 9, 4))
    triangles = np.array([np.linalg.qr(block)[1] for block in blocks])
    reduction = Reduction(SerialCommunicator(), np.array([0, n]))
    reduced = reduction.reduce(triangles, np.ones((n, 2)), np.array([7.0, 8.0, 9.0]))
    assert reduced is not None
    assert reduced.triangle is not None
    everything = blocks.reshape(-1, 4)
    np.testing.assert_allclose(
        reduced.triangle.T @ reduced.triangle, everything.T @ everything, atol=1e-12 * n
    )
    assert reduced.row.tolist() == [n, n]
    assert reduced.status.tolist() == [[7.0, 8.0, 9.0]]
    assert np.array_equal(reduced.triangle, np.triu(reduced.triangle))


def test_vectors_are_reduced_without_triangles() -> None:
    reduction = Reduction(SerialCommunicator(), np.array([0, 3]))
    reduced = reduction.reduce(None, np.arange(6.0).reshape(3, 2), np.zeros(4))
    assert reduced is not None
    assert reduced.triangle is None
    assert reduced.row.tolist() == [6.0, 9.0]
