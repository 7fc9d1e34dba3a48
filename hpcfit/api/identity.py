"""What tells an object of a program from another one, so that a changed program is not taken for the same.

Functions and classes are known by their source and by what they refer to (helpers of the same module,
enclosed and global values), objects by their class and attributes. What has no such text, such as an
open file, can never be found to be the same.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import sys
import types
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def identity(item: Any) -> str:
    """A short hash, the same in another process for the same object.

    An object that nothing is known of gets a text that no other one has.
    """
    digest = hashlib.sha256()
    try:
        for part in _Parts().of(item):
            digest.update(part.encode() + b"\0")
    except _UnknownError as error:
        return f"not comparable: {error} ({uuid.uuid4().hex[:8]})"
    return digest.hexdigest()[:16]


def importable_name(item: Any) -> str | None:
    """ "module:object" of a class or function of an installed library, which any program can import."""
    module, name = getattr(item, "__module__", None), getattr(item, "__qualname__", None)
    if not (isinstance(module, str) and isinstance(name, str)) or _is_users(module):
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is item else None


class _UnknownError(Exception):
    """An object without a text."""


class _Parts:
    """The texts of one object and all that it refers to, each object once."""

    def __init__(self) -> None:
        self._seen: dict[int, Any] = {}

    def of(self, item: Any) -> list[str]:
        if item is None or isinstance(item, bool | int | float | complex | str | bytes):
            return [repr(item)]
        if isinstance(item, np.ndarray | np.generic):
            array = np.asarray(item)
            if array.dtype.hasobject:
                raise _UnknownError(f"an array of {array.dtype}")
            return [str(array.dtype), str(array.shape), hashlib.sha256(array.tobytes()).hexdigest()]
        if id(item) in self._seen:
            return ["seen before"]
        self._seen[id(item)] = item
        return self._compound(item)

    def _compound(self, item: Any) -> list[str]:
        if isinstance(item, types.ModuleType):
            return [item.__name__]
        if isinstance(item, Mapping):
            return [part for pair in item.items() for each in pair for part in self.of(each)]
        if isinstance(item, list | tuple):
            return [str(len(item)), *(part for each in item for part in self.of(each))]
        if isinstance(item, set | frozenset):
            return sorted(part for each in item for part in self.of(each))
        if isinstance(item, types.MethodType):
            return [*self.of(item.__self__), *self.of(item.__func__)]
        if isinstance(item, types.FunctionType):
            return self._function(item)
        if isinstance(plain := getattr(item, "py_func", None), types.FunctionType):
            return ["compiled", *self._function(plain)]
        if isinstance(item, types.BuiltinFunctionType | np.ufunc):
            return [getattr(item, "__module__", None) or "", item.__name__]
        if isinstance(item, type):
            return self._class(item)
        return self._object(item)

    def _function(self, function: types.FunctionType) -> list[str]:
        parts = [function.__qualname__, *self._code(function.__code__, function)]
        enclosed = [cell.cell_contents for cell in function.__closure__ or ()]
        for value in (function.__defaults__, function.__kwdefaults__, enclosed, vars(function)):
            parts += self.of(value)
        return parts

    def _code(self, code: types.CodeType, function: types.FunctionType) -> list[str]:
        """The compiled body: it exists where the source does not, in a notebook or a shell."""
        parts = [code.co_code.hex(), " ".join(code.co_names), " ".join(code.co_varnames)]
        for constant in code.co_consts:
            nested = isinstance(constant, types.CodeType)
            parts += self._code(constant, function) if nested else self.of(constant)
        for name in code.co_names:
            if name in function.__globals__:
                parts += self._referred(function.__globals__[name])
        return parts

    def _referred(self, value: Any) -> list[str]:
        """A global that a function uses; libraries are known by their names."""
        module = getattr(value, "__module__", None)
        if isinstance(value, type | types.FunctionType) and not _is_users(str(module)):
            return [f"{module}.{value.__qualname__}"]
        return self.of(value)

    def _class(self, kind: type) -> list[str]:
        if not _is_users(kind.__module__):
            return [f"{kind.__module__}.{kind.__qualname__}"]
        parts = [kind.__qualname__, *(part for base in kind.__bases__ for part in self.of(base))]
        for name, value in vars(kind).items():
            value = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            if isinstance(value, types.FunctionType):
                # What a dataclass generates follows from its fields, and its defaults are attributes.
                parts += [] if value.__code__.co_filename == "<string>" else [name, *self.of(value)]
            elif not name.startswith("__") and isinstance(value, str | int | float | tuple):
                parts += [name, *self.of(value)]
        return [*parts, *map(str, getattr(kind, "__dataclass_fields__", ()))]

    def _object(self, item: Any) -> list[str]:
        kind = type(item)
        state = getattr(item, "__dict__", None)
        if state is None:
            raise _UnknownError(f"a {kind.__qualname__} has no attributes to compare")
        if not _is_users(kind.__module__) and not kind.__module__.startswith("hpcfit"):
            raise _UnknownError(f"a {kind.__module__}.{kind.__qualname__} cannot be compared")
        if dataclasses.is_dataclass(item):  # and no values that it keeps for itself
            state = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
        return [*self.of(kind), *self.of(dict(state))]


def _is_users(module: str) -> bool:
    """Whether a module is the program's own: not an installed library, whose version is recorded."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if module in sys.builtin_module_names:
        return False
    installed = (_STANDARD, _HPCFIT)
    return file is None or not (
        file.startswith(installed) or {"site-packages", "dist-packages"} & set(Path(file).parts)
    )


_STANDARD = os.path.dirname(os.__file__) + os.sep
_HPCFIT = str(Path(__file__).parents[1]) + os.sep
