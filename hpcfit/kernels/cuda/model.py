"""A model whose predictions a device computes; to everything that asks on the host it is as any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import cast, final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, DeviceArray, OutOfDeviceMemory
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
        #: lets go of what others have on the device, if there is anyone
        self.make_room: Callable[[], None] | None = None

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
        found = self._fetched(lambda: self.kernels.predict(self._place(geometry), values))
        if found is not None:
            return found
        return np.concatenate([self.predict(half, values) for half in self._halves(geometry)])

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

    def drop(self) -> bool:
        """Let go of what is on the device for further predictions; whether there was anything."""
        held = len(self._placed) > 0
        self._placed.clear()
        return held

    def _place(self, geometry: Geometry) -> PlacedGeometry:
        if geometry not in self._placed:
            self._placed[geometry] = self.kernels.place(geometry)
        return self._placed[geometry]

    def _all_columns(self, geometry: Geometry, values: FloatArray) -> FloatArray:
        """Derivatives and, last, predictions of all configurations, (n_columns + 1, rows)."""
        found = self._fetched(lambda: self.kernels.predict_jacobian(self._place(geometry), values))
        if found is not None:
            return found
        halves = self._halves(geometry)
        return np.concatenate([self._all_columns(half, values) for half in halves], axis=1)

    def _fetched(self, work: Callable[[], DeviceArray]) -> FloatArray | None:
        """What is computed on the device; None where there is no room for it, even after all has been let go
        of that can be made again."""
        for make_room in (self.make_room, None):
            try:
                return np.asarray(self.device.get(work()))
            except OutOfDeviceMemory:
                self.drop()
            if make_room is None:
                break
            make_room()
        return None

    def _halves(self, geometry: Geometry) -> tuple[Geometry, Geometry]:
        """Two geometries for one that the device has no room for.

        Raises:
            OutOfDeviceMemory: it is that of one configuration.
        """
        self.device.release_memory()
        if len(geometry) < 2:
            raise OutOfDeviceMemory(
                f"device {self.device.name}: a configuration of {len(geometry.species)} atoms and "
                f"{len(geometry.distance)} bonds does not fit into its memory. Compute it on the CPU."
            )
        bonds = geometry.first_bond[geometry.first_atom]
        middle = int(np.clip(np.searchsorted(bonds, bonds[-1] / 2), 1, len(geometry) - 1))
        return part_of_geometry(geometry, 0, middle), part_of_geometry(geometry, middle, len(geometry))
