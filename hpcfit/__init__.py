"""Fit interatomic potentials, or any formula, to reference data, distributed over MPI ranks.

`import hpcfit` loads nothing but this file; what it names is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpcfit.api import Fit, Free, Potential, fit, load, run

__version__ = "0.1.0"
__all__ = ["Fit", "Free", "Potential", "__version__", "fit", "load", "run"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'hpcfit' has no attribute {name!r}")
    value = getattr(import_module("hpcfit.api"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
