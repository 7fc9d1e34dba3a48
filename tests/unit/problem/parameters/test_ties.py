"""Ties: what a reference means, what depends on what, and what is wrong with a tie, word for word."""

import math
import pickle

import numpy as np
import pytest

from hpcfit.errors import JobError
from hpcfit.formula.potential import BoundPotential
from hpcfit.potentials import POTENTIALS
from hpcfit.problem.parameters import (
    GivenParameter,
    PotentialInput,
    Prior,
    build_parameters,
    parameter_groups,
    tie_problems,
)

MIXTURE = BoundPotential(POTENTIALS["lennard-jones"](), ("Ar", "Kr"))
SILICON = BoundPotential(POTENTIALS["stillinger-weber"](), ("Si",))
ARAR, ARKR, KRKR = ("Ar", "Ar"), ("Ar", "Kr"), ("Kr", "Kr")
FREE = {
    (key, name): GivenParameter(value, 0.0)
    for name, values in {"epsilon": (0.0104, 0.0125, 0.0140), "sigma": (3.4, 3.5, 3.65)}.items()
    for key, value in zip((ARAR, ARKR, KRKR), values, strict=True)
}
K = {((), "k"): GivenParameter(0.1)}


def tied(text, **words):
    return GivenParameter(tie=text, **words)


def mixture(changes, auxiliary=()):
    return PotentialInput(MIXTURE, {**FREE, **changes}, auxiliary)


def value_of(made, label):
    numbers = dict(zip(map(made.label, made.parameters), made.numbers(made.start), strict=True))
    return numbers[label]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sigma/350", 0.01),  # of the same pair
        ("Kr-Ar.sigma/350", 0.01),
        ("Ar-Ar.sigma-Kr-Kr.sigma + 1", 0.75),
        ("2-Ar-Ar.sigma*0.5", 0.3),
        ("k", 0.1),
        ("k-Ar-Ar.sigma*0", 0.1),
        ("lennard-jones.Ar-Ar.sigma", 3.4),
        ("lennard-jones[0].Ar-Ar.sigma", 3.4),
        ("potential[0].k + potential[1].lambda", 21.1),
        ("stillinger-weber.lambda", 21.0),
        ("stillinger-weber.Si-Si-Si.lambda*k", 2.1),
        ("k+stillinger-weber.a-k", 1.8),
        ("stillinger-weber.a-Ar-Ar.sigma*0", 1.8),
        ("max(k, min(pi, 0.2))", 0.2),
        ("where(k > 0.5, log(-k), k**2)", 0.01),
        ("1.e-1", 0.1),
        ("Ar_Ar_sigma + Ar-Ar.sigma", 3.9),
    ],
)
def test_a_reference_means_what_it_says(text, value):
    own = {**K, ((), "Ar_Ar_sigma"): GivenParameter(0.5), (ARKR, "epsilon"): tied(text)}
    potentials = [mixture(own, ("k", "Ar_Ar_sigma")), PotentialInput(SILICON, {})]
    assert value_of(build_parameters(potentials), "lennard-jones[0].Ar-Kr.epsilon") == pytest.approx(value)


def test_a_tie_without_a_key_is_a_rule_for_each_pair_that_has_nothing_of_its_own():
    given = mixture({((), "rc"): tied("2.5*sigma"), (KRKR, "rc"): GivenParameter(9.0, fixed=True)})
    made = build_parameters([given])
    cutoffs = [q.initial for q in made.parameters if q.name == "rc"]
    assert cutoffs == pytest.approx([2.5 * 3.4, 2.5 * 3.5, 9.0])


