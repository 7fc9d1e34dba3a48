"""Checkpoints come back bit by bit, and a broken one gives way to the one before."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hpcfit.errors import RunError
from hpcfit.output import checkpoint as module
from hpcfit.output.checkpoint import Checkpoint, CheckpointWriter, read_checkpoint
from hpcfit.output.checkpoint_image import ImageMaker, read_image

STATE: dict[str, module.Value] = {
    "theta": np.array([1.0 / 3.0, -0.0, 5e-324, np.nan]),
    "triangle": np.triu(np.arange(9.0).reshape(3, 3)),
    "empty": np.zeros((0, 4)),
    "damping": 0.1,
    "rho": float("inf"),
    "iterations": 7,
    "polishing": True,
    "verdict": "Ångström\n",
}


def _checkpoint(iteration: int) -> Checkpoint:
    return Checkpoint(iteration, {**STATE, "iterations": iteration}, {"optimizer.name": '"lm"'}, 1.5)


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / "checkpoint.h5", folder / "checkpoint.previous.h5"


def _write(folder: Path, *iterations: int) -> None:
    with CheckpointWriter(*_files(folder)) as writer:
        for iteration in iterations:
            writer.write(_checkpoint(iteration))
            assert writer._syncing is not None
            writer._syncing.result()


def test_a_state_comes_back_bit_by_bit_with_its_types(tmp_path: Path) -> None:
    _write(tmp_path, 7)
    read, notes = read_checkpoint(*_files(tmp_path))
    assert notes == []
    assert read is not None
    assert (read.iteration, read.elapsed, read.fingerprint) == (7, 1.5, {"optimizer.name": '"lm"'})
    assert read.state.keys() == STATE.keys()
    for name, value in STATE.items():
        found = read.state[name]
        assert type(found) is type(value)
        if isinstance(value, np.ndarray):
            assert isinstance(found, np.ndarray)
            assert (found.shape, found.dtype) == (value.shape, value.dtype)
            assert found.tobytes() == value.tobytes()
        else:
            assert found == value


def test_long_texts_fit(tmp_path: Path) -> None:
    with CheckpointWriter(*_files(tmp_path)) as writer:
        writer.write(Checkpoint(1, {"history": "x" * 200_000}, {f"key{k}": "y" * 900 for k in range(200)}))
    read, _ = read_checkpoint(*_files(tmp_path))
    assert read is not None
    assert len(str(read.state["history"])) == 200_000
    assert len(read.fingerprint) == 200


@pytest.mark.parametrize("damage", ["truncated", "altered", "emptied", "missing"])
def test_an_unreadable_checkpoint_gives_way_to_the_previous_one(tmp_path: Path, damage: str) -> None:
    _write(tmp_path, 1, 2, 3)
    current, previous = _files(tmp_path)
    content = current.read_bytes()
    position = content.index(np.arange(9.0).reshape(3, 3)[0].tobytes()) + 16
    if damage == "truncated":
        current.write_bytes(content[: len(content) // 2])
    elif damage == "altered":
        current.write_bytes(content[:position] + b"\1" + content[position + 1 :])
    elif damage == "emptied":
        current.write_bytes(b"")
    else:
        current.unlink()
    read, notes = read_checkpoint(current, previous)
    assert read is not None
    assert read.iteration == 2
    if damage != "missing":
        assert notes[0].startswith("checkpoint.h5 cannot be read (")
        assert notes[1] == "Going on from checkpoint.previous.h5, iteration 2."


def test_a_good_previous_one_is_not_replaced_by_a_broken_one(tmp_path: Path) -> None:
    _write(tmp_path, 1, 2)
    current, previous = _files(tmp_path)
    current.write_bytes(b"torn")
    _write(tmp_path, 2)
    current.write_bytes(b"torn again")
    read, _ = read_checkpoint(current, previous)
    assert read is not None
    assert read.iteration == 1


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert read_checkpoint(*_files(tmp_path)) == (None, [])


def test_a_foreign_file_is_not_taken_for_a_checkpoint(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "checkpoint.h5", "w") as file:
        file.attrs["format"] = "something else"
    read, [note] = read_checkpoint(*_files(tmp_path))
    assert read is None
    assert note == "checkpoint.h5 cannot be read (not a checkpoint of hpcfit)."


def test_without_hard_links_the_previous_checkpoint_is_still_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(source: object, target: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    _write(tmp_path, 1, 2)
    current, previous = _files(tmp_path)
    assert module.read_image(current).iteration == 2
    assert module.read_image(previous).iteration == 1


def test_a_full_disk_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, content: memoryview) -> int:
        raise OSError(28, "No space left on device")

    with CheckpointWriter(*_files(tmp_path)) as writer:
        writer.write(_checkpoint(1))
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(RunError) as raised:
            writer.write(_checkpoint(2))
        monkeypatch.undo()
    assert str(raised.value) == (
        f"{tmp_path / 'checkpoint.h5'}: the checkpoint cannot be written (No space left on device). Make "
        "room or mend the file system, then run the same command: it goes on from the last checkpoint."
    )
    read, _ = read_checkpoint(*_files(tmp_path))
    assert read is not None
    assert read.iteration == 1


def test_images_made_one_after_the_other_are_read_back_exactly_as_they_grow(tmp_path: Path) -> None:
    maker = ImageMaker()
    for n in (0, 3, 1, 40, 2):
        state = {
            "history": np.arange(n) / 3.0,
            "matrix": np.full((n, 2), 0.1),
            "verdict": "x" * n,
            "cost": 0.1,
        }
        path = tmp_path / f"{n}.h5"
        path.write_bytes(maker.image(Checkpoint(n, state, {"a": "b" * n}, 0.5)))
        found = read_image(path)
        assert (found.iteration, found.fingerprint, found.state["verdict"]) == (n, {"a": "b" * n}, "x" * n)
        np.testing.assert_array_equal(found.state["history"], state["history"])
        np.testing.assert_array_equal(found.state["matrix"], state["matrix"])
