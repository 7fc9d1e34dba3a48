"""Other optimizers in job files: whole runs, what is refused, and going on after a stop."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.errors import JobError
from hpcfit.output.folder import RunFolder
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.check import check_job
from hpcfit.workflow.run import Screen, perform, run_job

Silicon = Any
ADAM = 'name = "adam"\nepochs = 20\nbatches = 3\nlearning_rate = 0.05\nreport_every = 2'
NETWORK = """\
[data]
table = "table.csv"
x = ["x"]
y = ["y"]

[model]
name = "mlp"
layers = [3]

[optimizer]
name = "adam"
epochs = 6000
learning_rate = 0.05
report_every = 1000
"""


def written(silicon: Silicon, optimizer: str, *edits: tuple[str, str]) -> Path:
    silicon.write(("[run]", f"[optimizer]\n{optimizer}\n\n[run]"), *edits)
    path: Path = silicon.path
    return path


def values(silicon: Silicon) -> dict[str, float]:
    return {each["name"]: each["value"] for each in silicon.result()["parameters"]}


def stopped_after(silicon: Silicon, iterations: int) -> None:
    """Run the job, and ask it to stop at its n-th event."""
    seen: list[object] = []

    def watch(event: object) -> bool:
        seen.append(event)
        return len(seen) >= iterations

    outcome = perform(SerialCommunicator(), silicon.path, screen=Screen(lines=False, watch=watch))
    assert outcome.result.status == "stopped"


def test_trf_and_geodesic_lm_find_the_same_minimum(silicon: Silicon, silicon_run: Path) -> None:
    assert run_job(SerialCommunicator(), written(silicon, 'name = "scipy:trf"')) == 0
    found = silicon.result()
    expected = type(silicon)(silicon_run.parent).result()
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-12)
    for mine, other in zip(found["parameters"], expected["parameters"], strict=True):
        assert mine["value"] == pytest.approx(other["value"], rel=1e-6)
        if other["standard_error"] is not None:
            assert mine["standard_error"] == pytest.approx(other["standard_error"], rel=1e-4)
    log = (silicon.run / "log.txt").read_text()
    assert re.search(r"radius +-  damping +-", log)


def test_adam_nears_the_minimum_and_goes_on_to_the_same_bits(silicon: Silicon) -> None:
    path = written(silicon, ADAM)
    assert run_job(SerialCommunicator(), path) == 1
    whole = silicon.outcome()
    history = silicon.result()["objective_history"]
    assert history[-1] < 0.5 * history[0]
    RunFolder(silicon.run).clear()
    stopped_after(silicon, 4)
    assert run_job(SerialCommunicator(), path) == 1
    assert silicon.outcome() == whole
    assert "begins again" not in (silicon.run / "log.txt").read_text()


def test_scipys_methods_go_on_from_the_best_point_and_say_so(silicon: Silicon) -> None:
    path = written(silicon, 'name = "scipy:L-BFGS-B"')
    stopped_after(silicon, 5)
    before = silicon.result()
    assert run_job(SerialCommunicator(), path) == 0
    after = silicon.result()
    assert after["loss"] < before["loss"]
    assert after["objective_history"][: len(before["objective_history"])] == before["objective_history"]
    assert after["counts"]["iterations"] > before["counts"]["iterations"]
    assert (
        "note: scipy:L-BFGS-B tells no state to go on with, so it begins again from the best parameters "
        "found so far\n"
    ) in (silicon.run / "log.txt").read_text()


def test_more_evaluations_may_be_allowed_later(silicon: Silicon, capsys: pytest.CaptureFixture[str]) -> None:
    simplex = 'name = "scipy:Nelder-Mead"\nmax_evaluations = '
    for allowed, code in ((40, 1), (40, 0), (4000, 0)):
        assert run_job(SerialCommunicator(), written(silicon, f"{simplex}{allowed}")) == code
    assert "already finished: max_iterations" in capsys.readouterr().out
    iterations = [event["iteration"] for event in silicon.outcome()[-1]]
    assert iterations == sorted(set(iterations))


def test_bounds_that_an_optimizer_cannot_keep_are_refused_with_the_line(silicon: Silicon) -> None:
    path = written(silicon, 'name = "scipy:lm"')
    for refused in (partial(check_job, path, 1), partial(run_job, SerialCommunicator(), path)):
        with pytest.raises(JobError) as refusal:
            refused()
        assert str(refusal.value).startswith(
            f"{path}:22: optimizer.name: scipy:lm knows no bounds, but there are some of A, B, gamma, "
            "lambda: take one"
        )
    assert not (silicon.run / "result.json").exists()


def test_bounds_that_a_search_needs_are_asked_for(silicon: Silicon) -> None:
    path = written(silicon, 'name = "scipy:direct"', (", max = 500 }\nB ", " }\nB "))
    with pytest.raises(JobError) as refusal:
        check_job(path, 1)
    assert str(refusal.value) == (
        f"{path}:22: optimizer.name: scipy:direct searches between bounds: give min and max, and no "
        "transform, to A."
    )


def test_an_unknown_optimizer_or_option_is_told_with_those_there_are(silicon: Silicon) -> None:
    with pytest.raises(JobError) as refusal:
        check_job(written(silicon, 'name = "scipy:bfgs"'), 1)
    assert str(refusal.value) == (
        f"{silicon.path}:22: optimizer.name: unknown optimizer 'scipy:bfgs'. Did you mean scipy:BFGS?"
    )
    with pytest.raises(JobError) as refusal:
        check_job(written(silicon, 'name = "scipy:trf"\nxtoll = 1'), 1)
    assert str(refusal.value) == (
        f"{silicon.path}:23: optimizer.xtoll is not a known key. Did you mean xtol?"
    )


def test_adam_fits_a_network_to_the_cube_root(tmp_path: Path) -> None:
    """A first-order optimizer of another program was left with 1.7e-05 after 19,000 steps."""
    x = np.linspace(0.0, 1.0, 50)
    rows = [f"{a!r},{b!r}" for a, b in zip(x.tolist(), np.cbrt(x).tolist(), strict=True)]
    (tmp_path / "table.csv").write_text("\n".join(["x,y", *rows]))
    (tmp_path / "job.toml").write_text(NETWORK)
    outcome = perform(SerialCommunicator(), tmp_path / "job.toml", screen=Screen(lines=False))
    assert outcome.result.status == "max_iterations"
    assert 2.0 * outcome.result.loss / len(x) <= 2e-5


@pytest.mark.parametrize("optimizer", ["geodesic-lm", "scipy:trf", "scipy:L-BFGS-B"])
def test_a_robust_loss_has_the_same_minimum_for_all(silicon: Silicon, optimizer: str) -> None:
    written(silicon, f'name = "{optimizer}"\n\n[loss]\nname = "cauchy"\nscale = 0.02')
    assert run_job(SerialCommunicator(), silicon.path) == 0
    assert silicon.result()["loss"] == pytest.approx(0.0349107785782, rel=1e-9)
    assert values(silicon)["A"] == pytest.approx(8.10192182, rel=1e-6)
    assert values(silicon)["lambda"] == pytest.approx(3.72425742, rel=1e-6)