def test_tied_parameters_follow_each_other_whatever_their_order():
    chain = {
        (ARAR, "epsilon"): tied("2*Ar-Kr.epsilon"),
        (ARKR, "epsilon"): tied("3*Kr-Kr.epsilon"),
        (KRKR, "epsilon"): tied("k/100"),
        **K,
    }
    made = build_parameters([mixture(chain, ("k",))])
    start = made.start.copy()
    start[made.labels.index("k")] = 0.2
    assert made.numbers(start)[:3] == pytest.approx([0.012, 0.006, 0.002])
    assert made.slopes(start)[:3, made.labels.index("k")] == pytest.approx([0.06, 0.03, 0.01])


def test_a_tie_that_is_a_name_shares_the_column_and_changes_nothing_else():
    shared = build_parameters([mixture({((), "epsilon"): GivenParameter(0.0104, 0.0)})])
    alike = {(ARKR, "epsilon"): tied("Kr-Kr.epsilon"), (ARAR, "epsilon"): tied("Ar-Kr.epsilon")}
    made = build_parameters([mixture(alike)])
    assert made.labels == ("Kr-Kr.epsilon", "Ar-Ar.sigma", "Ar-Kr.sigma", "Kr-Kr.sigma")
    assert made.columns.tolist() == [0, 0, 0, 1, 2, 3, -1, -1, -1]
    assert made.jacobian(made.start) is None
    assert shared.jacobian(shared.start) is None


def test_columns_are_those_of_what_varies_and_the_jacobian_leads_from_theta_to_them():
    ties = {
        (ARKR, "sigma"): tied("(Ar-Ar.sigma + Kr-Kr.sigma)/2*(1 - k)"),
        (ARKR, "epsilon"): tied("sqrt(Ar-Ar.epsilon*Kr-Kr.epsilon)"),
        ((), "rc"): tied("2.5*sigma"),
        (KRKR, "sigma"): GivenParameter(3.65, fixed=True),
        **K,
    }
    made = build_parameters([mixture(ties, ("k",))])
    assert made.labels == ("Ar-Ar.epsilon", "Kr-Kr.epsilon", "Ar-Ar.sigma", "k")
    # the cutoff of two krypton atoms is constant, like their sigma
    assert made.columns.tolist() == [0, 1, 2, 3, 4, -1, 5, 6, -1]
    theta = np.array([0.011, 0.013, 3.3, 0.05])
    matrix = made.jacobian(theta)
    assert matrix.shape == (7, 4)
    for k in range(4):
        step = 1e-6 * theta[k] * np.eye(4)[k]
        change = (made.values(theta + step) - made.values(theta - step)) / (2 * step[k])
        for instance, column in enumerate(made.columns):
            expected = 0.0 if column < 0 else matrix[column, k]
            assert change[instance] == pytest.approx(expected, abs=1e-9, rel=1e-7)


def test_a_parameter_tied_to_constants_alone_has_no_column():
    made = build_parameters([mixture({(ARKR, "sigma"): tied("2*pi")})])
    assert made.columns[4] == -1
    assert made.parameters[4].initial == 2 * math.pi
    assert len(made.free) == 5


def test_parameters_with_ties_can_be_pickled():
    made = build_parameters([mixture({(ARKR, "epsilon"): tied("sqrt(Ar-Ar.epsilon*Kr-Kr.epsilon)")})])
    numbers = made.numbers(made.start)
    again = pickle.loads(pickle.dumps(made))
    assert again.numbers(again.start).tobytes() == numbers.tobytes()


def test_where_a_tie_has_no_value_it_is_not_a_number_and_nothing_is_raised():
    made = build_parameters([mixture({(ARKR, "epsilon"): tied("sqrt(Kr-Kr.sigma - 3)")})])
    theta = made.start.copy()
    theta[made.labels.index("Kr-Kr.sigma")] = 2.0
    assert np.isnan(made.values(theta)[1])
    assert np.isnan(made.slopes(theta)[1]).any()


