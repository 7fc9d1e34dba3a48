"""The share of a site function in a model whose formulas a device computes: its CUDA source, atom by atom.

Derivatives by parameters are central differences: all sets of parameters are evaluated beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, DeviceArray, Module, OutOfDeviceMemory
from hpcfit.errors import KernelError
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry
from hpcfit.kernels.cuda.site_source import BLOCK, site_source
from hpcfit.kernels.hand_written.differences import Differences, difference_points
from hpcfit.kernels.hand_written.part import Part
from hpcfit.kernels.hand_written.site_function import SiteFunction
from hpcfit.kernels.hand_written.site_part import SiteCutoffs, place_table

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: of the memory that is free, what sets of parameters that are evaluated together may take
_SHARE = 0.5
#: how many they may be: the blocks of a grid in y
_MOST_POINTS = 65535


@dataclass(frozen=True)
class _Bonds:
    """The bonds that a site function sees, on a device: by centre and, `incoming`, by neighbour."""

    n_bonds: int
    first: DeviceArray
    species: DeviceArray
    vectors: DeviceArray
    distances: DeviceArray
    first_incoming: DeviceArray
    incoming: DeviceArray


@final
class CudaSitePart(Part):
    """A `SiteFunction` with a CUDA source, for given species; see `SitePart`.

    Raises:
        KernelError: the source does not compile.
    """

    bound: BoundPotential[SiteFunction]

    def __init__(
        self,
        device: Device,
        bound: BoundPotential[SiteFunction],
        species: Sequence[str],
        first: int,
        column_of: Mapping[int, int],
        limits: tuple[FloatArray, FloatArray],
        stress: bool,
    ) -> None:
        super().__init__(bound, species, first, column_of, limits, stress)
        self.device = device
        self._cutoffs = SiteCutoffs(bound)
        self._held: tuple[Geometry, bytes, FloatArray] | None = None

    def cutoff(self, values: FloatArray) -> float:
        cutoffs = self._cutoffs(values[self.own])
        return float(np.nan if np.isnan(cutoffs).any() else cutoffs.max())

    def load(self, derivatives: bool) -> None:
        _ = self._module

    def add(self, geometry: Geometry, first: int, last: int, values: FloatArray, out: FloatArray) -> None:
        out += self._rows(geometry, first, last, values, None)[-1]

    def add_columns(
        self, geometry: Geometry, first: int, last: int, values: FloatArray, out: FloatArray
    ) -> None:
        differences = self._differences(values)
        found = self._rows(geometry, first, last, values, differences)
        for column, own in zip(differences.columns.tolist(), found[:-1], strict=True):
            out[column] += own
        out[-1] += found[-1]

    def add_weighted(
        self,
        geometry: Geometry,
        first: int,
        last: int,
        values: FloatArray,
        weights: FloatArray,
        out: FloatArray,
    ) -> None:
        differences = self._differences(values)
        found = self._rows(geometry, first, last, values, differences)
        wanted = weights != 0.0  # what has no weight takes no part, nor has it to be a number
        out[differences.columns] += found[:-1, wanted] @ weights[wanted]

    def _differences(self, values: FloatArray) -> Differences:
        step = self.bound.formula.difference_step
        return difference_points(values[self.own], self.column_of, self.lower, self.upper, step)

    def _rows(
        self, geometry: Geometry, first: int, last: int, values: FloatArray, differences: Differences | None
    ) -> FloatArray:
        """Derivatives, if there are differences, and last predictions (..., rows) of configurations.

        Those of the whole geometry are held until the last ones were asked for, since callers go through
        them in their order.
        """
        key = values[self.own].tobytes() + bytes([differences is not None])
        if self._held is None or self._held[0] is not geometry or self._held[1] != key:
            self._held = None
            self._held = geometry, key, self._all_rows(geometry, values[self.own], differences)
        offsets = _offsets(geometry, self.stress)
        part = self._held[2][:, offsets[first] : offsets[last]]
        if last == len(geometry):
            self._held = None
        return part

    def _all_rows(self, geometry: Geometry, own: FloatArray, differences: Differences | None) -> FloatArray:
        if differences is None or not len(differences.columns):
            return self._predictions(geometry, own, own[None])
        n = len(differences.columns)
        found = self._predictions(geometry, own, np.vstack([differences.points.reshape(2 * n, -1), own]))
        moved, value = found[:-1].reshape(n, 2, -1), found[-1:]
        c = differences.coefficients
        columns = c[:, :1] * value + c[:, 1:2] * moved[:, 0] + c[:, 2:] * moved[:, 1]
        return np.concatenate([columns, value])

    def _predictions(self, geometry: Geometry, own: FloatArray, points: FloatArray) -> FloatArray:
        """Predictions (points, rows) at several sets of values; the bonds are those at `own`."""
        bonds = self._bonds(geometry, own)
        n_atoms, n_rows = len(geometry.species), int(_offsets(geometry, self.stress)[-1])
        each = 8 * (3 * bonds.n_bonds + 7 * n_atoms + n_rows + points.shape[1])
        together = max(1, min(_MOST_POINTS, int(_SHARE * self.device.free_memory() / max(each, 1))))
        together = min(together, len(points))
        while True:
            runs = [points[k : k + together] for k in range(0, len(points), together)]
            try:
                return np.concatenate([self._run(geometry, bonds, each) for each in runs])
            except OutOfDeviceMemory:  # others may take what was free
                if together == 1:
                    raise
                together = -(-together // 2)

    def _run(self, geometry: Geometry, bonds: _Bonds, points: FloatArray) -> FloatArray:
        device, module, offsets = self.device, self._module, _offsets(geometry, self.stress)
        n_atoms, n_points, n_rows = len(geometry.species), len(points), int(offsets[-1])
        first_atom, first_row, row = self._places(geometry, offsets)
        centre = device.put(self.kind_of[geometry.species].astype(np.int32))
        gradients = device.empty((n_points, max(bonds.n_bonds, 1), 3))
        sums, predictions = device.empty((n_points, 7, max(n_atoms, 1))), device.empty((n_points, n_rows))
        values = device.put(np.ascontiguousarray(np.append(points, 0.0)))
        blocks = -(-n_atoms // BLOCK)
        module.launch(
            "sites",
            (blocks, n_points),
            BLOCK,
            [n_atoms, bonds.n_bonds, points.shape[1], bonds.first, centre, bonds.species, bonds.vectors,
             bonds.distances, values, self._place, gradients, sums],
        )  # fmt: skip
        module.launch(
            "forces",
            (blocks, n_points),
            BLOCK,
            [n_atoms, bonds.n_bonds, n_rows, int(self.stress), bonds.first, bonds.first_incoming,
             bonds.incoming, row, bonds.vectors, gradients, sums, predictions],
        )  # fmt: skip
        parts = 7 if self.stress else 1
        module.launch(
            "totals",
            (-(-len(geometry) * parts // BLOCK), n_points),
            BLOCK,
            [len(geometry), n_atoms, n_rows, parts, first_atom, first_row,
             device.put(np.ascontiguousarray(geometry.volume)), sums, predictions],
        )  # fmt: skip
        return np.asarray(device.get(predictions))

    def _bonds(self, geometry: Geometry, own: FloatArray) -> _Bonds:
        """Those up to the cutoff at these values, of pairs of species that the potential knows."""
        kinds = self.kind_of[geometry.species]
        near = kinds[geometry.neighbor]
        here = np.repeat(kinds, np.diff(geometry.first_bond))
        within = np.where((here >= 0) & (near >= 0), self._cutoffs(own)[here, near], 0.0)
        taken = np.flatnonzero(geometry.distance < within)
        neighbor = geometry.neighbor[taken]
        incoming = np.argsort(neighbor, kind="stable")
        n_atoms = len(geometry.species)
        first_incoming = np.concatenate([[0], np.cumsum(np.bincount(neighbor, minlength=n_atoms))])
        put, whole = self.device.put, self._whole
        return _Bonds(
            len(taken),
            whole(np.searchsorted(taken, geometry.first_bond)),
            whole(near[taken]),
            put(np.ascontiguousarray(np.append(geometry.vector[taken], [[0.0, 0.0, 0.0]], axis=0))),
            put(np.append(geometry.distance[taken], 0.0)),
            whole(first_incoming),
            whole(incoming),
        )

    def _places(self, geometry: Geometry, offsets: IntArray) -> tuple[DeviceArray, DeviceArray, DeviceArray]:
        configuration = np.repeat(np.arange(len(geometry)), np.diff(geometry.first_atom))
        within = np.arange(len(geometry.species)) - geometry.first_atom[configuration]
        row = offsets[configuration] + 1 + 3 * within
        return self._whole(geometry.first_atom), self._whole(offsets), self._whole(row)

    def _whole(self, numbers: NDArray[np.integer]) -> DeviceArray:
        # One more, since an array of nothing has no place in memory.
        return self.device.put(np.append(numbers, 0).astype(np.int32))

    @cached_property
    def _place(self) -> DeviceArray:
        return self._whole(place_table(self.bound).ravel())

    @cached_property
    def _module(self) -> Module:
        site = self.bound.formula
        assert site.cuda is not None
        try:
            return self.device.load(site_source(site.cuda))
        except KernelError as error:
            raise KernelError(
                f"site function {site.name}: its CUDA source does not compile: {error}"
            ) from error


def _offsets(geometry: Geometry, stress: bool) -> IntArray:
    """First prediction row of each configuration, and the number of rows, (n + 1,)."""
    index = np.arange(len(geometry.first_atom))
    return np.asarray(3 * geometry.first_atom + index * (7 if stress else 1), dtype=np.int64)
