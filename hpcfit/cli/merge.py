"""`hpcfit merge`: one dataset of several."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_EXAMPLES = 3


def merge(
    data: Annotated[list[Path], typer.Argument(metavar="DATA.h5...", help="Two datasets or more.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The dataset to write.")],
    prefix: Annotated[
        bool, typer.Option("--prefix", help="Put the file's name before each identifier and table.")
    ] = False,
    compress: Annotated[bool, typer.Option("--compress", help="Smaller file, slower to read.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
) -> None:
    """Put datasets one after the other into a new one, with tags, weights and tables.

    Identifiers must differ between the files; where they do not, --prefix makes "first/..." and
    "second/..." of them. A geometry that occurs in several files stays, and is told of.

    Example: hpcfit merge bulk.h5 surfaces.h5 -o all.h5
    """
    from hpcfit.data.merging import merge_datasets
    from hpcfit.suggest import counted

    done = merge_datasets(data, output, prefix=prefix, overwrite=force, compress=compress)
    what = f"{counted(done.configurations, 'configuration')}, {counted(done.atoms, 'atom')}"
    typer.echo(f"read      {what}, from {counted(len(data), 'dataset')}")
    if done.tables:
        typer.echo(f"tables    {', '.join(done.tables)}")
    for names, text in (
        (done.repeated, "with the geometry of one in an earlier file; duplicates count twice in a fit"),
        (done.contradicting, "of these with another energy; one of the two is wrong"),
    ):
        if names:
            more = ", ..." if len(names) > _EXAMPLES else ""
            typer.echo(
                f"note      {counted(len(names), 'configuration')} {text} "
                f"({', '.join(names[:_EXAMPLES])}{more})"
            )
    typer.echo(f"wrote     {output}  {done.content_hash}")
