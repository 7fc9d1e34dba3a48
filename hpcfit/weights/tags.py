"""Options that are given by tag."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hpcfit.errors import JobError
from hpcfit.suggest import suggestion


def check_tags(option: str, given: Iterable[str], present: Collection[str]) -> None:
    """Every tag that an option names must occur in the data.

    Raises:
        JobError: naming those that do not, as keys of `option`.
    """
    problems = [
        f"{option}.{tag}: no selected configuration has this tag.{suggestion(tag, sorted(present))}"
        for tag in given
        if tag not in present
    ]
    if problems:
        raise JobError(problems)
