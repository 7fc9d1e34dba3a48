"""docs/python.md: its Python runs as it stands, one block after the other, and names every argument."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import hpcfit
from hpcfit.api.reading import reading_options
from hpcfit.data import Dataset
from hpcfit.data.extxyz_frame import extxyz_frame

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MISTAKES = "# four mistakes"


@pytest.fixture
def folder(silicon: object, silicon_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the page names."""
    for name in ("silicon-train.h5", "silicon-test.h5"):
        (tmp_path / name).write_bytes(silicon_data.read_bytes())
    with Dataset.open(silicon_data) as dataset:
        frames = [extxyz_frame(each) for each in dataset.read(0, len(dataset))]
    (tmp_path / "frames.extxyz").write_text("".join(frames))
    silicon.write()  # type: ignore[attr-defined]
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_run_one_after_the_other(folder: Path) -> None:
    pytest.importorskip("ase")
    names: dict[str, object] = {}
    for place, (language, text) in enumerate(BLOCKS):
        if language != "python":
            continue
        code = compile(text, f"docs/python.md, block {place}", "exec")
        if text.startswith(MISTAKES):
            with pytest.raises(hpcfit.JobError) as error:
                exec(code, names)
            assert str(error.value) == BLOCKS[place + 1][1].strip()
            continue
        exec(code, names)
        assert isinstance(names["fit"], hpcfit.Fit)
    assert names["losses"]


def first_cells() -> set[str]:
    rows = [line.split(" | ")[0] for line in PAGE.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_the_page_has_every_argument_of_fit() -> None:
    assert set(inspect.signature(hpcfit.fit).parameters) == first_cells()


def test_the_page_has_every_option_of_reading() -> None:
    section = PAGE[PAGE.index("### Data in memory") :].split("\n## ")[0]
    assert all(f"`{name}`" in section for name in reading_options())


def test_every_public_name_has_a_docstring() -> None:
    for name in set(hpcfit.__all__) - {"__version__"}:
        item = getattr(hpcfit, name)
        assert inspect.getdoc(item), name
        for method, value in vars(item).items() if inspect.isclass(item) else ():
            if not method.startswith("_") and (callable(value) or isinstance(value, property)):
                assert inspect.getdoc(value), f"{name}.{method}"
