"""What a fit asks of a model of tables."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels.rows.row_data import RowData

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class AnyRowModel(Protocol):
    """Residuals of rows and their derivatives; `RowModel` says what each is.

    A layout is whatever the model's own `layout` has made of chunks.
    """

    @property
    def n_values(self) -> int: ...
    @property
    def n_columns(self) -> int: ...
    @property
    def n_outputs(self) -> int: ...

    def load_kernels(self) -> None: ...
    def layout(self, data: RowData, bounds: IntArray) -> Any: ...
    def linearize(
        self, data: RowData, layout: Any, values: FloatArray
    ) -> tuple[FloatArray, FloatArray, IntArray]: ...
    def cost(self, data: RowData, layout: Any, values: FloatArray) -> tuple[FloatArray, IntArray]: ...
    def curvature(
        self,
        data: RowData,
        layout: Any,
        here: FloatArray,
        there: FloatArray,
        velocity: FloatArray,
        h: float,
    ) -> FloatArray: ...
    def residual(self, data: RowData, layout: Any, values: FloatArray) -> FloatArray: ...
    def predict(self, data: RowData, values: FloatArray) -> FloatArray: ...
    def predict_jacobian(self, data: RowData, values: FloatArray) -> FloatArray: ...
