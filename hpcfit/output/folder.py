"""The run folder: its files, and what an earlier run left in it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from hpcfit.errors import RunError
from hpcfit.output.atomic import remove_leftovers, temporary_name, write_atomically
from hpcfit.output.checkpoint import Checkpoint, read_checkpoint
from hpcfit.output.covariance_file import NAME as COVARIANCE
from hpcfit.output.fingerprint import changes
from hpcfit.output.result import Result

#: the status of a result whose run was asked to stop and is to be continued
STOPPED = "stopped"


class State(Enum):
    """What an earlier run left in a folder."""

    NEW = "new"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"
    CHANGED = "changed"


@dataclass(frozen=True)
class Found:
    """The state of a run folder, seen from a job.

    Attributes:
        result: of the finished run.
        checkpoint: to go on from, when interrupted.
        changes: how the job differs from the one that ran here, a sentence each.
        notes: sentences for the log, on files that could not be read.
    """

    state: State
    result: Result | None = None
    checkpoint: Checkpoint | None = None
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class RunFolder:
    """Paths of one run's files.

    Args:
        path: the folder; made by `prepare` if need be.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.result = self.path / "result.json"
        self.events = self.path / "events.jsonl"
        self.log = self.path / "log.txt"
        self.checkpoint = self.path / "checkpoint.h5"
        self.previous = self.path / "checkpoint.previous.h5"
        self.job = self.path / "job.toml"
        self.report = self.path / "report.html"
        self.starts = self.path / "starts.csv"
        self.spread = self.path / "spread.json"
        self.covariance = self.path / COVARIANCE

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything a run writes, apart from what is added by hand or by other commands."""
        return (
            self.result,
            self.events,
            self.log,
            self.checkpoint,
            self.previous,
            self.job,
            self.report,
            self.starts,
            self.spread,
            self.covariance,
        )

    def check(self) -> None:
        """Find out, as far as can be without writing anything, whether `prepare` would succeed.

        Raises:
            RunError: it would not.
        """
        existing = next(path for path in (self.path, *self.path.parents) if os.path.exists(path))
        if not existing.is_dir():
            raise self._not_writable(os.strerror(errno.EEXIST if existing == self.path else errno.ENOTDIR))
        if not os.access(existing, os.W_OK | os.X_OK):
            raise self._not_writable(os.strerror(errno.EACCES))

    def prepare(self) -> None:
        """Make the folder, and make sure that a file can be written into it.

        Raises:
            RunError: it cannot be made or written to; nothing has been computed yet.
        """
        self.check()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = temporary_name(self.path / "probe")
            probe.write_bytes(b"\0")
            probe.unlink()
        except OSError as error:
            raise self._not_writable(error.strerror) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Tell what a full or broken file system does to the files of this folder in words for users.

        Raises:
            RunError: in place of an OSError of the body.
        """
        try:
            yield
        except OSError as error:
            name = error.filename if error.filename is not None else self.path
            raise RunError(
                f"{name}: cannot be written to ({error.strerror or error}). Make room or mend the file "
                "system, then run the same command: it goes on from the last checkpoint."
            ) from error

    def _not_writable(self, reason: str | None) -> RunError:
        return RunError(
            f"run.folder {self.path}: cannot be written to ({reason}). Give a folder of your own, on a file "
            "system with space left."
        )

    def find(self, fingerprint: Mapping[str, str]) -> Found:
        """What an earlier run left here, compared with the job that is to run now. Writes nothing.

        Args:
            fingerprint: of the job that is to run.
        """
        checkpoint, notes = read_checkpoint(self.checkpoint, self.previous)
        result = self._finished_result(notes)
        before = result.job if result is not None else checkpoint.fingerprint if checkpoint else None
        if before is None:
            return Found(State.NEW, notes=notes)
        different = changes(before, fingerprint)
        if different:
            return Found(State.CHANGED, result, checkpoint, different, notes)
        if result is not None:
            return Found(State.FINISHED, result, checkpoint, notes=notes)
        return Found(State.INTERRUPTED, checkpoint=checkpoint, notes=notes)

    def clear(self) -> None:
        """Remove what an earlier run left, other files untouched. Only while the folder is locked."""
        for path in self.files:
            path.unlink(missing_ok=True)
        remove_leftovers(self.path)

    def keep_job(self, job: Path) -> None:
        """Copy the job file, as it is run, into the folder."""
        if self.job.exists() and self.job.samefile(job):
            return
        write_atomically(self.job, job.read_bytes())
        shutil.copymode(job, self.job)

    def keep_text(self, job: str) -> None:
        """Write a job that is no file into the folder."""
        write_atomically(self.job, job)

    def _finished_result(self, notes: list[str]) -> Result | None:
        if not self.result.exists():
            return None
        try:
            result = Result.load(self.result)
        except RunError as error:
            notes.append(f"{error} It is ignored.")
            return None
        return None if result.status == STOPPED else result
