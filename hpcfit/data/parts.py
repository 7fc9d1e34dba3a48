"""The two datasets that a split makes of one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpcfit.data.dataset import Dataset
from hpcfit.data.fingerprint import fingerprints
from hpcfit.data.history import history
from hpcfit.data.splitting import Parts
from hpcfit.data.whole_file import check_apart, check_output
from hpcfit.data.write import write_block


@dataclass(frozen=True)
class Part:
    """One of the datasets written: `tags` counts configurations."""

    name: str
    path: str
    configurations: int
    atoms: int
    tags: Mapping[str, int]
    content_hash: str


@dataclass(frozen=True)
class Split:
    """What a split wrote. `leaked` are the identifiers of test configurations whose geometry is that of
    a training configuration."""

    train: Part
    test: Part
    leaked: tuple[str, ...]
    tables: tuple[str, ...]


def split_dataset(
    source: str | os.PathLike[str],
    train: str | os.PathLike[str],
    test: str | os.PathLike[str],
    choose: Callable[[Dataset], Parts],
    method: str,
    *,
    overwrite: bool = False,
    compress: bool = False,
) -> Split:
    """Write the configurations that `choose` picks, (train, test), as datasets of their own.

    Weights go along, tables into both. `method` says in words how the parts were chosen, for the
    provenance. Raises DataError, before anything is written, for what cannot be read or chosen.
    """
    outputs = {"train": os.fspath(train), "test": os.fspath(test)}
    for path in outputs.values():
        check_output(Path(path), overwrite)
    check_apart(list(map(Path, outputs.values())), [Path(source)])
    with Dataset.open(source) as dataset:
        chosen = dict(zip(outputs, choose(dataset), strict=True))
        blocks = {name: dataset.read(indices) for name, indices in chosen.items()}
        tables = {name: dataset.table(name) for name in dataset.table_names}
        parts = {}
        for name, block in blocks.items():
            summary = f"{name}, {len(block)} of {len(dataset)} configurations, {method}"
            steps = history([dataset], "split", summary, part=name, method=method)
            digest = write_block(outputs[name], block, steps, tables=tables, compress=compress)
            tags = dict(Counter(block.tag).most_common())
            parts[name] = Part(name, outputs[name], len(block), block.n_atoms, tags, digest)
        again = np.isin(fingerprints(blocks["test"]), fingerprints(blocks["train"]))
        leaked = tuple(dataset.identifiers[index] for index in chosen["test"][again])
        return Split(parts["train"], parts["test"], leaked, dataset.table_names)
