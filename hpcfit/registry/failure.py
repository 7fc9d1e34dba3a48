"""One line that says what went wrong in somebody else's code, and where."""

from __future__ import annotations

import importlib
import importlib.util
import traceback
from pathlib import Path

import pluggy

from hpcfit import __version__

_MACHINERY = tuple(str(Path(str(module.__file__)).parent) for module in (importlib, pluggy))


def describe(error: BaseException) -> str:
    """ "my_plugin.py:12: ValueError: text": the innermost place outside the import machinery.

    Of an import that fails for a package that is not there, or for a part that this hpcfit does not have, it
    says so, and what to install.
    """
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}"
    text = _missing(error) or f"{type(error).__name__}: {error}".removesuffix(": ")
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        frozen = frame.filename.startswith("<")
        if not frozen and not frame.filename.startswith((*_MACHINERY, str(Path(__file__).parent))):
            return f"{frame.filename}:{frame.lineno}: {text}"
    return text


def _missing(error: BaseException) -> str | None:
    if not isinstance(error, ImportError) or not error.name:
        return None
    package = error.name.partition(".")[0]
    if package == "hpcfit":
        return (
            f"needs what this version of hpcfit ({__version__}) does not have ({error}). Install a matching "
            "version of the plugin or of hpcfit."
        )
    if isinstance(error, ModuleNotFoundError) and not _is_there(package):
        return f"needs the package {package}, which is not installed: pip install {package}"
    return None


def _is_there(package: str) -> bool:
    """Whether a package can be found, so that only a part of it is missing."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False
