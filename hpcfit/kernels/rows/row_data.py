"""The rows of a table as the kernels read them: columns one after the other, each with a margin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: numbers behind the last row of each column, so that eight rows can be read from any row on
MARGIN = 8


@dataclass(frozen=True)
class RowData:
    """Inputs, references and weights of n rows that are sorted by group.

    Attributes:
        inputs: (inputs, n + MARGIN)
        reference: (outputs, n + MARGIN); any number where the weight is 0.
        weight: (outputs, n + MARGIN), 0 where there is no reference.
        group: (n,) number of the group of each row.
    """

    inputs: FloatArray
    reference: FloatArray
    weight: FloatArray
    group: NDArray[np.int32]

    @classmethod
    def of(
        cls, inputs: FloatArray, reference: FloatArray, weight: FloatArray, group: NDArray[np.int32]
    ) -> RowData:
        """From columns without margin; a reference that is NaN has no part in anything."""
        missing = np.isnan(reference)
        return cls(
            _with_margin(inputs),
            _with_margin(np.where(missing, 0.0, reference)),
            _with_margin(np.where(missing, 0.0, weight)),
            np.ascontiguousarray(group, dtype=np.int32),
        )

    def __len__(self) -> int:
        return len(self.group)

    @property
    def stride(self) -> int:
        return len(self) + MARGIN

    @property
    def n_residuals(self) -> int:
        """Residuals that take part."""
        return int(np.count_nonzero(self.weight))

    def part(self, first: int, last: int) -> RowData:
        """The rows [first, last)."""
        rows = slice(first, last)
        return RowData(
            _with_margin(self.inputs[:, rows]),
            _with_margin(self.reference[:, rows]),
            _with_margin(self.weight[:, rows]),
            self.group[rows],
        )

    def bare(self) -> RowData:
        """The same with residuals that are the predictions."""
        return replace(self, reference=np.zeros_like(self.reference), weight=np.ones_like(self.weight))


def _with_margin(columns: FloatArray) -> FloatArray:
    wide = np.zeros((columns.shape[0], columns.shape[1] + MARGIN))
    wide[:, : columns.shape[1]] = columns
    return wide
