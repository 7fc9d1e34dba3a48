"""hpcfit's own plugin: everything built in, registered through the hooks that all plugins use.

Imports are inside the hooks so that a kind that is not asked for costs no time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hpcfit.registry.hookspecs import hookimpl


@hookimpl
def hpcfit_potentials() -> Mapping[str, Any]:
    from hpcfit.potentials import POTENTIALS

    return POTENTIALS


@hookimpl
def hpcfit_models() -> Mapping[str, Any]:
    from hpcfit.models import MODELS

    return MODELS


@hookimpl
def hpcfit_weights() -> Mapping[str, Any]:
    from hpcfit.weights import WEIGHTS

    return WEIGHTS


@hookimpl
def hpcfit_residuals() -> Mapping[str, Any]:
    from hpcfit.residuals import RESIDUALS

    return RESIDUALS


@hookimpl
def hpcfit_readers() -> Mapping[str, Any]:
    from hpcfit.data import READERS

    return READERS


@hookimpl
def hpcfit_optimizers() -> Mapping[str, Any]:
    from hpcfit.optimize import OPTIMIZERS
    from hpcfit.optimize.multistart import MULTISTART

    return {**OPTIMIZERS, "multistart": MULTISTART}
