"""docs/analysis.md: its Python runs as it stands, and its options and files are the commands'."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

from hpcfit.cli.app import make_app

PAGE = (Path(__file__).parents[2] / "docs" / "analysis.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_example_runs(silicon_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(silicon_run.parent, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    exec(compile(EXAMPLE, "docs/analysis.md", "exec"), {})
    assert (tmp_path / "project" / "run" / "analysis" / "influence.csv").is_file()


def test_the_options_of_sensitivity_are_those_of_the_command() -> None:
    name = "analyze sensitivity"
    command = get_command(make_app([name])).commands[name]  # type: ignore[attr-defined]
    names = {each for option in command.params for each in option.opts if each.startswith("--")}
    assert set(re.findall(r"^\| `(--\w+)", section("Sensitivity"), re.MULTILINE)) == names - {"--output"}
