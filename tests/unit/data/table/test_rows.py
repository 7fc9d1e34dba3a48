"""Conditions on rows, and which are held out."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.data.table import Columns, held_out, select_rows
from hpcfit.data.table.rows import columns_of_condition
from hpcfit.errors import DataError, KernelError

TABLE = Columns(
    "t.csv",
    {"T": np.array([100.0, 200.0, 300.0, 400.0]), "p": np.array([1.0, 2.0, 1.0, 2.0])},
    {"phase": np.array(["fcc", "bcc", "fcc", "a b"])},
    np.arange(2, 6),
    {},
)


@pytest.mark.parametrize(
    ("conditions", "lines"),
    [
        ([], [2, 3, 4, 5]),
        (["T > 200"], [4, 5]),
        (["T >= 200", "T < 400"], [3, 4]),
        (["T > 100*p + 150"], [4, 5]),
        (["p == 2"], [3, 5]),
        (['phase == "fcc"'], [2, 4]),
        (["phase != 'fcc'"], [3, 5]),
        (['phase == "a b"'], [5]),
        (['phase == "fcc"', "T < 200"], [2]),
        (["where(p == 2, T - 300, 200 - T) > 0"], [2, 5]),
    ],
)
def test_rows_are_kept_for_which_all_conditions_hold(conditions: list[str], lines: list[int]) -> None:
    assert select_rows(TABLE, conditions).line.tolist() == lines


def test_conditions_that_no_row_meets_are_told() -> None:
    with pytest.raises(DataError) as error:
        select_rows(TABLE, ["T > 400", 'phase == "fcc"'])
    assert str(error.value) == 't.csv: no row has T > 400 and phase == "fcc".'


def test_a_condition_names_its_columns() -> None:
    assert columns_of_condition("T > 2*p") == ({"T", "p"}, frozenset())
    assert columns_of_condition('phase == "T"') == (frozenset(), {"phase"})


def test_conditions_know_columns_by_the_names_of_formulas() -> None:
    columns = Columns("t.csv", {"T / K": np.arange(3.0)}, {"phase": np.array(list("aba"))}, np.arange(3), {})
    called = {"T": "T / K", "p": "phase"}
    assert columns_of_condition("T > 0", called) == ({"T / K"}, frozenset())
    assert columns_of_condition('p == "a"', called) == (frozenset(), {"phase"})
    assert select_rows(columns, ["T > 0", 'p == "a"'], called).line.tolist() == [2]


def test_a_condition_without_a_column_is_refused() -> None:
    with pytest.raises(KernelError) as error:
        select_rows(TABLE, ["1 > 0"])
    assert str(error.value) == "condition '1 > 0': it names no column"


def test_conditions_are_joined_by_giving_several() -> None:
    with pytest.raises(KernelError) as error:
        columns_of_condition("T > 150 and T < 350")
    assert str(error.value) == (
        "condition 'T > 150 and T < 350': and cannot be used. Write several conditions, which must all hold"
    )


def test_the_rows_held_out_are_as_many_as_asked_for_and_change_with_the_seed() -> None:
    line = np.arange(1000)
    first, second = held_out(line, 0.2, 0), held_out(line, 0.2, 1)
    assert first.sum() == second.sum() == 200
    assert (first != second).any()
    # Spread over the table: in each tenth between 8 and 35 of the 20 that are expected.
    assert all(8 < count < 35 for count in first.reshape(10, 100).sum(axis=1))


def test_which_rows_are_held_out_is_the_same_for_ever() -> None:
    assert np.flatnonzero(held_out(np.arange(2, 22), 0.25, 3)).tolist() == [5, 6, 15, 16, 19]


def test_rows_added_at_the_end_move_few_others() -> None:
    before, after = held_out(np.arange(1000), 0.2, 0), held_out(np.arange(1010), 0.2, 0)
    assert (before != after[:1000]).sum() <= 10


def test_something_must_be_left_to_fit() -> None:
    with pytest.raises(DataError) as error:
        held_out(np.arange(2), 0.9, 0)
    assert str(error.value) == "0.9 of 2 rows leaves none to fit; write a smaller share."
