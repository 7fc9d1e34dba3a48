"""A CUDA device by CuPy: its memory pool, its driver, its libraries. Nothing else imports CuPy.

Kernels are compiled by NVRTC to machine code for the device, which is kept on disk next to that of the
processor. No fast mathematics: NaN and infinity must stay visible, and every run has the same bits.
"""

from __future__ import annotations

import contextlib
import hashlib
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hpcfit.devices import cuda_library
from hpcfit.devices.cache import KernelCache, cache_folder
from hpcfit.devices.cuda_copies import Copies
from hpcfit.devices.cuda_errors import meaning_of
from hpcfit.devices.cuda_module import CudaModule
from hpcfit.devices.device import DeviceArray, DeviceFault, OutOfDeviceMemory
from hpcfit.errors import KernelError

OPTIONS = ("-std=c++14", "--fmad=true", "--prec-div=true", "--prec-sqrt=true")
#: cudaDevAttrMaxSharedMemoryPerBlockOptin
_MOST_SHARED = 97


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

    return target_of(capability, nvrtc.getSupportedArchs())


def target_of(capability: int, known: Sequence[int]) -> str:
    """For what to compile: machine code runs on devices of the same generation, PTX on all later ones.

    Args:
        known: what the compiler knows.
    """
    older = sorted(arch for arch in known if arch <= capability) or [min(known)]
    same = older[-1] // 10 == capability // 10
    return f"{'sm' if same else 'compute'}_{older[-1]}"


class CudaDevice:
    """See `hpcfit.devices.device.Device`.

    Args:
        index: among the devices that this process sees.

    Raises:
        RuntimeError: as CuPy says that the device or NVRTC cannot be used (opening.py).
    """

    def __init__(self, index: int = 0) -> None:
        import cupy

        self._cupy, self.index = cupy, index
        self.launches = self.bytes_in = self.bytes_out = 0
        cupy.cuda.Device(index).use()
        self.name, self._failed = f"{self.facts['name']} ({index})", False
        self._copies = Copies(cupy.cuda)
        self._pool, self._pinned_pool = cupy.get_default_memory_pool(), cupy.get_default_pinned_memory_pool()
        # A program that goes on after its fits leaves the device to others.
        weakref.finalize(self, _give_back, self._pool, self._pinned_pool).atexit = False
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

    @cached_property
    def capability(self) -> int:
        """Compute capability, 90 for 9.0."""
        major, minor = self.facts["compute_capability"].split(".")
        return 10 * int(major) + int(minor)

    @property
    def memory_limit(self) -> int | None:
        return self._pool.get_limit() or None

    @memory_limit.setter
    def memory_limit(self, size: int | None) -> None:
        self._pool.set_limit(size=size or 0)

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> DeviceArray:
        return self._allocated(self._cupy.empty, shape, dtype)

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> DeviceArray:
        return self._allocated(self._cupy.zeros, shape, dtype)

    def put(self, host: NDArray[Any]) -> DeviceArray:
        placed: Any = self.empty(host.shape, host.dtype)
        if not host.size:
            return placed  # type: ignore[no-any-return]
        with self._guarded("a copy"):
            self._copies.send(host, placed)
        self.bytes_in += host.nbytes
        return placed  # type: ignore[no-any-return]

    def pinned(self, host: NDArray[Any]) -> NDArray[Any]:
        try:
            with self._guarded("memory of the host that it reads itself"):
                return self._copies.pinned(host)
        except OutOfDeviceMemory:  # of the host's: copies from any other are as right, though slower
            return host.copy()

    def get(self, array: DeviceArray) -> NDArray[Any]:
        self.bytes_out += array.nbytes
        with self._guarded("a copy"):
            found: NDArray[Any] = self._cupy.asnumpy(array)
        self._copies.are_done()
        return found

    def load(self, source: str) -> CudaModule:
        if source not in self._modules:
            with self._guarded("kernels"):
                code = self._machine_code(source)
                self._modules[source] = CudaModule(
                    self._cupy.cuda, code, self.shared_memory, self._count, self.refuse
                )
        return self._modules[source]

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        with self._guarded("copies"), self._copies.aside():
            yield

    def join(self) -> None:
        with self._guarded("an event"):
            self._copies.join()

    def synchronize(self) -> None:
        with self._guarded("its work"):
            self._copies.synchronize()

    def free_memory(self) -> int:
        if self._failed:
            return 0
        with self._guarded("anything"):
            free = int(self._cupy.cuda.runtime.memGetInfo()[0])
        if limit := self.memory_limit:
            free = min(free, max(0, limit - int(self._pool.total_bytes())))
        return free + int(self._pool.free_bytes())

    def release_memory(self) -> None:
        if self._failed:
            return
        with self._guarded("its work"):
            self._copies.finish()
        _give_back(self._pool, self._pinned_pool)

    @cached_property
    def shared_memory(self) -> int:
        return int(self._cupy.cuda.runtime.deviceGetAttribute(_MOST_SHARED, self.index))

    @property
    def has_library(self) -> bool:
        return self.library_fault is None

    @cached_property
    def library_fault(self) -> str | None:
        """Why there is no linear algebra, in CuPy's words; None where there is."""
        try:
            self.get(self.triangle(self.put(np.ones((2, 1)))))
        except OutOfDeviceMemory:
            raise
        except Exception as error:  # whatever CuPy makes of libraries that are missing or too old
            return (str(error).strip() or type(error).__name__).splitlines()[0]
        return None

    def triangle(self, rows: DeviceArray) -> DeviceArray:
        with self._guarded("a QR factorization"):
            return cuda_library.triangle(self, self._cupy.cuda, rows)

    def gram(self, rows: DeviceArray) -> DeviceArray:
        with self._guarded("a product of matrices"):
            return rows.T @ rows  # type: ignore[attr-defined, no-any-return]

    def product(self, left: DeviceArray, right: DeviceArray) -> DeviceArray:
        with self._guarded("a product of matrices"):
            return left @ right  # type: ignore[operator, no-any-return]

    def refuse(self, error: Exception, wanted: str) -> NoReturn:
        """Raise what an error means for users, or the error itself."""
        meaning = meaning_of(error, self.name, wanted)
        self._failed |= isinstance(meaning, DeviceFault)
        try:
            if meaning is None:
                raise error
            raise meaning from None
        finally:
            # An exception holds this frame: if the frame held the exception, both would keep on the device
            # the arrays of the attempt that has failed, which are to make room for the next one.
            del meaning, error

    def _count(self) -> None:
        self.launches += 1

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

    def _allocated(
        self, make: Callable[..., Any], shape: int | tuple[int, ...], dtype: DTypeLike
    ) -> DeviceArray:
        if self._failed:
            raise OutOfDeviceMemory(f"device {self.name} has failed before.")
        wanted = f"an array of {shape} numbers"
        if self.memory_limit is not None:
            # What the pool holds back counts towards its limit, but CuPy does not give it back then.
            with contextlib.suppress(OutOfDeviceMemory), self._guarded(wanted):
                return make(shape, dtype)  # type: ignore[no-any-return]
            self._pool.free_all_blocks()
        with self._guarded(wanted):
            return make(shape, dtype)  # type: ignore[no-any-return]

    @contextlib.contextmanager
    def _guarded(self, wanted: str) -> Iterator[None]:
        """Say what errors mean: in one sentence that there is no memory for what is wanted, or a fault."""
        try:
            yield
        except Exception as error:
            self.refuse(error, wanted)


def _give_back(*pools: Any) -> None:
    """Let pools of memory keep nothing that is in no array."""
    for pool in pools:
        pool.free_all_blocks()
