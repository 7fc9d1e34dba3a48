"""Objects of a program are the same in another process, and another when anything in them changed."""

from __future__ import annotations

import functools
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numba
import numpy as np
import pytest
from ase.calculators.lj import LennardJones

from hpcfit.api.identity import identity, importable_name
from hpcfit.potentials import POTENTIALS

PROGRAM = '''
from dataclasses import dataclass, field
import numpy as np
from hpcfit.api.identity import identity
from hpcfit.residuals import ScaledDifference

LIMIT = 3.0
KINDS = {"a", "b", "c", "d"}

def helper(x):
    return np.minimum(x, LIMIT)

def make(scale):
    def residual(identifier, natoms, weight, prediction, reference, data):
        """Text."""
        return scale * helper(prediction - reference) * (identifier in {"x", "y", "z"})
    return residual

@dataclass(frozen=True)
class Mine(ScaledDifference):
    power: float = 2.0
    names: list = field(default_factory=list)

    def factors(self, weights, configuration):
        return weights**self.power

class Plain:
    limit = 5
    def __init__(self):
        self.table = np.arange(3.0)
        self.other = self
    @property
    def half(self):
        return self.limit / 2
    @staticmethod
    def weights(configuration):
        return KINDS

for item in (make(2.0), make(np.array([1.0, 2.0])), Mine, Mine(3.0), Plain(), Plain, lambda *given: 1):
    print(identity(item))
'''


def identities(program: str) -> list[str]:
    """As PROGRAM prints them, here."""
    printed: list[str] = []
    module = types.ModuleType("program")
    vars(module)["print"] = printed.append
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "program", module)
        exec(compile(program, "program.py", "exec"), vars(module))
    return printed


def identities_elsewhere(program: str) -> list[str]:
    """The same in another process."""
    done = subprocess.run(
        [sys.executable, "-"], input=program, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split("\n")[:-1]


def test_they_are_the_same_in_another_process_and_different_from_each_other() -> None:
    first, second = identities_elsewhere(PROGRAM), identities_elsewhere("\n\n" + PROGRAM)
    assert first == second
    assert len(set(first)) == len(first) == 7
    assert not [text for text in first if text.startswith("not comparable")]


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("LIMIT = 3.0", "LIMIT = 4.0", {0, 1}),
        ("np.minimum", "np.maximum", {0, 1}),
        ('"x", "y"', '"x", "u"', {0, 1}),
        ("weights**self.power", "weights*self.power", {2, 3}),
        ("power: float = 2.0", "power: float = 2.5", {2, 3}),
        ("limit = 5", "limit = 6", {4, 5}),
        ("self.limit / 2", "self.limit / 3", {4, 5}),
        ("np.arange(3.0)", "np.arange(4.0)", {4, 5}),
    ],
)
def test_a_change_is_seen_where_it_has_an_effect(old: str, new: str, changed: set[int]) -> None:
    assert PROGRAM.count(old) == 1
    before, after = identities(PROGRAM), identities(PROGRAM.replace(old, new))
    assert {
        place for place, pair in enumerate(zip(before, after, strict=True)) if len(set(pair)) == 2
    } == changed


def test_a_formula_is_known_by_its_text() -> None:
    made = POTENTIALS["morse"]()
    assert identity(made) == identity(POTENTIALS["morse"]())
    assert identity(made) != identity(replace(made, summary="other"))


class Slots:
    __slots__ = ("value",)


@dataclass
class Holder:
    value: Any


def refers_to(value: Any) -> Callable[[], Any]:
    return lambda: value


@pytest.mark.parametrize(
    "item",
    [
        Slots(),
        Holder(sys.stdout),
        functools.partial(int, "5"),
        refers_to(np.random.default_rng(0)),
        np.array([object()]),
    ],
)
def test_what_has_no_text_is_never_the_same(item: Any) -> None:
    first, second = identity(item), identity(item)
    assert first.startswith("not comparable: ")
    assert first != second


def test_a_compiled_function_is_known_by_what_was_compiled_and_by_what_it_calls() -> None:
    def compiled(factor: float) -> Any:
        @numba.njit
        def inner(x: float) -> float:
            return factor * x

        return numba.njit(lambda x: inner(x) + 1.0)

    assert identity(compiled(2.0)) == identity(compiled(2.0)) != identity(compiled(3.0))
    assert not identity(compiled(2.0)).startswith("not comparable")


def test_objects_of_installed_libraries_have_names_that_any_program_can_import() -> None:
    assert importable_name(LennardJones) == "ase.calculators.lj:LennardJones"
    assert importable_name(np.linalg.norm) == "numpy.linalg:norm"
    assert importable_name(Slots) is None
    assert importable_name(LennardJones()) is None
    assert importable_name(lambda: 3) is None
