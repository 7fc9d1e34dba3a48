"""The rows of a group on the device, and the pieces of equal size that blocks of threads work on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, DeviceArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

#: rows of a span, which one block of threads folds; the bits of a chunk depend on it
SPAN = 2048


@dataclass(frozen=True, eq=False)
class PlacedRows:
    """Residuals weight * (prediction - reference) of some chunks, m in all.

    Attributes:
        first_residual: (nc + 1,) of each chunk, on the host.
        first_span: (nc + 1,) of each chunk, on the host; a chunk has at least one.
        span_begin: (n_spans + 1,) first residual of each span, and the end.
        chunk_span: the same as `first_span`.
        source, weight, reference: (m,), see `ResidualRows`.
    """

    first_residual: IntArray
    first_span: IntArray
    span_begin: DeviceArray
    chunk_span: DeviceArray
    source: DeviceArray
    weight: DeviceArray
    reference: DeviceArray

    @property
    def n_chunks(self) -> int:
        return len(self.first_residual) - 1

    @property
    def n_spans(self) -> int:
        return int(self.first_span[-1])

    @property
    def single_spans(self) -> bool:
        """Whether every chunk has one span, so that nothing is left to be merged."""
        return self.n_spans == self.n_chunks

    @classmethod
    def place(
        cls,
        device: Device,
        first_residual: IntArray,
        source: IntArray,
        weight: FloatArray,
        reference: FloatArray,
    ) -> PlacedRows:
        """Copy rows to the device."""
        counts = np.maximum(1, -(-np.diff(first_residual) // SPAN))
        first_span = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        chunk = np.repeat(np.arange(len(counts)), counts)
        begin = first_residual[chunk] + SPAN * (np.arange(first_span[-1]) - first_span[chunk])
        span_begin = np.append(begin, first_residual[-1]).astype(np.int64)
        arrays = (span_begin, first_span, source.astype(np.int64, copy=False), weight, reference)
        return cls(first_residual, first_span, *map(device.put, arrays))

    @staticmethod
    def bytes_needed(n_residuals: float, n_chunks: float) -> float:
        """Bytes on the device."""
        return 24.0 * n_residuals + 16.0 * (n_residuals / SPAN + 2.0 * n_chunks)
