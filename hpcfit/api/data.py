"""The data of a call: a dataset that exists, or one written for the time of the call.

Everything here happens on rank 0, whose arguments count; the other ranks are told the path.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hpcfit.api.reading import read_options
from hpcfit.data import (
    QUANTITIES,
    Configuration,
    Dataset,
    ReadOptions,
    ReadReport,
    select_tags,
    write_dataset,
)
from hpcfit.data.ase_atoms import from_atoms, is_atoms
from hpcfit.data.importing import import_dataset
from hpcfit.errors import DataError, JobError
from hpcfit.job.values import shown
from hpcfit.suggest import counted

_CALL = "fit()"
_HDF5 = (".h5", ".hdf5")


@dataclass(frozen=True)
class Given:
    """A dataset as a call gives it.

    Attributes:
        path: of the dataset, as seen from the current folder.
        shown: how messages and the text of the job name it.
        written: it is there for the time of the call only.
        notes: sentences on how it was read.
    """

    path: str
    shown: str
    written: bool = False
    notes: tuple[str, ...] = ()


def given_data(
    value: Any, argument: str, scratch: Callable[[], Path], reading: Any, readers: Callable[[], Any]
) -> Given:
    """The dataset that an argument stands for.

    Args:
        value: the path of a dataset, path(s) of files of other formats, or configurations or ase.Atoms.
        argument: its name, for messages and the name of the file.
        scratch: makes a folder for datasets to be written.
        reading: how to read foreign files; see `fit`.

    Raises:
        HpcfitError: for what cannot be used, naming the argument.
    """
    options, units = read_options(reading)
    if isinstance(value, str | os.PathLike):
        path = Path(value)
        if path.suffix.lower() in _HDF5 or not path.exists():
            return Given(os.fspath(path), os.fspath(path))
        value = [path]
    items = _items(value, argument)
    output = scratch() / f"{argument}.h5"
    if all(isinstance(item, str | os.PathLike) for item in items):
        paths = [Path(item) for item in items]
        _refuse_datasets(paths, argument)
        result = import_dataset(paths, output, readers(), options, units=units)
        shown = ", ".join(map(str, paths))
        return Given(str(output), shown, True, tuple(_notes(shown, result.report, result.configurations)))
    report = ReadReport()
    made = [_configuration(item, f"{argument}[{i}]", options, report) for i, item in enumerate(items)]
    made = _numbered(made, [is_atoms(item) for item in items])
    try:
        write_dataset(output, made)
    except DataError as error:
        raise DataError(f"fit(): {argument}: {error}") from error
    atoms = any(is_atoms(item) for item in items)
    return Given(str(output), argument, True, tuple(_notes(argument, report, made)) if atoms else ())


def in_memory(value: Any, call: str) -> str | list[Configuration]:
    """The path of a dataset, or configurations, for what a call may be given as data.

    Raises:
        HpcfitError: for what cannot be used, naming the call.
    """
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    report = ReadReport()
    items = _items(value, "data", call)
    return [_configuration(item, f"data[{i}]", ReadOptions(), report, call) for i, item in enumerate(items)]


def species_of(train: Given, test: Given | None, tags: Any) -> tuple[str, ...]:
    """Chemical symbols of the configurations that take part, sorted.

    Raises:
        HpcfitError: a dataset that is not there or cannot be read.
    """
    found: set[str] = set()
    for given, argument, wanted in ((train, "dataset", tags), (test, "test", None)):
        if given is None:
            continue
        if not Path(given.path).is_file():
            raise JobError(
                f"fit(): {argument}: there is no file {given.path}. Make it with `hpcfit import`; paths are "
                "relative to the current folder."
            )
        with Dataset.open(given.path) as dataset:
            chosen = [wanted] if isinstance(wanted, str) else wanted
            # Tags that are not there are told of, with all else, when the job is checked.
            known = isinstance(chosen, list | tuple) and all(tag in dataset.tags for tag in chosen)
            found.update(dataset.species_of(select_tags(dataset.tags, chosen if known else None)))
    return tuple(sorted(found))


def _refuse_datasets(paths: Sequence[Path], argument: str) -> None:
    for path in paths:
        if path.suffix.lower() in _HDF5:
            raise JobError(
                f"fit(): {argument}: {path} is a dataset, of which one can be given. Put several together "
                "with `hpcfit merge`."
            )


def _items(value: Any, argument: str, call: str = _CALL) -> list[Any]:
    if is_atoms(value) or isinstance(value, Configuration):
        return [value]
    if isinstance(value, Iterable) and not isinstance(value, bytes | Mapping | np.ndarray):
        items = list(value)
        if items:
            return items
        raise JobError(f"{call}: {argument}: the list is empty; give some configurations.")
    raise JobError(
        f"{call}: {argument}: a path, or a list of configurations or ase.Atoms, is expected, "
        f"not {shown(value)}."
    )


def _configuration(
    item: Any, name: str, options: ReadOptions, report: ReadReport, call: str = _CALL
) -> Configuration:
    if isinstance(item, Configuration):
        return item
    if is_atoms(item):
        try:
            return from_atoms(item, name, options, report)
        except DataError as error:
            raise DataError(f"{call}: {error}") from error
    raise JobError(
        f"{call}: {name}: a configuration or an ase.Atoms is expected, not {shown(item)} "
        f"({type(item).__name__})."
    )


def _numbered(made: Sequence[Configuration], may_change: Sequence[bool]) -> list[Configuration]:
    """The same, where atoms whose info gives them one name are numbered #0, #1, ..."""
    counts = Counter(each.identifier for each in made)
    used: Counter[str] = Counter()
    numbered = []
    for each, free in zip(made, may_change, strict=True):
        name = each.identifier
        if counts[name] > 1 and free:
            each = replace(each, identifier=f"{name}#{used[name]}")
            used[name] += 1
        numbered.append(each)
    return numbered


def _notes(name: str, report: ReadReport, made: Sequence[Configuration]) -> Iterable[str]:
    """From which keys every quantity came, and what was skipped."""
    sources = []
    for quantity in QUANTITIES:
        keys = [
            f"{key!r} ({count})" for (what, key), count in sorted(report.keys.items()) if what == quantity
        ]
        if keys:
            sources.append(f"{quantity} from {', '.join(keys)}")
    yield f"{name}: {counted(len(made), 'configuration')}; {'; '.join(sources) or 'no references'}"
    for reason, count in Counter(reason for _, reason in report.skipped).items():
        yield f"{name}: {counted(count, 'file')} skipped: {reason}"
    for note, count in report.notes.items():
        yield f"{name}: {counted(count, 'configuration')}: {note}"
