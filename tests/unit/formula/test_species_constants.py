"""The atomic number is known of a species, and written as a parameter of one species is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from written_potential import written_potential

from hpcfit.errors import DataError, KernelError
from hpcfit.formula.check import check_potential
from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.kernels.cutoff import CutoffFormulas

SCREENED = "coulomb_constant*Z1*Z2/r*exp(-r/a)"


def test_the_atomic_number_of_every_species_is_there_without_being_given() -> None:
    potential = written_potential(pair=SCREENED, site="E0*Z", cutoff="rc")
    assert [spec.name for spec in potential.parameters] == ["a", "E0", "rc", "Z"]
    bound = BoundPotential(potential, ("Si", "C"))
    assert {
        str(instance): bound.default(instance) for instance in bound.instances if instance.name == "Z"
    } == {"Si.Z": 14.0, "C.Z": 6.0}


def test_each_term_writes_it_as_a_parameter_of_one_species() -> None:
    potential = written_potential(
        pair="Z1*Z2*r + zeta*rho",
        triplet="Z0*(Z1 + Z2)*r1*r2*costheta",
        bond_environment="Z0*Z1*Z2*r1*r2*costheta",
        density="Z2*r",
        embedding="Z*rho",
        site="Z",
        cutoff="(Z1 + Z2)/10",
    )
    assert check_potential(potential, 2, "potential[0]") == []
    bound = BoundPotential(potential, ("Si", "C"))
    values = np.array([bound.default(instance) for instance in bound.instances], dtype=float)
    assert CutoffFormulas([bound])(values) == 2.8


def test_alone_a_species_needs_no_suffix_and_several_do() -> None:
    potential = written_potential(pair="Z/r", cutoff=4.0)
    assert check_potential(potential, 1, "potential[0]") == []
    (fault,) = check_potential(potential, 2, "potential[0]")
    assert fault == 'potential[0].pair: unknown name Z in "Z/r" (column 1). In pair, write Z1 or Z2'


def test_a_potential_may_be_made_again_from_its_parts() -> None:
    potential = written_potential(pair=SCREENED, cutoff="rc")
    assert replace(potential, pair=Term("Z1*Z2/r", "rc")).parameters == potential.parameters
    assert [spec.name for spec in replace(potential, pair=Term("a/r", "rc")).parameters] == ["a", "rc"]


def test_the_name_is_taken() -> None:
    with pytest.raises(KernelError) as refusal:
        FormulaPotential("mine", (ParameterSpec("Z2", "shared", 1.0),), pair=Term("Z2/r", "4"))
    assert str(refusal.value) == "mine: Z2 has a meaning in formulas already. Rename the parameter"


def test_a_species_that_is_no_element_has_none() -> None:
    bound = BoundPotential(written_potential(pair="Z/r", cutoff=4.0), ("Xx",))
    with pytest.raises(DataError, match="'Xx' is not the symbol of a chemical element"):
        bound.default(bound.instances[0])
