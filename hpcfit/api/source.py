"""The job that a call to `hpcfit.fit` describes, the same on all ranks."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hpcfit.api.arguments import (
    Arguments,
    add_named,
    add_potentials,
    add_residual,
    add_tables,
    add_targets,
    names_species,
    plain_values,
)
from hpcfit.api.data import Given, given_data, species_of
from hpcfit.api.outcome import Fit
from hpcfit.api.progress import say
from hpcfit.errors import JobError
from hpcfit.job.arguments import ArgumentSource
from hpcfit.job.changes import canonical_of
from hpcfit.output.folder import RunFolder
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.registry import Registry


class Scratch:
    """A folder for the time of the call, which all ranks see; made by rank 0 when it is first needed.

    One host has its temporary folder; several share the current folder at best.
    """

    def __init__(self, comm: Communicator, stack: ExitStack) -> None:
        alone = len(set(comm.allgather(socket.gethostname()))) == 1
        self._parent = None if alone else Path.cwd()
        self._stack = stack
        self._made: Path | None = None

    def __call__(self) -> Path:
        if self._made is None:
            self._made = Path(tempfile.mkdtemp(prefix="hpcfit-", dir=self._parent))
            self._stack.callback(shutil.rmtree, self._made, ignore_errors=True)
        return self._made


def job_source(
    comm: Communicator, given: Mapping[str, Any], scratch: Scratch, names: dict[str, str]
) -> ArgumentSource:
    """The job that the arguments describe; collective.

    Args:
        given: the arguments of `fit` by name.
        names: filled with the paths of datasets written for this call, and what messages call them.

    Raises:
        HpcfitError: on all ranks alike.
    """
    train, test, species, run = from_root(comm, lambda: _on_root(given, scratch))
    for each in (train, test):
        if each is not None and each.written:
            names[each.path] = each.shown
            if comm.is_root and given["progress"] is True:
                say(each.notes)
    with agreement(comm):
        made = _arguments(given, train, test, species)
        made.tables["run"] = run
        data = {key: each.shown for key, each in (("train", train), ("test", test)) if each is not None}
        written = {
            f"data.{key}": f"given as {each.shown}"
            for key, each in (("train", train), ("test", test))
            if each is not None and each.written
        }
        source = made.source(data, written, temporary=given["folder"] is None)
    check_alike(comm, source)
    return source


def _on_root(
    given: Mapping[str, Any], scratch: Scratch
) -> tuple[Given, Given | None, tuple[str, ...], dict[str, Any]]:
    """Datasets, the species in them if they are asked for, and the table [run]."""

    def readers() -> dict[str, Any]:
        return _readers(given["plugins"])

    reading, test = given["reading"], None
    train = given_data(given["dataset"], "dataset", scratch, reading, readers)
    if given["test"] is not None:
        test = given_data(given["test"], "test", scratch, reading, readers)
    if reading and not any(each.written for each in (train, test) if each is not None):
        raise JobError(
            "fit(): reading: a dataset is given, which is as it was imported. Leave this out, or give "
            "the files."
        )
    asked = given["species"] is None and not names_species(given["potential"])
    species = species_of(train, test, given["tags"]) if asked else ()
    return train, test, species, run_table(given, scratch)


def run_table(given: Mapping[str, Any], scratch: Scratch) -> dict[str, Any]:
    """The table [run]; a fit to start from that left no folder gets one for the time of the call."""
    start = given["start_from"]
    if isinstance(start, Fit):
        if start.folder is None:
            folder = scratch() / "start"
            folder.mkdir()
            start.result.save(RunFolder(folder).result)
        start = start.folder or folder
    table: dict[str, Any] = {
        "folder": given["folder"],
        "start_from": start,
        "device": given["device"],
        "memory_limit": given["memory_limit"],
    }
    if given["folder"] is None:
        # Nobody goes on there.
        table |= {"folder": scratch() / "run", "checkpoint_interval": 1e9}
    made: dict[str, Any] = plain_values(table)
    return made


def _arguments(
    given: Mapping[str, Any], train: Given, test: Given | None, species: Sequence[str]
) -> Arguments:
    made = Arguments()
    data: dict[str, Any] = {"train": train.path, "test": None if test is None else test.path}
    data |= {name: given[name] for name in ("test_fraction", "seed")}
    data["tags"] = [given["tags"]] if isinstance(given["tags"], str) else given["tags"]
    made.tables["data"] = plain_values(data)
    add_targets(made, given["targets"], given["reference_energies"])
    add_potentials(made, given["potential"], given["parameters"], given["species"], species)
    add_named(made, "weights", "weights", given["weights"])
    add_residual(made, given["residual"], given["residual_data"])
    add_tables(made, loss=given["loss"], regularization=given["regularization"])
    add_named(made, "optimizer", "optimizers", given["optimizer"])
    add_plugins(made, given["plugins"])
    return made


def _readers(plugins: Any) -> dict[str, Any]:
    """Readers by name: built in, of installed plugins, and of those that the call names."""
    registry = Registry(Path.cwd())
    registry.load_installed()
    for each in _several(plugins):
        if isinstance(each, str | os.PathLike):
            registry.load_local(os.fspath(each))
        else:
            registry.load_object(each)
    return {name: registry.find("readers", name) for name in registry.names("readers")}


def _several(plugins: Any) -> list[Any]:
    """The plugins of a call as a list."""
    if plugins is None:
        return []
    return list(plugins) if isinstance(plugins, list | tuple) else [plugins]


def add_plugins(made: Arguments, plugins: Any) -> None:
    """Files to load, by their paths, and plugins that are there already."""
    several = _several(plugins)
    files = [os.fspath(each) for each in several if isinstance(each, str | os.PathLike)]
    if files:
        made.tables["plugins"] = {"load": files}
    made.plugins = [each for each in several if not isinstance(each, str | os.PathLike)]


def check_alike(comm: Communicator, source: ArgumentSource) -> None:
    """All ranks must have been given the same, or they would compute parts of different fits.

    Raises:
        JobError: on all ranks, naming what differs.
    """
    if comm.size == 1:
        return
    own = {
        key: repr(value)
        for key, value in canonical_of(source).items()
        if not repr(value).startswith("'not comparable")
    }
    first = comm.bcast(own)
    different = sorted(key for key in {*own, *first} if own.get(key) != first.get(key))
    found = [(rank, keys) for rank, keys in enumerate(comm.allgather(different)) if keys]
    if found:
        rank, keys = found[0]
        raise JobError(
            f"{source.call}: rank {rank} was given other arguments than rank 0: {', '.join(keys[:5])}. Every "
            "rank must make the same call; draw random numbers with one seed."
        )
