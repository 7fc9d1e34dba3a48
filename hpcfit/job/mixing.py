"""The key `mixing` of a [[potential]]: a rule by its name, or a mean for each parameter."""

from __future__ import annotations

from typing import Any

from hpcfit.errors import KernelError
from hpcfit.formula.potential import AnyBound, Key
from hpcfit.job.source import JobSource, Problem
from hpcfit.job.values import shown
from hpcfit.problem.mixing import MEANS, OTHER_NAMES, RULES, Mixing, mixed
from hpcfit.problem.parameters import GivenParameter
from hpcfit.suggest import suggestion


def mixing_rule(value: Any) -> Mixing | None:
    """A value of the key, for pydantic; "none" is the same as no key."""
    if isinstance(value, dict):
        for name, mean in value.items():
            if not isinstance(mean, str) or mean not in MEANS:
                raise ValueError(f"{name}: one of {', '.join(MEANS)} is expected, not {shown(mean)}.")
        return {str(name): mean for name, mean in value.items()} or None
    if not isinstance(value, str):
        raise ValueError(
            f'the name of a rule such as "lorentz-berthelot", or a table such as {{ A = "geometric" }} is '
            f"expected, not {shown(value)}."
        )
    if value not in RULES and value != "none":
        other = OTHER_NAMES.get(value)
        hint = f" That of LAMMPS is {other} here." if other else suggestion(value, ["none", *RULES])
        raise ValueError(f"unknown rule {value!r}.{hint}")
    return None if value == "none" else value


def mixed_parameters(
    source: JobSource,
    index: int,
    bound: AnyBound,
    given: dict[tuple[Key, str], GivenParameter],
    mixing: Mixing | None,
) -> tuple[dict[tuple[Key, str], GivenParameter], list[Problem]]:
    """Ties of the pairs that a job leaves to its rule, and what is wrong with the rule."""
    if mixing is None:
        return {}, []
    try:
        return mixed(bound, given, mixing), []
    except KernelError as error:
        return {}, [source.problem(("potential", index, "mixing"), f": {error}")]
