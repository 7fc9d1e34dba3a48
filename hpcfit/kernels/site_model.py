"""A model that is ready to compute: the sum of some potentials, and its parameter derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry
from hpcfit.kernels.cutoff import CutoffFormulas
from hpcfit.kernels.kernel import Kernel, make_kernel
from hpcfit.kernels.residual_rows import ResidualRows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class SiteModel:
    """Predictions, residuals and their derivatives for the sum of several potentials.

    Predictions of a configuration are rows in this order: energy (eV), forces (eV/angstrom; x, y, z
    of the first atom, then of the second, ...), and with `stress` the six Voigt components xx, yy, zz,
    yz, xz, xy of the stress (eV/angstrom^3, +1/V dE/dstrain). A *chunk* is a run of configurations.
    `values` (V,) holds the instances of all potentials, one potential after the other.

    Attributes:
        n_values: V.
        n_columns: columns of the Jacobian.
    """

    def __init__(
        self,
        potentials: Sequence[BoundPotential],
        species: Sequence[str],
        active: Sequence[int],
        stress: bool,
        columns: Sequence[int] | None = None,
    ) -> None:
        for potential in potentials:
            if not set(potential.species) <= set(species):
                raise KernelError(
                    f"{potential.formula.name}: its species {', '.join(potential.species)} "
                    f"are not all among those of the model, {', '.join(species)}"
                )
        self.potentials = tuple(potentials)
        self.species = tuple(species)
        self.stress = stress
        instances = [(q, item) for q, potential in enumerate(potentials) for item in potential.instances]
        self.n_values = len(instances)
        columns = range(len(active)) if columns is None else columns
        self.n_columns = int(max(columns, default=-1)) + 1
        self._column_of: Mapping[int, int] = dict(zip(map(int, active), map(int, columns), strict=True))
        self._active_names = tuple(
            tuple(sorted({instances[i][1].name for i in self._column_of if instances[i][0] == q}))
            for q in range(len(potentials))
        )

    def cutoff(self, values: FloatArray) -> float:
        """The largest cutoff that any term needs, angstrom; 0 if there are only constant energies."""
        return self._cutoffs(values)

    def load_kernels(self) -> None:
        """Compile the kernels, or load them from the cache, now instead of when they are first used.

        Raises:
            KernelError: a formula for which there can be no kernel.
        """
        _ = self._values_kernel, self._jacobian_kernel

    def load_values_kernel(self) -> None:
        """The same for the kernel without derivatives alone, which `predict` uses.

        Raises:
            KernelError: a formula for which there can be no kernel.
        """
        _ = self._values_kernel

    def prediction_offsets(self, geometry: Geometry) -> IntArray:
        """First prediction row of each configuration, and the number of rows, shape (n + 1,)."""
        index = np.arange(len(geometry.first_atom))
        return np.asarray(3 * geometry.first_atom + index * (7 if self.stress else 1), dtype=np.int64)

    def predict(self, geometry: Geometry, values: FloatArray) -> FloatArray:
        """Predictions of all configurations, one after the other; offsets by `prediction_offsets`."""
        out = np.empty(int(self.prediction_offsets(geometry)[-1]))
        bounds = np.array([0, len(geometry)])
        self._values_kernel(geometry, bounds, values, 0, 0, None, out, np.empty(0), np.empty(0, np.int64))
        return out

    def predict_jacobian(self, geometry: Geometry, first: int, last: int, values: FloatArray) -> FloatArray:
        """Derivatives (n_columns of them) and, last, predictions of configurations first..last-1.

        Shape (rows, n_columns + 1), columns contiguous in memory.
        """
        offsets = self.prediction_offsets(geometry)
        out = np.empty((self.n_columns + 1, int(offsets[last] - offsets[first])))
        bounds = np.array([first, last])
        nothing = np.empty((0, 1, 1)), np.empty(0), np.empty(0, np.int64)
        self._jacobian_kernel(geometry, bounds, values, self.n_columns, 0, None, out.reshape(-1), *nothing)
        return out.T

    def weighted_gradient(
        self, geometry: Geometry, first: int, last: int, values: FloatArray, weights: FloatArray
    ) -> FloatArray:
        """Derivatives (n_columns,) of the sum of the predictions of configurations first..last-1 times
        `weights` (rows,); predictions of weight 0 take no part, finite or not."""
        columns = self.predict_jacobian(geometry, first, last, values).T[:-1]
        wanted = weights != 0.0
        return np.array([column[wanted] @ weights[wanted] for column in columns])

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
        triangles, cost, nonfinite = np.zeros((nc, width, width)), np.zeros(nc), np.zeros(nc, np.int64)
        kept = np.empty(0) if keep is None else keep
        most_rows = self._most_rows(geometry, bounds)
        self._jacobian_kernel(
            geometry, bounds, values, self.n_columns, most_rows, rows, kept, triangles, cost, nonfinite
        )
        return triangles, cost, nonfinite

    def residual(
        self, geometry: Geometry, bounds: IntArray, rows: ResidualRows, values: FloatArray, out: FloatArray
    ) -> tuple[FloatArray, IntArray]:
        """Costs |r|^2 (nc,) and counts of non-finite residuals (nc,); the residual (m,) goes into `out`."""
        nc = len(bounds) - 1
        cost, nonfinite = np.zeros(nc), np.zeros(nc, np.int64)
        most_rows = self._most_rows(geometry, bounds)
        self._values_kernel(geometry, bounds, values, 0, most_rows, rows, out, cost, nonfinite)
        return cost, nonfinite

    def _most_rows(self, geometry: Geometry, bounds: IntArray) -> int:
        return int(np.diff(self.prediction_offsets(geometry)[bounds]).max(initial=0))

    @cached_property
    def _values_kernel(self) -> Kernel:
        return self._make(jacobian=False)

    @cached_property
    def _jacobian_kernel(self) -> Kernel:
        return self._make(jacobian=True)

    def _make(self, jacobian: bool) -> Kernel:
        return make_kernel(
            self.potentials,
            self.species,
            self._active_names,
            self._column_of,
            stress=self.stress,
            jacobian=jacobian,
        )

    @cached_property
    def _cutoffs(self) -> CutoffFormulas:
        return CutoffFormulas(self.potentials)
