"""Ties, mixing, transforms and priors of a job file: what they become, and every fault by its line."""

import math

import pytest

from hpcfit.errors import JobError
from hpcfit.job import open_job
from hpcfit.job.changes import canonical
from hpcfit.problem.parameters import Prior, build_parameters

GOOD = """
[data]
train = "train.h5"
[[potential]]
name = "lennard-jones"
species = ["Ar", "Kr"]
mixing = "lorentz-berthelot"
[potential.parameters]
rc = { tie = "2.5*sigma" }
[potential.parameters.Ar-Ar]
epsilon = { initial = 0.01, transform = "log", prior = { sigma = 0.002 } }
sigma = { initial = 3.4, max = 4, transform = "logit" }
[potential.parameters.Kr-Kr]
sigma = { prior = { mean = 3.6, sigma = 0.1 } }
epsilon = { tie = "scale*Ar-Ar.epsilon", prior = { mean = 0.014, sigma = 0.001 } }
[potential.auxiliary]
scale = { initial = 1.4, min = 1 }
"""
FAULTS = """
[data]
train = "train.h5"
[[potential]]
name = "lennard-jones"
species = ["Ar", "Kr"]
mixing = "arithmetic"
[potential.parameters.Ar-Ar]
epsilon = { initial = 0.005, transform = "lgo" }
sigma = { tie = "Kr-Kr.sigma", min = 3, max = 4 }
[potential.parameters.Kr-Ar]
epsilon = { tie = "2*Ar-Ar.epsilon", prior = { sigma = 0.1 } }
sigma = { tie = "" }
[potential.parameters.Kr-Kr]
epsilon = { initial = 0.005, fixed = true, transform = "log", prior = { sigma = 0.001 } }
sigma = { initial = 3.5, min = -3, transform = "log" }
rc = { initial = 9, prior = { sigma = -1, mean = "x", sigm = 3 } }
[[potential]]
name = "morse"
species = ["Ar"]
mixing = { r0 = "mean" }
[potential.parameters]
D = { tie = 3 }
alpha = { prior = { mean = 3 } }
[potential.auxiliary]
scale = "x"
"""
NAMES = """
[data]
train = "train.h5"
[[potential]]
species = ["Si", "C"]
pair = "A*exp(-r/rho)"
cutoff = 4
mixing = "geometric"
[potential.parameters]
rho = { prior = { sigma = 0.1 } }
[potential.parameters.Si-Si]
A = { initial = 1000.0 }
[potential.parameters.C-C]
A = { initial = 2000.0 }
[potential.auxiliary]
k = {}
A = 3
"2k" = 3
r = 3
"""
CIRCLES = """
[data]
train = "train.h5"
[[potential]]
name = "lennard-jones"
species = ["Ar", "Kr"]
[potential.parameters]
rc = { tie = "2.5*sigmma" }
[potential.parameters.Ar-Ar]
epsilon = { initial = 0.005, transform = "logit" }
sigma = { tie = "Kr-Ar.sigma + 1" }
[potential.parameters.Kr-Ar]
epsilon = { tie = "Kr-Ar.epsilon/2" }
[potential.parameters.Ar-Kr]
sigma = { tie = "Kr-Kr.sigma" }
[potential.parameters.Kr-Kr]
sigma = { tie = "Ar-Ar.sigma" }
epsilon = { initial = 0.005 }
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


def faults(job, text):
    with pytest.raises(JobError) as caught:
        job(text)
    return list(caught.value.problems)


def test_a_job_becomes_ties_rules_transforms_and_priors(job):
    made = build_parameters(job(GOOD).potentials)
    found = {made.label(q): q for q in made.parameters}
    assert made.labels == ("log Ar-Ar.epsilon", "logit Ar-Ar.sigma", "Kr-Kr.sigma", "scale")
    assert found["Ar-Ar.epsilon"].prior == Prior(0.01, 0.002)
    assert found["Kr-Kr.sigma"].prior == Prior(3.6, 0.1)
    assert found["Kr-Kr.sigma"].initial == 3.65  # the catalogue's
    assert found["Kr-Kr.epsilon"].initial == pytest.approx(0.014)
    mixed = found["Ar-Kr.epsilon"].tie
    assert (mixed.text, mixed.mixing) == ("sqrt(Ar-Ar.epsilon*Kr-Kr.epsilon)", "lorentz-berthelot")
    assert found["Ar-Kr.sigma"].initial == pytest.approx(3.525)
    assert found["Ar-Kr.rc"].initial == pytest.approx(2.5 * 3.525)
    assert (found["Ar-Ar.sigma"].minimum, found["Ar-Ar.sigma"].maximum) == (0.0, 4.0)
    assert (found["Ar-Kr.rc"].minimum, found["scale"].minimum) == (0.0, 1.0)
    assert found["scale"].maximum == math.inf


def test_faults_of_form_are_told_at_once_by_their_lines(job):
    table = "a finite number or a table such as { initial = 1.0, min = 0.0 } is expected"
    assert faults(job, FAULTS) == [
        "job.toml:7: potential[0].mixing: unknown rule 'arithmetic'. That of LAMMPS is lorentz-berthelot "
        "here.",
        "job.toml:9: potential[0].parameters.Ar-Ar.epsilon.transform: 'log' or 'logit' is expected, not "
        "'lgo'.",
        "job.toml:10: potential[0].parameters.Ar-Ar.sigma: a tied parameter has no min and no max; remove "
        "them. "
        "Bound what it is tied to.",
        "job.toml:12: potential[0].parameters.Kr-Ar.epsilon: the prior of a tied parameter needs a mean.",
        "job.toml:13: potential[0].parameters.Kr-Ar.sigma.tie: must not be empty. Write for example "
        '"2.5*sigma".',
        "job.toml:15: potential[0].parameters.Kr-Kr.epsilon: a fixed parameter has no transform and no "
        "prior; "
        "remove them.",
        'job.toml:16: potential[0].parameters.Kr-Kr.sigma: transform = "log" keeps it above 0, and min is '
        "-3.0; "
        "give another min.",
        "job.toml:17: potential[0].parameters.Kr-Kr.rc.prior.mean: a number is expected, not 'x'.",
        "job.toml:17: potential[0].parameters.Kr-Kr.rc.prior.sigm is not a known key. Did you mean sigma?",
        "job.toml:17: potential[0].parameters.Kr-Kr.rc.prior.sigma: must be above 0.0, not -1.",
        "job.toml:21: potential[1].mixing: r0: one of arithmetic, geometric, harmonic, sixth-power is "
        "expected, "
        "not 'mean'.",
        'job.toml:23: potential[1].parameters.D.tie: a text in quotes such as "2.5*sigma" is expected, not '
        "3.",
        "job.toml:24: potential[1].parameters.alpha.prior.sigma is missing: the standard deviation, in the "
        "unit "
        "of the parameter.",
        f"job.toml:26: potential[1].auxiliary.scale: {table}, not 'x'.",
    ]


def test_faults_of_names_and_rules_are_told_at_once_by_their_lines(job):
    name = "cannot be a name. Write a letter, then letters, digits or _; no name that formulas know."
    assert faults(job, NAMES) == [
        "job.toml:8: potential[0].mixing: formula does not say which of its parameters are lengths and which "
        'energies. Write the mean of each parameter, such as mixing = { A = "geometric" }.',
        "job.toml:10: potential[0].parameters.rho.prior has no mean, and there is no initial value to be "
        "it; give "
        "one of them.",
        "job.toml:16: potential[0].auxiliary.k has no value: give it an initial one, or a tie.",
        "job.toml:17: potential[0].auxiliary.A: formula has a parameter of this name already; give it "
        "another "
        "one.",
        f"job.toml:18: potential[0].auxiliary.2k: {name}",
        f"job.toml:19: potential[0].auxiliary.r: {name}",
    ]


def test_circles_and_unknown_names_are_told_at_once_by_their_lines_as_the_job_spells_them(job):
    assert faults(job, CIRCLES) == [
        'job.toml:8: potential[0].parameters.rc.tie: unknown name sigmma in "2.5*sigmma" (column 5). Did '
        "you mean "
        "sigma?",
        'job.toml:10: potential[0].parameters.Ar-Ar.epsilon: transform = "logit" needs a min and a max. '
        "Give both, "
        "or no transform.",
        "job.toml:11: potential[0].parameters.Ar-Ar.sigma.tie: goes in a circle: Ar-Ar.sigma -> "
        "Ar-Kr.sigma -> "
        "Kr-Kr.sigma -> Ar-Ar.sigma. Give one of them a value in place of its tie.",
        "job.toml:13: potential[0].parameters.Kr-Ar.epsilon.tie: Ar-Kr.epsilon is tied to itself. Give it "
        "a value, "
        "or tie it to another one.",
    ]


def test_a_circle_is_told_although_values_may_come_from_another_run(job):
    elsewhere = CIRCLES + '[run]\nstart_from = "first"\n'
    assert [fault.split(": ")[0] for fault in faults(job, elsewhere)] == [
        "job.toml:8",
        "job.toml:11",
        "job.toml:13",
    ]


def test_a_mixed_number_that_does_not_exist_is_told_at_its_rule(job):
    text = GOOD.replace(
        "sigma = { prior = { mean = 3.6, sigma = 0.1 } }", "sigma = { initial = -3, min = -5 }"
    )
    text = text.replace("lorentz-berthelot", "geometric").replace('rc = { tie = "2.5*sigma" }', "rc = 9")
    assert faults(job, text) == [
        "job.toml:7: potential[0].mixing: Ar-Kr.sigma = sqrt(Ar-Ar.sigma*Kr-Kr.sigma): it has no finite "
        "value "
        "where the fit starts."
    ]


def test_an_auxiliary_parameter_without_a_tie_is_told(job):
    assert faults(job, GOOD.replace("scale*Ar-Ar", "1.4*Ar-Ar")) == [
        "job.toml:17: potential[0].auxiliary.scale: no tie uses this name."
    ]


def test_only_tied_and_fixed_parameters_are_nothing_to_fit(job):
    text = (
        GOOD.partition("[potential.parameters]")[0] + '[potential.parameters]\nrc = { tie = "2.5*sigma" }\n'
    )
    assert "every parameter is fixed, nothing is fitted." in faults(job, text)[0]


def test_names_that_are_species_too_keep_their_tables_of_priors(job):
    text = GOOD.partition("[[potential]]")[0] + (
        '[[potential]]\nname = "stillinger-weber-kim"\nspecies = ["Si", "B"]\n'
        "[potential.parameters]\nA = 15.0\nsigma = 2.0\ngamma = 2.5\nrc = 3.7\nlambda = 45.0\n"
        "[potential.parameters.B]\ninitial = 0.6\nprior = { sigma = 0.1 }\n"
    )
    made = build_parameters(job(text).potentials)
    assert made.labels == ("B",)
    assert made.priors[0][1] == Prior(0.6, 0.1)


def test_what_is_tied_mixed_transformed_and_known_decides_the_result(tmp_path):
    def flat(text):
        return canonical(text, tmp_path / "job.toml")

    assert flat(GOOD) == flat(GOOD.replace("max = 4,", "max=4.0,"))
    for old, new in [
        ("2.5*sigma", "2.6*sigma"),
        ("lorentz-berthelot", "geometric"),
        ('"log"', '"logit"'),
        ("sigma = 0.002", "sigma = 0.003"),
        ("mean = 3.6", "mean = 3.7"),
        ("scale = { initial = 1.4", "scale = { initial = 1.5"),
    ]:
        assert flat(GOOD) != flat(GOOD.replace(old, new)), new
    without = GOOD.replace('mixing = "lorentz-berthelot"\n', "")
    assert flat(without) == flat(GOOD.replace("lorentz-berthelot", "none"))
