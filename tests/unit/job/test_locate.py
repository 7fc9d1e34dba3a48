"""Lines of keys in TOML texts."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcfit.job.locate import locate

TEXT = '''# comment [not.a.table]
[data]
train = "a.h5" # note
tags = [
  "a", # ]
  "b",
]
a.b."c.d" = 1
text = """
[no.table]
x = 1 \\""" ""
"""""
lit = \'\'\'
[[none]]\'\'\'
[[potential]]
"Si-C".A = { initial = 5, min = 0 }
[potential.parameters]
lambda = 21.0
[[potential]]
name = 'x'
[[potential.sub]]
q = 1
[[potential.sub]]
q = [1, { z = 2 }]
[targets.reference_energies]
'quo ted' = true
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("data",), 2),
        (("data", "train"), 3),
        (("data", "tags"), 4),
        (("data", "tags", 1), 6),
        (("data", "a", "b", "c.d"), 8),
        (("data", "text"), 9),
        (("data", "lit"), 13),
        (("potential", 0), 15),
        (("potential", 0, "Si-C", "A", "min"), 16),
        (("potential", 0, "parameters", "lambda"), 18),
        (("potential", 1, "name"), 20),
        (("potential", 1, "sub", 0, "q"), 22),
        (("potential", 1, "sub", 1, "q", 1, "z"), 24),
        (("targets", "reference_energies", "quo ted"), 26),
    ],
)
def test_every_key_is_found_on_its_line(key, line):
    assert locate(TEXT)[key] == line


def test_nothing_inside_strings_or_comments_is_a_key():
    assert not any("none" in key or "no" in key or "not" in key for key in locate(TEXT))


def _paths(value, path=()):
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _paths(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _paths(each, (*path, index))


def test_the_places_are_those_that_tomllib_finds():
    assert set(_paths(tomllib.loads(TEXT))) == set(locate(TEXT))


_texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)


def _basic(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.dictionaries(_texts, st.lists(st.one_of(st.integers(), _texts), max_size=3), max_size=5))
def test_any_keys_and_strings_are_followed(table):
    shown = [
        f"{_basic(key)} = [{', '.join(_basic(v) if isinstance(v, str) else str(v) for v in values)}]"
        for key, values in table.items()
    ]
    lines = locate("\n".join(shown))
    assert {key: lines[key,] for key in table} == {key: line for line, key in enumerate(table, 1)}
