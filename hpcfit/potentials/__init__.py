"""The catalogue of potentials: formulas and published parameters only.

`POTENTIALS` maps the name in a job file to a function that makes the potential; the function's
keyword arguments are the options that `[[potential]]` may give. Adding a potential is one file
here, one line below, its test and its entry in the documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hpcfit.formula.potential import FormulaPotential
from hpcfit.potentials.describe import describe, option_choices
from hpcfit.potentials.lennard_jones import lennard_jones
from hpcfit.potentials.morse import morse
from hpcfit.potentials.reference_energy import reference_energy
from hpcfit.potentials.stillinger_weber import stillinger_weber
from hpcfit.potentials.stillinger_weber_kim import stillinger_weber_kim

POTENTIALS: Mapping[str, Callable[..., FormulaPotential]] = {
    "lennard-jones": lennard_jones,
    "morse": morse,
    "stillinger-weber": stillinger_weber,
    "stillinger-weber-kim": stillinger_weber_kim,
    "reference-energy": reference_energy,
}

__all__ = ["POTENTIALS", "describe", "option_choices"]
