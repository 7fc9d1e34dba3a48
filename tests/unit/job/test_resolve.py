"""What a job's names stand for, and every fault in them by its line."""

import pytest

from hpcfit.errors import JobError
from hpcfit.formula.keys import Instance
from hpcfit.job import open_job
from hpcfit.problem.parameters import build_parameters
from hpcfit.weights import ByTagWeights

GOOD = """
[data]
train = "train.h5"
[[potential]]
name = "stillinger-weber"
species = ["Si"]
[potential.parameters]
A = { initial = 7.05, min = 0 }
"""
TWO_SPECIES = """
[data]
train = "train.h5"
[[potential]]
name = "lennard-jones"
species = ["Si", "C"]
truncation = "force-shift"
[potential.parameters]
sigma = 2.0
epsilon = { initial = 0.5 }
"C-Si".epsilon = { initial = 1.0, max = 2.0 }
"""
OWN = """
[data]
train = "train.h5"
[[potential]]
species = ["Si"]
cutoff  = "rc"
pair    = "(A*r**-p - B)*exp(delta/(r - rc))"
triplet = "lambda*(costheta + 1/3)**2*exp(gamma/(r1 - rc) + gamma/(r2 - rc))"
[potential.parameters]
A = { initial = 177.36 }
B = 15.2853
p = 4
delta = 2.0951
gamma = 2.51412
lambda = 45.5322
rc = 3.77118
"""


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Writes job.toml beside an existing train.h5, and opens it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.h5").touch()

    def resolve(text):
        path = tmp_path / "job.toml"
        path.write_text(text)
        return open_job(path.relative_to(tmp_path))

    return resolve


def faults(resolve, text):
    with pytest.raises(JobError) as caught:
        resolve(text)
    return list(caught.value.problems)


def test_everything_a_minimal_job_names_is_made(job):
    made = job(GOOD)
    assert made.potentials[0].bound.species == ("Si",)
    assert made.weights.forces == 1.0
    assert made.residual.normalize_by_natoms is True
    assert made.optimizer_options.max_iterations >= 1


def test_what_is_not_named_keeps_the_value_of_the_catalogue_fixed(job):
    parameters = build_parameters(job(GOOD).potentials)
    assert [each.name for each in parameters.free] == ["A"]
    assert {each.name: each.initial for each in parameters.parameters}["lambda"] == 21.0


def test_a_free_parameter_without_bounds_has_those_that_make_sense(job):
    text = GOOD.replace("A = {", "sigma = {}\nepsilon = { min = -1 }\nA = {")
    given = job(text).potentials[0].given
    assert given[(), "sigma"].minimum == 0.0
    assert given[(), "epsilon"].minimum == -1.0


def test_a_pair_may_be_written_in_either_order(job):
    potential = job(TWO_SPECIES).potentials[0]
    assert potential.given[("Si", "C"), "epsilon"].maximum == 2.0
    assert potential.bound.instance("epsilon", ("C", "Si")) == Instance("epsilon", ("Si", "C"))


def test_options_of_a_potential_choose_its_variant(job):
    assert "(r - cut)" in job(TWO_SPECIES).potentials[0].bound.formula.pair.expression


def test_options_reach_weights_residual_and_optimizer(job):
    made = job(
        GOOD
        + '[weights]\nname = "by-tag"\nenergy = 10\n[weights.tags]\nAIMD = { config = 2 }\n'
        + "[residual.data]\nnormalize_by_natoms = false\n[optimizer]\nmax_iterations = 7\n"
    )
    assert made.weights == ByTagWeights(energy=10, tags={"AIMD": {"config": 2}})
    assert made.residual.normalize_by_natoms is False
    assert made.optimizer_options.max_iterations == 7


def test_a_residual_function_comes_from_a_file_beside_the_job(job, tmp_path):
    (tmp_path / "mine.py").write_text("def crack(i, n, w, p, r, d):\n    return p - r\n")
    made = job(GOOD + '[residual]\nname = "mine.py:crack"\n[residual.data]\nanything = [1, 2]\n')
    assert made.residual.__name__ == "crack"
    assert made.job.residual.data == {"anything": [1, 2]}


