"""Triangles merged by kernels are those of the processor, whoever holds them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.devices.fold.householder import HouseholderFolding
from hpcfit.linalg import MergeOrder
from hpcfit.linalg.householder import merge_pairs

NewDevice = Callable[[], Any]


def triangles(width: int, count: int = 11) -> np.ndarray:
    return np.triu(np.random.default_rng(width).normal(size=(count, width, width)))


@pytest.mark.parametrize("width", [2, 8, 33])
def test_merged_triangles_are_those_of_the_processor(new_device: NewDevice, width: int) -> None:
    ours, theirs = triangles(width), triangles(width)
    pairs = np.ascontiguousarray(MergeOrder(len(ours)).pairs(0, len(ours)))
    device = new_device()
    HouseholderFolding(device, width).merge(ours, pairs)
    merge_pairs(theirs, pairs)
    signs = np.sign(np.diag(ours[0])) * np.sign(np.diag(theirs[0]))
    np.testing.assert_allclose(signs[:, None] * ours[0], theirs[0], rtol=0, atol=1e-12)
    assert device.launches == 4


@pytest.mark.parametrize("ends", [(0, 5, 11), (0, 1, 4, 11)])
def test_bits_do_not_depend_on_who_holds_which(new_device: NewDevice, ends: tuple[int, ...]) -> None:
    folding, order = HouseholderFolding(new_device(), 8), MergeOrder(11)
    whole, spread = triangles(8), triangles(8)
    folding.merge(whole, order.pairs(0, 11))
    for first, last in pairwise(ends):
        own = spread[first:last].copy()
        folding.merge(own, order.pairs(first, last) - first)
        spread[first:last] = own
    folding.merge(spread, order.remaining(np.array(ends)))
    assert spread[0].tobytes() == whole[0].tobytes()


@pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))
def test_the_processor_merges_what_a_device_cannot() -> None:
    pairs, expected = MergeOrder(3).pairs(0, 3), triangles(8, 3)
    merge_pairs(expected, np.ascontiguousarray(pairs))
    device = HostDevice(memory_limit=100)
    found = triangles(8, 3)
    HouseholderFolding(device, 8).merge(found, pairs)
    assert found[0].tobytes() == expected[0].tobytes()
    found = 1e-200 * triangles(8, 3)
    HouseholderFolding(HostDevice(), 8).merge(found, pairs)
    magnitudes = np.abs(1e200 * found[0]), np.abs(expected[0])
    np.testing.assert_allclose(*magnitudes, rtol=1e-10, atol=1e-13)
