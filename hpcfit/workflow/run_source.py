"""A run folder as the source of a model: its result, and its job with the files that the job names.

The job.toml in a run folder is the job as it was run, so the paths in it are relative to the folder where
it was run from. result.json tells where that folder is as seen from the run folder, so that both can be
moved together. A run folder that was moved alone is enough as long as its potentials need no file of the
job's folder, or these files lie beside its job.toml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hpcfit.errors import HpcfitError, RunError
from hpcfit.job.source import JobSource
from hpcfit.output.folder import RunFolder
from hpcfit.output.result import Result
from hpcfit.output.run_result import read_run_result
from hpcfit.registry import is_reference


@dataclass(frozen=True)
class Source:
    """Where a potential comes from: a job, and the result of its run if it is a run folder."""

    job: JobSource
    result: Result | None = None


def read_source(path: Path) -> Source:
    """A job file, or a run folder with its result.

    Raises:
        RunError: it is neither, or a run that has no result yet.
        JobError: a job file that is not TOML.
    """
    if path.is_dir():
        return read_run(path)
    if path.name == "result.json" and path.is_file():
        return read_run(path.parent)
    if not path.exists():
        raise RunError(f"{path}: there is no such file or folder. Give a job file or a run folder.")
    try:
        return Source(JobSource.read(path))
    except HpcfitError:
        if path.suffix == ".toml":
            raise
        raise RunError(f"{path}: neither a job file (TOML) nor a run folder.") from None


def read_run(path: Path) -> Source:
    """The job and the result in a run folder.

    Raises:
        RunError: it is no run folder, has no result yet, or lacks a file that its potentials need.
    """
    result = read_run_result(path)
    folder = RunFolder(path)
    if not folder.job.is_file():
        raise RunError(f"{folder.job}: is missing; without the job as run, the result has no formulas.")
    source = JobSource.read(folder.job)
    return Source(replace(source, base=_base(path, source, result)), result)


def _base(path: Path, source: JobSource, result: Result) -> Path:
    """The folder that the job's paths are relative to: where it was, or the run folder itself."""
    needed = sorted(set(_local_files(source.tables)))
    beside = path / str(result.provenance.get("job_folder", ".."))
    for folder in (beside, path):
        if all((folder / name).is_file() for name in needed):
            return folder
    missing = [name for name in needed if not (beside / name).is_file()]
    raise RunError(
        f"{source.path}: its potentials need {', '.join(missing)}, not in {beside.resolve()}, where the "
        f"job was run from. Put it there, or beside {source.path}."
    )


def _local_files(tables: Mapping[str, Any]) -> Iterator[str]:
    """Files that the potentials or the model of a job may come from: what names refer to, local plugins."""
    for table in (*tables.get("potential", ()), *([tables["model"]] if "model" in tables else ())):
        for name in _texts(table):
            if is_reference(name):
                yield name.rpartition(":")[0].strip()
        if isinstance(table.get("name"), str) and isinstance(table.get("file"), str):
            yield table["file"]
    yield from tables.get("plugins", {}).get("load", ())


def _texts(value: Any) -> Iterator[str]:
    """Every text in a table, which may be a name or a formula."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
