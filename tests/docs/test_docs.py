"""The pages themselves: links lead somewhere, job files load, examples of plugins are plugins."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from eam_files import write_setfl

from hpcfit.errors import JobError
from hpcfit.job import open_job

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("jobs/**/*.md")])

#: what a piece of a job file needs besides itself to be a whole one
DATA = '[data]\ntrain = "silicon-train.h5"\n'
POTENTIAL = '[[potential]]\nname = "stillinger-weber-kim"\nspecies = ["Si"]\n'
SOMETHING_FREE = (
    '\n[[potential]]\nname = "lennard-jones"\nspecies = ["Si"]\n'
    "[potential.parameters]\nepsilon = { initial = 0.01 }\nsigma = 3.0\n"
)


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    page: Path
    language: str
    text: str

    @property
    def first_line(self) -> str:
        return self.text.split("\n", 1)[0]

    def __str__(self) -> str:
        return f"{self.page.name}: {self.first_line}"


def blocks_of(page: Path) -> list[Block]:
    found = re.findall(r"^```(\S*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [Block(page, language, text) for language, text in found]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
JOBS = [
    block
    for block in BLOCKS
    if block.language == "toml" and block.first_line not in ("# pyproject.toml", "# with mistakes")
]
MISTAKES = [
    (block, BLOCKS[place + 1]) for place, block in enumerate(BLOCKS) if block.first_line == "# with mistakes"
]


def whole_job(block: Block) -> str:
    """The text of a block with what it lacks of a job."""
    tables = tomllib.loads(block.text)
    if "table" in tables.get("data", {}):
        return block.text
    if "model" in tables:
        return 'data = { table = "decay.csv", y = ["signal"] }\n' + block.text
    text = "" if "data" in tables else DATA
    if not isinstance(tables.get("potential"), list):
        text += POTENTIAL
    return text + block.text + SOMETHING_FREE


@pytest.fixture
def job_folder(tmp_path: Path, block: Block) -> Path:
    """A folder with the files that the jobs of a block's page name, or those of other pages."""
    page = block.page
    for name in ("silicon-train.h5", "silicon-test.h5"):
        (tmp_path / name).touch()
    write_setfl(tmp_path / "CuNi.eam.alloy", "alloy")
    write_setfl(tmp_path / "Cu.eam.alloy", "alloy", ("Cu",))
    for block in sorted(BLOCKS, key=lambda each: each.page == page):
        named = re.fullmatch(r"# (\w+\.(?:py|txt|csv))", block.first_line)
        if named and block.language in ("python", "text"):
            (tmp_path / named[1]).write_text(block.text)
    return tmp_path


@pytest.mark.parametrize("block", JOBS, ids=str)
def test_a_job_file_of_the_documentation_loads(block: Block, job_folder: Path) -> None:
    job = job_folder / "job.toml"
    job.write_text(whole_job(block))
    data = tomllib.loads(job.read_text())["data"]
    (job_folder / data.get("train", data.get("table"))).touch()
    open_job(job)


@pytest.mark.parametrize(("block", "answer"), MISTAKES, ids=str)
def test_mistakes_are_answered_as_the_documentation_shows(
    block: Block, answer: Block, job_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(job_folder)
    Path("job.toml").write_text(block.text)
    with pytest.raises(JobError) as error:
        open_job(Path("job.toml"))
    assert str(error.value) == answer.text.strip()


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and mkdocs make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors_of(file), f"{page.name}: {target}; there are {sorted(anchors_of(file))}"
