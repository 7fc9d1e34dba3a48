"""Every potential of the catalogue, with random parameters, against central differences of its energy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from drawn_potential import (
    NAMES,
    QUICK,
    DrawnPotential,
    first_difference,
    mixed_difference,
    second_difference,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: of differences, in angstrom or relative
STEPS = (2e-4, 3e-5)
#: of second differences, which lose twice as many digits
SECOND_STEPS = (3e-4, 1e-4)
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))

cases = pytest.mark.parametrize(
    ("name", "count"),
    [
        pytest.param(name, count, marks=pytest.mark.long if count == 3 and name not in QUICK else ())
        for name in NAMES
        for count in (1, 3)
    ],
)
seeds = given(seed=st.integers(0, 2**31))
few = settings(max_examples=3, deadline=None, derandomize=True)


@cases
@few
@seeds
def test_forces_and_stress_are_derivatives_of_the_energy(name: str, count: int, seed: int) -> None:
    drawn = DrawnPotential(name, count, seed)
    firsts, natoms = drawn.structures.first_atom[:-1], np.diff(drawn.structures.first_atom)
    differences = []
    for h in STEPS:
        expected = drawn.rows.copy()
        for k in range(3 * natoms.max()):
            has = 3 * natoms > k
            displacement = np.zeros_like(drawn.structures.position)
            displacement[firsts[has] + k // 3, k % 3] = 1.0

            def moved(t: float, by: FloatArray = displacement) -> FloatArray:
                return -drawn.energies(drawn.moved(t * by))

            expected[drawn.offsets[:-1][has] + 1 + k] = first_difference(moved, h)[has]
        for k, (a, b) in enumerate(VOIGT):
            strain = np.zeros((3, 3))
            strain[a, b] += 0.5
            strain[b, a] += 0.5

            def strained(t: float, by: FloatArray = strain) -> FloatArray:
                return drawn.energies(drawn.geometry.vector @ (np.eye(3) + t * by))

            expected[drawn.offsets[1:] - 6 + k] = first_difference(strained, h) / drawn.structures.volume
        differences.append(expected)
    drawn.check(name, drawn.rows, differences, [1 / h for h in STEPS])


@cases
@few
@seeds
def test_every_column_of_the_jacobian_is_a_derivative(name: str, count: int, seed: int) -> None:
    drawn = DrawnPotential(name, count, seed)
    for k in np.flatnonzero(drawn.free):
        direction = np.eye(len(drawn.values))[k] * drawn.sizes
        differences = [
            first_difference(lambda t, v=direction: drawn.predicted(drawn.values + t * v), h) for h in STEPS
        ]
        column = drawn.columns[:, k] * drawn.sizes[k]
        drawn.check(f"{name}, {drawn.labels[k]}", column, differences, [1 / h for h in STEPS])


@cases
@few
@seeds
def test_second_derivatives_along_a_direction(name: str, count: int, seed: int) -> None:
    """Of the predictions by the parameters, and of the energy by parameters and positions."""
    drawn = DrawnPotential(name, count, seed)
    direction = drawn.random.uniform(-0.5, 0.5, len(drawn.values)) * drawn.sizes * drawn.free

    def first(t: float) -> FloatArray:
        return drawn.linearized(drawn.values + t * direction)[0] @ direction

    def plain(t: float) -> FloatArray:
        return drawn.predicted(drawn.values + t * direction)

    differences = [second_difference(plain, h) for h in SECOND_STEPS]
    drawn.check(name, first_difference(first, STEPS[1]), differences, [10 / h**2 for h in SECOND_STEPS])

    displacement = drawn.random.uniform(-0.5, 0.5, drawn.structures.position.shape)

    def along(s: float, t: float) -> FloatArray:
        return drawn.energies(drawn.moved(s * displacement), drawn.values + t * direction)

    slopes, firsts = -drawn.columns @ direction, drawn.structures.first_atom
    found = drawn.rows.copy()
    for of, (begin, end) in enumerate(pairwise(drawn.offsets)):
        found[begin] = slopes[begin + 1 : end - 6] @ displacement[firsts[of] : firsts[of + 1]].ravel()
    differences = [found.copy() for _ in SECOND_STEPS]
    for difference, h in zip(differences, SECOND_STEPS, strict=True):
        difference[drawn.offsets[:-1]] = mixed_difference(along, h)
    drawn.check(name, found, differences, [10 / h**2 for h in SECOND_STEPS])
