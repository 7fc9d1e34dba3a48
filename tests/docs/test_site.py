"""The pages as a site: every page has its place in the contents, and every place its page.

The site itself is built in CI, where what it is built with is installed.
"""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "site"
CONTENTS = runpy.run_path(str(SITE / "contents.py"))["CONTENTS"]


def test_every_page_of_the_documentation_is_in_the_contents_once() -> None:
    listed = [page for pages in CONTENTS.values() for page in pages if page.startswith("docs/")]
    pages = {path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.glob("docs/**/*.md")}
    assert sorted(listed) == sorted(pages - {"docs/index"})


def test_the_command_line_page_is_what_the_commands_say() -> None:
    made = runpy.run_path(str(SITE / "command_line.py"))["page"]()
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert page == made, "run `python docs/site/command_line.py`"
