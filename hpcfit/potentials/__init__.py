"""The catalogue of potentials: formulas and published parameters only.

`POTENTIALS` maps the name in a job file to a function that makes the potential; the function's
keyword arguments are the options that `[[potential]]` may give. Adding a potential is one file
here, one line below, its test and its entry in the documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hpcfit.formula.potential import FormulaPotential
from hpcfit.potentials.adp import adp
from hpcfit.potentials.born_mayer_huggins import born_mayer_huggins
from hpcfit.potentials.buckingham import buckingham
from hpcfit.potentials.coulomb_cut import coulomb_cut
from hpcfit.potentials.coulomb_dsf import coulomb_dsf
from hpcfit.potentials.coulomb_screened import coulomb_screened
from hpcfit.potentials.coulomb_wolf import coulomb_wolf
from hpcfit.potentials.describe import describe, first_line, option_choices, required_options
from hpcfit.potentials.eam_spline import eam_spline
from hpcfit.potentials.eam_table import eam_table
from hpcfit.potentials.eam_zhou import eam_zhou
from hpcfit.potentials.edip import edip
from hpcfit.potentials.finnis_sinclair import finnis_sinclair
from hpcfit.potentials.gauss import gauss
from hpcfit.potentials.gupta import gupta
from hpcfit.potentials.lennard_jones import lennard_jones
from hpcfit.potentials.lennard_jones_9_6 import lennard_jones_9_6
from hpcfit.potentials.lennard_jones_class2 import lennard_jones_class2
from hpcfit.potentials.lennard_jones_expanded import lennard_jones_expanded
from hpcfit.potentials.mie import mie
from hpcfit.potentials.morse import morse
from hpcfit.potentials.n_m import n_m
from hpcfit.potentials.reference_energy import reference_energy
from hpcfit.potentials.soft import soft
from hpcfit.potentials.stillinger_weber import stillinger_weber
from hpcfit.potentials.stillinger_weber_kim import stillinger_weber_kim
from hpcfit.potentials.sutton_chen import sutton_chen
from hpcfit.potentials.tersoff import tersoff
from hpcfit.potentials.tersoff_mod import tersoff_mod
from hpcfit.potentials.vashishta import vashishta
from hpcfit.potentials.yukawa import yukawa
from hpcfit.potentials.zbl import zbl

POTENTIALS: Mapping[str, Callable[..., FormulaPotential]] = {
    "lennard-jones": lennard_jones,
    "lennard-jones-9-6": lennard_jones_9_6,
    "lennard-jones-class2": lennard_jones_class2,
    "lennard-jones-expanded": lennard_jones_expanded,
    "mie": mie,
    "n-m": n_m,
    "morse": morse,
    "buckingham": buckingham,
    "born-mayer-huggins": born_mayer_huggins,
    "yukawa": yukawa,
    "gauss": gauss,
    "soft": soft,
    "zbl": zbl,
    "coulomb-cut": coulomb_cut,
    "coulomb-screened": coulomb_screened,
    "coulomb-wolf": coulomb_wolf,
    "coulomb-dsf": coulomb_dsf,
    "stillinger-weber": stillinger_weber,
    "stillinger-weber-kim": stillinger_weber_kim,
    "vashishta": vashishta,
    "tersoff": tersoff,
    "tersoff-mod": tersoff_mod,
    "edip": edip,
    "finnis-sinclair": finnis_sinclair,
    "sutton-chen": sutton_chen,
    "gupta": gupta,
    "eam-zhou": eam_zhou,
    "eam-spline": eam_spline,
    "adp": adp,
    "eam-table": eam_table,
    "reference-energy": reference_energy,
}

__all__ = ["POTENTIALS", "describe", "first_line", "option_choices", "required_options"]
