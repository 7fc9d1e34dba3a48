"""What a potential is, as plain data: parameters, and the text of its energy terms.

The site energy of atom i (centre) with bonds x, y to its neighbours is

    E_i = E0_i + embedding(rho) + 1/2 sum_x pair(r_x, rho, zeta_x)
               + sum_{x<y} triplet(r_x, r_y, costheta_xy, rho)

where rho stands for any number of named densities, rho = sum_x density(r_x), and
zeta_x = sum_{y != x} bond_environment(r_x, r_y, costheta_xy).

A parameter's *kind* says how many numbers it stands for: one ("shared"), one per species,
one per unordered pair of species, or one per triplet (centre first, neighbours unordered);
"ordered-pair" (centre, neighbour) and "ordered-triplet" (centre, neighbours 1 and 2) tell
every order apart.
Each of these numbers is an *instance*; `BoundPotential.instances` lists them in the one
order that every part of hpcfit uses. `written.py` says how formulas refer to them.
"""

from __future__ import annotations

from hpcfit.formula.bound_potential import AnyBound, BoundPotential, Form
from hpcfit.formula.formula_potential import RESERVED, FormulaPotential
from hpcfit.formula.keys import (
    KEY_LENGTH,
    Instance,
    Key,
    Kind,
    canonical_key,
    enumerate_keys,
    key_text,
    parse_key,
)
from hpcfit.formula.parameter_spec import Mixing, ParameterSpec, PotentialForm, find_default, find_parameter
from hpcfit.formula.term import Density, Rank, Term, density_variables
from hpcfit.formula.written import TERM_VARIABLES, TermName, WrittenName
from hpcfit.suggest import suggestion

__all__ = [
    "KEY_LENGTH",
    "RESERVED",
    "TERM_VARIABLES",
    "AnyBound",
    "BoundPotential",
    "Density",
    "Form",
    "FormulaPotential",
    "Instance",
    "Key",
    "Kind",
    "Mixing",
    "ParameterSpec",
    "PotentialForm",
    "Rank",
    "Term",
    "TermName",
    "WrittenName",
    "canonical_key",
    "density_variables",
    "enumerate_keys",
    "find_default",
    "find_parameter",
    "key_text",
    "parse_key",
    "suggestion",
]
