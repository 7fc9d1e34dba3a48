"""Files that are damaged, foreign or hostile are refused with a sentence, before anything is read."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from hpcfit.data import Dataset, configuration, write_dataset
from hpcfit.errors import DataError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.h5"
    made = [
        configuration(
            f"c{i}",
            [14, 14],
            [[0, 0, 0], [2.2, 0, 0]],
            np.eye(3) * 5,
            True,
            energy=-1.0,
            forces=np.zeros((2, 3)),
            stress=np.zeros(6),
        )
        for i in range(3)
    ]
    write_dataset(path, made, [{"step": "import"}])
    return path


def refused(path, message):
    with pytest.raises(DataError) as caught, Dataset.open(path) as dataset:
        dataset.verify()
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_a_missing_file_says_how_datasets_are_made(tmp_path):
    refused(tmp_path / "none.h5", "no such file. Datasets are made by `hpcfit import SOURCE -o")


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "data.h5"
    path.write_text("2\n\nSi 0 0 0\nSi 0 0 2\n")
    refused(path, "not an HDF5 file. Make a dataset of it with `hpcfit import")


def test_a_truncated_file_is_refused(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refused(path, "cannot be opened, damaged or truncated")


def test_a_flipped_bit_in_the_data_is_found_by_its_checksum(path):
    with h5py.File(path) as file:
        chunk = file["atoms/position"].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + 30] ^= 1
    path.write_bytes(content)
    refused(path, "damaged or truncated")


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("format", "somebody-elses", "has format 'somebody-elses', not \"hpcfit-dataset\""),
        ("format", None, "has no format attribute"),
        ("format", np.zeros(3), "has format"),
        ("version", 2, "has version 2, this hpcfit reads up to 1; update hpcfit or import"),
        ("version", 0, "has version 0, which never was"),
        ("version", "new", "has version 'new', which never was"),
        ("energy_unit", "Ry", "energy_unit is 'Ry' instead of 'eV'"),
        ("content_hash", None, "has no content hash"),
        ("content_hash", "sha256:00", "its content is not what was written"),
    ],
)
def test_wrong_attributes_are_refused(path, attribute, value, message):
    with h5py.File(path, "r+") as file:
        del file.attrs[attribute]
        if value is not None:
            file.attrs[attribute] = value
    refused(path, message)


def replace(path, name, **arguments):
    with h5py.File(path, "r+") as file:
        del file[name]
        if arguments:
            file.create_dataset(name, **arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("atoms/position", {}, "atoms/position is missing"),
        ("configurations/first_atom", {}, "configurations/first_atom is missing"),
        ("configurations/first_atom", {"data": [0, 2, 4]}, "has shape (3,) instead of (4,)"),
        ("configurations/first_atom", {"data": [0, 4, 2, 6]}, "must begin at 0, ascend"),
        ("configurations/first_atom", {"data": [0, 2, 4, 5]}, "must begin at 0, ascend"),
        ("configurations/first_atom", {"data": [1, 2, 4, 6]}, "must begin at 0, ascend"),
        ("configurations/first_atom", {"data": [0, 2, 2, 6]}, "must begin at 0, ascend"),
        ("configurations/first_atom", {"data": [0, 2**62, -(2**62), 6]}, "must begin at 0, ascend"),
        ("configurations/first_atom", {"data": [0.0, 2.0, 4.0, 6.0]}, "has type float64 instead of int"),
        ("configurations/energy", {"data": np.zeros((3, 2))}, "has shape (3, 2) instead of (3,)"),
        ("configurations/identifier", {"data": np.array([b"a", b"b", b"a"])}, "identifier 'a' occurs more"),
        ("configurations/identifier", {"data": np.array([b"\xff", b"b", b"c"])}, "not valid UTF-8 text"),
        ("atoms/number", {"data": np.zeros(6, dtype=np.uint8)}, "configuration c0: atomic numbers must be"),
        ("configurations/cell", {"data": np.zeros((3, 3, 3))}, "configuration c0: periodic, but"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(path, name, arguments, message):
    replace(path, name, **arguments)
    refused(path, message)


@pytest.mark.parametrize(
    ("name", "shape", "value", "message"),
    [
        ("atoms/position", (6, 3), np.nan, "configuration c1: positions contain NaN or infinity"),
        ("atoms/force", (6, 3), np.nan, "configuration c1: forces are NaN for some atoms"),
        ("atoms/force", (6, 3), np.inf, "configuration c1: forces are infinite"),
        ("configurations/stress", (3, 6), np.nan, "configuration c1: stress has some NaN components"),
        ("configurations/energy", (3,), -np.inf, "configuration c1: energy is infinite"),
        ("configurations/cell", (3, 3, 3), np.inf, "configuration c1: cell vectors contain NaN"),
    ],
)
def test_impossible_values_are_refused_with_the_configuration(path, name, shape, value, message):
    data = np.tile(np.eye(3) * 5, (3, 1, 1)) if name.endswith("cell") else np.zeros(shape)
    row = 3 if name.startswith("atoms") else 1
    data[(row, *[0] * (data.ndim - 1))] = value
    replace(path, name, data=data)
    with h5py.File(path, "r+") as file:
        del file.attrs["content_hash"]
    with Dataset.open(path) as dataset:
        with pytest.raises(DataError, match=message):
            dataset.read(0, 3)
        dataset.read(2, 3)


def test_links_out_of_the_file_are_refused(path, tmp_path):
    with h5py.File(path, "r+") as file:
        del file["atoms/force"]
        file["atoms/force"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/x")
    refused(path, "atoms/force is a soft or external link")


def test_soft_links_are_refused(path):
    with h5py.File(path, "r+") as file:
        file["tables"] = h5py.SoftLink("/atoms")
    refused(path, "tables is a soft or external link")


def test_cycles_of_groups_are_refused(path):
    with h5py.File(path, "r+") as file:
        file["atoms/again"] = file["/"]
    refused(path, "atoms/again is a second link to the same object")


def test_virtual_datasets_are_refused(path, tmp_path):
    layout = h5py.VirtualLayout(shape=(6, 3), dtype="f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "x", shape=(6, 3))
    with h5py.File(path, "r+", libver="latest") as file:
        del file["atoms/force"]
        file.create_virtual_dataset("atoms/force", layout)
    refused(path, "atoms/force keeps its data in another file")


def test_external_storage_is_refused(path, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(144))
    replace(path, "atoms/force", shape=(6, 3), dtype="f8", external=[(str(secret), 0, 144)])
    refused(path, "atoms/force keeps its data in another file")


@pytest.mark.parametrize(
    "arguments",
    [
        {"data": ["a", "b", "c"], "dtype": h5py.string_dtype()},
        {"shape": (3,), "dtype": h5py.vlen_dtype(np.float64)},
        {"shape": (3,), "dtype": h5py.ref_dtype},
        {"shape": (3,), "dtype": np.dtype([("a", "f8"), ("b", "f8")])},
        {"shape": (3,), "dtype": np.complex128},
    ],
)
def test_types_other_than_numbers_and_fixed_text_are_refused(path, arguments):
    replace(path, "configurations/energy", **arguments)
    refused(path, "only plain numbers and fixed-length text are read")


def test_a_shape_that_was_never_written_is_refused(path):
    replace(path, "atoms/force", shape=(10**12, 3), dtype="f8", chunks=(8192, 3))
    refused(path, "atoms/force was not written completely")


def test_a_shape_out_of_proportion_to_the_file_is_refused(path):
    zeros = np.zeros((4_000_000, 3))
    replace(path, "atoms/force", data=zeros, compression="gzip", chunks=(1_000_000, 3))
    refused(path, "out of proportion to a file of")


def test_filters_that_need_foreign_code_are_refused(path):
    replace(path, "atoms/force", data=np.zeros((6, 3)), compression="lzf")
    refused(path, "uses a filter that is not built into HDF5")


def test_a_file_of_very_many_objects_is_refused(path):
    with h5py.File(path, "r+") as file:
        group = file.create_group("tables")
        for index in range(10_001):
            group.create_group(str(index))
    refused(path, "holds more than 10000 objects")
