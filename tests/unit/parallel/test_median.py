"""The median over ranks is that of all numbers together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.parallel.median import median, median_absolute_deviation


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=40))
def test_it_is_the_median_of_numpy(numbers: list[float]) -> None:
    assert median(SerialCommunicator(), np.array(numbers)) == np.median(numbers)


def test_the_deviation_is_measured_from_the_median() -> None:
    numbers = np.random.default_rng(1).normal(3.0, 2.0, size=5001)
    expected = np.median(np.abs(numbers - np.median(numbers)))
    assert median_absolute_deviation(SerialCommunicator(), numbers) == expected


def test_without_numbers_there_is_none() -> None:
    assert median(SerialCommunicator(), np.empty(0)) is None
    assert median_absolute_deviation(SerialCommunicator(), np.empty(0)) is None
