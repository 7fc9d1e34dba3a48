"""Write docs/command-line.md from the commands themselves: `python docs/site/command_line.py`.

A test compares the page with what this would write.
"""

from __future__ import annotations

import importlib
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from typer.models import ArgumentInfo, OptionInfo

from hpcfit.cli.app import COMMANDS

PAGE = Path(__file__).resolve().parents[1] / "command-line.md"
HEAD = """\
# Command line

`hpcfit COMMAND --help` shows the same as this page, which `python docs/site/command_line.py` makes from it.
`hpcfit --version` shows the version.

Commands that fit or predict run on as many ranks as `mpirun`, `srun` and the like start. Messages about
mistakes go to standard error, everything else to standard output. [Exit codes](run-folder.md#exit-codes) are
the same for all commands: 0 for success, 2 for a mistake in what was given.

Several ranks tell a mistake once. `check`, `models`, `plugins` and `potentials` are carried out by the first
rank alone; those that make, show or change datasets by every rank for itself.

The variable `HPCFIT_CACHE_DIR` names the folder where compiled formulas are kept, by default
`~/.cache/hpcfit`. Variables for threads, such as `OMP_NUM_THREADS`, are set to 1 by hpcfit itself.
"""


@dataclass(frozen=True)
class Parameter:
    """An argument or option of a command, as its function declares it."""

    name: str
    annotation: Any
    info: ArgumentInfo | OptionInfo
    default: Any

    @property
    def is_option(self) -> bool:
        return isinstance(self.info, OptionInfo)

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty

    @property
    def names(self) -> list[str]:
        """Of an option, the shortest first: -o, --output."""
        # In Annotated[..., Option("--output", "-o")] the first name stands where a default could.
        declared = [self.info.default, *(self.info.param_decls or ())]
        given = [part for name in declared if isinstance(name, str) for part in name.split("/")]
        return sorted(given or [f"--{self.name.replace('_', '-')}"], key=len)

    @property
    def value(self) -> str:
        """The word that stands for the value: the command's own, else one that fits its type."""
        types = set(typing.get_args(self.annotation)) | {self.annotation}
        if self.info.metavar or not self.is_option:
            return self.info.metavar or self.name.upper() + ("..." if list[Path] in types else "")
        if bool in types:
            return ""
        if isinstance(self.annotation, type) and issubclass(self.annotation, Enum):
            return "\\|".join(each.value for each in self.annotation)
        return "NUMBER" if types & {int, float} else "FILE" if Path in types else "TEXT"

    @property
    def spelling(self) -> str:
        return f"{', '.join(self.names)} {self.value}".rstrip() if self.is_option else self.value

    @property
    def meaning(self) -> str:
        """Its help as an entry of a table, with the default where that says something."""
        text = re.sub(r"\s+", " ", self.info.help or "").strip().replace("|", "&#124;").rstrip(".")
        default = self.default.value if isinstance(self.default, Enum) else self.default
        shown = isinstance(default, int | float | str) and not isinstance(default, bool)
        return f"{text[:1].upper()}{text[1:]}" + (f" (default: {default})" if shown else "")


def parameters(function: Callable[..., Any]) -> Iterator[Parameter]:
    """Arguments first, then options, each in the order of the function; what is hidden is left out."""
    hints = typing.get_type_hints(function, include_extras=True)
    found = []
    for name, declared in inspect.signature(function).parameters.items():
        annotation, info = typing.get_args(hints[name])
        if not info.hidden:
            found.append(Parameter(name, annotation, info, declared.default))
    yield from sorted(found, key=lambda each: each.is_option)


def section(name: str) -> str:
    """Usage, explanation, arguments and options of one command."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    function = getattr(importlib.import_module(module), attribute)
    known = list(parameters(function))
    usage = ["hpcfit", name]
    for each in known:
        shortest = f"{each.names[0]} {each.value}" if each.is_option else each.value
        usage += [shortest] if each.required else [] if each.is_option else [f"[{each.value}]"]
    usage += ["[OPTIONS]"] if any(each.is_option and not each.required for each in known) else []
    text = f"\n## `{name}`\n\n```text\n{' '.join(usage)}\n```\n\n{inspect.getdoc(function)}\n"
    if known:
        rows = [f"| `{each.spelling}` | {each.meaning} |" for each in known]
        text += "\n".join(["", "| argument or option | meaning |", "|---|---|", *rows, ""])
    return text


def page() -> str:
    """The whole text of the page."""
    return HEAD + "".join(section(name) for name in COMMANDS)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
