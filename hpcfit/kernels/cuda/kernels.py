"""A model on a device: values and derivatives of predictions that stay there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, DeviceArray, OutOfDeviceMemory
from hpcfit.errors import KernelError
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry
from hpcfit.kernels.constants import constant_array
from hpcfit.kernels.cuda import frame
from hpcfit.kernels.cuda.assembly import PIECE
from hpcfit.kernels.cuda.generate import CudaSource, generate_source
from hpcfit.kernels.cuda.launch import MOST_SLOTS, Loaded, Work, run_kernels
from hpcfit.kernels.cuda.place import PlacedGeometry, place_geometry
from hpcfit.kernels.layout import column_array, number_array

FloatArray = NDArray[np.float64]


class CudaKernels:
    """Kernels of a sum of potentials; the arguments are those of kernels.kernel.make_kernel.

    Args:
        device: where everything is.
        active_names: for each potential, the parameters with derivative columns.
        column_of: column of each active position in the values of the model.
        n_columns: of the Jacobian.
    """

    def __init__(
        self,
        device: Device,
        potentials: Sequence[BoundPotential],
        species: Sequence[str],
        active_names: Sequence[Sequence[str]],
        column_of: Mapping[int, int],
        n_columns: int,
        *,
        stress: bool,
    ) -> None:
        self.device = device
        self.potentials = tuple(potentials)
        self.species = tuple(species)
        self.stress = stress
        self.n_columns = n_columns
        self.n_values = sum(len(potential.instances) for potential in potentials)
        self._active_names = active_names
        self._column_of = column_of
        self._sources: dict[bool, CudaSource] = {}

    @property
    def sources(self) -> tuple[str, str]:
        """The texts of the kernels: without and with derivatives."""
        return self.source(jacobian=False).text, self.source(jacobian=True).text

    def load(self, *, jacobian: bool) -> None:
        """Compile now what is otherwise compiled when it is first used."""
        _ = self._with_columns if jacobian else self._values_only

    def place(self, geometry: Geometry) -> PlacedGeometry:
        """Copy a geometry to the device."""
        with_reverse = self.source(jacobian=False).with_gradients
        return place_geometry(
            self.device, geometry, len(self.species), self.stress, with_reverse=with_reverse
        )

    def predict(
        self, placed: PlacedGeometry, values: FloatArray, out: DeviceArray | None = None
    ) -> DeviceArray:
        """Predictions (rows,), in the order of `SiteModel`."""
        return self._run(self._values_only, placed, values, out).reshape(placed.n_rows)

    def predict_jacobian(
        self, placed: PlacedGeometry, values: FloatArray, out: DeviceArray | None = None
    ) -> DeviceArray:
        """Derivatives and, last, predictions, (n_columns + 1, rows)."""
        return self._run(self._with_columns, placed, values, out)

    def bytes_needed(
        self,
        n_atoms: int,
        n_bonds: int,
        n_configurations: int,
        jacobian: bool,
        slots: int | None = None,
    ) -> int:
        """Working memory of a call for that many atoms and bonds, without the geometry and what it returns.

        Args:
            slots: columns that are worked on together, the value among them (at least 2 with a Jacobian);
                by default all.
        """
        source = self.source(jacobian=jacobian)
        if slots is None:
            slots = 1 + (self.n_columns if jacobian else 0)
        n_pieces = n_configurations + n_atoms // PIECE
        numbers = 7 * (n_atoms + n_pieces) + 2 * max(source.components, default=0) * n_atoms
        numbers += 2 * n_bonds * source.with_zeta + 4 * n_bonds * source.with_gradients
        return 8 * (slots * numbers + source.layout.table_size + self.n_values)

    def source(self, *, jacobian: bool) -> CudaSource:
        """What is compiled; nothing is asked of the device."""
        if jacobian not in self._sources:
            self._sources[jacobian] = self._generate(jacobian=jacobian)
        return self._sources[jacobian]

    def _generate(self, *, jacobian: bool) -> CudaSource:
        try:
            return generate_source(
                self.potentials, self.species, self._active_names, stress=self.stress, jacobian=jacobian
            )
        except ArithmeticError as error:
            names = ", ".join(potential.formula.name for potential in self.potentials)
            raise KernelError(
                f"{names}: a constant in the derivatives of a formula is too large or too small "
                "for a number. Write it with numbers of a usual size"
            ) from error

    def _load(self, *, jacobian: bool) -> Loaded:
        source = self.source(jacobian=jacobian)
        numbers = number_array(source.layout, self.potentials, self.species)
        columns = column_array(source.layout, self.potentials, self.species, self._column_of)
        return Loaded(
            source,
            self.device.load(source.text),
            self.device.put(np.append(numbers, 0).astype(np.int32)),
            self.device.put(columns.astype(np.int32)),
            self._constants,
            self.n_columns if jacobian else 0,
        )

    @cached_property
    def _values_only(self) -> Loaded:
        return self._load(jacobian=False)

    @cached_property
    def _with_columns(self) -> Loaded:
        return self._load(jacobian=True)

    @cached_property
    def _constants(self) -> DeviceArray:
        return self.device.put(np.append(constant_array(self.potentials), 0.0))

    def _run(
        self, loaded: Loaded, placed: PlacedGeometry, values: FloatArray, out: DeviceArray | None
    ) -> DeviceArray:
        if out is None:
            out = self.device.empty((loaded.n_columns + 1, placed.n_rows))
        table = self.device.empty(loaded.source.layout.table_size)
        own = self.device.put(np.append(np.asarray(values, dtype=np.float64), 0.0))
        n_tables = len(loaded.source.layout.tables)
        arguments = own, self._constants, loaded.numbers, table, self.n_values
        loaded.module.launch("fill_table", (n_tables,), frame.BLOCK, arguments)
        slots = self._slots_that_fit(loaded, placed)
        while True:
            try:
                work = Work(self.device, loaded.source, placed, slots)
                break
            except OutOfDeviceMemory:
                if slots <= 2:
                    raise
                slots = (slots + 2) // 2
        run_kernels(loaded, placed, work, table, self.stress, out)
        return out

    def _slots_that_fit(self, loaded: Loaded, placed: PlacedGeometry) -> int:
        most = min(loaded.n_columns + 1, MOST_SLOTS)
        sizes = placed.n_atoms, placed.n_bonds, placed.n_configurations, loaded.n_columns > 0
        free = self.device.free_memory()
        while most > 2 and self.bytes_needed(*sizes, slots=most) > free:
            most = (most + 2) // 2
        return most
