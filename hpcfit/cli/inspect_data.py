"""`hpcfit inspect`: what is in a dataset, and what looks wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hpcfit.data.inspection import Inspection, Range

_SHOWN_TAGS = 20
_LABEL_WIDTH = 18


def inspect_data(
    data: Annotated[Path, typer.Argument(metavar="DATA.h5", help="A dataset made by `hpcfit import`.")],
    cutoff: Annotated[
        float, typer.Option(min=0.5, max=50.0, help="Count neighbours up to this distance (angstrom).")
    ] = 4.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Also compare the content with its hash.")] = False,
) -> None:
    """Show what a dataset holds, the ranges of its values, and what looks wrong.

    Findings are no errors: outliers by a robust z-score, duplicates, atoms closer than 0.5
    angstrom, missing targets, forces that do not add up to zero, stress in suspicious units.
    """
    from hpcfit.data import Dataset
    from hpcfit.data.history import describe_step
    from hpcfit.data.inspection import inspect_dataset

    with Dataset.open(data) as dataset:
        if verify:
            dataset.verify()
        found = inspect_dataset(dataset, cutoff)
        steps = dataset.provenance
    if as_json:
        import json
        from dataclasses import asdict

        typer.echo(json.dumps({**asdict(found), "provenance": steps}, indent=2))
        return
    _show(found, [describe_step(step) for step in steps])


def _show(found: Inspection, steps: list[str]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    for label, text in [*_lines(found), *(("made by", step) for step in steps)]:
        console.print(Text(f"{label:<{_LABEL_WIDTH}}", style="bold").append(text, style="not bold"))
    for suspicion in found.suspicions:
        console.print(Text("warning: ", style="yellow").append(str(suspicion), style="default"))
    if not found.suspicions:
        console.print("nothing looks wrong")


def _lines(found: Inspection) -> Iterator[tuple[str, str]]:
    yield "dataset", found.path
    yield "configurations", f"{found.configurations}, {_counts(found.periodic, 'periodic ')}"
    sizes = found.atoms_per_configuration
    each = f", {sizes.minimum:.0f} to {sizes.maximum:.0f} each" if sizes else ""
    yield "atoms", f"{found.atoms}{each}"
    yield (
        "species",
        ", ".join(f"{symbol} ({count} atoms)" for symbol, count in found.species.items()) or "none",
    )
    yield "tags", _tags(found.tags)
    yield "targets", ", ".join(f"{name} ({count})" for name, count in found.targets.items())
    if found.weights:
        yield "weights", ", ".join(found.weights)
    if found.tables:
        yield "tables", ", ".join(f"{name} ({rows} rows)" for name, rows in found.tables.items())
    yield "energy per atom", _range(found.energy_per_atom, "eV")
    yield "|force|", _range(found.force_norm, "eV/angstrom")
    yield "stress", _range(found.stress, "eV/angstrom^3")
    if found.smallest_distance is None:
        yield "smallest distance", f"above {found.cutoff:g} angstrom"
    else:
        yield "smallest distance", f"{found.smallest_distance:.4f} angstrom in {found.closest}"
    if found.neighbors:
        alone = f"; {found.isolated_atoms} atoms without any" if found.isolated_atoms else ""
        spread = f"{found.neighbors.minimum:.0f} to {found.neighbors.maximum:.0f}"
        yield f"neighbours {found.cutoff:g} A", f"{spread}, mean {found.neighbors.mean:.2f} per atom{alone}"
    yield "content", found.content_hash


def _range(values: Range | None, unit: str) -> str:
    if values is None:
        return "none"
    return (
        f"{values.minimum:.6g} to {values.maximum:.6g}, mean {values.mean:.6g}, rms {values.rms:.6g} {unit}"
    )


def _tags(tags: Mapping[str, int]) -> str:
    named = [f"{tag or '(none)'} ({count})" for tag, count in tags.items()]
    more = f", and {len(named) - _SHOWN_TAGS} more" if len(named) > _SHOWN_TAGS else ""
    return ", ".join(named[:_SHOWN_TAGS]) + more


def _counts(counts: Mapping[str, int], before: str) -> str:
    return ", ".join(
        f"{count} {name if name.startswith('not') else before + name}" for name, count in counts.items()
    )