def test_a_local_plugin_adds_names(job, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from hpcfit.registry import hookimpl\nfrom hpcfit.weights import ConstantWeights\n"
        "@hookimpl\ndef hpcfit_weights():\n    return {'mine': ConstantWeights}\n"
    )
    made = job(GOOD + '[plugins]\nload = ["mine.py"]\n[weights]\nname = "mine"\nenergy = 3\n')
    assert made.weights.energy == 3


def test_ones_own_formula_takes_its_parameters_from_the_text(job):
    bound = job(OWN).potentials[0].bound
    names = {spec.name: spec.kind for spec in bound.formula.parameters}
    assert set(names) == {"A", "B", "p", "delta", "gamma", "lambda", "rc"}
    assert set(names.values()) == {"shared"}


def test_the_key_of_a_value_says_the_kind_of_ones_own_parameter(job):
    text = (
        OWN.replace('["Si"]', '["Si", "C"]')
        .replace("gamma/(r1 - rc) + gamma/(r2 - rc)", "gamma1/(r1 - rc) + gamma2/(r2 - rc)")
        .replace("gamma = 2.51412", '"Si-C".gamma = 1.0\ngamma = 2.0\n"Si-Si-C".lambda = 9.0')
    )
    potential = job(text).potentials[0]
    assert potential.bound.formula.parameter("gamma").kind == "pair"
    assert potential.bound.formula.parameter("lambda").kind == "triplet"
    parameters = build_parameters(job(text).potentials).parameters
    assert {(each.name, each.key): each.initial for each in parameters}["gamma", ("Si", "C")] == 1.0


