"""Faults of several independent steps, told together instead of one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from hpcfit.errors import HpcfitError, JobError

P = ParamSpec("P")
T = TypeVar("T")


class Faults:
    """Errors met so far."""

    def __init__(self) -> None:
        self._errors: list[HpcfitError] = []

    def of(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What `step` returns, or None when it raises an HpcfitError, which is kept."""
        try:
            return step(*args, **kwargs)
        except HpcfitError as error:
            self._errors.append(error)
            return None

    def __bool__(self) -> bool:
        return bool(self._errors)

    def raise_all(self) -> None:
        """Raise what was met: a single error as it was, several as one JobError; nothing if none was.

        Raises:
            HpcfitError: see above.
        """
        if len(self._errors) == 1:
            raise self._errors[0]
        if self._errors:
            raise JobError(list(dict.fromkeys(str(error) for error in self._errors)))
