"""One dataset of several: nothing is renamed, dropped or overwritten unasked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import numpy as np

from hpcfit.data.block import ConfigurationBlock
from hpcfit.data.dataset import Dataset
from hpcfit.data.fingerprint import fingerprints
from hpcfit.data.history import history
from hpcfit.data.joining import join_blocks
from hpcfit.data.tables import Table
from hpcfit.data.whole_file import check_apart, check_output
from hpcfit.data.write import write_block
from hpcfit.errors import DataError


@dataclass(frozen=True)
class Merged:
    """What a merge wrote. `repeated` are the identifiers of configurations whose geometry an earlier
    source has already, `contradicting` those among them with another energy."""

    configurations: int
    atoms: int
    repeated: tuple[str, ...]
    contradicting: tuple[str, ...]
    tables: tuple[str, ...]
    content_hash: str


def merge_datasets(
    sources: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    prefix: bool = False,
    overwrite: bool = False,
    compress: bool = False,
) -> Merged:
    """Write the configurations and tables of `sources`, one after the other, to `output`.

    `prefix` puts the file's name before each identifier and the name of each table. Raises DataError,
    and writes nothing, for a single source, and where two share an identifier, or a table of different
    content.
    """
    if len(sources) < 2:
        raise DataError(f"{os.fspath(sources[0])}: is one dataset; give two or more to merge.")
    check_output(Path(output), overwrite)
    check_apart([Path(output)], list(map(Path, sources)))
    with ExitStack() as stack:
        datasets = [stack.enter_context(Dataset.open(source)) for source in sources]
        names = _prefixes(datasets) if prefix else [""] * len(datasets)
        tables = _tables(datasets, names)
        _check_identifiers(datasets, names)
        blocks = [
            _named(each.read(np.arange(len(each))), name) for each, name in zip(datasets, names, strict=True)
        ]
        repeated, contradicting = _repeated(blocks)
        joined = join_blocks(blocks)
        summary = f"{len(joined)} configurations of {len(datasets)} datasets"
        steps = history(datasets, "merge", summary, prefix=prefix, repeated=len(repeated))
        digest = write_block(output, joined, steps, tables=tables, compress=compress)
        return Merged(len(joined), joined.n_atoms, repeated, contradicting, tuple(tables), digest)


def _prefixes(datasets: Sequence[Dataset]) -> list[str]:
    """What to put before each dataset's names: the file's name, or its whole path where two have one name."""
    stems = [PurePath(dataset.path).stem for dataset in datasets]
    if len(set(stems)) < len(stems):
        stems = [str(PurePath(dataset.path).with_suffix("")) for dataset in datasets]
    return [f"{stem}/" for stem in stems]


def _named(block: ConfigurationBlock, prefix: str) -> ConfigurationBlock:
    return replace(block, identifier=tuple(prefix + name for name in block.identifier)) if prefix else block


def _check_identifiers(datasets: Sequence[Dataset], prefixes: Sequence[str]) -> None:
    owner: dict[str, str] = {}
    for dataset, prefix in zip(datasets, prefixes, strict=True):
        names = [prefix + name for name in dataset.identifiers]
        clashes = [name for name in names if name in owner]
        if clashes:
            more = f", and {len(clashes) - 1} more of the same names" if len(clashes) > 1 else ""
            raise DataError(
                f"{owner[clashes[0]]} and {dataset.path} both have a configuration {clashes[0]!r}{more}. "
                "Leave one of the files out, or put their names before the identifiers with --prefix."
            )
        owner.update(dict.fromkeys(names, dataset.path))


def _tables(datasets: Sequence[Dataset], prefixes: Sequence[str]) -> dict[str, Table]:
    made: dict[str, Table] = {}
    owner: dict[str, str] = {}
    for dataset, prefix in zip(datasets, prefixes, strict=True):
        for name in dataset.table_names:
            table = dataset.table(name)
            place = prefix.replace("/", ".").lstrip(".") + name
            if place in made and not _same(made[place], table):
                raise DataError(
                    f"{owner[place]} and {dataset.path} both have a table {place!r}, with different content. "
                    "Put the files' names before the tables' with --prefix."
                )
            made[place] = table
            owner.setdefault(place, dataset.path)
    return made


def _same(one: Table, other: Table) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def _repeated(blocks: Sequence[ConfigurationBlock]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Identifiers of configurations whose geometry is in an earlier block, and those of another energy."""
    energy_of: dict[bytes, float] = {}
    repeated: list[str] = []
    contradicting: list[str] = []
    for block in blocks:
        prints: list[bytes] = fingerprints(block).tolist()
        for place, key in enumerate(prints):
            if key in energy_of:
                repeated.append(block.identifier[place])
                if abs(energy_of[key] - block.energy[place]) > 1e-3:
                    contradicting.append(block.identifier[place])
        energies: Mapping[bytes, float] = dict(zip(prints, block.energy.tolist(), strict=True))
        energy_of.update({key: value for key, value in energies.items() if key not in energy_of})
    return tuple(repeated), tuple(contradicting)
