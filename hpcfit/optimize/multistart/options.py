"""Options of `multistart`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hpcfit.optimize.options import option


@dataclass(frozen=True)
class MultistartOptions:
    """Options of `multistart`; each field's metadata has its help text and limits."""

    starts: int = option(20, "fits, of which the first begins at the initial values", 1)
    region: str = option(
        "bounds",
        "where they begin: between min and max, around the initial values, or at those that a network draws "
        "from further seeds",
        choices=("bounds", "initial", "seeds"),
    )
    spread: float = option(
        1.0, 'of region = "initial": how far from an initial value, as a fraction of it', 1e-12
    )
    sampler: str = option("sobol", "how the region is filled", choices=("sobol", "latin-hypercube"))
    seed: int = option(0, "of the sampler", 0)
    tolerance: float = option(
        1e-3, "minima that differ by less than this fraction of each parameter are one", 0.0, 1.0
    )
    inner: Mapping[str, Any] = field(
        default_factory=dict,
        metadata={"help": "the optimizer of each start: its name (geodesic-lm by default) and its options"},
    )
