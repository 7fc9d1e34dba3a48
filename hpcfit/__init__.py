"""Fit interatomic potentials, or any formula, to reference data, distributed over MPI ranks.

`import hpcfit` loads nothing but this file; what it names is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpcfit.api import Analysis, Fit, Free, Potential, Tied, analyze, fit, fit_table, load, run
    from hpcfit.errors import DataError, HpcfitError, JobError, KernelError, PluginError, RunError

__version__ = "0.1.0"
#: names of the package by the module that has them
_PLACES = {
    **dict.fromkeys(
        ("Analysis", "Fit", "Free", "Potential", "Tied", "analyze", "fit", "fit_table", "load", "run"),
        "hpcfit.api",
    ),
    **dict.fromkeys(
        ("DataError", "HpcfitError", "JobError", "KernelError", "PluginError", "RunError"), "hpcfit.errors"
    ),
}
__all__ = [
    "Analysis",
    "DataError",
    "Fit",
    "Free",
    "HpcfitError",
    "JobError",
    "KernelError",
    "PluginError",
    "Potential",
    "RunError",
    "Tied",
    "__version__",
    "analyze",
    "fit",
    "fit_table",
    "load",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'hpcfit' has no attribute {name!r}")
    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
