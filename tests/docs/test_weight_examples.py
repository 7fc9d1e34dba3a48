"""Every [weights] table of the job file's page weighs all configurations of jobs/silicon-sw."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from hpcfit.weights import WEIGHTS
from hpcfit.workflow.check import check_job

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "job-file.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(toml|text|python)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [text for language, text in BLOCKS if language == "toml" and text.startswith("[weights]")]
FILES = {
    name[1]: text for _, text in BLOCKS if (name := re.match(r"# (\w+\.(?:txt|py))\n", text)) is not None
}
JOB = """
[data]
train = "silicon-train.h5"
[targets]
stress = true
[[potential]]
name = "stillinger-weber-kim"
species = ["Si"]
[potential.parameters]
A = { initial = 15 }
"""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.splitlines()[1])
def test_an_example_weighs_every_configuration(example: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "jobs" / "silicon-sw" / "silicon-train.h5", tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    job = tmp_path / "job.toml"
    job.write_text(JOB + example)
    assert check_job(job, 1).startswith(f"{job}: nothing is wrong\n")


def test_every_scheme_but_the_constant_one_has_an_example() -> None:
    named = {text.splitlines()[1].split('"')[1] for text in EXAMPLES}
    assert set(WEIGHTS) - {"constant"} <= named
