"""Very many parameters are told of in few lines."""

from __future__ import annotations

from dataclasses import replace

from hpcfit.output.families import family_rows, label_list, shown_directions
from hpcfit.output.result import FittedParameter


def parameter(name: str, value: float, fixed: bool = False) -> FittedParameter:
    return FittedParameter("mlp", "", name, value, None, 0.0, None, None, fixed, None, "")


def test_names_that_differ_by_indices_share_a_line() -> None:
    head, rows = family_rows(
        [
            parameter("W1[0,0]", 1.0),
            parameter("W1[1,0]", -2.0),
            parameter("b1[0]", 0.5),
            parameter("x_shift[0]", 3.0, fixed=True),
        ]
    )
    assert head == ["parameter", "values", "least", "largest", ""]
    assert rows == [
        ["W1[...]", "2", "-2", "1", ""],
        ["b1[0]", "1", "0.5", "0.5", ""],
        ["x_shift[0]", "1", "3", "3", "fixed"],
    ]


def test_the_numbers_of_very_many_groups_share_a_line() -> None:
    groups = [parameter(name, k) for name in ("E0", "V0") for k in range(150)]
    many = [replace(q, species=f"M{k % 150}") for k, q in enumerate(groups)]
    assert family_rows(many)[1] == [
        ["E0 (M0, M1, ...)", "150", "0", "149", ""],
        ["V0 (M0, M1, ...)", "150", "0", "149", ""],
    ]
    assert len(family_rows(many[:150])[1]) == 150


def test_labels_are_all_listed_while_they_are_few() -> None:
    assert label_list(["A", "B"]) == "A, B"
    assert label_list([f"c{k}" for k in range(201)]).endswith("c8, c9 and 191 more")


def test_of_very_many_directions_the_first_are_told() -> None:
    directions = [f"direction {k}" for k in range(30)]
    assert shown_directions(directions[:20]) == directions[:20]
    assert shown_directions(directions)[9:] == [
        "direction 9",
        "20 more directions have no effect; null_directions in result.json has them.",
    ]
