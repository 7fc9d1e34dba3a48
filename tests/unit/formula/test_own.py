"""A job's own formulas become a potential whose parameters are the names they use."""

from __future__ import annotations

import numpy as np
import pytest
from written_potential import written_potential

from hpcfit.errors import KernelError
from hpcfit.formula.check import check_potential
from hpcfit.formula.own import kind_of_keys
from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels.cutoff import CutoffFormulas
from hpcfit.kernels.generate import generate_module

PAIR = "(A*r**-p - B)*exp(delta/(r - rc))"
TRIPLET = "L*(costheta + 1/3)**2*exp(gamma/(r1 - rc) + gamma/(r2 - rc))"


def test_parameters_come_in_the_order_of_their_first_use() -> None:
    potential = written_potential(where="potential[0]", kinds={}, pair=PAIR, triplet=TRIPLET, cutoff="rc")
    assert [(spec.name, spec.kind) for spec in potential.parameters] == [
        (name, "shared") for name in ("A", "p", "B", "delta", "rc", "L", "gamma")
    ]
    assert check_potential(potential, 1, "potential[0]") == []


def test_keys_of_the_job_say_the_kind() -> None:
    potential = written_potential(
        where="potential[0]",
        kinds={"gamma": "pair", "L": "triplet", "rc": "pair"},
        pair="where(r < rc, L0/r, 0)",
        triplet="L*exp(gamma1/(r1 - rc1) + gamma2/(r2 - rc2))",
        cutoff="rc",
    )
    kinds = {spec.name: spec.kind for spec in potential.parameters}
    assert kinds == {"rc": "pair", "L0": "shared", "L": "triplet", "gamma": "pair"}
    assert check_potential(potential, 2, "potential[0]") == []


def test_a_number_can_be_the_cutoff_and_parts_can_be_named() -> None:
    potential = written_potential(
        where="potential[0]", kinds={}, pair="u - s", cutoff=5.5, let={"u": "A/r", "s": "A/5.5"}
    )
    assert potential.pair is not None
    assert potential.pair.cutoff == "5.5"
    assert [spec.name for spec in potential.parameters] == ["A"]


def test_a_value_for_a_name_that_no_formula_uses_is_refused() -> None:
    with pytest.raises(KernelError) as refusal:
        written_potential(where="potential[0]", kinds={"delt": "shared"}, pair=PAIR, cutoff="rc")
    assert str(refusal.value) == (
        "potential[0].parameters.delt: no formula uses this name. Did you mean delta?"
    )


def test_a_term_without_cutoff_is_refused() -> None:
    with pytest.raises(KernelError) as refusal:
        written_potential(where="potential[1]", kinds={}, pair="A/r")
    assert str(refusal.value) == ("potential[1]: pair has no cutoff. Give cutoff, a number or an expression")


def test_the_kind_follows_from_the_length_of_the_keys() -> None:
    assert kind_of_keys("A", [()], "p") == "shared"
    assert kind_of_keys("A", [("Si",), ("C",)], "p") == "species"
    assert kind_of_keys("A", [("Si", "C")], "p") == "pair"
    assert kind_of_keys("A", [("Si", "C", "C")], "p") == "triplet"
    with pytest.raises(KernelError, match="A is given for different kinds of keys"):
        kind_of_keys("A", [("Si",), ("Si", "C")], "p")
    assert kind_of_keys("A", [("Si", "C"), ("C", "Si"), ("C", "C")], "p") == "ordered-pair"
    assert kind_of_keys("A", [("Si", "C", "Si"), ("Si", "Si", "C")], "p") == "ordered-triplet"


def test_every_term_has_its_own_cutoff() -> None:
    potential = written_potential(
        pair="b*zeta/r",
        bond_environment="g*costheta",
        density={"rho": "exp(-r)", "mu": "r"},
        rank={"mu": "vector"},
        embedding="-sqrt(rho) + mu_squared",
        cutoff={"pair": "rc", "density": "rd", "density.mu": 4.0, "": 3.0},
    )
    assert {place: term.cutoff for place, term in potential.cut_terms} == {
        "pair": "rc",
        "density.rho": "rd",
        "density.mu": "4.0",
        "bond_environment": "3.0",
    }
    assert [spec.name for spec in potential.parameters] == ["b", "g", "rc", "rd"]
    assert check_potential(potential, 1, "p") == []


def test_the_cutoff_may_use_named_parts_too() -> None:
    let = {"reach": "a*sigma", "end": "where(rc > 0, rc, reach)", "x": "r/end"}
    potential = written_potential(kinds={"sigma": "pair"}, pair="A*(1 - x)**2", cutoff="end", let=let)
    assert check_potential(potential, 2, "potential[0]") == []
    bound = BoundPotential(potential, ("Si", "C"))
    numbers = {"a": 1.5, "rc": 0.0, "A": 1.0, "Si-Si.sigma": 2.0, "Si-C.sigma": 3.0, "C-C.sigma": 1.0}
    values = np.array([numbers[str(instance)] for instance in bound.instances])
    assert CutoffFormulas([bound])(values) == 4.5
    generate_module([bound], ["Si", "C"], [{"A", "sigma"}], stress=True, jacobian=True)


def test_named_parts_of_a_cutoff_cannot_depend_on_distances() -> None:
    potential = written_potential(pair="rc/r", cutoff="end", let={"end": "2*r + rc"})
    assert check_potential(potential, 1, "potential[0]") == [
        'potential[0].let.end: unknown name r in "2*r + rc" (column 3). Did you mean rc?'
    ]
