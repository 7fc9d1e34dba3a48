"""A model whose predictions a device computes; to everything that asks on the host it is as any other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import cast, final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, OutOfDeviceMemory
from hpcfit.devices.fold import Folding, folding_for
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry, part_of_geometry
from hpcfit.kernels.cuda.kernels import CudaKernels
from hpcfit.kernels.cuda.place import PlacedGeometry
from hpcfit.kernels.predicted_rows import linearize_predictions, residual_of_predictions
from hpcfit.kernels.residual_rows import ResidualRows
from hpcfit.kernels.site_model import SiteModel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@final
class CudaModel(SiteModel):
    """See `SiteModel`. Predictions of a whole geometry are computed at once and copied back at once.

    `kernels` and `folding` are for those who keep everything on the device.
    """

    def __init__(
        self,
        device: Device,
        potentials: Sequence[BoundPotential],
        species: Sequence[str],
        active: Sequence[int],
        stress: bool,
        columns: Sequence[int] | None = None,
    ) -> None:
        super().__init__(potentials, species, active, stress, columns)
        self.device = device
        self._placed: WeakKeyDictionary[Geometry, PlacedGeometry] = WeakKeyDictionary()
        self._columns: tuple[Geometry, bytes, FloatArray] | None = None

    @classmethod
    def planned(cls, model: SiteModel) -> CudaModel:
        """The same model on a device that is not there: only what it needs of one can be asked."""
        active, columns = list(model._column_of), list(model._column_of.values())
        nowhere = cast(Device, None)
        return cls(nowhere, model.potentials, model.species, active, model.stress, columns)

    @cached_property
    def kernels(self) -> CudaKernels:
        """The kernels of predictions."""
        return CudaKernels(
            self.device,
            self.potentials,
            self.species,
            self._active_names,
            self._column_of,
            self.n_columns,
            stress=self.stress,
        )

    @cached_property
    def folding(self) -> Folding:
        """The kernels that make triangles of predictions."""
        return folding_for(self.device, self.n_columns + 1)

    def load_kernels(self) -> None:
        self.kernels.load(jacobian=False)
        self.kernels.load(jacobian=True)
        _ = self.folding.module

    def load_values_kernel(self) -> None:
        self.kernels.load(jacobian=False)

    def predict(self, geometry: Geometry, values: FloatArray) -> FloatArray:
        try:
            found = self.kernels.predict(self._place(geometry), values)
            return np.asarray(self.device.get(found))
        except OutOfDeviceMemory:
            halves = self._halves(geometry)
        return np.concatenate([self.predict(half, values) for half in halves])

    def predict_jacobian(self, geometry: Geometry, first: int, last: int, values: FloatArray) -> FloatArray:
        """See `SiteModel`. What the device made of all configurations is held on the host until the last ones
        have been asked for, since callers go through them in their order."""
        held = self._columns
        if held is None or held[0] is not geometry or held[1] != values.tobytes():
            self._columns = None
            self._columns = held = geometry, values.tobytes(), self._all_columns(geometry, values)
        offsets = self.prediction_offsets(geometry)
        part = held[2][:, offsets[first] : offsets[last]]
        if last == len(geometry):
            self._columns = None
        return np.ascontiguousarray(part).T

    def linearize(
        self,
        geometry: Geometry,
        bounds: IntArray,
        rows: ResidualRows,
        values: FloatArray,
        keep: FloatArray | None = None,
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        return linearize_predictions(self, geometry, bounds, rows, values, keep)

    def residual(
        self, geometry: Geometry, bounds: IntArray, rows: ResidualRows, values: FloatArray, out: FloatArray
    ) -> tuple[FloatArray, IntArray]:
        return residual_of_predictions(self, geometry, rows, values, out)

    def release(self) -> None:
        """Let go of all arrays that are kept for further evaluations."""
        self._placed.clear()
        self._columns = None

    def _place(self, geometry: Geometry) -> PlacedGeometry:
        if geometry not in self._placed:
            self._placed[geometry] = self.kernels.place(geometry)
        return self._placed[geometry]

    def _all_columns(self, geometry: Geometry, values: FloatArray) -> FloatArray:
        """Derivatives and, last, predictions of all configurations, (n_columns + 1, rows)."""
        try:
            found = self.kernels.predict_jacobian(self._place(geometry), values)
            return np.asarray(self.device.get(found))
        except OutOfDeviceMemory:
            halves = self._halves(geometry)
        return np.concatenate([self._all_columns(half, values) for half in halves], axis=1)

    def _halves(self, geometry: Geometry) -> tuple[Geometry, Geometry]:
        """Two geometries for one that the device has no room for.

        Raises:
            OutOfDeviceMemory: it is that of one configuration.
        """
        self._placed.clear()
        self.device.release_memory()
        if len(geometry) < 2:
            raise OutOfDeviceMemory(
                f"device {self.device.name}: a configuration of {len(geometry.species)} atoms and "
                f"{len(geometry.distance)} bonds does not fit into its memory. Compute it on the CPU."
            )
        bonds = geometry.first_bond[geometry.first_atom]
        middle = int(np.clip(np.searchsorted(bonds, bonds[-1] / 2), 1, len(geometry) - 1))
        return part_of_geometry(geometry, 0, middle), part_of_geometry(geometry, middle, len(geometry))
