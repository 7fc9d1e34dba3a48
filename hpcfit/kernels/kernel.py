"""Generated modules turned into compiled functions, with the tables that belong to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.kernels.constants import constant_array
from hpcfit.kernels.layout import column_array, number_array

if TYPE_CHECKING:
    from hpcfit.formula.potential import BoundPotential
    from hpcfit.geometry import Geometry
    from hpcfit.kernels.residual_rows import ResidualRows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Arguments of the generated `evaluate`, see template.py.
_COMMON = (
    "boolean, int64[::1], int32[::1], float64[::1], int64[::1], int32[::1], float64[::1], float64[::1], "
    "int64[::1], float64[::1], int64[::1], int64[::1], int64, int64, int64, "
    "int64[::1], int64[::1], float64[::1], float64[::1], float64[::1], "
)
_VALUES_SIGNATURE = f"void({_COMMON} float64[::1], int64[::1])"
_JACOBIAN_SIGNATURE = f"void({_COMMON} float64[:, :, ::1], float64[::1], int64[::1])"

_NO_FLOATS = np.empty(0)
_NO_INTEGERS = np.empty(0, dtype=np.int64)
#: lanes of the scratch array: so many bonds at a time stay in the first-level cache
_LANES = 256


@dataclass(frozen=True)
class Kernel:
    """A compiled `evaluate` and the tables that tell it whose numbers are whose."""

    evaluate: Callable[..., None]
    numbers: IntArray
    columns: IntArray
    n_species: int
    constants: FloatArray

    def __call__(
        self,
        geometry: Geometry,
        bounds: IntArray,
        values: FloatArray,
        n_columns: int,
        most_rows: int,
        rows: ResidualRows | None,
        *outputs: NDArray[np.generic],
    ) -> None:
        """Fill `outputs` with predictions (rows None) or residuals of the chunks within `bounds`.

        Args:
            n_columns: derivative columns before the value column.
            most_rows: prediction rows of the largest chunk.
        """
        residual = (
            (_NO_INTEGERS, _NO_INTEGERS, _NO_FLOATS, _NO_FLOATS)
            if rows is None
            else (rows.first_residual, rows.source, rows.weight, rows.reference)
        )
        most_bonds = int(np.diff(geometry.first_bond).max(initial=0))
        capacity = max(_LANES, 8 * (most_bonds // 8 + self.n_species + 2))
        self.evaluate(
            rows is not None,
            geometry.first_atom,
            geometry.species,
            geometry.volume,
            geometry.first_bond,
            geometry.neighbor,
            geometry.vector.reshape(-1),
            geometry.distance,
            np.ascontiguousarray(bounds, dtype=np.int64),
            self._numbers_of(values),
            self.numbers,
            self.columns,
            n_columns,
            most_rows,
            capacity,
            *residual,
            *outputs,
        )

    def _numbers_of(self, values: FloatArray) -> FloatArray:
        """The values and, behind them, the constants."""
        if len(self.constants):
            return np.concatenate([values, self.constants])
        return np.ascontiguousarray(values, dtype=np.float64)


def make_kernel(
    potentials: Sequence[BoundPotential],
    species: Sequence[str],
    active_names: Sequence[Sequence[str]],
    column_of: Mapping[int, int],
    *,
    stress: bool,
    jacobian: bool,
) -> Kernel:
    """Generate, then compile or load from the cache.

    Args:
        active_names: for each potential, the parameters with derivative columns.
        column_of: column of each active position in the values of the model.

    Raises:
        KernelError: a formula for which there can be no kernel.
    """
    from hpcfit.devices import (
        lane_erf,
        lane_exp_log,
        lane_library,
        lane_math,
        lane_memory,
        lane_power,
        lane_sin_cos,
        lane_spline,
        lanes,
        spline_columns,
    )
    from hpcfit.devices.cpu import compile_entry, load_module
    from hpcfit.kernels.generate import generate_module
    from hpcfit.linalg import compiled, householder

    try:
        text = generate_module(potentials, species, active_names, stress=stress, jacobian=jacobian)
    except ArithmeticError as error:
        names = ", ".join(potential.formula.name for potential in potentials)
        raise KernelError(
            f"{names}: a constant in the derivatives of a formula is too large or too small for a number. "
            "Write it with numbers of a usual size"
        ) from error
    module = load_module(text)
    signature = _JACOBIAN_SIGNATURE if jacobian else _VALUES_SIGNATURE
    lane_modules = (lanes, lane_exp_log, lane_library, lane_power, lane_sin_cos, lane_math, lane_memory)
    built_in = (*lane_modules, lane_erf, lane_spline, spline_columns, householder, compiled)
    return Kernel(
        compile_entry(module, "evaluate", signature, text, built_in),
        number_array(module.LAYOUT, potentials, species),
        column_array(module.LAYOUT, potentials, species, column_of),
        len(species),
        constant_array(potentials),
    )
