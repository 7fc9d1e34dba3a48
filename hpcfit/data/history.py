"""What made a dataset: one step after the other, kept in every file that is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hpcfit import __version__
from hpcfit.data.header import DatasetHeader

Step = dict[str, Any]


def step(name: str, sources: Sequence[str], summary: str = "", **more: Any) -> Step:
    """A step as stored in the file: what was done to which `sources`, when, by which hpcfit.

    `summary` says it to people, `more` to programs.
    """
    return {
        "step": name,
        "hpcfit": __version__,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "sources": list(sources),
        **({"summary": summary} if summary else {}),
        **more,
    }


def history(datasets: Sequence[DatasetHeader], name: str, summary: str, **more: Any) -> list[Step]:
    """The steps that made `datasets`, one dataset after the other, and the one that `name` stands for.

    The new step records each dataset's path, content hash, and how many of the steps are its.
    """
    earlier = [dataset.provenance for dataset in datasets]
    parents = [
        {"path": dataset.path, "content_hash": dataset.content_hash, "steps": len(steps)}
        for dataset, steps in zip(datasets, earlier, strict=True)
    ]
    new = step(name, [dataset.path for dataset in datasets], summary, parents=parents, **more)
    return [*(each for steps in earlier for each in steps), new]


def describe_step(step: Mapping[str, object]) -> str:
    """One line on a step, for people."""
    sources = step.get("sources")
    names = " ".join(map(str, sources)) if isinstance(sources, list) else ""
    summary = f": {step['summary']}" if step.get("summary") else ""
    return (
        f"{step.get('step', '?')} of {names} at {step.get('time', '?')} "
        f"with hpcfit {step.get('hpcfit', '?')}{summary}"
    )
