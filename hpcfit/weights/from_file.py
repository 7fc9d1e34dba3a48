"""Weights from a text file with a line for each configuration, pattern of identifiers, or tag."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hpcfit.errors import JobError
from hpcfit.suggest import counted, suggestion
from hpcfit.weights.base_factors import BaseFactors
from hpcfit.weights.configuration_weight import ConfigurationWeight
from hpcfit.weights.survey import Survey, not_surveyed
from hpcfit.weights.weight_file import WeightLine, read_weight_file

if TYPE_CHECKING:
    from hpcfit.data import Configuration

_TAG = "tag:"
_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class FileWeights(BaseFactors):
    """The factors are multiplied by those that a file's line gives for the configuration.

    A line is for the configuration of this identifier, for all whose identifiers match a pattern with
    * and ?, or for all of a tag ("tag:NAME"). A line for one identifier goes before the others.
    """

    file: str = field(metadata={"help": "text file with a line per configuration", "path": True})
    default: float | None = field(
        default=None, metadata={"help": "config weight of configurations without a line", "minimum": 0.0}
    )
    unused: Literal["error", "ignore"] = field(
        default="error",
        metadata={
            "help": "what lines are that no training configuration needs",
            "choices": ("error", "ignore"),
        },
    )
    lines: tuple[WeightLine, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "lines", read_weight_file(Path(self.file)))
        except JobError as error:
            raise _of_option(error.problems) from None

    def surveyed(self, survey: Survey) -> WeightsOfLines:
        """The scheme with the line of every configuration.

        Raises:
            JobError: naming lines that are for no configuration, configurations without a line (unless there
                is a default), and those with several.
        """
        table, problems = self._assign(survey)
        if self.unused == "error":
            used = {line.number for line in table.values()}
            problems = [*self._without_use(survey, used), *problems]
        if problems:
            more = len(problems) - _SHOWN
            rest = [f"{self.file}: and {counted(more, 'fault')} more of this kind."] if more > 0 else []
            raise _of_option([*problems[:_SHOWN], *rest])
        return WeightsOfLines(self, table)

    def _assign(self, survey: Survey) -> tuple[dict[str, WeightLine], list[str]]:
        exact = {line.name: line for line in self.lines}
        groups = [(line, _matcher(line.name)) for line in self.lines if _is_group(line.name)]
        table: dict[str, WeightLine] = {}
        problems = []
        for identifier, tag in zip(survey.identifiers, survey.tags, strict=True):
            found = [exact[identifier]] if identifier in exact else []
            found = found or [line for line, matches in groups if matches(identifier, tag)]
            if found:
                table[identifier] = found[0]
            elif self.default is None:
                problems.append(
                    f"{self.file}: no line for configuration {identifier!r}; add one, or give "
                    "weights.default."
                )
            if len(found) > 1:
                problems.append(
                    f"{self.file}:{found[1].number}: {found[1].name!r} and, in line {found[0].number}, "
                    f"{found[0].name!r} are both for configuration {identifier!r}; give it a line of its own."
                )
        return table, problems

    def _without_use(self, survey: Survey, used: set[int]) -> Iterator[str]:
        for line in self.lines:
            if line.number in used:
                continue
            if _is_group(line.name):
                matches = _matcher(line.name)
                if any(map(matches, survey.identifiers, survey.tags)):
                    continue  # all it is for have lines of their own
            close = "" if _is_group(line.name) else _close(line.name, survey.identifiers)
            yield (
                f"{self.file}:{line.number}: no training configuration is {line.name!r}.{close} "
                'If others may stand there, write unused = "ignore".'
            )

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        raise not_surveyed("file")


@dataclass(frozen=True)
class WeightsOfLines:
    """Weights from a file, with the line of each configuration that has one."""

    scheme: FileWeights
    table: Mapping[str, WeightLine]

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        line = self.table.get(configuration.identifier)
        if line is None:
            return self.scheme.times(1.0 if self.scheme.default is None else self.scheme.default)
        return self.scheme.times(**line.factors)


def _of_option(problems: Sequence[str]) -> JobError:
    """Faults of the file as those of the option that names it."""
    return JobError([f"weights.file: {each}" for each in problems])


def _close(name: str, identifiers: Sequence[str]) -> str:
    """A guess at what was meant, among the first identifiers (it takes time); not a list of them."""
    guess = suggestion(name, identifiers[:1000])
    return guess if guess.startswith(" Did") else ""


def _is_group(name: str) -> bool:
    return name.startswith(_TAG) or "*" in name or "?" in name


def _matcher(name: str) -> Callable[[str, str], bool]:
    """matches(identifier, tag): whether a line of this name is for a configuration."""
    if name.startswith(_TAG):
        wanted = name.removeprefix(_TAG)
        return lambda identifier, tag: tag == wanted
    parts = [{"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", name)]
    pattern = re.compile("".join(parts), re.DOTALL)
    return lambda identifier, tag: pattern.fullmatch(identifier) is not None
