"""What is said of bounds where a method has none, or cannot do without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError
from hpcfit.optimize.bounds import Bounds

FloatArray = NDArray[np.float64]

BoundsRule = Literal["kept", "refused", "needed"]

#: methods that keep to bounds, for sentences
_ABLE = "geodesic-lm, lm, scipy:trf, scipy:dogbox, scipy:L-BFGS-B and scipy:TNC"
_MOST_NAMED = 5


def named(theta0: FloatArray, labels: Sequence[str] | None) -> list[str]:
    """The parameters' names; theta[0], ... by default."""
    return [f"theta[{k}]" for k in range(len(theta0))] if labels is None else list(labels)


def check_bounds(rule: BoundsRule, method: str, bounds: Bounds, labels: Sequence[str]) -> None:
    """Raise where a method cannot do with the bounds it is given.

    Raises:
        JobError: naming the parameters.
    """
    if rule == "refused":
        require_no_bounds(method, bounds, labels)
    elif rule == "needed":
        require_finite_bounds(method, bounds, labels)


def require_no_bounds(method: str, bounds: Bounds, labels: Sequence[str]) -> None:
    """Refuse bounds for a method that would step over them.

    Raises:
        JobError: naming the parameters that have some.
    """
    bounded = np.isfinite(bounds.lower) | np.isfinite(bounds.upper)
    if bounded.any():
        raise JobError(
            f"{method} knows no bounds, but there are some of {_list(labels, bounded)}: take one that does "
            f"({_ABLE}), take away those that the job gives, or give what has two of them "
            'transform = "logit" and what has min = 0 transform = "log".'
        )


def require_finite_bounds(method: str, bounds: Bounds, labels: Sequence[str]) -> None:
    """Refuse a search without limits.

    Raises:
        JobError: naming the parameters without two finite bounds.
    """
    open_ended = ~(np.isfinite(bounds.lower) & np.isfinite(bounds.upper))
    if open_ended.any():
        raise JobError(
            f"{method} searches between bounds: give min and max, and no transform, to "
            f"{_list(labels, open_ended)}."
        )


def _list(labels: Sequence[str], which: NDArray[np.bool_]) -> str:
    names = [labels[k] for k in np.flatnonzero(which).tolist()]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"
