"""The batch scripts of jobs/batch, with schedulers that only write down how they were called."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "jobs" / "batch"
PAGES = [FOLDER / "README.md", Path(__file__).parents[2] / "docs" / "how-to" / "batch-job.md"]
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.sh"))

#: what starts the ranks, and the call that submits the job again; LSF does that by itself
STARTS = {
    "slurm.sh": "srun hpcfit run job.toml",
    "pbs.sh": "mpirun -n 3 hpcfit run job.toml",
    "lsf.sh": "mpirun -n 128 hpcfit run job.toml",
    "flux.sh": "flux run --nodes=2 --ntasks=128 --time-limit=59m --signal=TERM@2m hpcfit run job.toml",
}
SUBMITS_AGAIN = {
    "slurm.sh": "scontrol requeue 17",
    "pbs.sh": "qsub -v JOB=job.toml,SCRIPT={folder}/pbs.sh {folder}/pbs.sh",
    "flux.sh": "flux --parent batch {script}",
}
FAKE = """#!/bin/bash
echo "$(basename "$0") $*" >>"$CALLS"
case "$(basename "$0") $*" in *"hpcfit run"*) exit "$CODE" ;; esac
"""


@pytest.fixture
def submitted(tmp_path: Path) -> Callable[[str, int], tuple[int, list[str]]]:
    """submitted(script, code): the script's exit code and its calls, when hpcfit ends with `code`."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "activate").touch()
    for name in ("srun", "mpirun", "flux", "scontrol", "qsub"):
        (tmp_path / "bin" / name).write_text(FAKE)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "nodes").write_text("a\na\nb\n")

    def run(script: str, code: int) -> tuple[int, list[str]]:
        environment = {
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "HPCFIT_VENV": str(tmp_path),
            "CALLS": str(tmp_path / "calls"),
            "CODE": str(code),
            "SLURM_JOB_ID": "17",
            "PBS_O_WORKDIR": str(tmp_path),
            "PBS_NODEFILE": str(tmp_path / "nodes"),
        }
        finished = subprocess.run(["bash", FOLDER / script], env=environment, timeout=30, check=False)
        return finished.returncode, (tmp_path / "calls").read_text().splitlines()

    return run


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_starts_the_ranks_and_hands_over_the_exit_code(
    script: str, submitted: Callable[[str, int], tuple[int, list[str]]]
) -> None:
    for code in (0, 1, 2):
        assert submitted(script, code)[0] == code
    assert submitted(script, 0)[1] == [STARTS[script]] * 4


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_run_that_stopped_early_is_submitted_again(
    script: str, submitted: Callable[[str, int], tuple[int, list[str]]], tmp_path: Path
) -> None:
    code, calls = submitted(script, 75)
    assert code == 75
    if script == "lsf.sh":
        assert calls == [STARTS[script]]
        assert "#BSUB -Q 75 " in (FOLDER / script).read_text()
    else:
        again = SUBMITS_AGAIN[script].format(folder=tmp_path, script=FOLDER / script)
        assert calls == [STARTS[script], again]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_cannot_run_without_the_environment_it_names(
    script: str, submitted: Callable[[str, int], tuple[int, list[str]]], tmp_path: Path
) -> None:
    (tmp_path / "bin" / "activate").unlink()
    (tmp_path / "calls").touch()
    assert submitted(script, 0) == (2, [])


def test_lsf_signals_the_shell_too_which_lives_on(tmp_path: Path) -> None:
    text = (FOLDER / "lsf.sh").read_text()
    trap = next(line for line in text.splitlines() if line.startswith("trap"))
    finished = subprocess.run(
        ["bash", "-c", f"{trap}; bash -c 'kill -USR1 $PPID; exit 75'; exit $?"], check=False
    )
    assert finished.returncode == 75


def test_the_times_in_the_pbs_script_agree() -> None:
    text = (FOLDER / "pbs.sh").read_text()
    hours, minutes, seconds = map(int, re.findall(r"walltime=(\d+):(\d+):(\d+)", text)[0])
    assert int(re.findall(r"seconds=(\d+)", text)[0]) == 3600 * hours + 60 * minutes + seconds - 180


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pages_name_every_script(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert all(f"{script})" in text for script in SCRIPTS)