@pytest.mark.parametrize(
    ("text", "old", "new", "fault"),
    [
        (GOOD, "stillinger-weber", "stilinger-weber", "5: potential[0].name: unknown potential 'stilinger-"),
        (
            GOOD,
            "A = {",
            "lamda = 3\nA = {",
            "8: potential[0].parameters.lamda: stillinger-weber: unknown parameter lamda. "
            "Did you mean lambda?",
        ),
        (
            GOOD,
            'species = ["Si"]',
            'species = ["Ga"]',
            "7: potential[0].parameters: epsilon, sigma and lambda have no default; give values. Published "
            "are those of "
            "Si and Ge.",
        ),
        (
            GOOD,
            "A = {",
            "sigma = -2\nA = {",
            "8: potential[0].parameters.sigma: must be at least 0, not -2.",
        ),
        (
            GOOD,
            "A = {",
            "SiSi.B = { initial = 3 }\nA = {",
            "8: potential[0].parameters.SiSi: unknown species SiSi in SiSi. Did you mean Si-Si?",
        ),
        (GOOD, "A = {", '"Si-C".B = 3\nA = {', "8: potential[0].parameters.Si-C: unknown species C in Si-C."),
        (
            GOOD,
            "A = { initial = 7.05, min = 0 }",
            "A = 7.05",
            "7: potential[0].parameters: every parameter is fixed, nothing is fitted. Free one by a table, "
            "such as epsilon = {}; a plain number is fixed.",
        ),
        (
            GOOD,
            "A = { initial = 7.05, min = 0 }",
            "A = { max = 5 }",
            "8: potential[0].parameters.A: its initial value 7.049556277 is outside [-inf, 5.0].",
        ),
        (
            GOOD,
            "[data]",
            "[targets.reference_energies]\nC = 1.0\n[data]",
            "3: targets.reference_energies.C: no potential is for C, only for Si.",
        ),
        (
            TWO_SPECIES,
            "force-shift",
            "force-shfit",
            "7: potential[0].truncation: 'none', 'shift', 'force-shift' or 'smooth' is expected, "
            "not 'force-shfit'.",
        ),
        (
            TWO_SPECIES,
            "truncation",
            "trunction",
            "7: potential[0].trunction is not a known key. Did you mean truncation?",
        ),
        (
            TWO_SPECIES,
            '"C-Si".eps',
            '"Si-C".epsilon = 3\n"C-Si".eps',
            "12: potential[0].parameters.C-Si.epsilon: given twice, for the same species; remove one.",
        ),
        (
            TWO_SPECIES,
            '"C-Si".epsilon = { initial = 1.0, max = 2.0 }',
            '"C-Si".epsilon = { initial = 1.0, max = 1.0, min = 1.0 }',
            "11: potential[0].parameters.C-Si.epsilon: min and max are both 1.0; write fixed = true instead.",
        ),
        (
            TWO_SPECIES,
            "epsilon = { initial = 0.5 }",
            '"Si-Si".epsilon = 0.5',
            "8: potential[0].parameters.C-C.epsilon: it has no default; give it a value.",
        ),
        (TWO_SPECIES, '"C-Si"', '"C-Si-C"', "11: potential[0].parameters.C-Si-C.epsilon: lennard-jones: eps"),
        (
            OWN,
            "exp(delta",
            "exq(delta",
            '7: potential[0].pair: unknown function exq in "(A*r**-p - B)*exq(delta/(r - rc))" (column 15).',
        ),
        (
            OWN,
            'cutoff  = "rc"',
            'cutoff  = "rcc"',
            "9: potential[0].parameters: the formula uses rcc, which is given no value. Did you mean rc?",
        ),
        (OWN, "p = 4", "p = 4\nq = 0", "13: potential[0].parameters.q: no formula uses this name."),
        (
            OWN,
            "gamma = 2.51412",
            '"Si-Si".gamma = 2.5\n"Si".gamma = 2.5',
            "9: potential[0].parameters: gamma is given for different kinds of keys.",
        ),
        (OWN, "**-p", "^-p", "7: potential[0].pair: unexpected character ^ in "),
        (
            GOOD,
            "[data]",
            '[weights]\nenergie = 1\nforces = -1\nstress = "x"\n[data]',
            "3: weights.energie is not a known key. Did you mean energy?",
        ),
        (
            GOOD,
            "[data]",
            "[weights]\nforces = -1\n[data]",
            "3: weights.forces: must be at least 0.0, not -1.",
        ),
        (
            GOOD,
            "[data]",
            '[weights]\nname = "by-tag"\n[weights.tags]\nx = { enrgy = 1 }\n[data]',
            "5: weights.tags.x.enrgy is not a known weight.",
        ),
        (
            GOOD,
            "[data]",
            '[residual]\nname = "energy-force"\n[data]',
            "3: residual.name: unknown residual 'energy-force'. Did you mean energy-forces?",
        ),
        (
            GOOD,
            "[data]",
            "[residual.data]\nnormalize_by_natoms = 1\n[data]",
            "3: residual.data.normalize_by_natoms: 1 is not one of true, false, 'energy'.",
        ),
        (
            GOOD,
            "[data]",
            '[residual]\nname = "mine.py:crack"\n[data]',
            "3: residual.name: mine.py cannot be read (",
        ),
        (
            GOOD,
            "[data]",
            "[optimizer]\nmax_iteration = 3\n[data]",
            "3: optimizer.max_iteration is not a known key. Did you mean max_iterations?",
        ),
        (
            GOOD,
            "[data]",
            "[optimizer]\nmax_iterations = 2.5\n[data]",
            "3: optimizer.max_iterations: a whole number is expected, not 2.5.",
        ),
        (
            GOOD,
            "[data]",
            '[optimizer]\nname = "geodesic"\n[data]',
            "3: optimizer.name: unknown optimizer 'geodesic'. Did you mean geodesic-lm?",
        ),
        (
            GOOD,
            "[data]",
            '[plugins]\nload = [\n"none.py"]\n[data]',
            "4: plugins.load[0]: none.py cannot be read (",
        ),
    ],
)
def test_a_fault_says_where_what_and_what_to_do(job, text, old, new, fault):
    found = faults(job, text.replace(old, new))
    assert [each for each in found if each.startswith(f"job.toml:{fault}")], "\n".join(found)


