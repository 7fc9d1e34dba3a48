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
#: all but the one that they call
SCRIPTS = sorted({path.name for path in FOLDER.glob("*.sh")} - {"mps.sh"})

#: what starts the ranks, and the call that submits the job again; LSF does that by itself
STARTS = {
    "slurm.sh": "srun hpcfit run job.toml",
    "pbs.sh": "mpirun -n 3 hpcfit run job.toml",
    "lsf.sh": "mpirun -n 128 hpcfit run job.toml",
    "flux.sh": "flux run --nodes=2 --ntasks=128 --time-limit=59m --signal=TERM@2m hpcfit run job.toml",
    "slurm-gpu.sh": "srun hpcfit run job.toml",
    "slurm-gpu-shared.sh": "srun bash {folder}/mps.sh hpcfit run job.toml",
    "pbs-gpu.sh": "mpirun -n 3 hpcfit run job.toml",
    "pbs-gpu-shared.sh": "mpirun -n 3 bash {folder}/mps.sh hpcfit run job.toml",
    "lsf-gpu.sh": "mpirun -n 8 hpcfit run job.toml",
    "lsf-gpu-shared.sh": "mpirun -n 32 hpcfit run job.toml",
}
SUBMITS_AGAIN = {
    "slurm": "scontrol requeue 17",
    "pbs": "qsub -v JOB=job.toml,SCRIPT={folder}/{name} {folder}/{name}",
    "flux": "flux --parent batch {script}",
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
            "SLURM_SUBMIT_DIR": str(tmp_path),
            "PBS_O_WORKDIR": str(tmp_path),
            "PBS_NODEFILE": str(tmp_path / "nodes"),
        }
        finished = subprocess.run(["bash", FOLDER / script], env=environment, timeout=30, check=False)
        return finished.returncode, (tmp_path / "calls").read_text().splitlines()

    return run


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_starts_the_ranks_and_hands_over_the_exit_code(
    script: str, submitted: Callable[[str, int], tuple[int, list[str]]], tmp_path: Path
) -> None:
    for code in (0, 1, 2):
        assert submitted(script, code)[0] == code
    assert submitted(script, 0)[1] == [STARTS[script].format(folder=tmp_path)] * 4


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_run_that_stopped_early_is_submitted_again(
    script: str, submitted: Callable[[str, int], tuple[int, list[str]]], tmp_path: Path
) -> None:
    code, calls = submitted(script, 75)
    assert code == 75
    start = STARTS[script].format(folder=tmp_path)
    if script.startswith("lsf"):
        assert calls == [start]
        assert "#BSUB -Q 75 " in (FOLDER / script).read_text()
    else:
        scheduler = script.partition(".")[0].partition("-")[0]
        again = SUBMITS_AGAIN[scheduler].format(folder=tmp_path, script=FOLDER / script, name=script)
        assert calls == [start, again]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_cannot_run_without_the_environment_it_names(
    script: str, submitted: Callable[[str, int], tuple[int, list[str]]], tmp_path: Path
) -> None:
    (tmp_path / "bin" / "activate").unlink()
    (tmp_path / "calls").touch()
    assert submitted(script, 0) == (2, [])


@pytest.mark.parametrize("script", [name for name in SCRIPTS if name.startswith("lsf")])
def test_lsf_signals_the_shell_too_which_lives_on(script: str) -> None:
    text = (FOLDER / script).read_text()
    trap = next(line for line in text.splitlines() if line.startswith("trap"))
    finished = subprocess.run(
        ["bash", "-c", f"{trap}; bash -c 'kill -USR1 $PPID; exit 75'; exit $?"], check=False
    )
    assert finished.returncode == 75


@pytest.mark.parametrize("script", [name for name in SCRIPTS if name.startswith("pbs")])
def test_the_times_in_a_pbs_script_agree(script: str) -> None:
    text = (FOLDER / script).read_text()
    hours, minutes, seconds = map(int, re.findall(r"walltime=(\d+):(\d+):(\d+)", text)[0])
    assert int(re.findall(r"seconds=(\d+)", text)[0]) == 3600 * hours + 60 * minutes + seconds - 180


