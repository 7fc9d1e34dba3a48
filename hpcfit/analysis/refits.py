"""Refits of a finished run, spread over groups of ranks, with what is finished kept in a file."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import EXIT_STOPPED_EARLY, RunError
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.multistart import Inner, StartRecord, fit_from
from hpcfit.output.atomic import write_atomically
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.groups import Groups, agreed, groups_of
from hpcfit.parallel.interrupt import StopRequest, stop_requests
from hpcfit.parallel.objective import DistributedObjective
from hpcfit.parallel.spread import Watch, Work, spread
from hpcfit.suggest import counted
from hpcfit.workflow.minimized import minimized
from hpcfit.workflow.reopen import Reopened, reopen_run

FloatArray = NDArray[np.float64]

#: seconds between two writings of what is finished
_INTERVAL = 2.0

#: called on rank 0 with refits done, and how many there are
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Refits:
    """A reopened run in every group of ranks.

    Attributes:
        reopened: on the ranks of this one's group.
        folder: where what is finished is kept.
    """

    groups: Groups
    reopened: Reopened
    folder: Path
    request: StopRequest
    progress: Progress | None = None

    @property
    def bounds(self) -> Bounds:
        """Of the free parameters."""
        parameters = self.reopened.parameters
        return Bounds(parameters.lower, parameters.upper)


@contextmanager
def open_refits(
    comm: Communicator,
    path: Path,
    folder: Path,
    tasks: int,
    groups: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Refits]:
    """Reopen a run in groups of ranks while the body runs; collective.

    Args:
        tasks: how many refits there will be at most.
        groups: how many groups; by default as many as are of use.

    Raises:
        RunError: on all ranks alike: more groups than ranks; see `reopen_run`.
    """
    if groups is not None and groups > comm.size:
        are = "is" if comm.size == 1 else "are"
        raise RunError(
            f"--groups: {groups} groups need at least {groups} ranks, and there {are} "
            f"{counted(comm.size, 'rank')}. Start more by mpirun, give fewer groups, or leave it out."
        )
    count = max(1, min(comm.size if groups is None else groups, tasks))
    with stop_requests() as request, groups_of(comm, count) as made:
        with agreed(made):
            reopened = reopen_run(made.own, path)
        yield Refits(made, reopened, folder, request, progress)


def refit(
    refits: Refits,
    number: int,
    start: FloatArray,
    objective: DistributedObjective,
    watch: Watch,
    bounds: Bounds | None = None,
) -> StartRecord | None:
    """One fit by geodesic-lm from `start` (p,); None if it was stopped. On the first rank of a group."""
    prepared, parameters = refits.reopened.prepared, refits.reopened.parameters
    return fit_from(
        number,
        start,
        minimized(prepared, objective),
        Inner(),
        bounds=bounds or refits.bounds,
        labels=parameters.labels,
        watch=watch,
        extra={"width": parameters.widths},
    )


def carry_out(refits: Refits, kind: str, settings: Mapping[str, Any], work: Work, tasks: int) -> list[Any]:
    """Do all tasks, going on with those that an earlier call has left; their records, on all ranks.

    Args:
        kind: names the file; `settings` are all that the records depend on besides the run.

    Raises:
        RunError: stopped on request, with exit code 75; what is finished is kept.
        HpcfitError: on all ranks alike.
    """
    world = refits.groups.world
    kept = _Kept(
        refits.folder / f"{kind}.partial.json", _key(refits.reopened, settings), tasks, refits.progress
    )
    from_root(world, kept.read)
    open_tasks = [k for k in range(tasks) if k not in kept.records]
    stopped, _ = spread(refits.groups, work, open_tasks, refits.request, kept.take)
    done = from_root(world, lambda: kept.end(stopped))
    if done is None:
        finished = world.bcast(len(kept.records))
        error = RunError(
            f"stopped on request after {finished} of {counted(tasks, 'refit')}, which are kept; the same "
            "command does the others."
        )
        error.exit_code = EXIT_STOPPED_EARLY
        raise error
    return done


def _key(reopened: Reopened, settings: Mapping[str, Any]) -> str:
    """A hash of all that the records depend on."""
    content = [sorted(reopened.result.job.items()), reopened.theta.tolist(), sorted(settings.items())]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


@dataclass
class _Kept:
    """Records of finished tasks, on rank 0, and the file that holds them until all are there."""

    path: Path
    key: str
    total: int
    progress: Progress | None
    records: dict[int, Any] = field(default_factory=dict)
    written: float = -np.inf

    def read(self) -> None:
        """Take what an earlier call has left, if it was of the same run and settings."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if isinstance(found, dict) and found.get("key") == self.key:
            self.records = {int(k): record for k, record in found["records"].items()}

    def take(self, task: int, record: Any) -> bool:
        """Keep a record; never asks to stop."""
        # As it would be read from the file, so that going on makes no difference.
        self.records[task] = json.loads(json.dumps(record))
        if self.progress is not None:
            self.progress(len(self.records), self.total)
        if time.monotonic() - self.written >= _INTERVAL:
            self._write()
        return False

    def end(self, stopped: bool) -> list[Any] | None:
        """All records in order, the file removed; None where some are missing, which are in the file then."""
        if len(self.records) < self.total:
            assert stopped
            self._write()
            return None
        self.path.unlink(missing_ok=True)
        return [self.records[k] for k in range(self.total)]

    def _write(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, json.dumps({"key": self.key, "records": self.records}))
        except OSError as error:
            raise RunError(
                f"{self.path}: cannot be written to ({error.strerror or error}). Give another folder by "
                "--output."
            ) from error
        self.written = time.monotonic()
