"""A model that is ready to compute: compiled kernels and the tables that tell them whose numbers are whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.cpu import module_from_text
from hpcfit.errors import KernelError
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry
from hpcfit.kernels.cutoff import CutoffFormulas
from hpcfit.kernels.generate import generate_module
from hpcfit.kernels.layout import column_array, number_array
from hpcfit.kernels.residual_rows import ResidualRows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NO_FLOATS = np.empty(0)
_NO_INTEGERS = np.empty(0, dtype=np.int64)
_NO_TRIANGLES = np.empty((0, 1, 1))


class SiteModel:
    """Predictions, residuals and their derivatives for the sum of several potentials.

    Predictions of a configuration are rows in this order: energy (eV), forces (eV/angstrom; x, y, z
    of the first atom, then of the second, ...), and with `stress` the six Voigt components xx, yy, zz,
    yz, xz, xy of the stress (eV/angstrom^3, +1/V dE/dstrain). A *chunk* is a run of configurations.

    `values` (V,) holds the instances of all potentials, one potential after the other.
    """

    def __init__(
        self,
        potentials: Sequence[BoundPotential],
        species: Sequence[str],
        active: Sequence[int],
        stress: bool,
        columns: Sequence[int] | None = None,
    ) -> None:
        self.potentials = tuple(potentials)
        self.species = tuple(species)
        self.stress = stress
        instances = [(q, item) for q, potential in enumerate(potentials) for item in potential.instances]
        self.n_values = len(instances)
        columns = range(len(active)) if columns is None else columns
        if len(columns) != len(active):
            raise ValueError(f"{len(columns)} columns for {len(active)} active values")
        self.n_columns = max(columns, default=-1) + 1
        self._column_of: Mapping[int, int] = dict(zip(map(int, active), map(int, columns), strict=True))
        self._active_names = tuple(
            tuple(sorted({instances[i][1].name for i in active if instances[i][0] == q}))
            for q in range(len(potentials))
        )
        for potential in self.potentials:
            if not set(potential.species) <= set(self.species):
                raise KernelError(
                    f"{potential.formula.name}: its species {', '.join(potential.species)} "
                    f"are not all among those of the model, {', '.join(self.species)}"
                )

    def cutoff(self, values: FloatArray) -> float:
        """The largest cutoff that any term needs, angstrom; 0 if there are only constant energies."""
        return self._cutoffs(values)

    def prediction_offsets(self, geometry: Geometry) -> IntArray:
        """First prediction row of each configuration, and the number of rows, shape (n + 1,)."""
        index = np.arange(len(geometry.first_atom))
        return np.asarray(3 * geometry.first_atom + index * (7 if self.stress else 1), dtype=np.int64)

    def predict(self, geometry: Geometry, values: FloatArray) -> FloatArray:
        """Predictions of all configurations, one after the other; offsets by `prediction_offsets`."""
        out = np.zeros(self.prediction_offsets(geometry)[-1])
        bounds = np.array([0, len(geometry)], dtype=np.int64)
        self._values_kernel(
            False, *_arrays(geometry), bounds, values, *self._value_tables, 0, 1, _capacity(geometry, self),
            _NO_INTEGERS, _NO_INTEGERS, _NO_FLOATS, _NO_FLOATS, out, _NO_FLOATS, _NO_INTEGERS,
        )  # fmt: skip
        return out

    def predict_jacobian(self, geometry: Geometry, first: int, last: int, values: FloatArray) -> FloatArray:
        """Derivatives (n_columns of them) and, last, predictions of configurations first..last-1.

        Shape (rows, n_columns + 1), columns contiguous in memory.
        """
        offsets = self.prediction_offsets(geometry)
        out = np.zeros((self.n_columns + 1) * int(offsets[last] - offsets[first]))
        bounds = np.array([first, last], dtype=np.int64)
        self._jacobian_kernel(
            False, *_arrays(geometry), bounds, values, *self._jacobian_tables, self.n_columns, 1,
            _capacity(geometry, self), _NO_INTEGERS, _NO_INTEGERS, _NO_FLOATS, _NO_FLOATS,
            out, _NO_TRIANGLES, _NO_FLOATS, _NO_INTEGERS,
        )  # fmt: skip
        return out.reshape(self.n_columns + 1, -1).T

    def linearize(
        self,
        geometry: Geometry,
        bounds: IntArray,
        rows: ResidualRows,
        values: FloatArray,
        keep: FloatArray | None = None,
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """Triangles of [J | r] (nc, p + 1, p + 1), costs |r|^2 (nc,), counts of non-finite entries (nc,).

        Chunk c holds the configurations bounds[c]:bounds[c + 1]. `keep` (m (p + 1),) receives for each
        chunk, from first_residual[c] (p + 1) on, the columns of J and then r, each as long as the chunk.
        """
        nc, width = len(bounds) - 1, self.n_columns + 1
        triangles, cost = np.zeros((nc, width, width)), np.zeros(nc)
        nonfinite = np.zeros(nc, dtype=np.int64)
        self._jacobian_kernel(
            True, *_arrays(geometry), bounds, values, *self._jacobian_tables, self.n_columns,
            self._most_rows(geometry, bounds), _capacity(geometry, self), rows.first_residual, rows.source,
            rows.weight, rows.reference, _NO_FLOATS if keep is None else keep, triangles, cost, nonfinite,
        )  # fmt: skip
        return triangles, cost, nonfinite

    def residual(
        self, geometry: Geometry, bounds: IntArray, rows: ResidualRows, values: FloatArray, out: FloatArray
    ) -> tuple[FloatArray, IntArray]:
        """Costs |r|^2 (nc,) and counts of non-finite residuals (nc,); the residual (m,) goes into `out`."""
        nc = len(bounds) - 1
        cost, nonfinite = np.zeros(nc), np.zeros(nc, dtype=np.int64)
        self._values_kernel(
            True, *_arrays(geometry), bounds, values, *self._value_tables, 0,
            self._most_rows(geometry, bounds), _capacity(geometry, self), rows.first_residual, rows.source,
            rows.weight, rows.reference, out, cost, nonfinite,
        )  # fmt: skip
        return cost, nonfinite

    def _most_rows(self, geometry: Geometry, bounds: IntArray) -> int:
        return int(np.diff(self.prediction_offsets(geometry)[bounds]).max(initial=1))

    def _module(self, jacobian: bool) -> ModuleType:
        text = generate_module(
            self.potentials, self.species, self._active_names, stress=self.stress, jacobian=jacobian
        )
        return module_from_text(text, "hpcfit_jacobian" if jacobian else "hpcfit_values")

    @cached_property
    def _values_module(self) -> ModuleType:
        return self._module(False)

    @cached_property
    def _jacobian_module(self) -> ModuleType:
        return self._module(True)

    @cached_property
    def _values_kernel(self) -> Any:
        return self._values_module.evaluate

    @cached_property
    def _jacobian_kernel(self) -> Any:
        return self._jacobian_module.evaluate

    @cached_property
    def _value_tables(self) -> tuple[IntArray, IntArray]:
        return self._tables(self._values_module)

    @cached_property
    def _jacobian_tables(self) -> tuple[IntArray, IntArray]:
        return self._tables(self._jacobian_module)

    def _tables(self, module: ModuleType) -> tuple[IntArray, IntArray]:
        layout = module.LAYOUT
        return (
            number_array(layout, self.potentials, self.species),
            column_array(layout, self.potentials, self.species, self._column_of),
        )

    @cached_property
    def _cutoffs(self) -> CutoffFormulas:
        return CutoffFormulas(self.potentials)


def compile_model(
    potentials: Sequence[BoundPotential],
    species: Sequence[str],
    active: Sequence[int],
    stress: bool,
    columns: Sequence[int] | None = None,
) -> SiteModel:
    """A model of atoms of these `species` (their indices in Geometry.species) that sums `potentials`.

    Args:
        active: positions in `values` with derivative columns.
        columns: column of each active value; several may share one. By default 0, 1, 2, ...
        stress: predict stress too.

    Raises:
        KernelError: a formula for which there can be no kernel.
    """
    return SiteModel(potentials, species, active, stress, columns)


def _arrays(geometry: Geometry) -> tuple[Any, ...]:
    return (
        geometry.first_atom,
        geometry.species,
        geometry.volume,
        geometry.first_bond,
        geometry.neighbor,
        geometry.vector.reshape(-1),
        geometry.distance,
    )


def _capacity(geometry: Geometry, model: SiteModel) -> int:
    """Lanes of the scratch array: a cache's worth, or what the atom with most neighbours needs."""
    most = int(np.diff(geometry.first_bond).max(initial=0))
    return max(256, 8 * ((most + 8 * len(model.species) + 8 + 7) // 8))
