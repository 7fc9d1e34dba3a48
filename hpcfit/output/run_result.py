"""The result of a run, found by the path of its folder, for whoever goes on from it."""

from __future__ import annotations

from pathlib import Path

from hpcfit.errors import RunError
from hpcfit.output.folder import RunFolder
from hpcfit.output.result import Result


def read_run_result(path: Path) -> Result:
    """The result in a run folder.

    Raises:
        RunError: it is no run folder, or has no result yet.
    """
    folder = RunFolder(path)
    if folder.result.is_file():
        return Result.load(folder.result)
    if not path.is_dir():
        raise RunError(f"{path}: there is no such run folder.")
    if folder.checkpoint.exists() or folder.previous.exists() or folder.events.exists():
        raise RunError(
            f"{path}: the run has no result yet: it is going on, or was interrupted. Wait for it, or finish "
            "it by the `hpcfit run` that started it."
        )
    advice = "Run a job into it with `hpcfit run`, or give another folder."
    if folder.job.is_file():
        advice = f"The job {folder.job} has not been run into it; give the folder that its run has written."
    raise RunError(f"{path}: not a run folder, there is no result.json in it. {advice}")
