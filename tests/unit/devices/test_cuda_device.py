"""A CUDA device as far as it goes without one: a stand-in for CuPy that keeps its names and manners."""

from __future__ import annotations

import contextlib
import gc
import sys
import types
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from hpcfit.devices.device import DeviceError, DeviceFault, OutOfDeviceMemory
from hpcfit.errors import EXIT_INTERNAL


class OutOfMemoryError(MemoryError):
    """As CuPy's."""


class CUDARuntimeError(RuntimeError):
    """As CuPy's."""


class CUSOLVERError(RuntimeError):
    """As CuPy's."""


ILLEGAL = CUDARuntimeError("cudaErrorIllegalAddress: an illegal memory access was encountered")


class Array:
    """An array on the device; what is set is not copied before the stream is waited for."""

    def __init__(self, card: Card, shape: Any, dtype: Any) -> None:
        self.data = np.empty(shape, dtype)
        self.shape, self.dtype, self.size = self.data.shape, self.data.dtype, self.data.size
        self.nbytes, self.card = self.data.nbytes, card
        card.held += self.nbytes
        weakref.finalize(self, card.give_back, self.nbytes)

    def set(self, host: np.ndarray, stream: Stream) -> None:
        assert (host.shape, host.dtype) == (self.shape, self.dtype)
        stream.under_way.append(Copy(self.data, weakref.ref(host)))


@dataclass(eq=False)
class Copy:
    """A copy that is under way until some stream is waited for that it came before."""

    to: np.ndarray
    host: weakref.ref[np.ndarray]
    done: bool = False

    def finish(self) -> None:
        if not self.done:
            host = self.host()
            assert host is not None, "the memory that a copy reads was let go of"
            self.to[...] = host
            self.done = True


class Stream:
    def __init__(self, non_blocking: bool = False, card: Any = None) -> None:
        self.under_way: list[Copy] = []
        self.card = card

    def __enter__(self) -> None:
        self.card.streams.append(self)

    def __exit__(self, *_: object) -> None:
        self.card.streams.pop()

    def record(self) -> Stream:
        return self

    def wait_event(self, event: Stream) -> None:
        self.under_way += event.under_way

    def synchronize(self) -> None:
        if self.card.fault is not None:
            raise self.card.fault
        for copy in self.under_way:
            copy.finish()
        self.under_way.clear()


class Card:
    """The state behind the stand-in for CuPy."""

    def __init__(self, memory: int) -> None:
        self.memory, self.held, self.cached, self.limit = memory, 0, 0, 0
        self.fault: Exception | None = None
        self.null = Stream(card=self)
        self.streams = [self.null]

    def give_back(self, nbytes: int) -> None:
        self.held -= nbytes
        self.cached += nbytes

    def free_all_blocks(self) -> None:
        self.cached = 0

    def empty(self, shape: Any, dtype: Any) -> Array:
        nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if self.limit and self.held + self.cached + nbytes > self.limit:
            raise OutOfMemoryError("limit")
        if self.held + self.cached + nbytes > self.memory:
            self.cached = 0
        if self.held + nbytes > self.memory:
            raise OutOfMemoryError(f"Out of memory allocating {nbytes:,} bytes")
        return Array(self, shape, dtype)

    def asnumpy(self, array: Array) -> np.ndarray:
        self.streams[-1].synchronize()
        return array.data.copy()


def as_cupy(card: Card) -> types.ModuleType:
    """A module with the names of CuPy that are used."""
    found: Any = types.ModuleType("cupy")
    runtime = types.SimpleNamespace(
        getDeviceProperties=lambda index: {
            **{"name": b"NVIDIA H200", "totalGlobalMem": card.memory, "multiProcessorCount": 132},
            **{"major": 9, "minor": 0},
        },
        driverGetVersion=lambda: 12080,
        memGetInfo=lambda: (card.memory - card.held - card.cached, card.memory),
    )
    pool = types.SimpleNamespace(
        get_limit=lambda: card.limit,
        set_limit=lambda size: setattr(card, "limit", size),
        total_bytes=lambda: card.held + card.cached,
        free_bytes=lambda: card.cached,
        free_all_blocks=card.free_all_blocks,
    )
    nvrtc = types.SimpleNamespace(getVersion=lambda: (12, 9))
    found.cuda = types.ModuleType("cupy.cuda")
    found.cuda.Device = lambda index: types.SimpleNamespace(use=lambda: None)
    found.cuda.Stream = lambda non_blocking: Stream(non_blocking, card)
    found.cuda.get_current_stream = lambda: card.streams[-1]
    found.cuda.runtime, found.cuda.nvrtc = runtime, nvrtc
    found.get_default_memory_pool = lambda: pool
    found.get_default_pinned_memory_pool = lambda: types.SimpleNamespace(free_all_blocks=lambda: None)
    found.empty, found.zeros, found.asnumpy, found.__version__ = (
        card.empty,
        card.empty,
        card.asnumpy,
        "14.2.0",
    )
    return found


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    made = Card(100_000_000)
    cupy = as_cupy(made)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setitem(sys.modules, "cupy.cuda", cupy.cuda)
    return made


@pytest.fixture
def device(card: Card) -> Any:
    from hpcfit.devices.cuda import CudaDevice

    return CudaDevice()


@contextlib.contextmanager
def without_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("capability", "target"),
    [
        (80, "sm_80"),
        (90, "sm_90"),
        (89, "sm_86"),
        (103, "sm_101"),
        (110, "compute_101"),
        (999, "compute_120"),
    ],
)
def test_code_is_made_for_the_generation_of_a_device_or_else_for_the_one_before(
    capability: int, target: str
) -> None:
    from hpcfit.devices.cuda import target_of

    assert target_of(capability, [75, 80, 86, 90, 100, 101, 120]) == target


