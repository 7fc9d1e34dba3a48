"""Compiling generated Python for the processor with numba.

Full fastmath is not used: NaN and infinity must stay visible, because the optimizer rejects
trials by them. No threads: one process per core is MPI's business.
"""

from __future__ import annotations

import types as python_types
from collections.abc import Callable
from typing import Any

from numba import njit

_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": {"nsz", "contract", "arcp", "reassoc"},
}


def kernel(function: Callable[..., Any]) -> Any:
    """Decorator of a generated function that other generated functions call."""
    return njit(**_OPTIONS)(function)


def entry(function: Callable[..., Any]) -> Any:
    """Decorator of a generated function that Python calls."""
    return njit(**_OPTIONS)(function)


def module_from_text(text: str, name: str) -> python_types.ModuleType:
    """Execute generated source as a module that lives in memory only."""
    module = python_types.ModuleType(name)
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    return module
