"""Kernels that a CUDA device's driver has loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from hpcfit.devices.device import Argument

#: bytes of shared memory that a block may ask for without saying so beforehand
_USUAL_SHARED = 48 * 1024
#: CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
_DYNAMIC_SHARED = 8


class CudaModule:
    """See `hpcfit.devices.device.Module`.

    Args:
        cuda: CuPy's module of that name.
        code: machine code, or PTX.
        shared_memory: bytes that a block of threads can have.
        started: called for each kernel that was started.
        refuse: raises what an error means, given what there was to be memory for.
    """

    def __init__(
        self,
        cuda: Any,
        code: bytes,
        shared_memory: int,
        started: Callable[[], None],
        refuse: Callable[[Exception, str], NoReturn],
    ) -> None:
        self._driver, self._shared_memory = cuda.driver, shared_memory
        self._started, self._refuse = started, refuse
        self._module = cuda.function.Module()
        self._module.load(code)
        self._functions: dict[tuple[str, bool], Any] = {}

    def launch(
        self, kernel: str, grid: tuple[int, ...], block: int, args: Sequence[Argument], shared: int = 0
    ) -> None:
        if 0 in grid:
            return
        try:
            function = self._function(kernel, shared)
            function((*grid, 1, 1)[:3], (block, 1, 1), tuple(map(_as_c, args)), shared_mem=shared)
        except Exception as error:
            self._refuse(error, f"the stacks of kernel {kernel}")
        self._started()

    def _function(self, kernel: str, shared: int) -> Any:
        large = shared > _USUAL_SHARED
        if (kernel, large) not in self._functions:
            found = self._module.get_function(kernel)
            if large:
                # What is not dynamic counts as well.
                self._driver.funcSetAttribute(found.ptr, _DYNAMIC_SHARED, self._shared_memory - 4096)
            self._functions[kernel, large] = found
        return self._functions[kernel, large]


def _as_c(arg: Argument) -> Any:
    """Whole numbers are `long long`, others `double`, arrays are what CuPy makes of its own."""
    if isinstance(arg, int | np.integer):
        return np.int64(arg)
    return np.float64(arg) if isinstance(arg, float | np.floating) else arg
