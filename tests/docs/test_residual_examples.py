"""docs/job-file.md: the residuals of its examples, as tables and as functions, take part in a fit."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.residuals import RESIDUALS
from hpcfit.workflow.run import run_job

PAGE = (Path(__file__).parents[2] / "docs" / "job-file.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("\n## `[residual]`") : PAGE.index("\n## `[optimizer]`")]
TABLES = re.findall(r"^```toml\n(\[residual\].*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
FILES = {
    name: f"# {name}\n{text}"
    for name, text in re.findall(r"^```python\n# (\S+\.py)\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
}
#: what the examples name that the silicon dataset does not have
ELSEWHERE = {"crystal-64": "lowest", ", C = 0.25": ""}


def fit(silicon: Any, residual: str) -> None:
    for old, new in ELSEWHERE.items():
        residual = residual.replace(old, new)
    for name, text in FILES.items():
        (silicon.folder / name).write_text(text)
    silicon.write(("[run]", f"{residual}\n[optimizer]\nmax_iterations = 2\n\n[run]"))
    run_job(SerialCommunicator(), silicon.path)
    assert silicon.result()["counts"]["iterations"] == 2


@pytest.mark.parametrize("table", TABLES, ids=lambda table: tomllib.loads(table)["residual"]["name"])
def test_an_example_of_a_residual_takes_part_in_a_fit(silicon: Any, table: str) -> None:
    fit(silicon, table)


@pytest.mark.parametrize("name", ["crack_residuals.py:crack", "soft_residuals.py:soft"])
def test_an_example_of_a_function_takes_part_in_a_fit(silicon: Any, name: str) -> None:
    fit(silicon, f'[residual]\nname = "{name}"\ndata = {{ width = 2.0 }}\n')


def test_every_residual_with_options_that_matter_has_an_example() -> None:
    plain = {"energy-forces", "energy", "forces"}
    assert {tomllib.loads(table)["residual"]["name"] for table in TABLES} >= set(RESIDUALS) - plain
