"""Parameters: what is free, what is shared, and where each number goes."""

import math

import numpy as np
import pytest

from hpcfit.errors import JobError
from hpcfit.formula.potential import BoundPotential
from hpcfit.potentials import POTENTIALS
from hpcfit.problem.parameters import GivenParameter, PotentialInput, build_parameters

SILICON = BoundPotential(POTENTIALS["stillinger-weber-kim"](), ("Si",))
ARGON_NEON = BoundPotential(POTENTIALS["lennard-jones"](), ("Ar", "Ne"))


def lj(**given):
    base = {
        (("Ar", "Ar"), "epsilon"): 0.01,
        (("Ar", "Ne"), "epsilon"): 0.007,
        (("Ne", "Ne"), "epsilon"): 0.003,
        ((), "sigma"): 3.0,
    }
    fixed = {key: GivenParameter(value, fixed=True) for key, value in base.items()}
    return PotentialInput(ARGON_NEON, fixed | given.get("given", {}))


def test_what_is_not_named_keeps_the_catalogue_value_and_is_fixed():
    made = build_parameters([PotentialInput(SILICON, {((), "A"): GivenParameter(5.0, 0.0)})])
    assert made.labels == ("A",)
    assert made.start.tolist() == [5.0]
    values = dict(zip([i.name for i in SILICON.instances], made.values(np.array([7.0])), strict=True))
    assert values["A"] == 7.0
    assert values["B"] == 0.60222456
    assert values["lambda"] == 45.5322


def test_a_table_without_initial_starts_at_the_catalogue_value():
    made = build_parameters([PotentialInput(SILICON, {((), "B"): GivenParameter(None, 0.0, 2.0)})])
    assert made.start.tolist() == [0.60222456]
    assert (made.lower.tolist(), made.upper.tolist()) == ([0.0], [2.0])


def test_a_value_for_all_species_is_one_number_that_sets_every_pair():
    made = build_parameters([lj(given={((), "sigma"): GivenParameter(3.1)})])
    assert made.labels == ("sigma",)
    names = [i.name for i in ARGON_NEON.instances]
    moved = made.values(np.array([3.3]))
    assert [v for n, v in zip(names, moved, strict=True) if n == "sigma"] == [3.3, 3.3, 3.3]
    assert sorted(set(made.columns[[n == "sigma" for n in names]])) == [0]


def test_one_pair_may_differ_from_the_value_for_all():
    made = build_parameters(
        [lj(given={((), "sigma"): GivenParameter(3.1), (("Ar", "Ne"), "sigma"): GivenParameter(2.9)})]
    )
    assert made.labels == ("sigma", "Ar-Ne.sigma")
    moved = made.values(np.array([3.3, 2.8]))
    found = {i.key: v for i, v in zip(ARGON_NEON.instances, moved, strict=True) if i.name == "sigma"}
    assert found == {("Ar", "Ar"): 3.3, ("Ar", "Ne"): 2.8, ("Ne", "Ne"): 3.3}


def test_equal_names_of_two_potentials_are_told_apart():
    free = {((), "A"): GivenParameter(5.0)}
    made = build_parameters([PotentialInput(SILICON, free), PotentialInput(SILICON, free)])
    assert made.labels == ("stillinger-weber-kim[0].A", "stillinger-weber-kim[1].A")


def test_every_fault_is_reported_at_once():
    given = {
        ((), "A"): GivenParameter(5.0, 6.0),
        ((), "B"): GivenParameter(math.nan),
        ((), "p"): GivenParameter(4.0, 4.0, 4.0),
    }
    with pytest.raises(JobError) as caught:
        build_parameters([PotentialInput(SILICON, given)])
    assert caught.value.problems == (
        "potential[0].parameters.A: its initial value 5.0 is outside [6.0, inf].",
        "potential[0].parameters.B: its initial value nan is not finite.",
        "potential[0].parameters.p: min and max are both 4.0; write fixed = true instead.",
    )


def test_a_number_without_default_must_be_given():
    with pytest.raises(JobError) as caught:
        build_parameters([PotentialInput(ARGON_NEON, {((), "sigma"): GivenParameter(3.0, fixed=True)})])
    assert str(caught.value) == (
        "potential[0].parameters.epsilon (Ar-Ne): it has no default; give it a value, or write a rule such "
        "as "
        'mixing = "lorentz-berthelot".'
    )
