"""What each configuration, or row of a table, does to the fit: leverage, influence, outliers.

Chunk by chunk, so that memory is that of a few chunks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hpcfit.analysis.influence_blocks import Blocks, blocks_of, joined, nothing
from hpcfit.analysis.influence_report import Influence, made
from hpcfit.analysis.linearized import Linearized
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.chunk_rows import chunk_rows
from hpcfit.problem.row_names import row_name
from hpcfit.workflow.reopen import Reopened
from hpcfit.workflow.table.prepare import PreparedTable

#: called on rank 0 with how many of its chunks are done, and how many there are
Progress = Callable[[int, int], object]


def influence(
    comm: Communicator, reopened: Reopened, linearized: Linearized, progress: Progress | None = None
) -> Influence | None:
    """Leverage, Cook's distance and studentized residuals; on rank 0, None elsewhere. Collective.

    Raises:
        HpcfitError: on all ranks alike.
    """
    with agreement(comm):
        _ = linearized.variance
        own = _blocks_of_rank(reopened, linearized, progress if comm.is_root else None)
        own = replace(own, owner=own.owner + _first_row(comm, reopened))
        names = _own_names(reopened, own)
    gathered = comm.gather((own, names))
    if gathered is None:
        return None
    blocks = joined([part for part, _ in gathered])
    prepared = reopened.prepared
    if isinstance(prepared, PreparedTable):
        return made(blocks, _table_names(prepared, blocks), linearized, prepared.plan.resolved.job.data.table)
    return made(blocks, [name for _, part in gathered for name in part], linearized, None)


def _blocks_of_rank(reopened: Reopened, linearized: Linearized, progress: Progress | None) -> Blocks:
    objective = reopened.prepared.objective
    parts = [nothing()]
    for done, rows in enumerate(chunk_rows(objective, reopened.theta), start=1):
        if len(rows.owner):
            parts.append(blocks_of(rows, linearized.root))
        if progress is not None:
            progress(done, objective.n_chunks)
    return joined(parts)


def _first_row(comm: Communicator, reopened: Reopened) -> int:
    """Of a table, the number of this rank's first row; configurations are counted on each rank."""
    prepared = reopened.prepared
    if not isinstance(prepared, PreparedTable):
        return 0
    return int(prepared.share.bounds[prepared.share.ranges[comm.rank]])


def _own_names(reopened: Reopened, own: Blocks) -> list[tuple[str, str]]:
    """Configuration and row of each block; of a table nothing, which rank 0 knows."""
    prepared = reopened.prepared
    if isinstance(prepared, PreparedTable):
        return []
    block = prepared.share.block
    return [
        (block.identifier[c], row_name(row, int(block.natoms[c])) if row >= 0 else "")
        for c, row in zip(own.owner.tolist(), own.place.tolist(), strict=True)
    ]


def _table_names(prepared: PreparedTable, blocks: Blocks) -> list[tuple[str, str]]:
    """Line and output; blocks are in the order of the table that rank 0 holds."""
    assert prepared.plan.data is not None
    outputs, columns = list(prepared.plan.resolved.job.data.y), prepared.plan.data.columns
    lines = columns.line[blocks.owner].tolist()
    return [(str(line), outputs[place]) for line, place in zip(lines, blocks.place.tolist(), strict=True)]
