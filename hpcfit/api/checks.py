"""Arguments that no table of a job file checks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hpcfit.errors import JobError
from hpcfit.job.values import shown


def flag(value: Any, name: str) -> bool:
    """`value` if it is True or False.

    Args:
        name: of call and argument, such as "fit(): restart".

    Raises:
        JobError: it is neither.
    """
    if not isinstance(value, bool):
        raise JobError(f"{name}: True or False is expected, not {shown(value)}.")
    return value


def path(value: Any, name: str) -> Path:
    """The path that `value` is.

    Raises:
        JobError: it is none.
    """
    if not isinstance(value, str | os.PathLike):
        raise JobError(f"{name}: a path is expected, not {shown(value)}.")
    return Path(value)