def test_auxiliary_parameters_set_no_value_and_come_after_those_of_their_potential():
    potential = mixture({**K, (ARKR, "epsilon"): tied("k")}, ("k",))
    assert list(parameter_groups(potential))[-1] == ((), "k")
    made = build_parameters([potential, PotentialInput(SILICON, {})])
    assert made.parameters[9].name == "k"
    assert made.parameters[9].instances == ()
    assert made.n_values == 9 + len(SILICON.instances)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sigmaa", 'unknown name sigmaa in "sigmaa" (column 1). Did you mean sigma?'),
        (
            "2 + Kr-Kr.sigmaa",
            'lennard-jones has no parameter sigmaa in "2 + Kr-Kr.sigmaa" (column 5). Did you mean sigma?',
        ),
        ("Ar.sigma", 'sigma is one number for each pair in "Ar.sigma" (column 1). Write Kr-Kr.sigma'),
        ("Ar-Ar.k", 'k belongs to no species in "Ar-Ar.k" (column 1). Write k alone'),
        ("1 + Xe-Kr.sigma", 'no species is called Xe in "1 + Xe-Kr.sigma" (column 5). Known: Ar, Kr'),
        (
            "lennard-jonse.sigma",
            'no species or potential is called lennard-jonse in "lennard-jonse.sigma" (column 1). Did you '
            "mean lennard-jones?",
        ),
        (
            "lennard-jones.sigma",
            'sigma is one number for each pair in "lennard-jones.sigma" (column 1). Write Kr-Kr.sigma',
        ),
        (
            "potential[2].A",
            'there is no potential[2] in "potential[2].A" (column 1). There is potential[0] (lennard-jones), '
            "potential[1] (stillinger-weber)",
        ),
        ("lambda", 'unknown name lambda in "lambda" (column 1). Write potential[1].lambda'),
        (
            "k + rho.k",
            'no species or potential is called rho in "k + rho.k" (column 5). Known: Ar, Kr, lennard-jones, '
            "stillinger-weber",
        ),
        ("epsilon", "Ar-Kr.epsilon is tied to itself. Give it a value, or tie it to another one."),
        ("log(-k)", "it has no finite value where the fit starts."),
        ("sqrt(k - 0.1) + 1", "it has no finite derivative where the fit starts."),
        ("-k", "it gives -0.1 where the fit starts, and must be at least 0."),
        ("20*k", "it gives 2 where the fit starts, and must be at most 1."),
        (
            "Ar-Ar.sigma.real",
            'a dot after a name or bracket is not allowed in "Ar-Ar.sigma.real" (column 1). Names are '
            "letters, digits and _, and * multiplies",
        ),
    ],
)
def test_what_is_wrong_with_a_tie_is_said_with_its_column(text, fault):
    own = {**K, (ARKR, "epsilon"): tied(text, minimum=0.0, maximum=1.0)}
    with pytest.raises(JobError) as caught:
        build_parameters([mixture(own, ("k",)), PotentialInput(SILICON, {})])
    assert str(caught.value) == f"potential[0].parameters.epsilon (Ar-Kr).tie: {fault}"


@pytest.mark.parametrize(
    "text",
    [
        *("__import__('os')", "k.__class__", "Ar-Ar.__class__", "().__class__", "sigma.real", "k[0]"),
        *("lambda: k", "[k for k in (1, 2)]", "k if k else 1", "k := 3", "open('x')", "exec(k)", "k; k"),
        *("9**9**9*k", "1e999*k", "k**1001", "0x10*k", "1_000*k", "k" * 6000, "+".join(["k"] * 3000)),
        *(
            "(" * 60 + "k" + ")" * 60,
            "k\x00",
            "k\u0430",
            "Ar-Ar.sigma(3)",
            "potential[0].__init__",
            "a-" * 2400,
        ),
        *("potential[99999999999999999999].k", "potential[-1].k", "lennard-jones[0][0].sigma", "Ar-.sigma"),
    ],
)
def test_text_that_tries_to_be_code_is_refused(text):
    with pytest.raises(JobError) as caught:
        build_parameters([mixture({**K, (ARKR, "epsilon"): tied(text)}, ("k",))])
    assert str(caught.value).startswith("potential[0].parameters.epsilon (Ar-Kr).tie: ")


