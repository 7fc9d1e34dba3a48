"""Parameters, their keys, and the names by which formulas speak of them."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from hpcfit.errors import KernelError
from hpcfit.formula.check import check_potential
from hpcfit.formula.functions import exp
from hpcfit.formula.potential import (
    BoundPotential,
    Density,
    FormulaPotential,
    Instance,
    ParameterSpec,
    Term,
    enumerate_keys,
    key_text,
    parse_key,
)


def example(**changes: object) -> FormulaPotential:
    fields: dict[str, object] = {
        "name": "example",
        "parameters": (
            ParameterSpec("A", "pair", 1.5),
            ParameterSpec("lambda", "triplet"),
            ParameterSpec("charge", "species"),
            ParameterSpec("rc", "shared", 4.0),
        ),
        "pair": Term("A*charge1*charge2/r", "rc"),
        "triplet": Term("lambda*(A1 + A2)*costheta**2", "rc"),
        "materials": {"Si": {"lambda": 21.0}},
    }
    return FormulaPotential(**{**fields, **changes})  # type: ignore[arg-type]


def test_instances_come_in_the_order_of_parameters_then_species() -> None:
    assert [str(instance) for instance in BoundPotential(example(), ("Si", "C")).instances] == [
        *("Si-Si.A", "Si-C.A", "C-C.A"),
        *("Si-Si-Si.lambda", "Si-Si-C.lambda", "Si-C-C.lambda"),
        *("C-Si-Si.lambda", "C-Si-C.lambda", "C-C-C.lambda"),
        *("Si.charge", "C.charge"),
        "rc",
    ]


def test_positions_are_those_in_the_list_of_instances() -> None:
    bound = BoundPotential(example(), ("Si", "C"))
    assert [bound.position[instance] for instance in bound.instances] == list(range(12))


@pytest.mark.parametrize(
    ("name", "given", "canonical"),
    [
        ("A", "C-Si", "Si-C"),
        ("A", "Si-C", "Si-C"),
        ("lambda", "Si-C-Si", "Si-Si-C"),
        ("lambda", "C-C-Si", "C-Si-C"),
        ("charge", "C", "C"),
        ("rc", "", ""),
    ],
)
def test_keys_may_be_given_in_any_order_of_their_unordered_part(
    name: str, given: str, canonical: str
) -> None:
    bound = BoundPotential(example(), ("Si", "C"))
    assert bound.instance(name, parse_key(given)) == Instance(name, parse_key(canonical))


def test_with_one_species_the_key_may_be_left_out() -> None:
    bound = BoundPotential(example(), ("Si",))
    assert bound.instance("lambda", ()) == Instance("lambda", ("Si", "Si", "Si"))
    assert bound.label(bound.instance("lambda", ())) == "lambda"
    assert len(bound.instances) == 4


def test_keys_and_their_text_are_inverse() -> None:
    for kind in ("shared", "species", "pair", "triplet"):
        for key in enumerate_keys(kind, ("Si", "C")):  # type: ignore[arg-type]
            assert parse_key(key_text(key)) == key


def test_published_values_hold_for_their_own_species_only() -> None:
    bound = BoundPotential(example(), ("Si", "C"))
    assert bound.default(Instance("lambda", ("Si", "Si", "Si"))) == 21.0
    assert bound.default(Instance("lambda", ("Si", "Si", "C"))) is None
    assert bound.default(Instance("A", ("Si", "C"))) == 1.5


def test_values_published_for_several_species_hold_in_any_order_of_their_unordered_part() -> None:
    materials = {"Si": {"A": 1.0}, "C-Si": {"A": 2.0}, "Si-Ge-C": {"lambda": 3.0}}
    bound = BoundPotential(example(materials=materials), ("Si", "C", "Ge"))
    assert bound.default(Instance("A", ("Si", "Si"))) == 1.0
    assert bound.default(Instance("A", ("Si", "C"))) == 2.0
    assert bound.default(Instance("A", ("Si", "Ge"))) == 1.5
    assert bound.default(Instance("lambda", ("Si", "C", "Ge"))) == 3.0
    assert bound.default(Instance("lambda", ("C", "Si", "Ge"))) is None


@pytest.mark.parametrize(
    ("name", "key", "message"),
    [
        ("lamda", ("Si", "Si", "Si"), "example: unknown parameter lamda. Did you mean lambda?"),
        ("A", ("Si", "Ge"), "unknown species Ge in Si-Ge. Known: C, Si"),
        (
            "A",
            ("Si",),
            "example: A is a pair parameter, Si was given. Write Si-Si",
        ),
        (
            "A",
            (),
            "example: A is a pair parameter, no species was given. Write C-C",
        ),
    ],
)
def test_a_wrong_key_is_named(name: str, key: tuple[str, ...], message: str) -> None:
    with pytest.raises(KernelError) as refusal:
        BoundPotential(example(), ("Si", "C")).instance(name, key)
    assert str(refusal.value) == message


def test_written_names_say_which_atoms_make_the_key() -> None:
    names = example().written_names("triplet", one_species=False)
    atoms = ("Si", "C", "Ge")
    assert {written: name.key(atoms) for written, name in names.items()} == {
        "A1": ("Si", "C"),
        "A2": ("Si", "Ge"),
        "lambda": ("Si", "C", "Ge"),
        "charge0": ("Si",),
        "charge1": ("C",),
        "charge2": ("Ge",),
        "rc": (),
    }


def test_with_one_species_bare_names_may_be_written_anywhere() -> None:
    names = example().written_names("triplet", one_species=True)
    assert names["A"].key(("Si", "Si", "Si")) == ("Si", "Si")
    assert names["charge"].key(("Si", "Si", "Si")) == ("Si",)
    assert {"A1", "A2", "charge0"} <= set(names)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parameters": (ParameterSpec("2A", "pair"),)}, "'2A' cannot be a name"),
        ({"parameters": (ParameterSpec("A", "pair"), ParameterSpec("A", "shared"))}, "A is defined twice"),
        ({"parameters": (ParameterSpec("exp", "pair"),)}, "exp has a meaning in formulas already"),
        ({"parameters": (ParameterSpec("r1", "pair"),)}, "r1 has a meaning in formulas already"),
        ({"let": (("A", "r"),)}, "A is defined twice"),
        ({"pair": None, "triplet": None}, "there is no energy term"),
        ({"pair": Term("A/r")}, "pair has no cutoff"),
    ],
)
def test_a_potential_without_sense_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(KernelError, match=message):
        example(**changes)


@pytest.mark.parametrize("species", [(), ("Si", "Si"), ("Si-C",), ("",)])
def test_species_must_be_different_names(species: tuple[str, ...]) -> None:
    with pytest.raises(KernelError, match="species"):
        BoundPotential(example(), species)


def test_faults_of_all_formulas_are_reported_at_once() -> None:
    faulty = example(
        pair=Term("A*r^2", "rc*2 +"),
        triplet=Term("A*lambda + charge + half", "rc"),
        let=(("half", "0.5*lamda"),),
    )
    assert check_potential(faulty, 2, "potential[0]") == [
        'potential[0].pair: unexpected character ^ in "A*r^2" (column 4). For a power write **',
        'potential[0].let.half: unknown name lamda in "0.5*lamda" (column 5). Did you mean lambda?',
        'potential[0].triplet: unknown name A in "A*lambda + charge + half" (column 1). '
        "In triplet, write A1 or A2",
        'potential[0].cutoff: cannot read the expression in "rc*2 +" (column 7). '
        "Look for a missing operator or bracket there",
    ]
    assert check_potential(example(), 2, "potential[0]") == []
    assert check_potential(example(), 1, "potential[0]") == []


def test_a_name_with_two_meanings_is_refused() -> None:
    potential = example(parameters=(*example().parameters, ParameterSpec("A1", "shared")))
    assert check_potential(potential, 2, "potential[0]") == [
        "potential[0]: example: A1 is A or A1. Rename one"
    ]


def test_named_parts_may_use_earlier_ones_only() -> None:
    potential = example(pair=Term("A*charge1*b/r", "rc"), let=(("b", "c"), ("c", "A")))
    assert check_potential(potential, 2, "p") == [
        'p.let.b: unknown name c in "c" (column 1). A named part may use those before it only'
    ]


def test_functions_may_stand_for_every_text() -> None:
    def grow(r: Any, rc: Any) -> Any:
        return (r / rc + 1.0) ** 2

    def pair(r: Any, rho: Any, D: Any, grown: Any, alpha: float = 1.5) -> Any:
        return D * exp(-alpha * r) * grown / rho

    potential = FormulaPotential(
        "mine",
        (
            ParameterSpec("D", "pair", 0.5),
            ParameterSpec("alpha", "shared"),
            ParameterSpec("rc", "shared", 4.0),
        ),
        pair=Term(pair, lambda rc: rc - 0.5),
        densities=(Density("rho", Term(lambda r, alpha=1.5: exp(-alpha * r), "rc")),),
        embedding=lambda rho, D1: -(rho**0.5),  # type: ignore[arg-type]
        site=lambda: 2,  # type: ignore[arg-type]
        let=(("grown", grow),),  # type: ignore[arg-type]
    )
    assert potential.pair == Term("D*exp(-alpha*r)*grown/rho", "rc - 0.5")
    assert potential.densities[0].term.expression == "exp(-alpha*r)"
    assert (potential.embedding, potential.site) == ("-rho**0.5", "2")
    assert potential.let == (("grown", "(r/rc + 1)**2"),)
    assert potential.parameter("alpha").default == 1.5
    assert potential.default("D", ("Si", "C"), ("Si", "C")) == 0.5
    assert check_potential(potential, 2, "potential[0]") == []
    assert pickle.loads(pickle.dumps(potential)) == potential


def test_functions_with_different_defaults_are_refused() -> None:
    terms = {
        "pair": Term(lambda r, a=1.0: a * r, "4"),
        "triplet": Term(lambda r1, r2, a=2.0: a * r1 * r2, "4"),
    }
    with pytest.raises(KernelError) as refusal:
        FormulaPotential("mine", (ParameterSpec("a", "shared"),), **terms)
    assert str(refusal.value) == "mine.triplet: a has the default 2 here and 1 elsewhere. Give it once"
