"""The text of a job file, and problems that point into it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpcfit.errors import JobError
from hpcfit.job.locate import KeyPath, locate
from hpcfit.registry import Kind

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
_PYTHON_KEY = re.compile(r"\('.*'\s*,?\s*\)")
_VALUE = re.compile(r"(?<=[=,\[\s])[^\s=,\[\]{}#\"']+")
_PLACE = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of a job file: its line, and the sentence that users see."""

    line: int
    text: str


@dataclass(frozen=True)
class JobSource:
    """A job file that is valid TOML.

    Attributes:
        path: the file as the user named it; messages begin with it.
        text: its content.
        tables: what tomllib makes of it.
        lines: line of each key.
        base: the folder that paths in it are relative to, where that is not the file's own.
        objects: what names stand for that only this job knows, by kind and name; see arguments.
        plugins: plugin modules or objects that only this job loads.
        fingerprint: by key name, what decides the result in place of a value that tells nothing by
            itself, such as the name of an object.
    """

    path: Path
    text: str
    tables: Mapping[str, Any]
    lines: Mapping[KeyPath, int]
    base: Path | None = None
    objects: Mapping[Kind, Mapping[str, Any]] = field(default_factory=dict)
    plugins: tuple[Any, ...] = ()
    fingerprint: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder that paths in the job are relative to."""
        return self.path.parent if self.base is None else self.base

    @classmethod
    def of(cls, text: str, path: Path) -> JobSource:
        """Read a job's text; JobError with the line when it is not TOML."""
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise JobError(_syntax_problem(str(error), text, path)) from error
        return cls(path, text, tables, locate(text))

    @classmethod
    def read(cls, path: Path) -> JobSource:
        """Read a job file; JobError when it cannot be read or is not TOML."""
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise JobError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8.") from error
        except OSError as error:
            raise JobError(f"{path}: the job file cannot be read: {error.strerror}.") from error
        return cls.of(text.replace("\r\n", "\n"), path)

    @property
    def is_file(self) -> bool:
        """Whether `path` is a file with this job in it."""
        return True

    @property
    def lasting(self) -> bool:
        """Whether the run folder is there when the run has ended."""
        return True

    @property
    def anew(self) -> str:
        """How to start the run anew, after "To run it anew: "."""
        return f"hpcfit run {self.path} --restart"

    @property
    def goes_on_by(self) -> str:
        """How a run that was stopped early goes on."""
        return "run the same command to go on"

    def line(self, key: KeyPath) -> int:
        """Line of a key; that of the nearest table around it when it is not in the file."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def problem(self, key: KeyPath, sentence: str) -> Problem:
        """A fault of `key`; `sentence` goes on from its name, with ": ..." or " is ..."."""
        line = self.line(key)
        return Problem(line, f"{self.path}:{line}: {key_name(key)}{sentence}")

    def placed(self, sentence: str, within: KeyPath = ()) -> Problem:
        """A fault told by another part of hpcfit, whose sentence may begin with a key's name."""
        keys = [key for key in self.lines if begins_with(sentence, key_name(key))]
        if keys:
            line = self.lines[max(keys, key=lambda key: len(key_name(key)))]
            return Problem(line, f"{self.path}:{line}: {sentence}")
        return self.problem(within, f": {sentence}")


def raise_problems(problems: Iterable[Problem]) -> None:
    """JobError with all problems in the order of their lines; nothing when there are none."""
    texts = list(dict.fromkeys(problem.text for problem in sorted(problems)))
    if texts:
        raise JobError(texts)


def key_name(key: KeyPath) -> str:
    """ "potential[0].parameters.A" for ("potential", 0, "parameters", "A")."""
    name = ""
    for part in key:
        if isinstance(part, int):
            name += f"[{part}]"
            continue
        shown = part if _BARE_KEY.match(part) else '"' + part.replace('"', '\\"') + '"'
        name += f".{shown}" if name else shown
    return name


def begins_with(sentence: str, name: str) -> bool:
    """Whether a sentence begins with the whole name of a key."""
    rest = sentence[len(name) :]
    return bool(name) and sentence.startswith(name) and not (rest[:1].isalnum() or rest[:1] in ("_", "-"))


def _syntax_problem(message: str, text: str, path: Path) -> str:
    place = _PLACE.search(message)
    fault = _PLACE.sub("", message).strip().rstrip(".")
    fault = _PYTHON_KEY.sub(lambda key: key_name(ast.literal_eval(key.group())), fault)
    line = text.rstrip("\n").count("\n") + 1
    column = advice = ""
    if place is not None and place["line"] is not None:
        line = int(place["line"])
        column = f" (column {place['column']})"
        advice = _value_advice(text.split("\n")[line - 1], int(place["column"]) - 1)
    return f"{path}:{line}: not valid TOML: {fault}{column}.{advice}"


def _value_advice(line: str, column: int) -> str:
    """What to write for a value around `column` (from 0) that other languages know."""
    around = next((each for each in _VALUE.finditer(line) if each.start() <= column <= each.end()), None)
    value = around.group() if around is not None else ""
    begins = (
        around is not None and around.start() == column and line[:column].rstrip()[-1:] in ("=", "[", ",")
    )
    if re.fullmatch(r"[-+]?(\.\d+|\d+\.)([eE][-+]?\d+)?", value):
        return f" Write digits on both sides of the point, as in 0.1 and 1.0, not {value}."
    if re.fullmatch(r"[-+]?\d*\.?\d*[dD][-+]?\d+", value):
        return f" Write the exponent with e, as in 1.0e-3, not {value}."
    if value in ("True", "False"):
        return f" Write {value.lower()}."
    is_word = begins and re.fullmatch(r"[A-Za-z][\w-]*", value)
    return f' Write a text in quotes, "{value}".' if is_word else ""
