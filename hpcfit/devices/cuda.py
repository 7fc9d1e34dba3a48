"""A CUDA device by CuPy: its memory pool, its driver, its libraries. Nothing else imports CuPy.

Kernels are compiled by NVRTC to machine code for the device, which is kept on disk next to that of the
processor. No fast mathematics: NaN and infinity must stay visible, and every run has the same bits.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hpcfit.devices.cache import KernelCache, cache_folder
from hpcfit.devices.device import Argument, DeviceArray, OutOfDeviceMemory
from hpcfit.errors import KernelError

OPTIONS = ("-std=c++14", "--fmad=true", "--prec-div=true", "--prec-sqrt=true")
#: bytes of shared memory that a block may ask for without saying so beforehand
_USUAL_SHARED = 48 * 1024
#: cudaDevAttrMaxSharedMemoryPerBlockOptin, and CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
_MOST_SHARED, _DYNAMIC_SHARED = 97, 8


def compile_source(source: str, capability: int) -> tuple[bytes, str]:
    """Machine code for devices of a compute capability (90 for 9.0), and what the compiler says.

    For a device that the compiler is too old to know, the code is text (PTX) that the driver translates.

    Raises:
        KernelError: with the compiler's words.
    """
    from cupy.cuda import nvrtc

    target = _target(capability)
    options = (*OPTIONS, f"-arch={target}", "--ptxas-options=-v")
    program = nvrtc.createProgram(source, "kernels.cu", (), ())
    try:
        nvrtc.compileProgram(program, options)
        log = str(nvrtc.getProgramLog(program))
        made = nvrtc.getPTX(program) if target.startswith("compute") else nvrtc.getCUBIN(program)
    except nvrtc.NVRTCError as error:
        log = str(nvrtc.getProgramLog(program)).strip("\0\n ")
        raise KernelError(f"the CUDA compiler refuses a kernel ({error}):\n{log}") from None
    finally:
        nvrtc.destroyProgram(program)
    return bytes(made, "ascii") if isinstance(made, str) else bytes(made), log


def _target(capability: int) -> str:
    from cupy.cuda import nvrtc

    known = sorted(nvrtc.getSupportedArchs())
    alike = [arch for arch in known if arch // 10 == capability // 10 and arch <= capability]
    return f"sm_{alike[-1]}" if alike else f"compute_{known[-1]}"


class CudaDevice:
    """See `hpcfit.devices.device.Device`.

    Args:
        index: among the devices that this process sees.

    Raises:
        OutOfDeviceMemory: the device has no room even for its driver.
    """

    def __init__(self, index: int = 0) -> None:
        import cupy

        self._cupy = cupy
        self.index = index
        self.launches = self.bytes_in = self.bytes_out = 0
        with self._guarded("its driver"):
            cupy.cuda.Device(index).use()
            self._copies = cupy.cuda.Stream(non_blocking=True)
        self._modules: dict[str, CudaModule] = {}
        self._store = KernelCache(cache_folder())

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Name, memory in bytes, compute capability, versions of driver, compiler and CuPy."""
        from cupy.cuda import nvrtc

        runtime = self._cupy.cuda.runtime
        found = runtime.getDeviceProperties(self.index)
        driver = runtime.driverGetVersion()
        return {
            "name": found["name"].decode(),
            "index": self.index,
            "memory": int(found["totalGlobalMem"]),
            "compute_capability": f"{found['major']}.{found['minor']}",
            "multiprocessors": int(found["multiProcessorCount"]),
            "driver": f"{driver // 1000}.{driver % 1000 // 10}",
            "nvrtc": ".".join(map(str, nvrtc.getVersion())),
            "cupy": self._cupy.__version__,
        }

    @property
    def name(self) -> str:
        return f"{self.facts['name']} ({self.index})"

    @cached_property
    def capability(self) -> int:
        """Compute capability, 90 for 9.0."""
        major, minor = self.facts["compute_capability"].split(".")
        return 10 * int(major) + int(minor)

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> DeviceArray:
        with self._guarded(f"an array of {shape} numbers"):
            return self._cupy.empty(shape, dtype)  # type: ignore[no-any-return]

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> DeviceArray:
        with self._guarded(f"an array of {shape} numbers"):
            return self._cupy.zeros(shape, dtype)  # type: ignore[no-any-return]

    def put(self, host: NDArray[Any]) -> DeviceArray:
        placed = self.empty(host.shape, host.dtype)
        if not host.size:
            return placed
        # By the stream, not by the default copy, which would wait for everything.
        placed.set(np.ascontiguousarray(host), stream=self._cupy.cuda.get_current_stream())  # type: ignore[attr-defined]
        self.bytes_in += host.nbytes
        return placed

    def pinned(self, host: NDArray[Any]) -> NDArray[Any]:
        with self._guarded("memory of the host that it reads itself"):
            memory = self._cupy.cuda.alloc_pinned_memory(max(host.nbytes, 1))
        copy = np.frombuffer(memory, host.dtype, host.size).reshape(host.shape)
        copy[...] = host
        return copy

    def get(self, array: DeviceArray) -> NDArray[Any]:
        self.bytes_out += array.nbytes
        return self._cupy.asnumpy(array)  # type: ignore[no-any-return]

    def load(self, source: str) -> CudaModule:
        if source not in self._modules:
            self._modules[source] = CudaModule(self, self._machine_code(source))
        return self._modules[source]

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        # What is allocated here may have been let go of by kernels that were started before and still run.
        self._copies.wait_event(self._cupy.cuda.get_current_stream().record())
        with self._copies:
            yield

    def join(self) -> None:
        self._cupy.cuda.get_current_stream().wait_event(self._copies.record())

    def synchronize(self) -> None:
        with self._guarded("its work"):
            self._cupy.cuda.get_current_stream().synchronize()

    def free_memory(self) -> int:
        free: int = self._cupy.cuda.runtime.memGetInfo()[0]
        return free + int(self._cupy.get_default_memory_pool().free_bytes())

    def release_memory(self) -> None:
        self._cupy.get_default_memory_pool().free_all_blocks()
        self._cupy.get_default_pinned_memory_pool().free_all_blocks()

    @cached_property
    def shared_memory(self) -> int:
        return int(self._cupy.cuda.runtime.deviceGetAttribute(_MOST_SHARED, self.index))

    @cached_property
    def has_library(self) -> bool:
        try:
            one = self._cupy.ones((2, 1))
            self._cupy.linalg.qr(one, mode="r")
        except (ImportError, OSError, RuntimeError):  # as CuPy says that libraries are not there
            return False
        return True

    def triangle(self, rows: DeviceArray) -> DeviceArray:
        with self._guarded("a QR factorization"):
            return self._cupy.ascontiguousarray(self._cupy.linalg.qr(rows, mode="r"))  # type: ignore[no-any-return]

    def gram(self, rows: DeviceArray) -> DeviceArray:
        with self._guarded("a product of matrices"):
            return rows.T @ rows  # type: ignore[attr-defined, no-any-return]

    def product(self, left: DeviceArray, right: DeviceArray) -> DeviceArray:
        with self._guarded("a product of matrices"):
            return left @ right  # type: ignore[operator, no-any-return]

    def _machine_code(self, source: str) -> bytes:
        """From the disk, or compiled now by the first process that asks while others wait."""
        from cupy.cuda import nvrtc

        what = repr((source, OPTIONS, nvrtc.getVersion(), _target(self.capability)))
        name = hashlib.sha256(what.encode()).hexdigest()
        found = self._store.load(f"{name}.cubin")
        if found is None:
            with self._store.lock(name):
                found = self._store.load(f"{name}.cubin")
                if found is None:
                    found, _ = compile_source(source, self.capability)
                    self._store.save(f"{name}.cubin", found)
                    self._store.write(f"{name}.cu", source.encode())
        return found

    @contextlib.contextmanager
    def _guarded(self, wanted: str) -> Iterator[None]:
        """Say in one sentence that memory is lacking."""
        out_of_memory = self._cupy.cuda.memory.OutOfMemoryError
        runtime_error = self._cupy.cuda.runtime.CUDARuntimeError
        try:
            yield
        except out_of_memory:
            lacking = True
        except runtime_error as error:
            lacking = "cudaErrorMemoryAllocation" in str(error)
            if not lacking:
                raise
        else:
            return
        if lacking:
            raise OutOfDeviceMemory(
                f"device {self.index}: there is no memory left for {wanted}. Use more devices, or let fewer "
                "ranks share one."
            ) from None


