"""Parameters: which numbers of the potentials are free, how they hang together, and where they go.

A potential has *instances*, one number per parameter name and species key. A `Parameter` is one
number the user speaks of; it sets one instance, or all the instances that share it (a value given
without a species key, for a parameter that exists per pair or triplet), or none (an auxiliary
parameter, which only ties use). It is fixed, free, or tied to others by a formula. What the optimizer
moves is theta (p,): the free ones, some of them transformed.
"""

from hpcfit.problem.parameters.build import build_parameters, tie_problems
from hpcfit.problem.parameters.given import (
    GivenParameter,
    PotentialInput,
    Prior,
    given_for,
    parameter_groups,
    place_of,
)
from hpcfit.problem.parameters.parameter import Parameter
from hpcfit.problem.parameters.parameter_set import ParameterSet
from hpcfit.problem.parameters.ridge import with_ridge

__all__ = [
    "GivenParameter",
    "Parameter",
    "ParameterSet",
    "PotentialInput",
    "Prior",
    "build_parameters",
    "given_for",
    "parameter_groups",
    "place_of",
    "tie_problems",
    "with_ridge",
]
