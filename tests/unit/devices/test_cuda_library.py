"""What is done around cuSOLVER's factorization, with LAPACK's in its place."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.devices import cuda_library

pytestmark = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))


@pytest.mark.parametrize("shape", [(7, 3), (3, 3), (300, 17), (1, 1)])
def test_rows_are_turned_and_r_is_taken_from_what_lapack_leaves(shape: tuple[int, int]) -> None:
    device = HostDevice()
    rows = np.random.default_rng(0).normal(size=shape)
    turned = cuda_library.turned(device, device.put(rows))
    np.testing.assert_array_equal(device.get(turned), rows.T)
    factored, _ = np.linalg.qr(rows, mode="raw")  # dgeqrf's own array, columns one after the other
    found = device.get(cuda_library.upper(device, device.put(np.ascontiguousarray(factored))))
    np.testing.assert_array_equal(found, np.linalg.qr(rows, mode="r"))


def test_the_library_is_called_with_the_sizes_that_it_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    device: Any = HostDevice()
    arrays: dict[int, Any] = {}

    def empty(shape: Any, dtype: Any = np.float64) -> Any:
        made = HostDevice.empty(device, shape, dtype)
        made.data = types.SimpleNamespace(ptr=len(arrays))
        arrays[len(arrays)] = made
        return made

    monkeypatch.setattr(device, "empty", empty)
    rows = np.random.default_rng(1).normal(size=(9, 4))

    class Solver:
        def dgeqrf_bufferSize(self, handle: int, m: int, n: int, a: int, lda: int) -> int:
            assert (handle, m, n, lda) == (5, 9, 4, 9)
            return 100

        def dgeqrf(self, handle: int, m: int, n: int, a: int, lda: int, *rest: int) -> None:
            tau, work, size, info = rest
            assert (handle, m, n, lda, size) == (5, 9, 4, 9, 100)
            assert [arrays[place].shape for place in (a, tau, work, info)] == [(4, 9), (4,), (100,), (1,)]
            assert arrays[info].dtype == np.int32
            arrays[a]._data[...] = np.linalg.qr(arrays[a]._data.T, mode="raw")[0]

    handles = types.SimpleNamespace(get_cusolver_handle=lambda: 5)
    cuda = types.SimpleNamespace(cusolver=Solver(), device=handles)
    found = device.get(cuda_library.triangle(device, cuda, device.put(rows)))
    np.testing.assert_allclose(found, np.linalg.qr(rows, mode="r"), rtol=1e-13)
