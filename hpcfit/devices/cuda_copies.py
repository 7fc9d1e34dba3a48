"""Copies from the host to a CUDA device: by the stream that computes, or by another one beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: bytes that are waited for on their way to the device, rather than held on the host for so long
_WAITED_FOR = 2**20


class Copies:
    """The copies of a device.

    CUDA does not promise that a copy which was started has done with the memory of the host, not even with
    memory that is not pinned. So whatever a copy reads is held here until the copy is known to be done.

    Args:
        cuda: CuPy's module of that name, with the device chosen.
    """

    def __init__(self, cuda: Any) -> None:
        self._cuda = cuda
        self._beside = cuda.Stream(non_blocking=True)
        self._is_aside = False
        self._sent: list[NDArray[Any]] = []
        self._sent_aside: list[NDArray[Any]] = []

    def send(self, host: NDArray[Any], placed: Any) -> None:
        """Start to copy an array of the host to one of the device, of the same type and shape."""
        host = np.ascontiguousarray(host)
        (self._sent_aside if self._is_aside else self._sent).append(host)
        # By the stream, not by the default copy, which would wait for everything.
        placed.set(host, stream=self._cuda.get_current_stream())
        if host.nbytes > _WAITED_FOR and not self._is_aside:
            self.synchronize()

    def pinned(self, host: NDArray[Any]) -> NDArray[Any]:
        """A copy in memory of the host that the device reads by itself."""
        memory = self._cuda.alloc_pinned_memory(max(host.nbytes, 1))
        copy = np.frombuffer(memory, host.dtype, host.size).reshape(host.shape)
        copy[...] = host
        return copy

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Within this, copies are made beside the stream that computes, and arrays are there for them."""
        # What is allocated here may have been let go of by kernels that were started before and still run.
        self._beside.wait_event(self._cuda.get_current_stream().record())
        self._is_aside = True
        try:
            with self._beside:
                yield
        finally:
            self._is_aside = False

    def join(self) -> None:
        """Let the stream that computes wait for copies aside."""
        self._cuda.get_current_stream().wait_event(self._beside.record())
        self._sent += self._sent_aside
        self._sent_aside = []

    def synchronize(self) -> None:
        """Wait for the stream that computes."""
        self._cuda.get_current_stream().synchronize()
        self.are_done()

    def are_done(self) -> None:
        """The stream that computes has been waited for."""
        self._sent.clear()

    def finish(self) -> None:
        """Wait for all copies."""
        self._beside.synchronize()
        self._sent_aside.clear()
        self.synchronize()
