"""run.start_from: which value of another run goes where, what is said of the others, and what is an error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hpcfit.errors import JobError
from hpcfit.job import open_job
from hpcfit.output.result import FittedParameter, Result
from hpcfit.problem.parameters import build_parameters
from hpcfit.workflow.start_from import read_start, started_from

HEAD = '[data]\ntrain = "train.h5"\n[run]\nstart_from = "before"\n'


def entry(potential: str, species: str, name: str, value: float) -> FittedParameter:
    return FittedParameter(potential, species, name, value, None, value, None, None, False)


@pytest.fixture
def job(tmp_path: Path):
    """job(text, *entries) opens a job that starts from a result with these parameters."""

    def make(text: str, *entries: FittedParameter):
        (tmp_path / "train.h5").touch()
        (tmp_path / "before").mkdir(exist_ok=True)
        Result("converged", "Converged.", 1.0, [1.0], list(entries)).save(tmp_path / "before" / "result.json")
        (tmp_path / "job.toml").write_text(HEAD + text)
        resolved = open_job(tmp_path / "job.toml")
        return started_from(resolved, read_start(resolved.job))

    return make


def values(resolved) -> dict[str, tuple[float, bool]]:
    """(value, fixed) of each parameter."""
    parameters = build_parameters(resolved.potentials)
    return {parameters.label(q): (q.initial, q.fixed) for q in parameters.parameters}


LJ = '[[potential]]\nname = "lennard-jones"\nspecies = ["Ar"]\n[potential.parameters]\n'


def test_free_parameters_start_at_the_values_fixed_ones_keep_theirs_and_the_rest_is_fixed(job) -> None:
    before = [
        entry("lennard-jones", "Ar", name, v) for name, v in (("epsilon", 0.02), ("sigma", 3.3), ("rc", 7.0))
    ]
    resolved, start = job(LJ + "epsilon = { initial = 0.01, max = 1 }\nsigma = 3.4\n", *before)
    assert values(resolved) == {"epsilon": (0.02, False), "sigma": (3.4, True), "rc": (7.0, True)}
    assert start.fingerprint == {
        "lennard-jones[0].epsilon from run.start_from": "0.02",
        "lennard-jones[0].rc from run.start_from": "7.0",
    }
    assert start.notes[0].splitlines()[1:] == [
        "  initial values of epsilon",
        "  fixed at its values: rc",
        "  not taken, because this job gives a number: sigma",
    ]
    assert re.fullmatch(r"start from .*before \(converged\)", start.notes[0].splitlines()[0])


def test_a_value_that_neither_job_nor_catalogue_gives_may_come_from_the_run(job) -> None:
    text = LJ.replace("Ar", "Cu") + "epsilon = {}\n"
    epsilon, sigma = entry("lennard-jones", "Cu", "epsilon", 0.4), entry("lennard-jones", "Cu", "sigma", 2.3)
    found = values(job(text, epsilon, sigma)[0])
    assert found["epsilon"] == (0.4, False)
    assert found["sigma"] == (2.3, True)
    with pytest.raises(JobError) as error:
        job(text, epsilon)
    assert sentence(error) == "8: potential[0].parameters.sigma: it has no default; give it a value."


SW = (
    '[[potential]]\nname = "stillinger-weber"\nspecies = ["C", "Si"]\n[potential.parameters]\n'
    "lambda = { initial = 21.0 }\n"
    "[potential.parameters.C-C]\nepsilon = 1.0\nsigma = 1.4\n"
    "[potential.parameters.Si-C]\nepsilon = { initial = 2.0 }\nsigma = 1.8\n"
    "[potential.parameters.Si-Si]\nepsilon = { initial = 2.2 }\n"
)


def test_a_potential_for_one_species_starts_one_for_two(job) -> None:
    before = [
        entry("stillinger-weber", "Si", name, value)
        for name, value in (("epsilon", 2.5), ("sigma", 2.0), ("lambda", 25.0))
    ]
    resolved, start = job(SW, *before)
    found = values(resolved)
    assert found["Si-Si.epsilon"] == (2.5, False)
    assert found["Si-Si.sigma"] == (2.0, True)
    assert found["C-Si.epsilon"] == (2.0, False)
    # One number of the job for all triplets, of which the run knows one.
    assert found["lambda"] == (21.0, False)
    assert "  not taken, because the run has some of its species only: lambda" in start.notes[0]


def test_species_match_in_any_order_and_a_shared_value_stands_for_each(job) -> None:
    before = [
        entry("stillinger-weber", "Si-C", "epsilon", 3.0),
        entry("stillinger-weber", "Si-Si", "epsilon", 2.5),
        entry("stillinger-weber", "Si-Si", "sigma", 2.0),
        entry("stillinger-weber", "", "gamma", 1.1),
        entry("stillinger-weber", "Si-C-Si", "lambda", 20.0),
        entry("stillinger-weber", "Ge-Ge", "epsilon", 1.9),
    ]
    found = values(job(SW, *before)[0])
    assert found["C-Si.epsilon"] == (3.0, False)
    assert found["C-C.gamma"] == found["Si-Si.gamma"] == (1.1, True)


def test_different_values_where_the_job_has_one_are_not_taken(job) -> None:
    triplets = ("C-C-C", "C-C-Si", "C-Si-Si", "Si-C-C", "Si-C-Si", "Si-Si-Si")
    before = [entry("stillinger-weber", key, "lambda", 20.0 + k) for k, key in enumerate(triplets)]
    others = [entry("stillinger-weber", "Si-Si", "sigma", 2.0), entry("stillinger-weber", "", "q", 0.0)]
    resolved, start = job(SW, *before, *others)
    assert values(resolved)["lambda"] == (21.0, False)
    assert "  not taken, because the run has several values where this job has one: lambda" in start.notes[0]
    same = [entry("stillinger-weber", key, "lambda", 20.0) for key in triplets]
    assert values(job(SW, *same, *others)[0])["lambda"] == (20.0, False)


def test_the_second_of_two_potentials_of_a_name_starts_from_the_second(job) -> None:
    twice = LJ + "epsilon = { initial = 0.01 }\nsigma = 3.4\n"
    before = [entry("lennard-jones", "Ar", "epsilon", value) for value in (0.02, 0.03)]
    found = values(job(twice + twice, *before)[0])
    epsilons = [value for name, (value, _) in found.items() if "epsilon" in name]
    assert epsilons == [0.02, 0.03]


def test_reference_energies_that_are_fitted_start_at_the_run_s(job) -> None:
    energies = '[targets.reference_energies]\nAr = "fit"\n'
    text = LJ + "epsilon = { initial = 0.01 }\nsigma = 3.4\n" + energies
    _, start = job(text, entry("reference-energy", "Ar", "E0", -1.5))
    assert start.energies == {"Ar": -1.5}
    assert start.taken == {"targets.reference_energies.Ar": -1.5}
    assert "  initial values of E0" in start.notes[0]
    given = text.replace('"fit"', "-2.0")
    _, start = job(given, entry("lennard-jones", "Ar", "epsilon", 0.02))
    assert start.energies == {}
    assert "this job gives a number: sigma, E0" in start.notes[0]


def sentence(error: pytest.ExceptionInfo[JobError]) -> str:
    return str(error.value).partition("job.toml:")[2]


def test_a_value_outside_the_bounds_is_an_error_that_names_both(job) -> None:
    with pytest.raises(JobError) as error:
        job(
            LJ + "epsilon = { initial = 0.01, max = 0.015 }\nsigma = 3.4\n",
            entry("lennard-jones", "Ar", "epsilon", 0.02),
        )
    assert sentence(error) == (
        "9: potential[0].parameters.epsilon: the run in before ended with 0.02, outside the bounds [0, "
        "0.015] of this job. Widen them, or fix the parameter at a number."
    )


def test_a_run_with_nothing_for_this_job_is_an_error(job) -> None:
    with pytest.raises(JobError) as error:
        job(LJ + "epsilon = { initial = 0.01 }\nsigma = 3.4\n", entry("morse", "Cu", "D", 0.3))
    assert sentence(error) == (
        "4: run.start_from: nothing of that run has a place in this job. The run has morse for Cu; the names "
        "of potential, species and parameter must be the same."
    )


def test_a_folder_that_is_no_finished_run_is_an_error(job, tmp_path: Path) -> None:
    text = LJ + "epsilon = { initial = 0.01 }\nsigma = 3.4\n"
    job(text, entry("lennard-jones", "Ar", "epsilon", 0.02))
    before = tmp_path / "before"
    (before / "result.json").unlink()
    resolved = open_job(tmp_path / "job.toml")
    with pytest.raises(JobError) as error:
        read_start(resolved.job)
    assert sentence(error) == (
        f"4: run.start_from: {before}: not a run folder, there is no result.json in it. Run a job into it "
        "with `hpcfit run`, or give another folder."
    )
    (before / "checkpoint.h5").touch()
    with pytest.raises(JobError, match="the run has no result yet: it is going on, or was interrupted"):
        read_start(resolved.job)
    (before / "checkpoint.h5").unlink()
    before.rmdir()
    with pytest.raises(JobError) as error:
        read_start(resolved.job)
    assert sentence(error) == f"4: run.start_from: {before}: there is no such run folder."


def test_the_job_s_own_run_folder_is_an_error(job, tmp_path: Path) -> None:
    text = LJ + "epsilon = { initial = 0.01 }\nsigma = 3.4\n"
    (tmp_path / "train.h5").touch()
    (tmp_path / "job.toml").write_text(HEAD.replace("before", "x/../run") + text)
    with pytest.raises(JobError) as error:
        read_start(open_job(tmp_path / "job.toml").job)
    assert sentence(error) == (
        "4: run.start_from: is this job's own run folder, which is cleared when it starts. Give another "
        "run.folder."
    )