class CudaModule:
    """Kernels that the driver has loaded."""

    def __init__(self, device: CudaDevice, code: bytes) -> None:
        from cupy.cuda import function

        self._device = device
        self._module = function.Module()
        self._module.load(code)
        self._functions: dict[tuple[str, bool], Any] = {}

    def launch(
        self, kernel: str, grid: tuple[int, ...], block: int, args: Sequence[Argument], shared: int = 0
    ) -> None:
        if 0 in grid:
            return
        function = self._function(kernel, shared)
        function((*grid, 1, 1)[:3], (block, 1, 1), tuple(map(_as_c, args)), shared_mem=shared)
        self._device.launches += 1

    def _function(self, kernel: str, shared: int) -> Any:
        large = shared > _USUAL_SHARED
        if (kernel, large) not in self._functions:
            from cupy.cuda import driver

            found = self._module.get_function(kernel)
            if large:
                # What is not dynamic counts as well.
                driver.funcSetAttribute(found.ptr, _DYNAMIC_SHARED, self._device.shared_memory - 4096)
            self._functions[kernel, large] = found
        return self._functions[kernel, large]


def _as_c(arg: Argument) -> Any:
    """Whole numbers are `long long`, others `double`, arrays are what CuPy makes of its own."""
    if isinstance(arg, int | np.integer):
        return np.int64(arg)
    return np.float64(arg) if isinstance(arg, float | np.floating) else arg
