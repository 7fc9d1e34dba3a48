"""How the linear algebra is compiled: the same flags everywhere, kept on disk between runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

#: What may be reordered. Not full fastmath: it would let the compiler assume that there is no NaN.
FASTMATH = frozenset({"nsz", "contract", "arcp", "reassoc"})


def compiled(function: Function) -> Function:
    """`function` compiled by numba, to be called from Python or from other compiled code."""
    options: dict[str, Any] = {"fastmath": set(FASTMATH), "error_model": "numpy", "nogil": True}
    # As in devices/cpu.py: callers then have the same bits whether they are compiled now or loaded.
    options["forceinline"] = True
    try:
        made: Function = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder that could be written to: compile in every process
        made = numba.njit(**options)(function)
    return made
