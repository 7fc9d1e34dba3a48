"""Parameters of a job that no formula has, and what priors are around."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from hpcfit.errors import KernelError
from hpcfit.formula.potential import RESERVED, AnyBound, Key, ParameterSpec
from hpcfit.job.locate import KeyPath
from hpcfit.job.schema import PotentialSection
from hpcfit.job.source import JobSource, Problem
from hpcfit.problem.parameters import GivenParameter

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def auxiliary_parameters(
    source: JobSource, index: int, section: PotentialSection, bound: AnyBound
) -> tuple[dict[tuple[Key, str], GivenParameter], list[Problem]]:
    """The parameters of [potential.auxiliary], which only ties use, and what is wrong with them."""
    made: dict[tuple[Key, str], GivenParameter] = {}
    problems: list[Problem] = []
    for name, table in section.auxiliary.items():
        path: KeyPath = ("potential", index, "auxiliary", name)
        fault = _fault(name, bound)
        if fault is None and table.initial is None and table.tie is None:
            fault = " has no value: give it an initial one, or a tie."
        if fault is None and table.fault_of_number is not None:
            path, fault = (*path, table.fault_of_number[0]), f": {table.fault_of_number[1]}"
        if fault is not None:
            problems.append(source.problem(path, fault))
        made[(), name] = table.given(ParameterSpec(name, "shared"))
        problems += prior_problems(source, path, made[(), name])
    return made, problems


def _fault(name: str, bound: AnyBound) -> str | None:
    if not _NAME.match(name) or name in RESERVED:
        return ": cannot be a name. Write a letter, then letters, digits or _; no name that formulas know."
    if any(spec.name == name for spec in bound.formula.parameters):
        return f": {bound.formula.name} has a parameter of this name already; give it another one."
    return None


def default_value(bound: AnyBound, key: Key, name: str) -> float | None:
    """The catalogue's value of a parameter, of the first one where a key stands for several."""
    for instance in bound.instances:
        if instance.name == name and (not key or instance.key == key):
            return bound.default(instance)
    raise KernelError(f"{bound.formula.name} has no {name}.")


def prior_problems(source: JobSource, path: KeyPath, given: GivenParameter) -> Iterator[Problem]:
    """A prior around an initial value that there is not."""
    if given.prior is not None and math.isnan(given.prior.mean):
        sentence = " has no mean, and there is no initial value to be it; give one of them."
        yield source.problem((*path, "prior"), sentence)