def test_ranks_and_gpus_of_a_script_are_as_many_as_it_says() -> None:
    def numbers(script: str, *patterns: str) -> list[int]:
        text = (FOLDER / script).read_text()
        return [int(re.findall(pattern, text)[0]) for pattern in patterns]

    for name, ranks in (("gpu", 1), ("gpu-shared", 4)):
        gpus, tasks = numbers(f"slurm-{name}.sh", r"--gpus-per-node=(\d+)", r"--ntasks-per-node=(\d+)")
        assert tasks == ranks * gpus
        cores, tasks, gpus = numbers(f"pbs-{name}.sh", r"ncpus=(\d+)", r"mpiprocs=(\d+)", r"ngpus=(\d+)")
        assert (cores, tasks) == (ranks * gpus, ranks * gpus)
        patterns = (r"#BSUB -n (\d+)", r"ptile=(\d+)", r"num=(\d+)", r"mpirun -n (\d+)")
        total, tasks, gpus, started = numbers(f"lsf-{name}.sh", *patterns)
        assert (tasks, total, started) == (ranks * gpus, 2 * tasks, total)
    assert "mps=yes" in (FOLDER / "lsf-gpu-shared.sh").read_text()


@pytest.fixture
def with_mps(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """with_mps(command, variable=, rank=) starts mps.sh, with a daemon that only writes down its calls."""
    daemon = tmp_path / "nvidia-cuda-mps-control"
    daemon.write_text(
        '#!/bin/bash\n[ "$1" = -d ] && { sleep 0.2; touch "$CUDA_MPS_PIPE_DIRECTORY/control"; echo started '
        '>&2; exit; }\nread word; echo "$word" >&2\n'
    )
    daemon.chmod(0o755)

    def start(
        command: str, rank: str | None, variable: str = "SLURM_LOCALID", restarts: str = ""
    ) -> subprocess.Popen[str]:
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "MPS_FOLDER": str(tmp_path)}
        environment |= {"SLURM_JOB_ID": "17"} | ({} if rank is None else {variable: rank})
        environment |= {"SLURM_RESTART_COUNT": restarts}
        return subprocess.Popen(
            ["bash", FOLDER / "mps.sh", "bash", "-c", command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.mark.parametrize(
    "variable", ["SLURM_LOCALID", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "PMI_LOCAL_RANK"]
)
def test_the_first_rank_of_a_node_starts_mps_and_all_hand_over_their_exit_code(
    variable: str, with_mps: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    command = 'echo "$CUDA_MPS_PIPE_DIRECTORY"; [ -e "$CUDA_MPS_PIPE_DIRECTORY/control" ] && exit 75'
    ranks = [with_mps(command, rank, variable) for rank in ("1", "0")]
    ends = [process.communicate(timeout=30) for process in ranks]
    assert [process.returncode for process in ranks] == [75, 75]
    assert ends[0][0] == ends[1][0] == f"{tmp_path}/mps-{os.getuid()}-17\n"
    assert [errors for _, errors in ends] == ["", "started\nquit\n"]


def test_a_signal_goes_through_mps_to_the_rank_whose_exit_code_comes_back(
    with_mps: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    command = "trap 'sleep 0.3; exit 75' TERM; echo ready; while :; do sleep 0.05; done"
    process = with_mps(command, "0")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.wait(30) == 75
    process.communicate()


def test_a_daemon_that_runs_already_serves_and_a_requeued_job_has_one_of_its_own(
    with_mps: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    daemon = tmp_path / "nvidia-cuda-mps-control"
    daemon.write_text('#!/bin/bash\n[ "$1" = -d ] && { echo "already running" >&2; exit 1; }\nexit 0\n')
    process = with_mps('echo "$CUDA_MPS_PIPE_DIRECTORY"', "0")
    assert process.wait(30) == 2  # no daemon at all
    process.communicate()
    folder = tmp_path / f"mps-{os.getuid()}-17"
    (folder / "control").touch()
    process = with_mps('echo "$CUDA_MPS_PIPE_DIRECTORY"', "0")
    assert process.communicate(timeout=30) == (f"{folder}\n", "already running\n")
    assert process.returncode == 0
    (tmp_path / f"{folder.name}-2").mkdir()
    (tmp_path / f"{folder.name}-2" / "control").touch()
    process = with_mps('export -p | grep -o "mps-[0-9-]*" | head -1', "1", restarts="2")
    assert process.communicate(timeout=30)[0] == f"{folder.name}-2\n"


def test_a_launcher_that_does_not_tell_the_rank_is_refused(
    with_mps: Callable[..., subprocess.Popen[str]],
) -> None:
    process = with_mps("true", None)
    assert process.communicate(timeout=30) == (
        "",
        "mps.sh: the launcher does not tell the number of this rank on its node\n",
    )
    assert process.returncode == 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pages_name_every_script(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert all(f"{script})" in text for script in SCRIPTS)
