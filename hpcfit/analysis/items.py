"""What is resampled or left out: the configurations or rows that were fitted, with their tags or groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.accuracy import TARGETS
from hpcfit.workflow.evaluate import keepers_of, squares_of
from hpcfit.workflow.prepare import Prepared
from hpcfit.workflow.reopen import Reopened
from hpcfit.workflow.table.prepare import PreparedTable

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Items:
    """All configurations or rows, in their order, the same on all ranks.

    Attributes:
        what: "configuration" or "row".
        kind: "tag" or "group"; `labels` are the tags, or groups.
        label: the number of each item's label, shape (n,).
        first, last: those of this rank.
    """

    what: str
    kind: str
    labels: tuple[str, ...]
    label: IntArray
    first: int
    last: int

    def __len__(self) -> int:
        return len(self.label)

    def need_labels(self, name: str) -> None:
        """Raise unless there are at least two tags or groups.

        Raises:
            RunError: there are not.
        """
        if len(self.labels) < 2:
            found = f"only {self.labels[0]!r}" if self.labels and self.labels[0] else "none"
            raise RunError(f"{name}: the {self.what}s have no different {self.kind}s to go by, {found}.")


def items_of(comm: Communicator, reopened: Reopened) -> Items:
    """The items of a run; collective over the ranks that have opened it."""
    prepared = reopened.prepared
    if isinstance(prepared, PreparedTable):
        share = prepared.share
        first = int(share.bounds[share.ranges[comm.rank]])
        parts = comm.allgather(share.data.group.astype(np.int64))
        labels = prepared.plan.train.labels
        return Items("row", "group", labels, np.concatenate(parts), first, first + len(share.data))
    assert isinstance(prepared, Prepared)
    tags = prepared.plan.train.tags
    labels = tuple(sorted(set(tags)))
    number = {tag: k for k, tag in enumerate(labels)}
    first = int(prepared.share.all_bounds[prepared.share.first])
    label = np.array([number[tag] for tag in tags], dtype=np.int64)
    return Items("configuration", "tag", labels, label, first, first + len(prepared.share.block))


def item_errors(
    comm: Communicator, reopened: Reopened, theta: FloatArray
) -> tuple[list[str], FloatArray] | None:
    """Names of the targets, and each item's squared error and count of each, (n, targets, 2); on rank 0.

    Energies are per atom. Collective over the ranks that have opened the run.
    """
    prepared = reopened.prepared
    values = prepared.model.parameters.values(theta)
    if isinstance(prepared, PreparedTable):
        data, n = prepared.share.data, len(prepared.share.data)
        present = data.weight[:, :n] != 0.0
        predicted = prepared.model.compiled.predict(data, values) if n else data.reference[:, :0]
        square = np.where(present, (predicted - data.reference[:, :n]) ** 2, 0.0)
        own = np.stack([square, present.astype(np.float64)], axis=-1).transpose(1, 0, 2)
        names = list(prepared.plan.resolved.job.data.y)
    else:
        assert isinstance(prepared, Prepared)
        model = prepared.model
        parts = [squares_of(model, keeper, values) for keeper in keepers_of(model, prepared.share)]
        every = np.concatenate([np.zeros((0, 6)), *parts]).reshape(-1, 3, 2)
        used = [k for k, name in enumerate(TARGETS) if getattr(model.targets, name)]
        own, names = every[:, used], [TARGETS[k] for k in used]
    gathered = comm.gather(own)
    return None if gathered is None else (names, np.concatenate(gathered))
