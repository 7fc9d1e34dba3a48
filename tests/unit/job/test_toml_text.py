"""The text of tables reads back as the same tables."""

from __future__ import annotations

import math
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hpcfit.job.toml_text import toml_text

SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=("Cs",))),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=6)
TABLES = st.dictionaries(
    NAMES,
    st.one_of(
        VALUES,
        st.dictionaries(NAMES, st.one_of(VALUES, st.dictionaries(NAMES, VALUES, min_size=1)), min_size=1),
    ),
    max_size=4,
)


@given(st.dictionaries(NAMES, st.one_of(TABLES, st.lists(TABLES, min_size=1, max_size=2)), max_size=3))
def test_what_is_written_is_read(tables: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(tables)) == tables


def test_it_looks_as_people_write_it() -> None:
    tables = {
        "data": {"train": "x.h5"},
        "potential": [
            {"species": ["Si", "C"], "parameters": {"A": {"initial": 1.0}, "Si-C": {"B": {"min": 0}, "C": 2}}}
        ],
    }
    assert toml_text(tables) == (
        '[data]\ntrain = "x.h5"\n\n[[potential]]\nspecies = ["Si", "C"]\n[potential.parameters]\n'
        "A = { initial = 1.0 }\n[potential.parameters.Si-C]\nB = { min = 0 }\nC = 2\n"
    )


def test_infinite_numbers_are_written() -> None:
    assert tomllib.loads(toml_text({"a": {"b": math.inf}})) == {"a": {"b": math.inf}}
