"""The hooks by which hpcfit learns of this package. Each returns names and what they stand for.

Imports are inside the hooks, so that a job which uses none of this loses no time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hpcfit.registry import hookimpl


@hookimpl
def hpcfit_potentials() -> Mapping[str, Any]:
    from hpcfit_fracture.potential import brittle_silicon

    return {"brittle-silicon": brittle_silicon}


@hookimpl
def hpcfit_weights() -> Mapping[str, Any]:
    from hpcfit_fracture.weights import CrackTipWeights

    return {"crack-tip": CrackTipWeights}


@hookimpl
def hpcfit_residuals() -> Mapping[str, Any]:
    from hpcfit_fracture.residual import cracks_count_more

    return {"cracks-count-more": cracks_count_more}
