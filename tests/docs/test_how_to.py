"""The tutorial and the how-tos, followed to the letter.

Their files are written, their commands typed, and what is printed compared.

A block of code is a file when its first line is a comment with a name (`# job.toml`), or when a comment
`<!-- file: NAME -->` stands before it. A `console` block holds commands, each after `$ `, and what they
print: a line `...` stands for any lines, `...` within a line for any text, numbers need to agree to a
percent, and empty lines do not count.
Each page has a folder of its own, in which the data and the job of jobs/silicon-sw lie.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
SILICON = ROOT / "jobs" / "silicon-sw"
#: what the silicon data were imported from, which is not part of the repository
ORIGINAL = ROOT.parent / "shared" / "data" / "mlearn" / "Si"
_BLOCK = re.compile(r"(?:^<!-- file: (\S+) -->\n+)?^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\w)")


def steps(page: Path) -> Iterator[tuple[str, str]]:
    """("file NAME", content) and ("command", command with its output), in the order of the page."""
    for name, language, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        named = re.match(r"# ([\w./-]+\.\w+)\n", text)
        if name or named:
            yield f"file {name or named[1]}", text
        elif language == "console":
            for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                yield "command", command


def lines_of(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def agrees(expected: str, found: str) -> bool:
    """Whether a line is as the page has it, with numbers that agree to a percent."""
    pattern = ".*".join(
        r"(\S+)".join(re.escape(text) for text in _NUMBER.split(part)) for part in expected.split("...")
    )
    match = re.fullmatch(re.sub(r"(\\ )+", r"\\s+", pattern), found)
    numbers = [number for part in expected.split("...") for number in _NUMBER.findall(part)]
    return match is not None and all(
        _close(want, have) for want, have in zip(numbers, match.groups(), strict=True)
    )


def _close(want: str, have: str) -> bool:
    try:
        return float(have) == pytest.approx(float(want), rel=0.01, abs=1e-12)
    except ValueError:
        return False


def missing(expected: list[str], found: list[str]) -> str | None:
    """The first line of the page that the output does not have where it should, or None."""
    place, free = 0, False
    for line in expected:
        if line == "...":
            free = True
            continue
        while place < len(found) and free and not agrees(line, found[place]):
            place += 1
        if place == len(found) or not agrees(line, found[place]):
            return line
        place, free = place + 1, False
    return None if free or place == len(found) else found[place]


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ("loss 1.00 eV", "loss 1.001 eV", True),
        ("loss 1.00 eV", "loss 1.2 eV", False),
        ("A   2  eV", "A 2 eV", True),
        ("time ... s", "time 2.60 s", True),
        ("stillinger-weber-kim 3", "stillinger-weber 3", False),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...\nd", "a\nb\nd\ne", False),
        ("a", "a\nb", False),
    ],
)
def test_output_is_compared_line_by_line(expected: str, found: str, same: bool) -> None:
    assert (missing(expected.splitlines(), found.splitlines()) is None) == same


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("silicon-train.h5", "silicon-test.h5", "job.toml"):
        shutil.copy(SILICON / name, tmp_path)
    if ORIGINAL.exists():
        (tmp_path / "Si").symlink_to(ORIGINAL)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_how_to_does_what_it_says(page: Path, folder: Path, warm: Any) -> None:
    beside = Path(sys.executable).parent
    path = f"{warm.folder}:{beside}:{os.environ['PATH']}"  # hpcfit and python without their imports
    environment = {**os.environ, "PATH": path, "COLUMNS": "200"}
    for kind, text in steps(page):
        if kind.startswith("file "):
            path = folder / kind.removeprefix("file ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            continue
        command, _, expected = text.partition("\n")
        if "Si/training.json" in command and not ORIGINAL.exists():
            continue
        if command.startswith("mpirun") and shutil.which("mpirun", path=environment["PATH"]) is None:
            pytest.skip("no mpirun: pip install 'hpcfit[mpich]', or load an MPI module")
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        wrong = missing(lines_of(expected), lines_of(done.stdout))
        assert wrong is None, f"{page.name}: $ {command}\nnot as on the page: {wrong}\n{done.stdout}"
