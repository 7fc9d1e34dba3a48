"""Formulas that a job takes from Python files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hpcfit.errors import JobError
from hpcfit.job import ResolvedJob, canonical, open_job
from hpcfit.job.traced_content import traced_content
from hpcfit.output.fingerprint import changes, flatten
from hpcfit.problem.parameters import build_parameters

FUNCTIONS = """
from hpcfit.formula.functions import exp, switch, where


def morse(r, D, alpha=1.4, r0=2.9, rc=5.0):
    x = exp(-alpha*(r - r0)) + 0.001*(r - r0)**2
    return D*(x**2 - 2*x)*fade(r, rc)


def fade(r, rc):
    return switch(r, rc - 1, rc)


def angle(r1, r2, costheta, L, gamma1=1.5, gamma2=1.5, rc=5.0, lambda_=0.25):
    return L*(costheta + lambda_)**2*exp(gamma1/(r1 - rc) + gamma2/(r2 - rc))


def density(r, beta=2.0, rc=5.0):
    return exp(-beta*r)*fade(r, rc)


def embed(rho, F=1.0):
    return -F*where(rho > 0, rho**0.5, 0)


def bad(r, D):
    return D if r < 3 else 0


nothing = 3
"""
JOB = """
[data]
train = "train.h5"
[[potential]]
species = ["Si"]
cutoff = "rc"
pair = "mine.py:morse"
[potential.parameters]
D = { initial = 0.4 }
"""
Open = Callable[[str], ResolvedJob]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a job beside mine.py, which holds FUNCTIONS."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.h5").touch()
    (tmp_path / "mine.py").write_text(FUNCTIONS)

    def resolve(text: str) -> ResolvedJob:
        (tmp_path / "job.toml").write_text(text)
        return open_job(Path("job.toml"))

    return resolve


def faults(job: Open, text: str) -> Sequence[str]:
    with pytest.raises(JobError) as caught:
        job(text)
    return caught.value.problems


def test_a_function_is_a_formula_whose_defaults_are_its_parameters(job: Open) -> None:
    (potential,) = job(JOB).potentials
    formula = potential.bound.formula
    assert formula.pair is not None
    assert formula.pair.expression == "D*(morse_1**2 - 2*morse_1)*switch(r, rc - 1, rc)"
    assert dict(formula.let) == {"morse_1": "exp(-alpha*(r - r0)) + 0.001*(r - r0)**2"}
    parameters = {each.name: (each.initial, each.fixed) for each in build_parameters([potential]).parameters}
    assert parameters == {"D": (0.4, False), "alpha": (1.4, True), "r0": (2.9, True), "rc": (5.0, True)}


def test_every_term_and_part_may_be_a_function_beside_others_that_are_texts(job: Open) -> None:
    text = JOB.replace(
        'pair = "mine.py:morse"',
        'pair = "D*outside*r"\ntriplet = "mine.py:angle"\nembedding = "mine.py:embed"\n'
        'let = { outside = "mine.py:fade" }\n[potential.density]\nrho = "mine.py:density"',
    )
    (potential,) = job(text.replace("D = {", "L = 1.0\ngamma1 = 2.0\nD = {")).potentials
    formula = potential.bound.formula
    assert formula.embedding == "-F*where(rho > 0, rho**0.5, 0)"
    assert [each.term.expression for each in formula.densities] == ["exp(-beta*r)*switch(r, rc - 1, rc)"]
    assert formula.let == (("outside", "switch(r, rc - 1, rc)"),)
    values = {each.name: each.initial for each in build_parameters([potential]).parameters}
    assert values == {
        **{"D": 0.4, "L": 1.0, "gamma1": 2.0, "gamma2": 1.5, "rc": 5.0, "lambda": 0.25, "F": 1.0, "beta": 2.0}
    }


def test_arguments_are_written_for_several_species_as_names_in_a_text_are(job: Open) -> None:
    text = JOB.replace('["Si"]', '["Si", "C"]').replace('pair = "mine.py:morse"', 'triplet = "mine.py:angle"')
    text = text.replace('cutoff = "rc"', "cutoff = 5.0").replace(
        "D = { initial = 0.4 }", "L = { initial = 1 }"
    )
    text += "[potential.parameters.Si-C]\ngamma = 2.0\n"
    (potential,) = job(text).potentials
    values = {(each.name, each.key): each.initial for each in build_parameters([potential]).parameters}
    assert values["gamma", ("Si", "C")] == 2.0
    assert values["gamma", ("Si", "Si")] == values["gamma", ("C", "C")] == 1.5


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "mine.py:morse",
            "mine.py:bad",
            "job.toml:7: potential[0].pair: mine.py:27: a branch cannot depend on a variable or parameter. "
            "Write where(r < rc, a, b) with where of hpcfit.formula.functions or of NumPy",
        ),
        (
            "mine.py:morse",
            "mine.py:mors",
            "job.toml:7: potential[0].pair: mine.py defines no 'mors'. Did you mean morse?",
        ),
        (
            "mine.py:morse",
            "mine.py:nothing",
            "job.toml:7: potential[0].pair: mine.py:nothing is int, not a function.",
        ),
        (
            "mine.py:morse",
            "mine.py:density",
            "job.toml:9: potential[0].parameters.D: no formula uses this name. Known: beta, rc",
        ),
        (
            'pair = "mine.py:morse"',
            'pair = "D/r"\ntriplet = "mine.py:morse"',
            "job.toml:8: potential[0].triplet: mine.py:5: argument r is a variable that there is not here. "
            "There is r1, r2, costheta",
        ),
        (
            'pair = "mine.py:morse"',
            'pair = "mine.py:morse"\nembedding = "mine.py:embed"\ndensity = "other.py:f"',
            "job.toml:9: potential[0].density: other.py cannot be read",
        ),
    ],
)
def test_what_is_wrong_with_a_function_is_told_by_the_lines_of_job_and_function(
    job: Open, tmp_path: Path, old: str, new: str, fault: str
) -> None:
    told = faults(job, JOB.replace(old, new))
    assert fault in told or any(each.startswith(fault) for each in told), told


def test_editing_the_function_is_a_change_of_the_job(job: Open, tmp_path: Path) -> None:
    before = flatten(canonical(JOB, tmp_path / "job.toml"))
    assert "content of mine.py" in before
    (tmp_path / "mine.py").write_text(FUNCTIONS.replace("1.4", "1.5"))
    after = flatten(canonical(JOB, tmp_path / "job.toml"))
    assert [each.split(":")[0] for each in changes(before, after)] == ["content of mine.py"]


def test_what_a_function_stands_for_belongs_to_the_job_wherever_its_numbers_come_from(
    job: Open, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(
        "from pathlib import Path\n\n\ndef morse(r, D, rc=5.0):\n"
        "    return D*(r - rc)**2*float(Path('numbers.txt').read_text())\n"
    )
    found = []
    for numbers in ("1.5", "1.5", "1.6"):
        (tmp_path / "numbers.txt").write_text(numbers)
        found.append(traced_content(job(JOB)))
    assert found[0] == found[1] != found[2]
    assert list(found[0]) == ["formulas of potential[0]"]
    assert (
        traced_content(job(JOB.replace("mine.py:morse", "D*(r - rc)**2").replace("D = {", "rc = 5\nD = {")))
        == {}
    )
