"""JSON that any program can read, with floats that lose nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpcfit.output.jsontext import one_line, pretty


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_every_finite_float_is_read_back_exactly(values: list[float]) -> None:
    array = np.array(values)
    assert np.array(json.loads(one_line(array)), dtype=np.float64).tobytes() == array.tobytes()


def test_nan_and_infinity_become_null() -> None:
    assert one_line({"a": float("nan"), "b": np.array([np.inf, 1.0])}) == '{"a": null, "b": [null, 1.0]}'


def test_numpy_numbers_dataclasses_and_tuples_are_plain() -> None:
    @dataclass
    class Point:
        x: object
        y: object

    text = one_line(Point(np.int64(3), (np.float64(0.5), np.bool_(True), None)))
    assert text == '{"x": 3, "y": [0.5, true, null]}'


def test_one_line_stays_one_line() -> None:
    assert "\n" not in one_line({"reason": "two\nlines"})
    assert pretty([1]).endswith("\n")
