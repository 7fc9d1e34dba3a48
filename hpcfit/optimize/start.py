"""What a fit remembers of its start, to tell parameters that have lost their effect since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Start:
    """The scale D (p,), the norms of the Jacobian's columns (p,) and the cost at the start."""

    scale: FloatArray
    norms: FloatArray
    cost: float
