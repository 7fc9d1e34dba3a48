"""`hpcfit split`: a dataset for training and one for testing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hpcfit.data import Dataset
    from hpcfit.data.parts import Split
    from hpcfit.data.splitting import Parts

_EXAMPLES = 3
_FRACTION = 0.1


class Method(StrEnum):
    """How to choose what is for testing."""

    fraction = "fraction"
    tag = "tag"
    farthest = "farthest"


def split(
    data: Annotated[Path, typer.Argument(metavar="DATA.h5", help="The dataset to divide.")],
    train: Annotated[Path, typer.Option("--train", metavar="FILE", help="The dataset for training.")],
    test: Annotated[Path, typer.Option("--test", metavar="FILE", help="The dataset for testing.")],
    by: Annotated[Method, typer.Option("--by", help="How to choose.")] = Method.fraction,
    fraction: Annotated[
        float | None,
        typer.Option(metavar="F", help="How much is for testing; 0.1 unless given.", show_default=False),
    ] = None,
    each_tag: Annotated[
        bool, typer.Option("--each-tag", help="By fraction: the same fraction of every tag.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="By fraction: another choice; 0 unless given.")
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG,...", help="By tag: those for testing; may be repeated."),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(metavar="N", help="By farthest: this many for training, instead of a fraction."),
    ] = None,
    compress: Annotated[bool, typer.Option("--compress", help="Smaller files, slower to read.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the outputs if they exist.")] = False,
) -> None:
    """Divide a dataset into one for training and one for testing, which share no configuration.

    By fraction, which follows from the identifiers and the seed alone: a job with this test_fraction and
    seed makes the same choice. By tag: those with the given tags are for testing. By farthest: what
    differs most in energy and volume per atom is for training, what lies between is for testing.

    Examples: hpcfit split all.h5 --train train.h5 --test test.h5 --fraction 0.2 --each-tag;
    hpcfit split all.h5 --train train.h5 --test test.h5 --by tag --tags Surface;
    hpcfit split all.h5 --train train.h5 --test test.h5 --by farthest --count 100
    """
    from hpcfit.data.parts import split_dataset

    given = {
        "--fraction": fraction,
        "--each-tag": each_tag or None,
        "--seed": seed,
        "--tags": tags,
        "--count": count,
    }
    _check_options(by, [name for name, value in given.items() if value is not None])
    choose, words = _method(by, fraction, each_tag, seed or 0, tags or [], count)
    done = split_dataset(data, train, test, choose, words, overwrite=force, compress=compress)
    for line in describe_split(done, data, words):
        typer.echo(line)


def _check_options(by: Method, given: list[str]) -> None:
    from hpcfit.errors import DataError

    heeded = {
        Method.fraction: ("--fraction", "--each-tag", "--seed"),
        Method.tag: ("--tags",),
        Method.farthest: ("--fraction", "--count"),
    }
    for option in given:
        if option not in heeded[by]:
            raise DataError(
                f"{option}: is not for --by {by}, which takes {' and '.join(heeded[by])}; leave it out or "
                "choose another --by."
            )
    if by is Method.tag and "--tags" not in given:
        raise DataError("--by tag: name the tags for testing with --tags, as in --tags Surface,Vacancy.")
    if "--fraction" in given and "--count" in given:
        raise DataError("--fraction and --count both say how many are for training; give one of them.")


def _method(
    by: Method, fraction: float | None, each_tag: bool, seed: int, tags: list[str], count: int | None
) -> tuple[Callable[[Dataset], Parts], str]:
    """What chooses the parts, and words that say so."""
    from hpcfit.data import splitting
    from hpcfit.data.selection import named_tags

    share = _FRACTION if fraction is None else fraction
    if by is Method.tag:
        return (
            lambda dataset: splitting.by_tag(dataset, named_tags(dataset.tags, tags)),
            f"by tag, {','.join(tags)} for testing",
        )
    if by is Method.farthest:
        words = f"fraction {share:g} for testing" if count is None else f"{count} for training"
        return (
            lambda dataset: splitting.by_farthest_points(
                dataset, splitting.kept(len(dataset), share) if count is None else count
            ),
            f"by farthest points, {words}",
        )
    choose = splitting.by_fraction_of_each_tag if each_tag else splitting.by_fraction
    words = f"by fraction {share:g}{' of each tag' if each_tag else ''}, seed {seed}"
    return lambda dataset: choose(dataset, share, seed), words


def describe_split(done: Split, data: Path, words: str) -> Iterator[str]:
    """What was read, how it was divided, and what was written, as lines."""
    from hpcfit.suggest import counted

    parts = (done.train, done.test)
    yield f"read      {sum(part.configurations for part in parts)} configurations, from {data}"
    yield f"split     {words}"
    for part in parts:
        tags = ", ".join(f"{tag or '(none)'} ({count})" for tag, count in part.tags.items())
        what = f"{counted(part.configurations, 'configuration')}, {counted(part.atoms, 'atom')}"
        yield f"{part.name:<10}{what}; tags {tags}"
    if done.tables:
        yield f"tables    in both: {', '.join(done.tables)}"
    if done.leaked:
        more = ", ..." if len(done.leaked) > _EXAMPLES else ""
        yield (
            f"note      {counted(len(done.leaked), 'test configuration')} with the geometry of a training "
            f"configuration ({', '.join(done.leaked[:_EXAMPLES])}{more}); the test is too easy"
        )
    for part in parts:
        yield f"wrote     {part.path}  {part.content_hash}"
