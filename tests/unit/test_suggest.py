"""Words that all messages use: lists that end, and what a misspelt name may have meant."""

from __future__ import annotations

import pytest

from hpcfit.suggest import closest_name, listed


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b and 2 more"),
    ],
)
def test_a_list_names_what_there_is_up_to_a_limit(texts: list[str], shown: str) -> None:
    assert listed(texts, 3) == shown


def test_the_closest_name_is_told_if_one_is_close() -> None:
    assert closest_name("epsilom", ["sigma", "epsilon"]) == "epsilon"
    assert closest_name("q", ["sigma", "epsilon"]) is None
    assert closest_name("bfgs", ["adam", "scipy:BFGS"]) == "scipy:BFGS"
    assert closest_name("scipy:nelder_mead", ["scipy:Nelder-Mead", "scipy:TNC"]) == "scipy:Nelder-Mead"