@pytest.mark.parametrize(
    ("pair", "embedding", "advice"),
    [
        ("A*rho*r", "", "rho, which is given no value. Give density, which makes it, or a value."),
        ("A*zeta*r", "", "zeta, which is given no value. Give bond_environment, which makes it, or a value."),
        (
            "A*r",
            'triplet = "A*cos(theta)"',
            "theta, which is given no value. Write costheta, the cosine of the angle, or acos(costheta).",
        ),
        (
            "A*r",
            'embedding = "mu + mu_squared"\ndensity = { mu = "r" }',
            'mu_squared, which is given no value. Give the density mu the rank "vector" or "tensor", which '
            "makes it, or a value.",
        ),
        (
            "A*inf",
            "",
            "inf, which is given no value. Formulas have finite numbers only: write one such as 1e6, or "
            "leave the part out",
        ),
    ],
)
def test_a_name_without_a_value_is_told_with_what_makes_it(job, pair, embedding, advice):
    text = f"""
[data]
train = "train.h5"
[[potential]]
species = ["Si"]
cutoff = 3.0
pair = "{pair}"
{embedding}
[potential.parameters]
A = {{ initial = 1.0 }}
"""
    line = 9 + embedding.count("\n")
    assert faults(job, text) == [f"job.toml:{line}: potential[0].parameters: the formula uses {advice}"]


def test_a_value_that_no_formula_uses_hides_no_other_fault(job):
    text = OWN.replace("**-p - B", "**-p - B*costheta").replace("p = 4", "p = 4\nq = 0\nlamda = 3")
    assert faults(job, text.replace("lambda = 45", "x = 45").replace("exp(delta", "exp(e*delta")) == [
        'job.toml:7: potential[0].pair: unknown name costheta in "(A*r**-p - B*costheta)*exp(e*delta/(r - '
        'rc))" (column 14). Known: A, B, delta, e, gamma, lambda, p, r, rc',
        "job.toml:9: potential[0].parameters: the formula uses e, which is given no value. For e**x write "
        "exp(x)",
        "job.toml:13: potential[0].parameters.q: no formula uses this name. Known: A, B, delta, e, gamma, "
        "lambda, p, rc",
        "job.toml:14: potential[0].parameters.lamda: no formula uses this name. Did you mean lambda?",
        "job.toml:17: potential[0].parameters.x: no formula uses this name. Known: A, B, delta, e, gamma, "
        "lambda, p, rc",
    ]


def test_what_follows_from_a_fault_is_not_told_as_another_one(job):
    circle = GOOD.replace("A = { initial = 7.05, min = 0 }", 'A = { tie = "B" }\nB = { tie = "A" }')
    assert faults(job, circle) == [
        "job.toml:8: potential[0].parameters.A.tie: goes in a circle: A -> B -> A. Give one of them a value "
        "in place of its tie."
    ]
    two_ways = GOOD.replace("species", 'pair = "A/r"\ncutoff = 4\nspecies').replace("A = {", "epsilom = {")
    assert faults(job, two_ways) == [
        "job.toml:6: potential[0].pair: give either name or a formula of your own (pair, cutoff), not both."
    ]
    without_cutoff = OWN.replace('cutoff  = "rc"\n', "")
    assert faults(job, without_cutoff) == [
        "job.toml:4: potential[0].cutoff is missing: a number or an expression of parameters, in angstrom."
    ]


def test_where_nothing_can_be_free_there_is_no_advice_to_free_it(job):
    text = OWN[: OWN.index("cutoff")] + 'cutoff = 4\npair = "(r - 4)**3"\n'
    assert faults(job, text) == [
        "job.toml:4: potential[0].parameters: every parameter is fixed, nothing is fitted. There is none: "
        "add a potential that has some, or write a name for a number in a formula."
    ]


