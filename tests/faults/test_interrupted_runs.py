"""A run that is stopped or killed at any moment goes on with the same command, to the same bits."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Launch = Callable[..., Any]


#: what the fixture has found: one run does for all tests
_expected: list[Any] = []


@pytest.fixture
def expected(interruptible: Any) -> Any:
    """The outcome of the run when nothing interrupts it."""
    if not _expected:
        interruptible.begin(seconds=0.0)
        code, _, err = interruptible.end()
        assert code == 0, err
        _expected.append(interruptible.job.outcome())
        shutil.rmtree(interruptible.job.run)
    return _expected[0]


@pytest.mark.mpi
@pytest.mark.slow
def test_killed_at_random_moments_it_ends_with_the_same_bits(interruptible: Any, expected: Any) -> None:
    random = np.random.default_rng(11)
    reached = -1
    for attempt in count():
        interruptible.begin(ranks=2, seconds=0.2)
        if not interruptible.reaches_iteration(reached + 1):
            break
        time.sleep(float(random.uniform(0.0, 0.5)))
        victim = (None, 0, 1)[attempt % 3]
        interruptible.kill(victim)
        events = (interruptible.job.run / "events.jsonl").read_bytes()
        assert events.count(b"\n") > reached + 1, "an iteration that was complete is lost"
        # The event of the iteration in progress may be ahead of its checkpoint.
        reached = events.count(b"\n") - 1
    code, _, err = interruptible.end()
    assert code == 0, err
    assert (interruptible.job.run / "log.txt").read_text().count("going on after iteration") > 1
    assert interruptible.job.outcome() == expected


@pytest.mark.mpi
@pytest.mark.slow
def test_killed_while_it_prepares_it_ends_with_the_same_bits(interruptible: Any, expected: Any) -> None:
    random = np.random.default_rng(12)
    for _ in range(3):
        interruptible.begin(ranks=2, seconds=0.0)
        time.sleep(float(random.uniform(0.5, 1.5)))
        interruptible.kill()
    interruptible.begin(seconds=0.0)
    code, _, err = interruptible.end()
    assert code == 0, err
    assert interruptible.job.outcome() == expected


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("ranks", "number", "rank"),
    [(1, signal.SIGTERM, None), (2, signal.SIGTERM, None), (2, signal.SIGUSR1, 1), (1, signal.SIGINT, None)],
)
def test_asked_to_stop_it_stops_after_the_iteration_and_goes_on_to_the_same_bits(
    interruptible: Any, expected: Any, ranks: int, number: signal.Signals, rank: int | None
) -> None:
    interruptible.begin(ranks=ranks)
    assert interruptible.reaches_iteration(2)
    interruptible.signal(number, rank=rank)
    code, out, err = interruptible.end()
    assert code == 75, err
    assert out.endswith("stopped early with a valid checkpoint: run the same command to go on\n")
    assert interruptible.job.result()["status"] == "stopped"
    interruptible.begin(ranks=3 - ranks, seconds=0.0)
    code, _, err = interruptible.end()
    assert code == 0, err
    assert interruptible.job.outcome() == expected


@pytest.mark.mpi
def test_without_space_for_its_files_it_ends_in_plain_words_and_goes_on_when_there_is_some(
    interruptible: Any, expected: Any
) -> None:
    interruptible.begin(ranks=2, seconds=0.0, environment={"NO_SPACE_FROM": "2"})
    code, _, err = interruptible.end()
    assert code == 2
    assert err == (
        "run: cannot be written to (File too large). Make room or mend the file system, then run the same "
        "command: it goes on from the last checkpoint.\n"
    )
    interruptible.begin(seconds=0.0)
    code, out, err = interruptible.end()
    assert code == 0, err
    assert "going on after iteration 2 of the run in run\n" in out
    assert interruptible.job.outcome() == expected


def test_asked_to_stop_while_it_prepares_it_stops_at_the_first_checkpoint(interruptible: Any) -> None:
    interruptible.begin(seconds=0.0)
    while not (interruptible.job.folder / "0.pid").exists():
        time.sleep(0.01)
    interruptible.signal(signal.SIGTERM)
    code, _, err = interruptible.end()
    assert code == 75, err
    assert interruptible.job.result()["counts"]["iterations"] == 0


def test_a_finished_job_says_so_and_is_left_as_it_is(hpcfit: Launch, silicon: Any) -> None:
    silicon.write()
    assert hpcfit("run", "job.toml", folder=silicon.folder).code == 0
    before = content(silicon.run)
    again = hpcfit("run", "job.toml", folder=silicon.folder)
    assert again.code == 0
    assert again.out.startswith("already finished: Converged: ")
    assert again.out.endswith(
        f"loss {silicon.result()['loss']:.12g}; results in run. To run it anew: "
        "hpcfit run job.toml --restart\n"
    )
    assert content(silicon.run) == before


def test_a_changed_job_is_refused_with_what_changed_until_it_is_restarted(
    hpcfit: Launch, silicon: Any
) -> None:
    silicon.write()
    assert hpcfit("run", "job.toml", folder=silicon.folder).code == 0
    before = content(silicon.run)
    silicon.write(("initial = 2.51412", "initial = 2.4"), ("energy = 10.0", "energy = 20"))
    with_other_data(silicon.folder)
    refused = hpcfit("run", "job.toml", folder=silicon.folder)
    assert (refused.code, refused.out) == (2, "")
    data = [line for line in refused.err.splitlines() if line.startswith("  content of data.train: was ")]
    assert len(data) == 1
    assert refused.err == (
        "run holds a run of another version of this job:\n"
        f"{data[0]}\n"
        "  potential[0].parameters.gamma.initial: was 2.51412, now 2.4\n"
        "  weights.energy: was 10.0, now 20\n"
        "Give another run.folder, or start anew with: hpcfit run job.toml --restart\n"
    )
    assert content(silicon.run) == before
    assert hpcfit("run", "job.toml", "--restart", folder=silicon.folder).code == 0
    assert silicon.result()["parameters"][5]["initial"] == 2.4


def test_a_job_is_the_same_with_other_comments_and_other_limits_of_time_and_place(
    hpcfit: Launch, silicon: Any
) -> None:
    silicon.write()
    assert hpcfit("run", "job.toml", folder=silicon.folder).code == 0
    silicon.write(("[data]", "# the same\n[data]"), ("[run]", '[run]\nmemory_limit = "2 GiB"'))
    assert hpcfit("run", "job.toml", folder=silicon.folder).out.startswith("already finished: ")


@pytest.mark.mpi
def test_with_more_iterations_allowed_it_goes_on_to_the_same_bits(hpcfit: Launch, silicon: Any) -> None:
    silicon.write()
    assert hpcfit("run", "job.toml", folder=silicon.folder).code == 0
    expected = silicon.outcome()
    silicon.write(("[run]", "[optimizer]\nmax_iterations = 3\n\n[run]"))
    assert hpcfit("run", "job.toml", "--restart", folder=silicon.folder).code == 1
    assert silicon.result()["status"] == "max_iterations"
    assert hpcfit("run", "job.toml", folder=silicon.folder).out.startswith("already finished: ")
    silicon.write()
    gone_on = hpcfit("run", "job.toml", ranks=2, folder=silicon.folder)
    assert gone_on.code == 0
    assert "going on after iteration 3 of the run in run\n" in gone_on.out
    assert silicon.outcome() == expected


@pytest.mark.mpi
@pytest.mark.parametrize("ranks", [1, 2])
def test_a_second_run_in_the_same_folder_is_refused(interruptible: Any, hpcfit: Launch, ranks: int) -> None:
    interruptible.begin(seconds=30.0)
    assert interruptible.reaches_iteration(0)
    process = (interruptible.job.folder / "0.pid").read_text()
    log = interruptible.job.run / "log.txt"
    while "iteration    0" not in log.read_text():
        time.sleep(0.01)
    folder = interruptible.job.folder
    for arguments in (["run", "job.toml"], ["run", "job.toml", "--restart"]):
        before = content(interruptible.job.run)
        second = hpcfit(*arguments, ranks=ranks, folder=folder)
        assert (second.code, second.out) == (2, "")
        holder = json.loads((interruptible.job.run / ".lock.json").read_text())
        assert second.err == (
            f"run: in use by another run (host {holder['host']}, process {process}, "
            f"started {holder['started']}). Wait for it, stop it, or give this job another run.folder.\n"
        )
        assert content(interruptible.job.run) == before


def test_without_an_mpi_library_it_runs_on_one_process_and_says_so(hpcfit: Launch, silicon: Any) -> None:
    silicon.write()
    environment = {"MPI4PY_LIBMPI": "/nowhere/libmpi.so"}
    finished = hpcfit("run", "job.toml", folder=silicon.folder, environment=environment)
    assert finished.code == 0, finished.err
    assert finished.out.startswith(
        "No MPI library could be loaded (cannot load MPI library): running on one process. For several, "
        "install one (pip install 'hpcfit[mpich]') or load your cluster's MPI module.\n"
    )
    assert silicon.result()["provenance"]["mpi"] == "none"


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if not path.name.startswith(".lock")}


def with_other_data(folder: Path) -> None:
    from hpcfit.data import Dataset, write_dataset

    with Dataset.open(folder / "train.h5") as dataset:
        configurations = list(dataset)
    write_dataset(folder / "train.h5", configurations[:-1])
