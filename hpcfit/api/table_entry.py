"""`hpcfit.fit_table`: the job file's fit of a table as a function."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hpcfit.api.checks import flag
from hpcfit.api.collective import collective
from hpcfit.api.entry import say_threads
from hpcfit.api.outcome import Fit
from hpcfit.api.potential import Parameter
from hpcfit.api.progress import Progress, screen_of
from hpcfit.api.source import Scratch
from hpcfit.api.tables import CALL, table_source
from hpcfit.api.wording import in_python
from hpcfit.errors import HpcfitError
from hpcfit.workflow.run import perform

if TYPE_CHECKING:
    PathLike = str | os.PathLike[str]
    #: what a table may be given as
    Table = PathLike | Mapping[str, Any] | Any
    Formula = str | Callable[..., Any]


def fit_table(
    table: Table,
    *,
    y: str | Sequence[str] | Mapping[str, str],
    formula: Formula | Mapping[str, Formula] | None = None,
    model: Any = None,
    parameters: Mapping[str, Parameter] | None = None,
    let: Mapping[str, Formula] | None = None,
    x: Sequence[str] | Mapping[str, str] | None = None,
    sigma: str | Mapping[str, str] | None = None,
    weight: str | Mapping[str, str] | None = None,
    group: str | None = None,
    per_group: Sequence[str] | None = None,
    group_parameters: Mapping[str, Mapping[str, Parameter]] | None = None,
    balance: bool = False,
    rows: str | Sequence[str] | None = None,
    missing: Literal["error", "skip"] = "error",
    test: Table | None = None,
    test_fraction: float | None = None,
    seed: int = 0,
    loss: str | Mapping[str, Any] | None = None,
    regularization: Mapping[str, Any] | None = None,
    optimizer: Any = None,
    folder: PathLike | None = None,
    restart: bool = False,
    start_from: PathLike | Fit | None = None,
    device: str | Sequence[str] | None = None,
    memory_limit: int | str | None = None,
    plugins: Sequence[Any] = (),
    progress: Progress = True,
) -> Fit:
    """Fit a formula, or a model by name, to a table; the same as a job file, to the last bit.

    Collective under mpirun: every rank calls it with the same arguments. Of a table in memory, that of rank 0
    counts.

    Args:
        table: a text file, "FILE:NAME" for a table of a dataset, or in memory: a dict of arrays by column, a
            DataFrame of pandas or the like, or a structured array of NumPy.
        y: the columns to fit.
        formula: of columns and parameters, as text or as a function of them; for several y, a dict with one
            for each.
        model: in place of a formula a name that `hpcfit models` lists, a dict with `name` and options, or a
            `RowFormula`.
        parameters: by name: a number is fixed, `Free(initial, min=..., max=...)` is fitted,
            `Tied("formula")` follows others.
        let: parts of formulas by name.
        x: columns by the names that formulas have for them, or those of a model in its order.
        sigma, weight: columns of standard deviations, or of factors of residuals; a dict by y.
        group, per_group, group_parameters: a column that tells groups of rows apart, the parameters with a
            number for each group, and what is said of those of one group.
        balance: weigh groups so that each has the same influence, however many rows it has.
        rows: conditions on columns, which must all hold.
        missing: "skip" leaves out rows that lack a number.
        test, test_fraction, seed: a second table, never fitted, or a share of the rows held out.
        loss, regularization: as the tables of a job file.
        optimizer, folder, restart, start_from, device, memory_limit, plugins, progress: as for `fit`.

    Returns:
        What was found, on every rank.

    Raises:
        HpcfitError: on all ranks alike, naming the arguments that are wrong, all of them at once.
    """
    given = dict(locals())
    with collective(CALL) as comm, ExitStack() as stack:
        names: dict[str, str] = {}
        try:
            screen, restart = screen_of(progress, CALL), flag(restart, f"{CALL}: restart")
            source = table_source(comm, given, Scratch(comm, stack), names)
            say_threads(comm, progress)
            outcome = perform(comm, source, restart=restart, screen=screen)
        except HpcfitError as error:
            raise in_python(error, names, CALL).with_traceback(None) from None
    kept = None if folder is None else Path(folder)
    return Fit(outcome.result, outcome.resolved, folder=kept, note=outcome.note)
