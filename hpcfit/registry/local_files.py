"""Python files in a job's folder: plugin modules, and single objects as "file.py:object".

A file is compiled from the bytes read here and never from a .pyc, and its module is named by these
bytes, so that every rank has the same code even if the file was saved a moment ago.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from types import ModuleType

from hpcfit.errors import PluginError
from hpcfit.registry.failure import describe
from hpcfit.suggest import suggestion

_REFERENCE = re.compile(r"(?P<file>.+\.py)\s*:\s*(?P<object>.*)\Z")


def is_reference(name: str) -> bool:
    """Whether a name in a job file means an object in a Python file."""
    return _REFERENCE.match(name) is not None


class LocalFiles:
    """The Python files of one folder, each executed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._modules: dict[Path, ModuleType] = {}

    def module(self, file: str) -> ModuleType:
        """The module that `file`, relative to the folder, defines.

        Raises:
            PluginError: when there is no such file, or executing it fails; with file and line.
        """
        path = (self._folder / file).resolve()
        if path not in self._modules:
            self._modules[path] = _execute(path, file)
        return self._modules[path]

    def object(self, reference: str) -> object:
        """What "file.py:object" stands for.

        Raises:
            PluginError: when the file cannot be used or does not define the object.
        """
        match = _REFERENCE.match(reference)
        if match is None:
            raise PluginError(f'{reference!r} is not of the form "file.py:object".')
        file, name = match["file"], match["object"]
        module = self.module(file)
        if name not in vars(module):
            known = [own for own, value in vars(module).items() if _public(own, value)]
            raise PluginError(f"{file} defines no {name!r}.{suggestion(name, known)}")
        return vars(module)[name]


def _public(name: str, value: object) -> bool:
    return not name.startswith("_") and callable(value)


def _execute(path: Path, shown: str) -> ModuleType:
    try:
        source = path.read_bytes()
    except OSError as error:
        raise PluginError(f"{shown} cannot be read ({path}: {error.strerror}).") from error
    digest = hashlib.sha256(str(path).encode() + b"\0" + source).hexdigest()[:12]
    stem = re.sub(r"\W", "_", path.stem)
    name = f"hpcfit_local_{stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses and pickle look their module up here
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PluginError(f"{shown} cannot be loaded: {describe(error)}") from error
    return module
