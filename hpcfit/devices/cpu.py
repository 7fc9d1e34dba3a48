"""Compiling generated Python for the processor with numba, and keeping the result on disk.

Full fastmath is not used: NaN and infinity must stay visible, because the optimizer rejects
trials by them. No threads: one process per core is MPI's business.
"""

# numba's compiler has no types.
# mypy: allow-untyped-calls

from __future__ import annotations

import hashlib
import pickle
import platform
import sys
import types as python_types
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core.caching import _Cache
from numba.core.serialize import dumps

from hpcfit.devices.cache import KernelCache, cache_folder

_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": {"nsz", "contract", "arcp", "reassoc"},
    "nogil": True,
}
#: Inner functions become part of the one that Python calls. As functions of their own, each would be there
#: twice in the process that compiles (by itself, and once more optimized within its caller), and the linker
#: takes the first: the bits would differ from those of the same kernel loaded from the cache.
_INNER_OPTIONS: dict[str, Any] = {
    **_OPTIONS,
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


def kernel(function: Callable[..., Any]) -> Any:
    """Decorator of a generated function that only other generated functions call."""
    return numba.njit(**_INNER_OPTIONS)(function)


def entry(function: Callable[..., Any]) -> Any:
    """Decorator of a generated function that Python calls."""
    return numba.njit(**_OPTIONS)(function)


def load_module(text: str) -> python_types.ModuleType:
    """Execute generated source as a module; nothing is compiled yet."""
    name = f"hpcfit_generated_{_digest(text.encode())[:16]}"
    module = sys.modules[name] = python_types.ModuleType(name)  # numba looks its functions' modules up
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    return module


def compile_entry(
    module: python_types.ModuleType,
    name: str,
    signature: str,
    text: str,
    built_in: Sequence[python_types.ModuleType],
) -> Callable[..., Any]:
    """The function `name` of a generated module, compiled for one signature or loaded from the cache.

    Args:
        text: source of the module.
        built_in: modules whose code is compiled into the function.
    """
    dispatcher = getattr(module, name)
    sources = [Path(str(item.__file__)).read_bytes() for item in built_in]
    key = _digest(repr((name, signature, _machine())).encode(), text.encode(), *sources)
    store = _cache_of(cache_folder())
    dispatcher._cache = _StoredKernel(store, f"{key}.kernel")
    if not dispatcher._cache.is_there():
        with store.lock(key):
            dispatcher.compile(signature)
        store.write(f"{key}.py", text.encode())
    else:
        dispatcher.compile(signature)
    dispatcher.disable_compile()
    return dispatcher  # type: ignore[no-any-return]


class _StoredKernel(_Cache):
    """What numba asks for compiled code before it compiles, and hands it to afterwards."""

    def __init__(self, store: KernelCache, name: str) -> None:
        self._store = store
        self._name = name

    @property
    def cache_path(self) -> str:
        return str(self._store.folder)

    def is_there(self) -> bool:
        return (self._store.folder / self._name).is_file()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        content = self._store.load(self._name)
        if content is None:
            return None
        target_context.refresh()
        try:
            return numba.core.compiler.CompileResult._rebuild(target_context, *pickle.loads(content))
        except Exception as error:  # whatever numba makes of content of another version of itself
            self._store.warn(f"{self._name} cannot be loaded ({error!r})")
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        self._store.save(self._name, dumps(data._reduce()))

    def enable(self) -> None:
        """Always on."""

    def disable(self) -> None:
        """Always on."""

    def flush(self) -> None:
        """Nothing is held back."""


@cache
def _cache_of(folder: Path) -> KernelCache:
    return KernelCache(folder)


@cache
def _machine() -> tuple[object, ...]:
    """Everything besides source text that machine code depends on."""
    codegen = numba.core.registry.cpu_target.target_context.codegen()
    versions = numba.__version__, llvmlite.__version__, np.__version__, platform.python_version()
    options = {**_INNER_OPTIONS, "fastmath": sorted(_OPTIONS["fastmath"])}
    return (*versions, *codegen.magic_tuple(), repr(sorted(options.items())))


def _digest(*parts: bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.hexdigest()
