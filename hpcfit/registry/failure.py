"""One line that says what went wrong in somebody else's code, and where."""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path

import pluggy

_MACHINERY = tuple(str(Path(str(module.__file__)).parent) for module in (importlib, pluggy))


def describe(error: BaseException) -> str:
    """ "my_plugin.py:12: ValueError: text": the innermost place outside the import machinery."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}"
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        frozen = frame.filename.startswith("<")
        if not frozen and not frame.filename.startswith((*_MACHINERY, str(Path(__file__).parent))):
            return f"{frame.filename}:{frame.lineno}: {text}"
    return text
