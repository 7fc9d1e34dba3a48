"""docs/predict.md: its Python runs as it stands, and its options are the command's."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

from hpcfit.cli.app import make_app

PAGE = (Path(__file__).parents[2] / "docs" / "predict.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.splitlines()[0])
def test_an_example_runs(
    code: str, silicon_run: Path, silicon_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(silicon_run, tmp_path / "run")
    shutil.copy(silicon_data, tmp_path / "silicon-test.h5")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/predict.md", "exec"), {})


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2


def test_the_options_are_those_of_the_command() -> None:
    command = get_command(make_app(["predict"])).commands["predict"]  # type: ignore[attr-defined]
    names = {name for each in command.params for name in each.opts if name.startswith("--")}
    documented = set(re.findall(r"`(--[\w-]+)", PAGE))
    assert documented == names
