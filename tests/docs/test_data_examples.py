"""The commands of the page on data, run as they stand there, print what stands below them."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from hpcfit import units
from hpcfit.cli.app import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "data-format.md").read_text(encoding="utf-8")
#: commands with their output, of the section on datasets from datasets, in order
EXAMPLES = re.findall(
    r"^```sh\n(hpcfit (?:export|split|merge|convert-units) [^\n]*)\n```\n\n```text\n(.*?)^```$",
    PAGE,
    re.MULTILINE | re.DOTALL,
)


def test_the_examples_of_data_tools_print_what_the_page_shows(tmp_path, monkeypatch, capsys):
    shutil.copy(ROOT / "jobs" / "silicon-sw" / "silicon-train.h5", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert [command.split()[1] for command, _ in EXAMPLES] == ["export", "split", "merge", "convert-units"]
    for command, output in EXAMPLES:
        with pytest.raises(SystemExit) as caught:
            main(shlex.split(command)[1:])
        assert (caught.value.code, capsys.readouterr().out) == (0, output)


def test_the_page_has_every_unit():
    for option, table in (("energy", units.ENERGY), ("length", units.LENGTH), ("stress", units.STRESS)):
        (row,) = re.findall(rf"^\| `--{option}-unit` \| (.*) \|$", PAGE, re.MULTILINE)
        assert set(row.replace("`", "").split(", ")) == set(table)
