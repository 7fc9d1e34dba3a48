"""Whole jobs that start from another run: at once converged, resumed, refused, on two ranks, checked."""

from __future__ import annotations

import json
import shutil

import pytest

SECOND = '[run]\nstart_from = "first"'


@pytest.fixture
def first(silicon, silicon_run):
    """A folder with the run of the small silicon job as `first`."""
    shutil.copytree(silicon_run, silicon.folder / "first")
    return silicon


def test_from_a_converged_run_of_the_same_job_it_converges_at_once(first, hpcfit):
    first.write(("[run]", SECOND))
    finished = hpcfit("run", "job.toml", folder=first.folder)
    assert finished.code == 0, finished.err
    assert "start from first (converged)\n  initial values of A, B, gamma, lambda\n" in finished.out
    before = json.loads((first.folder / "first" / "result.json").read_text())
    after = first.result()
    assert after["counts"]["jacobian_evaluations"] <= 2
    assert [q["initial"] for q in after["parameters"]] == [q["value"] for q in before["parameters"]]
    assert after["loss"] == pytest.approx(before["loss"], rel=1e-12)


@pytest.mark.mpi
def test_on_two_ranks_it_is_the_same_fit(first, hpcfit):
    free = ("lambda =", "sigma  = { initial = 2.0951, min = 1, max = 3 }\nlambda =")
    first.write(("[run]", SECOND), free)
    outcomes = []
    for ranks in (1, 2):
        assert hpcfit("run", "job.toml", "--restart", ranks=ranks, folder=first.folder).code == 0
        outcomes.append(first.outcome())
    assert outcomes[0] == outcomes[1]


def test_it_goes_on_as_if_never_interrupted_wherever_the_run_has_moved(first, hpcfit):
    free = ("lambda =", "sigma  = { initial = 2.0951, min = 1, max = 3 }\nlambda =")
    first.write(("[run]", SECOND), free)
    assert hpcfit("run", "job.toml", folder=first.folder).code == 0
    whole = first.outcome()
    limit = ("[run]", f"[optimizer]\nmax_iterations = 2\n\n{SECOND}")
    first.write(limit, free)
    assert hpcfit("run", "job.toml", "--restart", folder=first.folder).code == 1
    shutil.move(first.folder / "first", first.folder / "moved")
    first.write(("[run]", '[run]\nstart_from = "moved"'), free)
    finished = hpcfit("run", "job.toml", folder=first.folder)
    assert finished.code == 0, finished.err
    assert "going on after iteration 2" in finished.out
    assert first.outcome() == whole


def test_other_values_in_the_meantime_are_a_changed_job(first, hpcfit):
    first.write(("[run]", SECOND))
    assert hpcfit("run", "job.toml", folder=first.folder).code == 0
    path = first.folder / "first" / "result.json"
    content = json.loads(path.read_text())
    before = content["parameters"][0]["value"]
    content["parameters"][0]["value"] = 15.0
    path.write_text(json.dumps(content))
    finished = hpcfit("run", "job.toml", folder=first.folder)
    assert finished.code == 2
    assert f"stillinger-weber-kim[0].A from run.start_from: was {before!r}, now 15.0\n" in finished.err


def test_check_tells_what_is_taken_and_what_is_wrong(first, hpcfit):
    first.write(("[run]", SECOND))
    finished = hpcfit("check", "job.toml", folder=first.folder)
    assert finished.code == 0
    assert "start from first (converged)\n  initial values of A, B, gamma, lambda\n" in finished.out
    first.write(("[run]", '[run]\nstart_from = "furst"'))
    finished = hpcfit("check", "job.toml", folder=first.folder)
    assert (finished.code, finished.err) == (
        2,
        "job.toml:22: run.start_from: furst: there is no such run folder.\n",
    )


def test_predictions_of_a_job_that_starts_elsewhere_are_those_of_that_run(first, hpcfit):
    first.write(("[run]", SECOND))
    outputs = []
    for source in ("job.toml", "first"):
        arguments = ("predict", source, "train.h5", "-o", f"{source}.xyz")
        assert hpcfit(*arguments, folder=first.folder).code == 0
        outputs.append((first.folder / f"{source}.xyz").read_bytes())
    assert outputs[0] == outputs[1]
