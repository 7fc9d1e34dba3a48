"""A row model that is ready to compute: residuals of tables, and their triangles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.row_formula import RowFormula
from hpcfit.kernels.rows.curvature import project_rows
from hpcfit.kernels.rows.generate import column_names, generate_rows
from hpcfit.kernels.rows.layout import RowLayout, column_table, number_table, row_layout
from hpcfit.kernels.rows.row_data import RowData

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_FLOATS, _INTEGERS = "float64[::1]", "int64[::1]"
_SIGNATURE = (
    f"void({_FLOATS}, int64, {_FLOATS}, {_FLOATS}, {_INTEGERS}, {_INTEGERS}, {_INTEGERS}, {_INTEGERS}, "
    f"{_INTEGERS}, {_INTEGERS}, {_INTEGERS}, {_FLOATS}, {_INTEGERS}, int64, {_FLOATS}, {_INTEGERS}, "
    f"float64[:, :, ::1], {_FLOATS}, {_INTEGERS})"
)
_NOTHING = np.empty(0)
_NO_TRIANGLES = np.empty((0, 0, 0))
#: numbers of [J | r] that are held at a time for the curvature
_BATCH = 2**20


class RowModel:
    """Residuals weight*(f(x) - y) of the rows of a table and their derivatives, by compiled code.

    `values` (V,) holds the instances of the model: shared parameters, and those of each group.

    Args:
        bound: the model for given groups.
        active: positions in `values` with derivative columns.
        columns: column of each active value; several may share one. By default 0, 1, 2, ...
        one_kernel: whether what needs no derivatives is left to the kernel that computes them too. For few
            rows that takes less time than to compile another.
    """

    def __init__(
        self,
        bound: BoundPotential[RowFormula],
        active: Sequence[int],
        columns: Sequence[int] | None = None,
        *,
        one_kernel: bool = False,
    ) -> None:
        self.bound = bound
        self.n_values = len(bound.instances)
        columns = range(len(active)) if columns is None else columns
        self.n_columns = int(max(columns, default=-1)) + 1
        column_of: Mapping[int, int] = dict(zip(map(int, active), map(int, columns), strict=True))
        names = column_names(bound.formula, {bound.instances[k].name for k in column_of})
        self._names = names
        self._one_kernel = one_kernel
        self._columns = column_table(bound, names, column_of)
        self._numbers = number_table(bound)

    @property
    def n_outputs(self) -> int:
        return len(self.bound.formula.outputs)

    def load_kernels(self) -> None:
        """Compile the kernels, or load them from the cache."""
        _ = self._with_columns, self._without_columns

    def layout(self, data: RowData, bounds: IntArray) -> RowLayout:
        """The layout of chunks [bounds[c], bounds[c + 1]) of rows for `linearize` and `residual`."""
        return row_layout(data.group, bounds, self._columns)

    def linearize(
        self, data: RowData, layout: RowLayout, values: FloatArray
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """Triangles (nc, p + 1, p + 1) of [J | r], costs (nc,), and counts (nc,) of what is not finite."""
        width = self.n_columns + 1
        triangles = np.empty((layout.n_chunks, width, width))
        cost, nonfinite = self._call(self._with_columns, data, layout, values, _NOTHING, triangles)
        return triangles, cost, nonfinite

    def cost(self, data: RowData, layout: RowLayout, values: FloatArray) -> tuple[FloatArray, IntArray]:
        """Costs |r|^2 (nc,) and counts (nc,) of residuals that are not finite."""
        return self._call(self._without_columns, data, layout.bare(), values, _NOTHING, _NO_TRIANGLES)

    def blocks(self, data: RowData, layout: RowLayout, values: FloatArray) -> FloatArray:
        """[J | r] of each chunk, the columns of its own one after the other; see `RowLayout.block_starts`."""
        kept = np.empty(int(layout.block_starts(self.n_outputs)[-1]))
        self._call(self._with_columns, data, layout, values, kept, _NO_TRIANGLES)
        return kept

    def residual(self, data: RowData, layout: RowLayout, values: FloatArray) -> FloatArray:
        """r of each chunk: the rows of the first output, then of the next."""
        bare = layout.bare()
        kept = np.empty(int(bare.block_starts(self.n_outputs)[-1]))
        self._call(self._without_columns, data, bare, values, kept, _NO_TRIANGLES)
        return kept

    def predict(self, data: RowData, values: FloatArray) -> FloatArray:
        """f(x) of every row, shape (outputs, n)."""
        bounds = np.array([0, len(data)])
        return self.residual(data.bare(), self.layout(data, bounds), values).reshape(self.n_outputs, -1)

    def predict_jacobian(self, data: RowData, values: FloatArray) -> FloatArray:
        """Derivatives of f(x) of every row by the columns, and f(x) itself, shape (p + 1, outputs, n)."""
        layout = self.layout(data, np.array([0, len(data)]))
        block = self.blocks(data.bare(), layout, values).reshape(-1, self.n_outputs, len(data))
        found = np.zeros((self.n_columns + 1, self.n_outputs, len(data)))
        found[layout.columns_of] = block[:-1]
        found[-1] = block[-1]
        return found

    def curvature(
        self,
        data: RowData,
        layout: RowLayout,
        here: FloatArray,
        there: FloatArray,
        velocity: FloatArray,
        h: float,
    ) -> FloatArray:
        """J^T r_vv of each chunk, shape (nc, p), with r_vv = (2/h) [(r(there) - r(here))/h - J v]."""
        result = np.zeros((layout.n_chunks, self.n_columns))
        for first, last in layout.batches(self.n_outputs, _BATCH):
            part = layout.part(first, last)
            starts = part.block_starts(self.n_outputs)
            moved = self.residual(data, part, there)
            block = self.blocks(data, part, here)
            project_rows(
                block, starts, moved, part.first_column, part.columns_of, velocity, h, result[first:last]
            )
        return result

    def _call(
        self,
        kernel: Callable[..., None],
        data: RowData,
        layout: RowLayout,
        values: FloatArray,
        kept: FloatArray,
        triangles: FloatArray,
    ) -> tuple[FloatArray, IntArray]:
        cost, nonfinite = np.empty(layout.n_chunks), np.empty(layout.n_chunks, np.int64)
        kernel(
            data.inputs.reshape(-1),
            data.stride,
            data.weight.reshape(-1),
            data.reference.reshape(-1),
            layout.first_row,
            layout.first_run,
            layout.run_row,
            layout.run_group,
            layout.run_columns,
            layout.first_column,
            layout.columns_of,
            np.ascontiguousarray(values, dtype=np.float64),
            self._numbers.reshape(-1),
            len(self.bound.species),
            kept,
            layout.block_starts(self.n_outputs) if kept.size else layout.first_row,
            triangles,
            cost,
            nonfinite,
        )
        return cost, nonfinite

    @cached_property
    def _with_columns(self) -> Callable[..., None]:
        columns = self._columns[0][self._columns[0] >= 0]
        adding = len(self._columns) > 1 or len(np.unique(columns)) < len(columns)
        return _compiled(self.bound.formula, self._names, adding)

    @cached_property
    def _without_columns(self) -> Callable[..., None]:
        if self._one_kernel:
            return self._with_columns
        return _compiled(self.bound.formula, (), False)


def _compiled(formula: RowFormula, names: Sequence[str], adding: bool) -> Callable[..., None]:
    from hpcfit.devices import (
        lane_erf,
        lane_exp_log,
        lane_library,
        lane_math,
        lane_memory,
        lane_power,
        lane_sin_cos,
        lanes,
    )
    from hpcfit.devices.cpu import compile_entry, load_module
    from hpcfit.linalg import compiled, householder

    try:
        text = generate_rows(formula, names, adding=adding)
    except ArithmeticError as error:
        raise KernelError(
            f"{formula.name}: a constant in the derivatives of a formula is too large or too small for a "
            "number. Write it with numbers of a usual size"
        ) from error
    built_in = (
        *(lanes, lane_exp_log, lane_library, lane_power, lane_sin_cos, lane_math, lane_memory, lane_erf),
        *(householder, compiled),
    )
    return compile_entry(load_module(text), "evaluate", _SIGNATURE, text, built_in)
