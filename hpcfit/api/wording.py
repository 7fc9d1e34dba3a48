"""Messages that speak of job files and commands, in the words of a Python call.

What is wrong is the same in both; what to write instead is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hpcfit.errors import HpcfitError, JobError

#: (in a job file, in Python): regular expressions and what stands in their place
PHRASES: tuple[tuple[str, str], ...] = (
    (r"; paths are relative to the job file\.", "; paths are relative to the current folder."),
    (
        r"Free one by a table, such as (\w+) = \{ initial = 1\.0 \}; a plain number is fixed\.",
        r'Free one, such as parameters={"\1": hpcfit.Free(1.0)}; a plain number is fixed.',
    ),
    (
        r"Free one by a table, such as (\w+) = \{\}; a plain number is fixed\.",
        r'Free one, such as parameters={"\1": hpcfit.Free()}; a plain number is fixed.',
    ),
    (
        r"Free one by a table, such as (\w+) = \{ initial = 1\.0 \}\.",
        r'Free one, such as parameters={"\1": hpcfit.Free(1.0)}.',
    ),
    (r"by data\.missing = \"skip\"", 'by missing="skip"'),
    (r"; give data\.group, a column", "; give group, a column"),
    (r"give it in \[model\.parameters\]\.", "give it in parameters."),
    (r"leave it out by data\.rows\.", "leave it out by rows."),
    (r"Paths are relative to the job file\.", "Paths are relative to the current folder."),
    (
        r"a finite number or a table such as \{ initial = 1\.0, min = 0\.0 \} is expected",
        "a finite number or hpcfit.Free(1.0, min=0.0) is expected",
    ),
    (r'a table such as \{ A = "geometric" \} is expected', "a dict such as {'A': 'geometric'} is expected"),
    (r'such as mixing = \{ (\w+) = "geometric" \}\.', r'such as mixing={"\1": "geometric"}.'),
    (r"transform = (?=\")", "transform="),
    (r"a rule such as mixing = (?=\")", "a rule such as mixing="),
    (r"; write fixed = true instead\.", "; give the number alone instead."),
    (r"Write (energy|forces|stress) = false, or import data that have it\.", r"Leave it out of targets."),
    (
        r"Write (energy|forces|stress) = false, or take a calculator that does\.",
        "Leave it out of targets, or take a calculator that does.",
    ),
    (
        r"cannot be fitted with energy = false; give a number\.",
        "cannot be fitted without energy; give a number.",
    ),
    (
        r"Add the species to a \[\[potential\]\], or choose other configurations by data\.tags\.",
        "Add the species to a potential, or choose other configurations by tags.",
    ),
    (
        r" is missing: write \[\[potential\]\] \(with two brackets\), name and species\.",
        ": the list is empty; give a potential.",
    ),
    (
        r"start_from: a text in quotes is expected",
        "start_from: a Fit, or the path of a run folder, is expected",
    ),
    (r"folder: a text in quotes is expected", "folder: a path is expected"),
    (r"python:(\S+) of plugin objects \(given by this program\) cannot", r"\1 cannot"),
    (r"a class with a method weights", "an object or class with a method weights"),
    (r"--format ([^\s:,;]+)", r"reading={'format': '\1'}"),
    (r"--energies\b", "reading={'energies': ...}"),
    (r"true or false is expected", "True or False is expected"),
    (r"a text in quotes is expected", "a text is expected"),
    (r"a list in square brackets is expected", "a list is expected"),
    (r"a table is expected, not", "a dict is expected, not"),
    (r"a table such as \{ (\w+) = ([\d.]+) \} is expected", r"a dict such as {'\1': \2} is expected"),
    (r"--(energy|forces|stress)-key ([^\s:,;]+?)(?=[\s:,;]|\.?$|\. )", r"reading={'\1_key': '\2'}"),
    (r"--no-(energy|forces|stress)\b", r"reading={'leave_out': ['\1']}"),
    (r"--(energy|length|stress)-unit ([^\s:,;]+)", r"reading={'\1_unit': '\2'}"),
    (r"--stress-sign (\w+)", r"reading={'stress_sign': '\1'}"),
    (r"run\.folder (?=\S)", "folder "),
    (r"Give another run\.folder, or", "Give another folder, or"),
    (r"\[(data|weights|residual|optimizer|potential)\]", r"\1"),
)


def of_run_error(error: HpcfitError, job: str) -> HpcfitError:
    """The error of a job file's run, which speaks of the file, in the words of `hpcfit.run`."""
    text = of_run(str(error), job)
    return error if text == str(error) else _like(error, text)


def in_python(error: HpcfitError, names: Mapping[str, str], call: str = "fit()") -> HpcfitError:
    """The same error, of the same class, in the words of a call.

    Args:
        names: paths of files that are there for the time of the call only, and what they are.
        call: what messages begin with.
    """
    if isinstance(error, JobError):
        return JobError([_translated(problem, names, call) for problem in error.problems])
    return _like(error, _translated(str(error), names, call))


def of_run(text: str, job: str) -> str:
    """What to type to start a job file's run anew, in Python."""
    return text.replace(f"hpcfit run {Path(job)} --restart", f"hpcfit.run({job!r}, restart=True)")


def _like(error: HpcfitError, text: str) -> HpcfitError:
    made = type(error)(text)
    made.exit_code = error.exit_code
    return made


def _translated(text: str, names: Mapping[str, str], call: str) -> str:
    for path, name in names.items():
        text = text.replace(path, name)
    for pattern, replacement in PHRASES:
        text = re.sub(pattern, replacement, text)
    return text if text.startswith(f"{call}:") else f"{call}: {text}"
