"""Where the time of the distributed objective goes, by operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class OperationTime:
    """Seconds summed over the calls of one operation, seen from rank 0.

    Attributes:
        wall: from the call to the result.
        slowest: in kernels and QR folding, of the rank that took longest in each call.
        folding: of that rank's time, what went into the QR of blocks of the Jacobian.
        mean: in kernels and QR folding, mean over ranks.
        merging: merges on rank 0 after the message.
    """

    calls: int = 0
    wall: float = 0.0
    slowest: float = 0.0
    folding: float = 0.0
    mean: float = 0.0
    merging: float = 0.0

    @property
    def communication(self) -> float:
        """Broadcasts, messages and the merges of other ranks; without the wait for the slowest rank."""
        return max(0.0, self.wall - self.slowest - self.merging)

    def add(
        self, wall: float, seconds: NDArray[np.float64], folding: NDArray[np.float64], merging: float
    ) -> None:
        """Count one call, with each rank's seconds in the local objective, shape (ranks,)."""
        last = int(np.argmax(seconds))
        self.calls += 1
        self.wall += wall
        self.slowest += float(seconds[last])
        self.folding += float(folding[last])
        self.mean += float(seconds.mean())
        self.merging += merging


@dataclass
class ObjectiveTimes:
    """Times of all operations of an objective.

    Attributes:
        operations: by name: linearize, curvature, cost.
        seconds: in the local objective, by rank.
    """

    operations: dict[str, OperationTime] = field(default_factory=dict)
    seconds: NDArray[np.float64] | None = None

    def add(
        self,
        operation: str,
        wall: float,
        seconds: NDArray[np.float64],
        folding: NDArray[np.float64],
        merging: float,
    ) -> None:
        """Count one call of `operation`; see OperationTime.add."""
        self.operations.setdefault(operation, OperationTime()).add(wall, seconds, folding, merging)
        self.seconds = seconds.copy() if self.seconds is None else self.seconds + seconds

    def totals(self) -> Mapping[str, float]:
        """kernels, folding, communication, merging in seconds, and load_imbalance (slowest / mean - 1)."""
        all_operations = self.operations.values()
        folding = sum(operation.folding for operation in all_operations)
        slowest = sum(operation.slowest for operation in all_operations)
        mean = sum(operation.mean for operation in all_operations)
        return {
            "kernels": slowest - folding,
            "folding": folding,
            "communication": sum(operation.communication for operation in all_operations),
            "merging": sum(operation.merging for operation in all_operations),
            "load_imbalance": slowest / mean - 1.0 if mean > 0.0 else 0.0,
        }
