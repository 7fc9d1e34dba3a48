"""Predictions are the same bytes on any number of ranks, and an error on one of them is told once."""

from __future__ import annotations

from typing import Any

import pytest

from hpcfit.data import Dataset, configuration, write_dataset

Silicon = Any
Launch = Any

pytestmark = pytest.mark.mpi


def test_on_any_number_of_ranks_and_more_ranks_than_configurations(
    on_ranks: Launch, silicon: Silicon
) -> None:
    silicon.write()
    with Dataset.open(silicon.folder / "train.h5") as dataset:
        write_dataset(silicon.folder / "four.h5", list(dataset.read(0, 4)))
    told = {}
    for ranks in (1, 2, 3, 5):
        arguments = ("predict", "job.toml", "four.h5", "-o", f"{ranks}.extxyz")
        finished = on_ranks(ranks, *arguments)
        assert finished.code == 0, finished.err
        told[ranks] = finished.out.replace(f"{ranks}.extxyz", "")
    frames = {ranks: (silicon.folder / f"{ranks}.extxyz").read_bytes() for ranks in told}
    assert len(set(frames.values())) == 1
    assert len(set(told.values())) == 1


def test_datasets_of_predictions_have_one_content(on_ranks: Launch, silicon: Silicon) -> None:
    silicon.write()
    hashes = set()
    for ranks in (1, 3):
        output = silicon.folder / f"{ranks}.h5"
        arguments = ("predict", "job.toml", "train.h5", "-o", output.name)
        assert on_ranks(ranks, *arguments).code == 0
        with Dataset.open(output) as dataset:
            hashes.add(dataset.content_hash)
    assert len(hashes) == 1


def test_an_error_of_one_rank_is_told_once_and_ends_all(on_ranks: Launch, silicon: Silicon) -> None:
    silicon.write()
    pair = [[0, 0, 0], [2.3, 0, 0]]
    configurations = [configuration(f"{k}", [14, 14], pair) for k in range(3)]
    write_dataset(silicon.folder / "odd.h5", [*configurations, configuration("carbide", [14, 6], pair)])
    arguments = ("predict", "job.toml", "odd.h5", "-o", "out.extxyz")
    finished = on_ranks(2, *arguments)
    assert finished.code == 2
    assert finished.err == (
        "rank 1 of 2: configuration carbide: holds C, but the potential (initial values of job.toml) is for "
        "Si.\n"
    )
    assert not list(silicon.folder.glob("*out.extxyz*"))
