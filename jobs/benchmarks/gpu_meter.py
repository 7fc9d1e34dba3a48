"""Times on a device, and what kernels move: for gpu.py."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hpcfit.devices.device import Argument, Device, Module

COPY = """
extern "C" __global__ void copy(long long n, const double *__restrict__ from, double *__restrict__ to)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) to[i] = from[i];
}
extern "C" __global__ void nothing(long long n) {}
"""
_KERNEL = re.compile(r"__global__\s+void\s+(?:__launch_bounds__\s*\([^)]*\)\s*)?(\w+)\s*\(([^)]*)\)\s*\{")


#: seconds after which one measurement is not repeated any more
_ENOUGH = 20.0


def best_seconds(device: Device, run: Callable[[], object], repeat: int) -> float:
    """Wall time of `run` until the device is done, the least of several."""
    least, started = np.inf, time.perf_counter()
    for number in range(repeat + 1):  # the first one warms up
        if number > 1 and time.perf_counter() - started > _ENOUGH:
            break
        device.synchronize()
        begin = time.perf_counter()
        run()
        device.synchronize()
        if number:
            least = min(least, time.perf_counter() - begin)
    return float(least)


def copy_bandwidth(device: Device, numbers: int, repeat: int) -> float:
    """Bytes per second that a kernel reads and writes when it copies so many numbers."""
    module = device.load(COPY)
    from_, to = device.zeros(numbers), device.empty(numbers)
    run = lambda: module.launch("copy", (-(-numbers // 256),), 256, [numbers, from_, to])  # noqa: E731
    return 16 * numbers / best_seconds(device, run, repeat)


def launch_seconds(device: Device, repeat: int) -> tuple[float, float]:
    """Seconds of one start of a kernel among many, and of one alone until it is known to have ended."""
    module, many = device.load(COPY), 1000

    def run(count: int) -> None:
        for _ in range(count):
            module.launch("nothing", (1,), 32, [0])

    return best_seconds(device, lambda: run(many), repeat) / many, best_seconds(
        device, lambda: run(1), repeat
    )


def matrix_rate(device: Device, size: int, repeat: int) -> float | None:
    """Operations per second of A^T A, so many rows and columns, by the device's library; None without one."""
    if not device.has_library:
        return None
    rows = device.put(np.random.default_rng(0).random((size, size)))
    return 2.0 * size**3 / best_seconds(device, lambda: device.gram(rows), repeat)


def host_bandwidth(device: Device, numbers: int, repeat: int) -> tuple[float, float]:
    """Bytes per second from pinned memory of the host to the device, and back."""
    host = device.pinned(np.zeros(numbers))
    there = device.put(host)
    forth = best_seconds(device, lambda: device.put(host), repeat)
    back = best_seconds(device, lambda: device.get(there), repeat)
    return 8 * numbers / forth, 8 * numbers / back


class Meter:
    """A device that notes what the kernels move: each array that a kernel names counted once.

    That is the least they can move: an array that is larger than the cache may be read several times.
    Everything else is the device's own.

    Attributes:
        bytes: of each kernel since the last `reset`.
        seconds: of each kernel, where `timed`, each being waited for.
    """

    def __init__(self, device: Device, *, timed: bool = False) -> None:
        self._device, self.timed = device, timed
        self.reset()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def reset(self) -> None:
        """Note from here on."""
        self.bytes: dict[str, float] = defaultdict(float)
        self.seconds: dict[str, float] = defaultdict(float)

    def load(self, source: str) -> Module:
        return MeteredModule(self, self._device.load(source), used_arguments(source))


class MeteredModule:
    """Kernels whose launches are noted."""

    def __init__(self, meter: Meter, module: Module, used: dict[str, list[bool]]) -> None:
        self._meter, self._module, self._used = meter, module, used

    def launch(
        self, kernel: str, grid: tuple[int, ...], block: int, args: Sequence[Argument], shared: int = 0
    ) -> None:
        meter = self._meter
        if meter.timed:
            meter.synchronize()
        begin = time.perf_counter()
        self._module.launch(kernel, grid, block, args, shared)
        if meter.timed:
            meter.synchronize()
            meter.seconds[kernel] += time.perf_counter() - begin
        meter.bytes[kernel] += sum(
            getattr(each, "nbytes", 0) for each, used in zip(args, self._used[kernel], strict=True) if used
        )


def used_arguments(source: str) -> dict[str, list[bool]]:
    """For each kernel of a source, which of its arguments its text names."""
    found = {}
    for match in _KERNEL.finditer(source):
        names = [part.split()[-1].lstrip("*") for part in match[2].split(",")]
        names = [name.replace("__restrict__", "") for name in names]
        body = source[match.end() : _end_of_block(source, match.end())]
        words = set(re.findall(r"\w+", body))
        found[match[1]] = [name in words for name in names]
    return found


def _end_of_block(source: str, begin: int) -> int:
    depth = 1
    for place in range(begin, len(source)):
        depth += {"{": 1, "}": -1}.get(source[place], 0)
        if depth == 0:
            return place
    raise ValueError("a brace is not closed")
