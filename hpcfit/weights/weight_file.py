"""Reading a text file of weights: a line for each configuration, pattern of identifiers, or tag."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hpcfit.errors import JobError
from hpcfit.suggest import counted, suggestion

QUANTITIES = ("config", "energy", "forces", "stress")

#: a word, or text in quotes (with \" and \\ in it); a # inside a word is no comment
_TOKEN = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"(?=\s|$)|(?P<comment>#.*)|(?P<word>\S+)')


@dataclass(frozen=True)
class WeightLine:
    """One line: for which configurations, in which line of the file, and their weights by quantity."""

    name: str
    number: int
    factors: Mapping[str, float]


def read_weight_file(path: Path) -> tuple[WeightLine, ...]:
    """The lines of a weight file.

    Raises:
        JobError: with all faults, each beginning with file and line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise JobError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8.") from error
    except OSError as error:
        raise JobError(f"{path}: cannot be read: {error.strerror}.") from error
    lines, problems = _parsed(path, text)
    problems += _repetitions(path, lines)
    if not problems and not lines:
        problems = [f"{path}: the file holds no weights; write a line such as: IDENTIFIER 2.0"]
    if problems:
        raise JobError(problems)
    return tuple(lines)


def _parsed(path: Path, text: str) -> tuple[list[WeightLine], list[str]]:
    """What the lines say, and what is wrong with them."""
    lines: list[WeightLine] = []
    problems: list[str] = []
    columns: tuple[str, ...] | None = None
    first = True
    for number, line in enumerate(text.split("\n"), start=1):
        tokens = _tokens(line)
        if not tokens:
            continue
        try:
            if first and line.split()[0].lower() == "identifier":
                columns = _columns(tokens[1:])
            else:
                lines.append(_line(tokens, number, columns))
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
        first = False
    return lines, problems


def _tokens(line: str) -> list[str]:
    """Words of a line without its comment; escapes in quoted ones undone."""
    found = []
    for match in _TOKEN.finditer(line):
        if match["comment"] is not None:
            break
        quoted = match["quoted"]
        found.append(match["word"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
    return found


def _columns(names: list[str]) -> tuple[str, ...]:
    columns = tuple(name.lower() for name in names)
    for name in columns:
        if name not in QUANTITIES:
            raise ValueError(f"unknown column {name!r}.{suggestion(name, QUANTITIES)}")
    if not columns or len(set(columns)) != len(columns):
        raise ValueError(f"each column is named once, and one at least: of {', '.join(QUANTITIES)}.")
    return columns


def _line(tokens: list[str], number: int, columns: tuple[str, ...] | None) -> WeightLine:
    name, *numbers = tokens
    if columns is None and len(numbers) not in (1, 4):
        raise ValueError(
            f"{counted(len(numbers), 'number')} after the identifier, where 1 (config) or 4 (config energy "
            "forces stress) are expected; name other columns in a first line such as: identifier forces"
        )
    wanted = columns or QUANTITIES[: len(numbers)]
    if len(numbers) != len(wanted):
        raise ValueError(
            f"{counted(len(numbers), 'number')} after the identifier for the columns {' '.join(wanted)}."
        )
    factors = {column: _factor(column, text) for column, text in zip(wanted, numbers, strict=True)}
    return WeightLine(name, number, factors)


def _factor(column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0.0):
        raise ValueError(f"{column} = {text}: a finite number of at least 0 is expected.")
    return value


def _repetitions(path: Path, lines: list[WeightLine]) -> list[str]:
    first: dict[str, int] = {}
    problems = []
    for line in lines:
        earlier = first.setdefault(line.name, line.number)
        if earlier != line.number:
            problems.append(
                f"{path}:{line.number}: {line.name!r} stands in line {earlier} already; remove one."
            )
    return problems
