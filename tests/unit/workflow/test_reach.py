"""Data are looked at in parts that are small at first, so that most searches end at once."""

from __future__ import annotations

from hpcfit.workflow.reach import growing_parts


def test_parts_grow_and_leave_nothing_out() -> None:
    natoms = [64] * 40 + [5000] + [1]
    parts = list(growing_parts(natoms))
    assert [first for first, _ in parts] == [0, *(last for _, last in parts[:-1])]
    assert parts[-1][1] == len(natoms)
    assert parts[0] == (0, 4)
    assert parts[1] == (4, 11)
    assert list(growing_parts([])) == []