FORMULAS = """
[data]
train = "train.h5"
[[potential]]
species = ["Si"]
cutoff = 3.0
embedding = "A*rho"
density = "exp(-r)"
let = {}
pair = "A*r"
[potential.parameters]
A = { initial = 1.0 }
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            'density = "exp(-r)"',
            'density = { r = "exp(-r)" }',
            "8: potential[0].density.r: r has a meaning in formulas already. Rename it",
        ),
        (
            'density = "exp(-r)"',
            'density = { "my rho" = "exp(-r)" }',
            "8: potential[0].density.my rho: 'my rho' cannot be a name. Write a letter, then letters, "
            "digits or _",
        ),
        (
            'density = "exp(-r)"',
            'density = { A = "exp(-r)" }',
            "8: potential[0].density.A: a parameter is called A, too. Rename one of them",
        ),
        (
            'density = "exp(-r)"',
            'density.rho = { formula = "exp(-r)", rank = "vector" }',
            "7: potential[0].embedding: rho is a vector and no number. Write rho_squared",
        ),
        (
            'density = "exp(-r)"',
            'density = "rho*exp(-r)"',
            '8: potential[0].density: unknown name rho in "rho*exp(-r)" (column 1). Only pair, triplet and '
            "embedding "
            "know it",
        ),
        (
            'density = "exp(-r)"\nlet = {}\npair = "A*r"',
            'density.rho = "exp(-r)"\ndensity.mu = { formula = "r", rank = "tensor" }\npair = "A*r*mu_trace"',
            '10: potential[0].pair: unknown name mu_trace in "A*r*mu_trace" (column 5). Only embedding '
            "knows it",
        ),
        ("let = {}", 'let = { x = "2*r" }', "9: potential[0].let.x: no formula uses it. Remove it"),
        (
            "let = {}",
            'let = { A = "2*r" }',
            "9: potential[0].let.A: a parameter is called A, too. Rename one of them",
        ),
        (
            "let = {}",
            'let = { rho = "r" }',
            "9: potential[0].let.rho: a density is called rho, too. Rename one of them",
        ),
        (
            'let = {}\npair = "A*r"',
            'let = { x = "y", y = "r" }\npair = "A*x"',
            '9: potential[0].let.x: unknown name y in "y" (column 1). A named part may use those before it '
            "only",
        ),
        (
            "cutoff = 3.0",
            "cutoff = { density = 3.0 }",
            "6: potential[0].cutoff: there is none for pair. Give it one, or give one for all terms",
        ),
        (
            "cutoff = 3.0",
            "cutoff = { pari = 3.0, density = 3.0 }",
            "6: potential[0].cutoff.pari: there is no such term to end. Did you mean pair?",
        ),
    ],
)
def test_a_fault_of_a_formula_is_told_where_it_is_written(job, old, new, fault):
    assert FORMULAS.count(old) == 1
    assert faults(job, FORMULAS.replace(old, new)) == [f"job.toml:{fault}"]


@pytest.mark.parametrize(
    ("key", "line", "fault"),
    [
        ("Si", 'cutoff = "q"', 'cutoff: unknown name q in "q" (column 1). In cutoff, write q1 or q2'),
        (
            "Si-C-C",
            'cutoff = "q"',
            'cutoff: unknown name q in "q" (column 1). A triplet parameter has no meaning in cutoff when '
            "there are "
            "several species",
        ),
        (
            "Si-C",
            'cutoff = 4\nsite = "q"',
            'site: unknown name q in "q" (column 1). A pair parameter has no meaning in site when there are '
            "several "
            "species",
        ),
    ],
)
def test_a_name_that_needs_an_atom_is_told_with_how_to_write_it(job, key, line, fault):
    text = f"""
