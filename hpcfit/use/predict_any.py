"""What `hpcfit predict` does with a job or a run: predict configurations, or the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hpcfit.errors import RunError
from hpcfit.job.load import is_of_table
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.guard import guard
from hpcfit.use.predict_file import Report, predict_file
from hpcfit.use.predict_table import TableReport, predict_table
from hpcfit.workflow.run_source import read_source


def predict_any(
    comm: Communicator,
    source: Path,
    data: Path,
    output: Path | None = None,
    *,
    tags: Sequence[str] | None = None,
    overwrite: bool = False,
) -> Report | TableReport | None:
    """Predict with what a job or a run is about; collective. See `predict_file` and `predict_table`.

    Raises:
        HpcfitError: on all ranks alike, for anything wrong with source, data or output.
    """
    if not from_root(comm, lambda: is_of_table(read_source(source).job)):
        return predict_file(comm, source, data, output, tags=tags, overwrite=overwrite)
    if tags:
        raise RunError("--tag is for configurations; a table has none. Leave it out.")
    with guard(comm, "Nothing was written; please report it with the lines above."):
        return predict_table(comm, source, str(data), output, overwrite=overwrite)
