"""Counts of bonds and triplets are those of a direct enumeration."""

from __future__ import annotations

import numpy as np

from hpcfit.geometry import build_geometry, count_interactions, neighbor_counts


class Cubic:
    """A simple cubic crystal of 2.5 angstrom, an isolated atom, a bent molecule."""

    identifier = ("cubic", "atom", "molecule")
    first_atom = np.array([0, 1, 2, 5])
    position = np.array([[0.0, 0, 0], [0, 0, 0], [0, 0, 0], [1.0, 0, 0], [0, 1.5, 0]])
    cell = np.array([2.5 * np.eye(3), np.zeros((3, 3)), np.zeros((3, 3))])
    pbc = np.array([[True] * 3, [False] * 3, [False] * 3])


def test_counts_and_smallest_distances() -> None:
    geometry = build_geometry(Cubic(), np.zeros(5, np.int32), 3.6)
    counts = count_interactions(geometry)
    np.testing.assert_array_equal(counts.bonds, [18, 0, 6])
    np.testing.assert_array_equal(counts.triplets, [18 * 17 // 2, 0, 3])
    np.testing.assert_array_equal(counts.smallest_distance, [2.5, np.inf, 1.0])


def test_counts_up_to_a_shorter_cutoff() -> None:
    geometry = build_geometry(Cubic(), np.zeros(5, np.int32), 3.6)
    counts = count_interactions(geometry, 1.6)
    np.testing.assert_array_equal(counts.bonds, [0, 0, 4])
    np.testing.assert_array_equal(counts.triplets, [0, 0, 1])
    np.testing.assert_array_equal(neighbor_counts(geometry, 2.5), [6, 0, 2, 2, 2])
