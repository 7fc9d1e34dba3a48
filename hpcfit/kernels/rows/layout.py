"""Which rows, groups and Jacobian columns the chunks of a table have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.keys import Instance
from hpcfit.formula.row_formula import RowFormula

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class RowLayout:
    """Chunks of a table whose rows are sorted by group; see template.py for the arrays.

    Attributes:
        first_row: first row of each chunk, and the end, shape (nc + 1,).
        first_run, run_row, run_group: the runs of rows of one group.
        run_columns: for each run and parameter its place among the columns of the chunk, or -1.
        first_column, columns_of: the columns of the Jacobian that the rows of each chunk depend on.
    """

    first_row: IntArray
    first_run: IntArray
    run_row: IntArray
    run_group: IntArray
    run_columns: IntArray
    first_column: IntArray
    columns_of: IntArray

    @property
    def n_chunks(self) -> int:
        return len(self.first_row) - 1

    def block_starts(self, n_outputs: int) -> IntArray:
        """Where the [J | r] of each chunk starts if all are held one after the other, and the end."""
        rows = n_outputs * np.diff(self.first_row)
        return np.concatenate([[0], np.cumsum(rows * (np.diff(self.first_column) + 1))]).astype(np.int64)

    def batches(self, n_outputs: int, most: int) -> list[tuple[int, int]]:
        """Runs of chunks [first, last) whose [J | r] have at most so many numbers, but one chunk at least."""
        sizes = np.diff(self.block_starts(n_outputs)).tolist()
        found, first, held = [], 0, 0
        for c, size in enumerate(sizes):
            if c > first and held + size > most:
                found.append((first, c))
                first, held = c, 0
            held += size
        return [*found, (first, len(sizes))] if sizes else []

    def bare(self) -> RowLayout:
        """The same without columns of the Jacobian."""
        return replace(
            self,
            run_columns=np.full_like(self.run_columns, -1),
            first_column=np.zeros_like(self.first_column),
            columns_of=np.empty(0, np.int64),
        )

    def part(self, first: int, last: int) -> RowLayout:
        """The chunks [first, last), of the same arrays."""
        chunks = slice(first, last + 1)
        return RowLayout(
            self.first_row[chunks],
            self.first_run[chunks],
            self.run_row,
            self.run_group,
            self.run_columns,
            self.first_column[chunks],
            self.columns_of,
        )


def row_layout(group: NDArray[np.int32], bounds: IntArray, columns: IntArray) -> RowLayout:
    """The layout of chunks whose rows are [bounds[c], bounds[c + 1]).

    Args:
        group: number of the group of each row, shape (n,).
        columns: column of each parameter of each group, or -1, shape (groups, parameters).
    """
    starts = np.flatnonzero(np.diff(group)) + 1
    run_row = np.unique(np.concatenate([bounds, starts[(starts > bounds[0]) & (starts < bounds[-1])]]))
    first_run = np.searchsorted(run_row, bounds)
    run_group = group[run_row[:-1]].astype(np.int64) if len(run_row) > 1 else np.empty(0, np.int64)
    lists, places = [], []
    for c in range(len(bounds) - 1):
        of_runs = columns[run_group[first_run[c] : first_run[c + 1]]]
        own = np.unique(of_runs[of_runs >= 0])
        lists.append(own)
        places.append(np.where(of_runs >= 0, np.searchsorted(own, of_runs), -1).ravel())
    return RowLayout(
        np.ascontiguousarray(bounds, dtype=np.int64),
        first_run.astype(np.int64),
        run_row.astype(np.int64),
        run_group,
        np.concatenate([np.empty(0, np.int64), *places]),
        np.cumsum([0, *map(len, lists)]),
        np.concatenate([np.empty(0, np.int64), *lists]),
    )


def number_table(bound: BoundPotential[RowFormula]) -> IntArray:
    """Which of the values each parameter of each group is, shape (groups, parameters)."""
    return np.array(
        [
            [
                bound.position[Instance(spec.name, _key(bound, spec.name, label))]
                for spec in bound.formula.parameters
            ]
            for label in bound.species
        ],
        dtype=np.int64,
    ).reshape(len(bound.species), len(bound.formula.parameters))


def column_table(
    bound: BoundPotential[RowFormula], names: Sequence[str], column_of: Mapping[int, int]
) -> IntArray:
    """The column of each of the parameters `names` of each group, or -1, shape (groups, names)."""
    return np.array(
        [
            [column_of.get(bound.position[Instance(name, _key(bound, name, label))], -1) for name in names]
            for label in bound.species
        ],
        dtype=np.int64,
    ).reshape(len(bound.species), len(names))


def _key(bound: BoundPotential[RowFormula], name: str, label: str) -> tuple[str, ...]:
    return (label,) if bound.formula.parameter(name).kind == "species" else ()