def test_an_attempt_without_room_leaves_nothing_on_the_device(device: Any, card: Card) -> None:
    def attempt() -> None:
        held = [device.empty(5_000_000) for _ in range(2)]
        held.append(device.empty(5_000_000))

    with without_collection():
        for _ in range(3):
            with pytest.raises(OutOfDeviceMemory) as caught:
                attempt()
            assert str(caught.value) == (
                "device NVIDIA H200 (0): there is no memory left for an array of 5000000 numbers. Use more "
                "devices, or let fewer ranks share one."
            )
            del caught
            assert card.held == 0


def test_an_error_while_copies_are_aside_leaves_the_usual_stream(device: Any, card: Card) -> None:
    with pytest.raises(OutOfDeviceMemory), device.aside():
        device.empty(card.memory)
    assert card.streams == [card.null]


def test_what_a_copy_reads_lives_until_it_is_done(device: Any) -> None:
    few = device.put(np.arange(5.0))
    with device.aside():
        more = device.put(np.arange(7.0))
    np.testing.assert_array_equal(device.get(few), np.arange(5.0))
    device.join()
    np.testing.assert_array_equal(device.get(more), np.arange(7.0))
    with device.aside():
        device.put(np.arange(9.0))
    device.release_memory()
    assert device._copies._sent == device._copies._sent_aside == []


def test_memory_is_given_back_with_the_device(card: Card) -> None:
    from hpcfit.devices.cuda import CudaDevice

    device = CudaDevice()
    device.put(np.zeros(10))
    assert card.cached == 80
    del device
    gc.collect()
    assert card.held == card.cached == 0


def test_many_numbers_are_not_held_on_the_host(device: Any) -> None:
    device.put(np.zeros(1_000_000))
    assert device._copies._sent == []


def test_without_pinned_memory_usual_memory_serves(
    device: Any, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(size: int) -> object:
        raise CUDARuntimeError("cudaErrorMemoryAllocation: out of memory")

    monkeypatch.setattr(sys.modules["cupy"].cuda, "alloc_pinned_memory", refused, raising=False)
    np.testing.assert_array_equal(device.pinned(np.arange(3)), np.arange(3))


def test_a_limit_is_kept_and_what_the_pool_holds_back_counts_no_more(device: Any, card: Card) -> None:
    assert device.memory_limit is None
    assert device.free_memory() == 100_000_000
    device.memory_limit = 8_000_000
    assert device.free_memory() == 8_000_000
    first = device.empty(900_000)
    assert device.free_memory() == 800_000
    with pytest.raises(OutOfDeviceMemory):
        device.empty(900_000)
    del first
    assert device.free_memory() == 8_000_000
    device.empty(950_000)  # not what is held back, which is too small


def test_a_device_that_fails_is_an_error_in_words_and_is_not_asked_again(device: Any, card: Card) -> None:
    found = device.empty(3)
    card.fault = ILLEGAL
    for ask in (lambda: device.get(found), device.synchronize):
        with pytest.raises(DeviceFault) as caught:
            ask()
        assert str(caught.value) == (
            "device NVIDIA H200 (0) has failed (cudaErrorIllegalAddress: an illegal memory access was "
            "encountered). What a run has written is valid, and the same command goes on from its last "
            "checkpoint. nvidia-smi -q and the system's log (dmesg, lines with Xid) tell of faults of the "
            "device; where they know of none, a kernel is at fault: a plugin's, or one of hpcfit's own, "
            "which please report."
        )
        assert caught.value.exit_code == EXIT_INTERNAL
    # Who does without the device when it has no room does without it now.
    with pytest.raises(OutOfDeviceMemory, match=r"device NVIDIA H200 \(0\) has failed before."):
        device.put(np.zeros(3))
    device.release_memory()
    assert device.free_memory() == 0


def test_errors_that_are_not_of_cuda_stay_what_they_are(device: Any, card: Card) -> None:
    card.fault = ZeroDivisionError("mine")
    with pytest.raises(ZeroDivisionError, match="mine"):
        device.synchronize()


def with_solver(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """CuPy with kernels that do nothing, and a library that fails."""
    from hpcfit.devices import cuda_library

    def failing() -> int:
        raise error

    cuda: Any = sys.modules["cupy.cuda"]
    cuda.cusolver, cuda.device = object(), types.SimpleNamespace(get_cusolver_handle=failing)
    monkeypatch.setattr(cuda_library, "turned", lambda device, rows: rows)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ImportError('Failure finding "libcusolver.so.11"\nmore'), 'Failure finding "libcusolver.so.11"'),
        (
            CUSOLVERError("CUSOLVER_STATUS_ARCH_MISMATCH"),
            "device NVIDIA H200 (0): NVIDIA's library of linear algebra has failed "
            "(CUSOLVER_STATUS_ARCH_MISMATCH).",
        ),
    ],
)
def test_a_library_that_is_missing_or_fails_is_done_without(
    device: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    with_solver(monkeypatch, error)
    assert not device.has_library
    assert device.library_fault == words
    assert device.put(np.zeros(3)).shape == (3,)  # the device itself is well
    with pytest.raises((DeviceError, ImportError)):
        device.triangle(device.put(np.ones((2, 1))))


@pytest.mark.parametrize("status", ["CUSOLVER_STATUS_ALLOC_FAILED", "CUSOLVER_STATUS_NOT_INITIALIZED"])
def test_a_library_without_room_is_asked_again(
    device: Any, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    with_solver(monkeypatch, CUSOLVERError(status))
    for _ in range(2):
        with pytest.raises(OutOfDeviceMemory, match="no memory left for a QR factorization"):
            _ = device.has_library
