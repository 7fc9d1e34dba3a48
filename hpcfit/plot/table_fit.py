"""The model of a table at the values that its run has found: curves, their slopes and their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.job import Job
from hpcfit.job.row_model import RowInput
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.optimize.bounds import Bounds
from hpcfit.output.result import Result
from hpcfit.workflow.reopen import theta_at
from hpcfit.workflow.table.plan import TablePlan, model_input
from hpcfit.workflow.table.prepare import TableModel, build_table_model
from hpcfit.workflow.table.table_data import TableData, row_data

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TableFit:
    """A fit of a table, on the rank that has read it.

    Attributes:
        theta: what the optimizer has found, shape (p,).
    """

    name: str
    plan: TablePlan
    model: TableModel
    theta: FloatArray
    result: Result

    @property
    def job(self) -> Job:
        return self.plan.resolved.job

    @property
    def columns(self) -> RowInput:
        """Which columns are inputs and outputs."""
        assert self.plan.resolved.model is not None
        return self.plan.resolved.model

    @property
    def data(self) -> TableData:
        assert self.plan.data is not None
        return self.plan.data

    def unit(self, column: str) -> str:
        """The unit of a column, "" where the table does not say."""
        return self.plan.train.units.get(column, "")

    def sigma(self, output: int) -> str | None:
        """The column of the standard deviations of an output; None without."""
        given = self.job.data.sigma
        return given.get(self.job_names[output], given.get(""))

    @property
    def job_names(self) -> tuple[str, ...]:
        """The outputs as the formulas call them."""
        return tuple(self.job.data.y)

    @property
    def _left(self) -> int:
        """Degrees of freedom that are left."""
        return self.rows(self.data).n_residuals - len(self.theta)

    def rows(self, data: TableData) -> RowData:
        """Rows as kernels read them, with the weights of the fit, those of `balance` left out."""
        return row_data(self.job, self.columns, data.columns, data.group)

    def predict(self, rows: RowData) -> FloatArray:
        """Every output of every row, shape (outputs, n)."""
        return self.model.compiled.predict(rows, self.model.parameters.values(self.theta))

    def slopes(self, rows: RowData) -> FloatArray:
        """Derivatives of every output by the values of the free parameters, shape (p, outputs, n)."""
        parameters = self.model.parameters
        found = self.model.compiled.predict_jacobian(rows, parameters.values(self.theta))[:-1]
        matrix = parameters.jacobian(self.theta)
        if matrix is not None:
            found = np.einsum("cp,con->pon", matrix, found)
        slope = [q.slope(float(theta)) for q, theta in zip(parameters.free, self.theta, strict=True)]
        return np.asarray(found / np.array(slope)[:, np.newaxis, np.newaxis])

    def at(self, x: FloatArray, group: int) -> RowData:
        """Rows of one group of a model with one input, at x (n,)."""
        outputs = len(self.columns.y)
        nothing = np.zeros((outputs, len(x)))
        inputs = np.tile(x, (len(self.columns.x), 1))
        return RowData.of(inputs, nothing, nothing + 1.0, np.full(len(x), group, dtype=np.int32))

    def half_band(self, rows: RowData, confidence: float) -> FloatArray | None:
        """Half the width of the band that has the curve with this confidence, shape (outputs, n).

        By the delta method, Var f = g^T C g with g = df/dtheta, and Student's t with the degrees of freedom
        that the fit has left (Seber & Wild, Nonlinear Regression, 1989, section 5.1). Parameters at a bound
        do not vary. NaN where the curve depends on a parameter that the data do not determine; None where
        the result has no covariance.
        """
        from scipy.special import stdtrit

        covariance = self.result.covariance
        if covariance is None or self._left <= 0:
            return None
        slopes = self.slopes(rows)
        matrix = np.array(covariance, dtype=np.float64)
        parameters = self.model.parameters
        unknown = np.isnan(np.diag(matrix)) & ~Bounds(parameters.lower, parameters.upper).at_bound(self.theta)
        matrix = np.nan_to_num(matrix, posinf=0.0, neginf=0.0)
        variance = np.einsum("pon,pon->on", slopes, np.tensordot(matrix, slopes, axes=1))
        variance[(slopes[unknown] != 0.0).any(axis=0)] = np.nan
        return np.asarray(stdtrit(self._left, 0.5 + 0.5 * confidence) * np.sqrt(np.maximum(variance, 0.0)))


def table_fit(name: str, plan: TablePlan, result: Result) -> TableFit:
    """The fit of a planned table at the values of its result.

    Raises:
        RunError: the result is not one of this job.
    """
    made = model_input(plan)
    model = build_table_model(plan, made)
    return TableFit(name, plan, model, theta_at(model.parameters, (made,), result.parameters, name), result)
