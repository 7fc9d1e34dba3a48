"""What `Fit.predict_table` does."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.api.tables import write_columns
from hpcfit.errors import RunError
from hpcfit.job.resolve import JobPotentials
from hpcfit.job.row_model import RowInput
from hpcfit.output.result import Result
from hpcfit.use.fitted_model import FittedModel, fitted_model, open_fitted_model
from hpcfit.use.predict_table import predict_rows


def predictions(
    model: RowInput | None,
    made: JobPotentials | None,
    result: Result,
    folder: Path | None,
    table: str | os.PathLike[str] | Mapping[str, Any],
) -> dict[str, NDArray[np.float64]]:
    """Predictions of each column that was fitted; see `Fit.predict_table`."""
    fitted = _fitted(model, made, result, folder)
    if isinstance(table, str | os.PathLike):
        found = predict_rows(fitted, os.fspath(table))[2]
    else:
        with tempfile.TemporaryDirectory(prefix="hpcfit-") as scratch:
            found = predict_rows(fitted, write_columns(table, "table", Path(scratch) / "table"))[2]
    return dict(zip(fitted.model.y, found, strict=True))


def _fitted(
    model: RowInput | None, made: JobPotentials | None, result: Result, folder: Path | None
) -> FittedModel:
    if model is not None and made is not None:
        return fitted_model(made.job, model, result, f"fitted values, {result.status}")
    if made is None and folder is not None:
        return open_fitted_model(folder)
    raise RunError("this is a fit of configurations; fit.predict(dataset) predicts them.")
