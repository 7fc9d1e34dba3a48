"""What is kept of starts as they are fitted: log, checkpoint, events."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hpcfit.optimize import IterationEvent
from hpcfit.optimize.multistart import StartRecord, best_of
from hpcfit.optimize.multistart.record import total_counts
from hpcfit.output.checkpoint import Checkpoint, CheckpointWriter
from hpcfit.output.events import EventLog
from hpcfit.output.log import RunLog
from hpcfit.suggest import counted

if TYPE_CHECKING:
    from hpcfit.workflow.steps import AnyPrepared


@dataclass
class Journal:
    """On rank 0, what has been found so far: in log, checkpoint, and events in the order of the starts."""

    prepared: AnyPrepared
    total: int
    log: RunLog
    events: EventLog
    checkpoints: CheckpointWriter
    fingerprint: Mapping[str, str]
    watch: Callable[[IterationEvent], object] | None
    records: dict[int, StartRecord] = field(default_factory=dict)
    told: int = 0
    last_written: float = -np.inf
    watched_enough: bool = False

    def __call__(self, number: int, record: StartRecord) -> bool:
        """Take what one start has found; True asks to stop."""
        self.records[number] = record
        interval = self.prepared.plan.resolved.job.run.checkpoint_interval
        if time.monotonic() - self.last_written >= interval:
            self.write()
        self.log.say(self._line(record))
        self.tell()
        return self.watched_enough

    def write(self) -> None:
        """Put all that was found into the checkpoint."""
        found = [self.records[k].to_dict() for k in sorted(self.records)]
        state = {"starts": json.dumps(found)}
        self.checkpoints.write(Checkpoint(len(found), state, self.fingerprint, self.events.seconds))
        self.last_written = time.monotonic()

    def tell(self) -> None:
        """An event for each start before which none is missing: the best so far, whatever the order."""
        while self.told in self.records:
            before = best_of(self.records[k] for k in range(self.told))
            self.told += 1
            done = [self.records[k] for k in range(self.told)]
            best = best_of(done) or done[0]
            event = IterationEvent(
                iteration=self.told,
                cost=best.cost,
                loss=0.5 * best.cost,
                accepted=best is not before,
                theta=self.prepared.model.parameters.free_values(np.array(best.theta)),
                damping=None,
                radius=None,
                velocity_norm=0.0,
                acceleration_ratio=None,
                predicted=None,
                actual=None,
                relative_offset=None,
                counts=total_counts(done),
            )
            self.events.append(event)
            self.prepared.plan.resolved.registry.iteration(event)
            if self.watch is not None and self.watch(event) is True:
                self.watched_enough = True

    def _line(self, record: StartRecord) -> str:
        best = best_of(self.records.values())
        found = f"loss {0.5 * record.cost:.6e}, {record.status.replace('_', ' ')}"
        found += f" after {counted(record.counts.iterations, 'iteration')}"
        so_far = "" if best is None else f"; best so far {0.5 * best.cost:.6e} (start {best.number + 1})"
        return f"start {record.number + 1} ({len(self.records)} of {self.total} done): {found}{so_far}"