def test_a_name_that_is_several_numbers_is_told_with_all_of_them():
    tie = {((), "k"): tied("epsilon + sigma")}
    with pytest.raises(JobError) as caught:
        build_parameters([mixture(tie, ("k",))])
    assert str(caught.value) == (
        'potential[0].auxiliary.k.tie: unknown name epsilon in "epsilon + sigma" (column 1). Write '
        "Ar-Ar.epsilon, Ar-Kr.epsilon or Kr-Kr.epsilon"
    )


def test_two_potentials_of_one_name_must_be_told_apart():
    tie = {(ARKR, "epsilon"): tied("stillinger-weber.A")}
    with pytest.raises(JobError) as caught:
        build_parameters([mixture(tie), PotentialInput(SILICON, {}), PotentialInput(SILICON, {})])
    assert str(caught.value) == (
        "potential[0].parameters.epsilon (Ar-Kr).tie: 2 potentials are called stillinger-weber in "
        '"stillinger-weber.A" (column 1). Write potential[1] or potential[2]'
    )


def test_circles_are_named_all_at_once():
    ties = {
        (ARKR, "sigma"): tied("Kr-Kr.sigma*2"),
        (KRKR, "sigma"): tied("Ar-Ar.sigma + 1"),
        (ARAR, "sigma"): tied("Kr-Ar.sigma"),
        (ARAR, "epsilon"): tied("Kr-Kr.epsilon"),
        (KRKR, "epsilon"): tied("Ar-Ar.epsilon"),
        ((), "rc"): tied("3*sigma"),
    }
    advice = "Give one of them a value in place of its tie."
    assert tie_problems([mixture(ties)]) == [
        "potential[0].parameters.epsilon (Ar-Ar).tie: goes in a circle: Ar-Ar.epsilon -> Kr-Kr.epsilon -> "
        f"Ar-Ar.epsilon. {advice}",
        "potential[0].parameters.sigma (Ar-Ar).tie: goes in a circle: Ar-Ar.sigma -> Ar-Kr.sigma -> "
        f"Kr-Kr.sigma -> Ar-Ar.sigma. {advice}",
    ]


def test_a_rule_is_told_once_and_its_values_by_their_pairs():
    with pytest.raises(JobError) as caught:
        build_parameters([mixture({((), "rc"): tied("2*sigmma")})])
    assert caught.value.problems == (
        'potential[0].parameters.rc.tie: unknown name sigmma in "2*sigmma" (column 3). Did you mean sigma?',
    )
    with pytest.raises(JobError) as caught:
        build_parameters([mixture({((), "rc"): tied("sigma - 3.45", minimum=0.0)})])
    assert caught.value.problems == (
        "potential[0].parameters.rc.tie: for Ar-Ar it gives -0.05 where the fit starts, and must be at least "
        "0.",
    )


def test_an_auxiliary_parameter_that_nothing_uses_is_a_fault():
    assert tie_problems([mixture(K, ("k",))]) == ["potential[0].auxiliary.k: no tie uses this name."]


def test_the_residual_of_a_prior_is_of_the_value_of_tied_and_free_parameters():
    own = {
        (ARKR, "epsilon"): tied("2*k", prior=Prior(0.1, 0.05)),
        ((), "k"): GivenParameter(0.1, prior=Prior(0.3, 0.2)),
    }
    made = build_parameters([mixture(own, ("k",))])
    assert made.prior_residual(made.start) == pytest.approx([2.0, -1.0])
    jacobian = made.prior_jacobian(made.start)
    assert jacobian[:, made.labels.index("k")] == pytest.approx([40.0, 5.0])
    assert np.count_nonzero(jacobian) == 2
    assert made.widths[made.labels.index("k")] == 0.2
    assert np.isnan(made.widths).sum() == len(made.labels) - 1