[data]
train = "train.h5"
[[potential]]
species = ["Si", "C"]
triplet = "{"q" if key == "Si-C-C" else "q1"}*A*costheta"
{line}
[potential.parameters]
A = {{ initial = 1.0 }}
q = 2.0
{key}.q = 3.0
"""
    number = 7 + line.count("\n")
    assert f"job.toml:{number}: potential[0].{fault}" in faults(job, text)


def test_a_plain_function_in_place_of_a_potential_is_told_its_place(job, tmp_path):
    (tmp_path / "mine.py").write_text("def morse(r, D, alpha):\n    return D * r\n")
    assert faults(job, GOOD.replace("stillinger-weber", "mine.py:morse")) == [
        "job.toml:5: potential[0].name: it needs r, D and alpha. A function of a distance and of parameters "
        "is a "
        'formula: write pair = "mine.py:morse".'
    ]


def test_an_option_that_cannot_be_is_told_at_its_line(job):
    text = GOOD.replace("stillinger-weber", "tersoff").replace(
        "species", 'm = 1\ncombination = "mixing"\nspecies'
    )
    assert faults(job, text) == [
        'job.toml:7: potential[0].combination: combination "mixing" is the potential of 1989, without '
        'lambda3. Leave out m and published, or write combination = "triplets"'
    ]


def test_faults_of_form_and_of_names_are_told_together(job):
    text = GOOD.replace('"train.h5"', "3").replace("A = {", "AA = {") + "[optimizer]\nmax_iteration = 3\n"
    assert [fault.split(":")[1] for fault in faults(job, text)] == ["3", "8", "10"]


def test_a_faulty_value_hides_no_other_fault_of_its_potential(job):
    text = GOOD + 'B = { initial = "x" }\np = { initial = 3, min = 4 }\ngama = 2.0\n"Si-Ge".q = 1.0\n'
    assert faults(job, text) == [
        "job.toml:9: potential[0].parameters.B.initial: a number is expected, not 'x'.",
        "job.toml:10: potential[0].parameters.p: initial 3.0 is below min 4.0.",
        "job.toml:11: potential[0].parameters.gama: stillinger-weber: unknown parameter gama. "
        "Did you mean gamma?",
        "job.toml:12: potential[0].parameters.Si-Ge: unknown species Ge in Si-Ge. Known: Si",
    ]


def test_atomic_numbers_need_no_value_and_take_none(job):
    text = OWN.replace("(A*r**-p - B)", "(A*Z**2*r**-p - B)")
    assert [(each.name, each.initial) for each in build_parameters(job(text).potentials).parameters][-1] == (
        "Z",
        14.0,
    )
    assert faults(job, text + "Z = 14\n") == [
        "job.toml:17: potential[0].parameters.Z: Z is the atomic number, known of the species; it takes no "
        "value. Remove this, or rename it"
    ]


def test_a_triplet_without_a_value_is_not_placed_at_one_with_another_centre(job):
    text = """
[data]
train = "train.h5"
[[potential]]
species = ["Si", "C"]
cutoff = 3.0
pair = "D*r"
triplet = "k*costheta"
[potential.parameters]
D = { initial = 1.0 }
[potential.parameters.Si-C-C]
k = 1.0
"""
    found = faults(job, text)
    assert found == [
        "job.toml:9: potential[0].parameters: k of Si-Si-Si, Si-Si-C, C-Si-Si, C-Si-C and C-C-C has no "
        "default; give a value, or k without species for all."
    ]


TERSOFF = """
[data]
train = "train.h5"
[[potential]]
name = "tersoff"
species = ["Si", "C"]
[potential.parameters.Si-C]
A = { initial = 1681.9 }
B = 432.154
"""


def test_values_that_lack_are_told_in_one_line_for_all_that_lack_the_same(job):
    otherwise = (
        'give values, or write combination = "mixing", with numbers of each species alone. Published are '
        "those of C, Si and Ge."
    )
    assert faults(job, TERSOFF) == [
        f"job.toml:7: potential[0].parameters: beta and n of C-Si have no default; {otherwise}",
        "job.toml:7: potential[0].parameters: c, d and h of Si-Si-C, Si-C-Si, Si-C-C, C-Si-Si, C-Si-C and "
        "C-C-Si "
        f"have no default; {otherwise}",
        f"job.toml:7: potential[0].parameters: lambda1, lambda2, R, D, beta and n of Si-C have no default; "
        f"{otherwise}",
    ]


def test_the_coefficients_of_a_spline_lack_as_one(job):
    text = GOOD.replace("stillinger-weber", "eam-spline").replace("A = { initial = 7.05, min = 0 }", "")
    assert faults(job, text) == [
        "job.toml:7: potential[0].parameters: phi, f and F have no default; give values."
    ]
