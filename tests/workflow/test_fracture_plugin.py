"""plugins/hpcfit-fracture as a user meets it: installed, used by jobs/fracture on two ranks, tested."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PLUGIN = REPOSITORY / "plugins" / "hpcfit-fracture"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the import path with the plugin, installed from a copy as pip does."""
    pytest.importorskip("hatchling", reason="pip builds the plugin with hatchling")
    folder = tmp_path_factory.mktemp("fracture")
    source = shutil.copytree(PLUGIN, folder / "source", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    target = folder / "site-packages"
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.mark.mpi
def test_the_job_runs_on_two_ranks_with_all_parts_of_the_plugin(
    installed: Path, hpcfit: Callable[..., Any], tmp_path: Path
) -> None:
    for name in ("job.toml", "silicon.h5"):
        shutil.copy(REPOSITORY / "jobs" / "fracture" / name, tmp_path)
    found = hpcfit(
        "run", "job.toml", ranks=2, folder=tmp_path, environment={"PYTHONPATH": str(installed)}, timeout=180
    )
    assert found.code == 0, found.err
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    values = {entry["name"]: entry["value"] for entry in result["parameters"]}
    assert values["lambda"] == pytest.approx(13.53022976, rel=1e-5)
    assert result["loss"] == pytest.approx(0.0841644326699, rel=1e-8)
    assert "fracture (installed with hpcfit-fracture 0.1.0)" in result["provenance"]["plugins"]


@pytest.mark.mpi
def test_without_the_plugin_the_job_names_what_is_unknown_once(
    hpcfit: Callable[..., Any], tmp_path: Path
) -> None:
    for name in ("job.toml", "silicon.h5"):
        shutil.copy(REPOSITORY / "jobs" / "fracture" / name, tmp_path)
    found = hpcfit("run", "job.toml", ranks=2, folder=tmp_path)
    assert found.code == 2
    unknown = ("potential 'brittle-silicon'", "weight scheme 'crack-tip'", "residual 'cracks-count-more'")
    assert [found.err.count(f"unknown {each}") for each in unknown] == [1, 1, 1]


def test_its_own_tests_pass_when_it_is_installed(installed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    shutil.copytree(PLUGIN / "tests", tmp_path / "tests")
    shutil.copy(PLUGIN / "pyproject.toml", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout
