"""Where the fits of a multistart begin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.multistart.options import MultistartOptions

FloatArray = NDArray[np.float64]

_MOST_NAMED = 5


def draw_starts(
    theta0: FloatArray, bounds: Bounds, labels: Sequence[str], options: MultistartOptions
) -> FloatArray:
    """All starts, shape (starts, p): theta0, then points that fill the region evenly.

    Sobol's sequence is that of S. Joe and F. Y. Kuo, SIAM J. Sci. Comput. 30, 2635 (2008), scrambled; the
    Latin hypercube that of M. D. McKay et al., Technometrics 21, 239 (1979).

    Raises:
        JobError: bounds are missing that the region needs.
    """
    lower, upper = _region(theta0, bounds, labels, options)
    rest = options.starts - 1
    if not rest or not len(theta0):
        return np.tile(theta0, (options.starts, 1))
    points = lower + (upper - lower) * _unit_points(len(theta0), rest, options)
    return np.concatenate([theta0[np.newaxis], np.clip(points, bounds.lower, bounds.upper)])


def _unit_points(p: int, n: int, options: MultistartOptions) -> FloatArray:
    from scipy.stats import qmc

    if options.sampler == "sobol":
        # Whole powers of two are what the sequence is made for; what is too much is left out.
        exponent = max(1, int(np.ceil(np.log2(n))))
        return np.asarray(qmc.Sobol(p, seed=options.seed).random_base2(exponent)[:n])
    return np.asarray(qmc.LatinHypercube(p, seed=options.seed).random(n))


def _region(
    theta0: FloatArray, bounds: Bounds, labels: Sequence[str], options: MultistartOptions
) -> tuple[FloatArray, FloatArray]:
    if options.region == "initial":
        width = options.spread * np.where(theta0 == 0.0, 1.0, np.abs(theta0))
        return np.maximum(theta0 - width, bounds.lower), np.minimum(theta0 + width, bounds.upper)
    open_ended = np.flatnonzero(~(np.isfinite(bounds.lower) & np.isfinite(bounds.upper))).tolist()
    if open_ended:
        names = [labels[k] for k in open_ended]
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        raise JobError(
            'region = "bounds" draws starts between min and max: give them, and no transform, to '
            f'{", ".join(names[:_MOST_NAMED])}{more}; or draw from region = "initial" with a spread, or for '
            'a network from region = "seeds".'
        )
    return bounds.lower, bounds.upper
