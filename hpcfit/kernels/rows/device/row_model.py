"""A model of formulas whose rows a device computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Argument, Device, DeviceArray, Module
from hpcfit.errors import KernelError
from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.row_formula import RowFormula
from hpcfit.kernels.rows.device.layout import Selected
from hpcfit.kernels.rows.device.model import DeviceRows
from hpcfit.kernels.rows.device.source import BLOCK, generate_device_rows
from hpcfit.kernels.rows.generate import column_names
from hpcfit.kernels.rows.layout import RowLayout, column_table, number_table, row_layout
from hpcfit.kernels.rows.row_data import RowData

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@final
class DeviceRowModel(DeviceRows):
    """See `RowModel`, whose arguments these are, and `DeviceRows`."""

    def __init__(
        self,
        device: Device,
        bound: BoundPotential[RowFormula],
        active: Sequence[int],
        columns: Sequence[int] | None = None,
    ) -> None:
        columns = range(len(active)) if columns is None else columns
        super().__init__(device, int(max(columns, default=-1)) + 1)
        self.bound = bound
        self.n_values, self.n_outputs = len(bound.instances), len(bound.formula.outputs)
        column_of: Mapping[int, int] = dict(zip(map(int, active), map(int, columns), strict=True))
        self._names = column_names(bound.formula, {bound.instances[k].name for k in column_of})
        self._column_table = column_table(bound, self._names, column_of)

    @cached_property
    def source(self) -> str:
        """CUDA C of the kernels.

        Raises:
            KernelError: a number in a derivative that is none.
        """
        columns = self._column_table[0][self._column_table[0] >= 0]
        adding = len(self._column_table) > 1 or len(np.unique(columns)) < self.n_columns
        formula = self.bound.formula
        try:
            return generate_device_rows(
                formula, self._names, adding=adding or len(columns) < len(self._names)
            )
        except ArithmeticError as error:
            raise KernelError(
                f"{formula.name}: a constant in the derivatives of a formula is too large or too small for a "
                "number. Write it with numbers of a usual size"
            ) from error

    def load_kernels(self) -> None:
        _ = self._module, self._folding(self.n_columns + 1).module

    @cached_property
    def _module(self) -> Module:
        return self.device.load(self.source)

    @cached_property
    def _numbers(self) -> DeviceArray:
        return self.device.put(number_table(self.bound).astype(np.int32))

    def _row_layout(self, data: RowData, bounds: IntArray) -> RowLayout:
        return row_layout(data.group, bounds, self._column_table)

    def _at(self, values: FloatArray) -> DeviceArray:
        """What depends on the parameters of each group alone."""
        groups = len(self.bound.species)
        own = self.device.put(np.append(np.asarray(values, dtype=np.float64), 0.0))
        table = self.device.empty(groups * self._n_entries + 1)
        self._module.launch("fill_table", (-(-groups // BLOCK),), BLOCK, [groups, own, self._numbers, table])
        return table

    @cached_property
    def _n_entries(self) -> int:
        head, tail = "#define N_ENTRIES ", "\n"
        return int(self.source.partition(head)[2].partition(tail)[0])

    def _values(self, at: DeviceArray, own: Selected) -> DeviceArray:
        out = self.device.empty(self.n_outputs * own.placed.n_rows)
        self._launch("evaluate_values", at, own, [out])
        return out

    def _columns(self, at: DeviceArray, own: Selected) -> DeviceArray:
        out = self.device.empty((own.width, self.n_outputs * own.placed.n_rows))
        self._launch("evaluate_columns", at, own, [own.placed.run_columns, own.width, out])
        return out

    def _launch(self, kernel: str, at: DeviceArray, own: Selected, written: list[Argument]) -> None:
        placed = own.placed
        arguments: list[Argument] = [own.first, own.last, placed.n_rows, placed.inputs, placed.run]
        arguments += [placed.run_group, at, *written]
        self._module.launch(kernel, (-(-(own.last - own.first) // BLOCK),), BLOCK, arguments)
