"""Mixing rules: known numbers, who is mixed, and what cannot be."""

import pytest

from hpcfit.errors import KernelError
from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.potentials import POTENTIALS
from hpcfit.problem.mixing import MEANS, RULES, mixed
from hpcfit.problem.parameters import GivenParameter, PotentialInput, build_parameters

LJ = BoundPotential(POTENTIALS["lennard-jones"](), ("Ar", "Kr"))
LIKE = {
    (("Ar", "Ar"), "epsilon"): GivenParameter(0.01),
    (("Kr", "Kr"), "epsilon"): GivenParameter(0.04),
    (("Ar", "Ar"), "sigma"): GivenParameter(3.0),
    (("Kr", "Kr"), "sigma"): GivenParameter(4.0),
}


def numbers(bound, given, mixing):
    made = build_parameters([PotentialInput(bound, {**given, **mixed(bound, given, mixing)})])
    return {(q.key, q.name): q.initial for q in made.parameters if q.tie is not None}


@pytest.mark.parametrize(
    ("rule", "epsilon", "sigma"),
    [
        ("lorentz-berthelot", 0.02, 3.5),
        ("geometric", 0.02, 12**0.5),
        ("waldman-hagler", 2 * 0.02 * 27 * 64 / (729 + 4096), ((729 + 4096) / 2) ** (1 / 6)),
        ("fender-halsey", 2 * 0.0004 / 0.05, 3.5),
        ("halgren", 4 * 0.0004 / 0.3**2, (27 + 64) / 25),
    ],
)
def test_rules_give_the_numbers_of_their_papers(rule, epsilon, sigma):
    pair = ("Ar", "Kr")
    found = numbers(LJ, LIKE, rule)
    assert found == {(pair, "epsilon"): pytest.approx(epsilon), (pair, "sigma"): pytest.approx(sigma)}
    assert rule in RULES


@pytest.mark.parametrize(
    ("mean", "sigma"),
    [
        ("arithmetic", 3.5),
        ("geometric", 12**0.5),
        ("harmonic", 24 / 7),
        ("sixth-power", ((729 + 4096) / 2) ** (1 / 6)),
    ],
)
def test_means_of_single_parameters_leave_the_others_alone(mean, sigma):
    given = {**LIKE, (("Ar", "Kr"), "epsilon"): GivenParameter(0.02)}
    assert numbers(LJ, given, {"sigma": mean}) == {(("Ar", "Kr"), "sigma"): pytest.approx(sigma)}
    assert mean in MEANS


def test_what_is_given_is_not_mixed():
    own_pair = {**LIKE, (("Ar", "Kr"), "sigma"): GivenParameter(3.3)}
    assert set(mixed(LJ, own_pair, "geometric")) == {(("Ar", "Kr"), "epsilon")}
    for_all = {**LIKE, ((), "epsilon"): GivenParameter(0.01)}
    assert set(mixed(LJ, for_all, "geometric")) == {(("Ar", "Kr"), "sigma")}


def test_equal_species_mix_to_themselves_by_every_rule():
    same = {(key, name): GivenParameter({"epsilon": 0.01, "sigma": 3.0}[name]) for key, name in LIKE}
    for rule in RULES:
        assert [*numbers(LJ, same, rule).values()] == pytest.approx([0.01, 3.0])


def test_of_three_species_every_unlike_pair_is_mixed_from_its_own_like_pairs():
    bound = BoundPotential(POTENTIALS["lennard-jones"](), ("Ar", "Kr", "Xe"))
    ties = {key: given.tie for (key, name), given in mixed(bound, {}, "geometric").items() if name == "sigma"}
    assert ties == {
        ("Ar", "Kr"): "sqrt(Ar-Ar.sigma*Kr-Kr.sigma)",
        ("Ar", "Xe"): "sqrt(Ar-Ar.sigma*Xe-Xe.sigma)",
        ("Kr", "Xe"): "sqrt(Kr-Kr.sigma*Xe-Xe.sigma)",
    }


def test_one_species_has_nothing_to_mix():
    assert mixed(BoundPotential(POTENTIALS["lennard-jones"](), ("Ar",)), {}, "geometric") == {}


@pytest.mark.parametrize(
    ("name", "mixing", "fault"),
    [
        (
            "stillinger-weber-kim",
            "geometric",
            "stillinger-weber-kim does not say which of its parameters are lengths and which energies. Write "
            'the mean of each parameter, such as mixing = { A = "geometric" }.',
        ),
        (
            "stillinger-weber",
            {"lambda": "geometric"},
            "lambda is not one number for each pair, and cannot be mixed.",
        ),
        (
            "stillinger-weber",
            {"sigmma": "geometric"},
            "stillinger-weber: unknown parameter sigmma. Did you mean sigma?",
        ),
    ],
)
def test_what_cannot_be_mixed_is_told(name, mixing, fault):
    with pytest.raises(KernelError) as caught:
        mixed(BoundPotential(POTENTIALS[name](), ("Si", "C")), {}, mixing)
    assert str(caught.value) == fault


def test_a_rule_that_needs_a_length_says_so():
    spec = ParameterSpec("D", "pair", 1.0, mixing="energy")
    bound = BoundPotential(FormulaPotential("well", (spec,), pair=Term("-D", "3")), ("Si", "C"))
    with pytest.raises(KernelError) as caught:
        mixed(bound, {}, "waldman-hagler")
    assert str(caught.value) == (
        "waldman-hagler mixes energies by a length, and well has none. Write the mean of each parameter, "
        'such as mixing = { D = "geometric" }.'
    )
