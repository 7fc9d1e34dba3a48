"""Ridge: residuals that draw parameters to their initial values, or to zero, where the data say little.

The residual of a parameter is sqrt(ridge) (value - target)/size, with its initial value for its size (Hoerl
and Kennard, Technometrics 12, 55 (1970), with each parameter in a unit of its own).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from hpcfit.errors import JobError
from hpcfit.problem.parameters.given import Prior
from hpcfit.problem.parameters.parameter_set import ParameterSet
from hpcfit.suggest import suggestion

#: fitted energies of atoms are drawn only by name: their size is nothing to measure changes by
_ENERGIES = "reference-energy"


def with_ridge(
    parameters: ParameterSet,
    strength: float,
    towards: Literal["initial", "zero"] = "initial",
    names: Sequence[str] | None = None,
) -> ParameterSet:
    """The same parameters with a ridge.

    Args:
        strength: twice the loss of a parameter that is off by its size; 0 for no ridge.
        names: of the parameters to draw, by label or by name alone; None for all free ones.

    Raises:
        JobError: names nothing that is fitted, or a parameter that starts at zero and so has no size.
    """
    if strength == 0.0:
        return parameters
    known = {parameters.label(q): q for q in parameters.free}
    for name in names or ():
        if not any(name in (label, q.name) for label, q in known.items()):
            raise JobError(
                f"regularization.parameters: no free parameter is called {name!r}."
                f"{suggestion(name, [*known])}"
            )
    drawn = []
    for position, q in enumerate(parameters.parameters):
        wanted = q.label != _ENERGIES if names is None else {parameters.label(q), q.name} & set(names)
        if not q.free or not wanted:
            continue
        size = abs(q.initial) or (q.prior.sigma if q.prior is not None else 0.0)
        if not size:
            raise JobError(
                f"regularization.ridge: {parameters.label(q)} starts at 0, which is no size to "
                "measure it by. Start it elsewhere, or name the others in parameters."
            )
        mean = q.initial if towards == "initial" else 0.0
        drawn.append((position, Prior(mean, size / math.sqrt(strength))))
    return replace(parameters, ridge=tuple(drawn))
