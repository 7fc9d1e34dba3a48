"""`hpcfit analyze profile`, `bootstrap` and `cross-validation` as they are typed."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hpcfit as package

Launch = Callable[..., Any]


@pytest.fixture
def run(silicon_run: Path, tmp_path: Path) -> Path:
    shutil.copytree(silicon_run.parent, tmp_path / "project")
    return tmp_path / "project" / "run"


def test_the_commands_print_and_write_what_python_finds(
    hpcfit: Launch, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.parent)
    analysis = package.analyze("run")
    done = hpcfit("analyze", "run", "profile", "--parameter", "A", "--points", "2", folder=run.parent)
    assert done.code == 0, done.err
    profile = analysis.profile("A", points=2)
    assert done.out == f"{profile}\n\nwritten to run/analysis: profile.json, profile.csv\n"
    with open(run / "analysis" / "profile.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["rise"]) for row in rows] == profile.curves[0].rise.tolist()
    done = hpcfit("analyze", "bootstrap", "run", "-n", "4", "--seed", "2", folder=run.parent)
    assert done.code == 0, done.err
    bootstrap = analysis.bootstrap(4, seed=2)
    assert done.out.startswith(f"{bootstrap}\n")
    content = json.loads((run / "analysis" / "bootstrap.json").read_text())
    assert content["standard_errors"] == bootstrap.standard_errors.tolist()
    assert content["resampled"] == "configuration"
    validation = analysis.cross_validation(3)
    assert sorted(validation.sizes) == [2, 2, 3]
    assert validation.targets == ("energy", "forces")
    assert np.isfinite(validation.held_out).all()


def test_a_command_that_was_stopped_goes_on(
    hpcfit: Launch, hpcfit_command: Callable[..., list[str]], start_process: Any, run: Path
) -> None:
    command = hpcfit_command("analyze", "bootstrap", run, "-n", "150")
    process = start_process(command)
    kept = run / "analysis" / "bootstrap.partial.json"
    until = time.monotonic() + 60.0
    while not kept.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60.0)
    assert process.returncode == 75, error
    finished = len(json.loads(kept.read_text())["records"])
    assert 0 < finished < 150
    assert error.splitlines()[-1] == (
        f"stopped on request after {finished} of 150 refits, which are kept; the same command does the "
        "others."
    )
    done = hpcfit("analyze", "bootstrap", run, "-n", "150")
    assert done.code == 0, done.err
    assert not kept.exists()


def test_what_cannot_be_refitted_is_told(hpcfit: Launch, run: Path) -> None:
    done = hpcfit("analyze", "profile", run, "--parameter", "Q")
    assert done.code == 2
    assert done.err == "profile: no parameter Q was fitted; there are: A, B, gamma, lambda.\n"
    done = hpcfit("analyze", "cross-validation", run, "--by-tag", "--folds", "3")
    assert done.code == 2
    assert done.err == "cross-validation: --by-tag leaves out each tag or group; give no --folds.\n"
