"""The order of the pages. It stands here, since a page with Sphinx's own list reads badly on GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

#: {caption: pages}, each a path from the top of the repository without its ending, or "title <path>"
CONTENTS = {
    "Start": ["docs/tutorial", "In short </README>"],
    "How to": [
        "docs/how-to/own-formula",
        "docs/how-to/spline-potentials",
        "docs/how-to/equation-of-state",
        "docs/how-to/outliers",
        "docs/how-to/multistart",
        "docs/how-to/ase-calculator",
        "docs/how-to/own-weights",
        "docs/how-to/own-residual",
        "docs/how-to/plugin",
        "docs/how-to/several-species",
        "docs/how-to/restart",
        "docs/how-to/batch-job",
        "docs/how-to/from-kliff",
        "docs/how-to/from-potfit",
    ],
    "Reference": [
        "docs/job-file",
        "docs/command-line",
        "docs/potentials",
        "docs/tables",
        "docs/gpu",
        "docs/data-format",
        "docs/run-folder",
        "docs/predict",
        "docs/analysis",
        "docs/plots",
        "docs/python",
        "docs/python-reference",
        "docs/plugins",
    ],
    "Background": ["docs/method", "docs/benchmarks", "CHANGELOG"],
}
#: examples, sorted by themselves
EXAMPLES = ["jobs/**", "plugins/*/README"]


def append_contents(_app: Sphinx, page: str, source: list[str]) -> None:
    """Give the first page the list of all others."""
    if page != "docs/index":
        return
    for caption, pages in CONTENTS.items():
        source[0] += toctree(caption, pages)
    source[0] += toctree("Examples", EXAMPLES, ":glob:")


def toctree(caption: str, pages: list[str], *options: str) -> str:
    paths = [page if page.endswith(">") else f"/{page}" for page in pages]
    lines = ["```{toctree}", ":hidden:", f":caption: {caption}", *options, "", *paths, "```"]
    return "\n\n" + "\n".join(lines) + "\n"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", append_contents)
    # Sphinx keeps what it has read, and does not know that this page depends on this file.
    app.connect("env-get-outdated", lambda *_: ["docs/index"])
    return {"parallel_read_safe": True, "parallel_write_safe": True}
