"""The line of a user's function that is being traced, for messages."""

from __future__ import annotations

import linecache
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from hpcfit.formula import allowed

_HERE = str(Path(__file__).parent)
_CALL = re.compile(r"(?<![\w.])(\w+(?:\.\w+)?)\(")


@dataclass(frozen=True)
class Line:
    """One line of source.

    Attributes:
        place: "file:line".
        text: what it says, if that can be read.
        function_of_math: the function of the module math that it calls, if it is one that formulas have.
    """

    place: str
    text: str
    function_of_math: str | None = None

    def calls(self, *names: str) -> bool:
        """Whether it calls one of these functions by its bare name."""
        return re.search(rf"(?<![\w.])({'|'.join(names)})\(", self.text) is not None

    @property
    def combines_conditions(self) -> bool:
        """Whether it has `and`, `or`, `not`, or compares more than two values at once."""
        return re.search(r"\b(and|or|not)\b|[<>]=?[^<>=,()]+[<>]", self.text) is not None


def line_being_traced() -> Line:
    """The line of the user that is executed now: the innermost frame that is not of hpcfit or NumPy."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_machinery(frame.f_code.co_filename):
        frame = frame.f_back
    line = _line(frame.f_code.co_filename, frame.f_lineno)
    return replace(line, function_of_math=_function_of_math(line.text, {**frame.f_globals, **frame.f_locals}))


def _function_of_math(text: str, names: Mapping[str, Any]) -> str | None:
    """The function of the module math that a line calls, if it is one that formulas have."""
    for called in _CALL.findall(text):
        first, _, second = called.partition(".")
        found = getattr(names.get(first), second, None) if second else names.get(first)
        name = getattr(found, "__name__", None)
        if getattr(found, "__module__", None) in ("math", "cmath") and name in allowed.PRIMITIVES:
            return str(name)
    return None


def line_of(traceback: TracebackType | None) -> Line | None:
    """The innermost line of the user in a traceback."""
    found = None
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if not _is_machinery(name):
            found = _line(name, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def _is_machinery(filename: str) -> bool:
    import numpy

    return filename.startswith((_HERE, str(Path(numpy.__file__).parent)))


def _line(filename: str, number: int) -> Line:
    return Line(f"{shown_path(filename)}:{number}", linecache.getline(filename, number).strip())


def shown_path(filename: str) -> str:
    """A file as seen from the current folder, where it is below it."""
    if filename.startswith("<"):
        return filename
    relative = os.path.relpath(filename)
    return filename if relative.startswith("..") else relative
