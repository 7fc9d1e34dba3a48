"""Whatever fails on one rank ends all of `hpcfit run` soon, with one message and the right exit code."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

Launch = Callable[..., Any]

#: fails on one rank only, in the middle of the fit
RESIDUAL = """
calls = []


def crack(identifier, natoms, weight, prediction, reference, data):
    calls.append(identifier)
    if identifier == data["where"] and calls.count(identifier) > 10:
        {strike}
    return weight.vector * (prediction - reference)
"""
LAST = "AIMD-NVT: Snapshot 76000 of 100000 of AIMD NVT simulation for normal structure at 1518 K"


def residual(job: Any, strike: str) -> None:
    """A residual function that fails for the last configuration, which the last rank has."""
    (job.folder / "mine.py").write_text(RESIDUAL.format(strike=strike))
    job.write(("[run]", f'[residual]\nname = "mine.py:crack"\ndata = {{ where = "{LAST}" }}\n\n[run]'))


@pytest.mark.mpi
@pytest.mark.parametrize("ranks", [1, 3])
def test_an_exception_in_a_residual_function_names_the_function_and_its_line(
    hpcfit: Launch, silicon: Any, ranks: int
) -> None:
    residual(silicon, "raise ValueError('cracked')")
    finished = hpcfit("run", "job.toml", ranks=ranks, folder=silicon.folder, timeout=30)
    assert finished.code == 2
    where = "" if ranks == 1 else "rank 2 of 3: "
    assert finished.err == (
        f"{where}residual function mine.py:crack, configuration {LAST!r}: raised ValueError: cracked "
        f"({silicon.folder / 'mine.py'}:8).\n"
    )
    assert not (silicon.run / "result.json").exists()


def test_an_exception_in_a_weight_scheme_names_the_class_and_its_line(hpcfit: Launch, silicon: Any) -> None:
    (silicon.folder / "mine.py").write_text(
        "class Heavy:\n    def weights(self, configuration):\n        return configuration.mass\n"
    )
    silicon.write(('name = "constant"\nenergy = 10.0\n', 'name = "mine.py:Heavy"\n'))
    finished = hpcfit("run", "job.toml", folder=silicon.folder)
    assert finished.code == 2
    assert finished.err == (
        "weights Heavy, configuration 'Vacancy: Snapshot 4 of 32 of Vacancy AIMD NVT simulation at 300 K': "
        "raised AttributeError: 'Configuration' object has no attribute 'mass' "
        f"({silicon.folder / 'mine.py'}:3).\n"
    )


@pytest.mark.mpi
def test_a_residual_function_that_leaves_by_sys_exit_is_told_with_its_line(
    hpcfit: Launch, silicon: Any
) -> None:
    residual(silicon, "raise SystemExit(3)")
    finished = hpcfit("run", "job.toml", ranks=2, folder=silicon.folder, timeout=30)
    assert finished.code == 2
    assert finished.err == (
        f"rank 1 of 2: residual function mine.py:crack, configuration {LAST!r}: called sys.exit(3) "
        f"({silicon.folder / 'mine.py'}:8); raise an exception that says what is wrong instead.\n"
    )


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("place", "failing", "message"),
    [
        (
            "FAIL_IN_HPCFIT",
            "0",
            "ZeroDivisionError: struck in hpcfit\nhpcfit: internal error on rank 0 of 3.",
        ),
        (
            "FAIL_IN_HPCFIT",
            "2",
            "ZeroDivisionError: struck in hpcfit\nhpcfit: internal error on rank 2 of 3.",
        ),
        (
            "FAIL_IN_THREAD",
            "1",
            "ZeroDivisionError: struck in a thread\nhpcfit: internal error on rank 1 of 3, thread helper.",
        ),
    ],
)
def test_an_internal_error_on_one_rank_ends_all_with_one_traceback(
    interruptible: Any, place: str, failing: str, message: str
) -> None:
    interruptible.begin(ranks=3, seconds=0.0, environment={place: failing})
    code, _, err = interruptible.end(timeout=30)
    assert code == 70
    assert err.count("Traceback (most recent call last)") == 1
    assert message in err


def test_an_internal_error_of_one_process_ends_it_alike(interruptible: Any) -> None:
    interruptible.begin(seconds=0.0, environment={"FAIL_IN_HPCFIT": "0"})
    code, _, err = interruptible.end(timeout=30)
    assert code == 70
    assert err.count("Traceback (most recent call last)") == 1
    assert err.endswith(
        "ZeroDivisionError: struck in hpcfit\nhpcfit: internal error on rank 0 of 1. The run folder "
        "holds the last checkpoint; the same command goes on from it.\n"
    )


@pytest.mark.mpi
def test_a_plugin_that_fails_is_named_and_its_iteration_is_kept(interruptible: Any) -> None:
    interruptible.begin(ranks=2, seconds=0.0, environment={"FAIL_IN_PLUGIN": "3"})
    code, _, err = interruptible.end(timeout=30)
    assert code == 2
    plugin = interruptible.job.folder / "slow.py"
    line = 1 + plugin.read_text().splitlines().index("    raise ZeroDivisionError(text)")
    assert err == (
        f"plugin slow.py: hpcfit_iteration failed: {plugin}:{line}: ZeroDivisionError: struck in the plugin\n"
    )
    interruptible.begin(seconds=0.0)
    code, out, _ = interruptible.end()
    assert code == 0
    assert "going on after iteration 3 of the run in run\n" in out


@pytest.mark.mpi
@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_rank_ends_the_others(interruptible: Any, rank: int) -> None:
    interruptible.begin(ranks=3, seconds=30.0)
    assert interruptible.reaches_iteration(0)
    interruptible.signal(signal.SIGKILL, rank=rank)
    code, _, _ = interruptible.end(timeout=20)
    assert code != 0
