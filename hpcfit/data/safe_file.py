"""Opening an HDF5 file that somebody else wrote.

HDF5 can point out of the file (external links, external and virtual storage), run foreign
code (filter plugins, pickled objects) and claim petabytes in a kilobyte. A dataset needs
none of that, so whatever is not a plain hard-linked array with its data in this file is
refused before anything is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from hpcfit.data.layout import FORMAT, LARGEST_EXPANSION, VERSION
from hpcfit.errors import DataError

if TYPE_CHECKING:
    import h5py

_MAX_OBJECTS = 10_000
_PLAIN_KINDS = "fiubS"
#: deflate, shuffle, fletcher32: part of every HDF5 library, unlike filters loaded from plugins.
_BUILT_IN_FILTERS = {1, 2, 3}


def open_untrusted(path: str | os.PathLike[str]) -> h5py.File:
    """Open the dataset file `path` for reading, after checking that it is one and is harmless.

    Raises DataError naming the file and what to do. The caller closes the file.
    """
    import h5py

    name = os.fspath(path)
    if not os.path.isfile(name):
        raise DataError(f"{name}: no such file. Datasets are made by `hpcfit import SOURCE -o {name}`.")
    if not h5py.is_hdf5(name):
        raise DataError(
            f"{name}: not an HDF5 file. Make a dataset of it with `hpcfit import {name} -o data.h5`."
        )
    try:
        # Without locks: files are only ever replaced as a whole, and parallel file systems refuse locks.
        file = h5py.File(name, "r", locking=False)
    except OSError as error:
        raise DataError(
            f"{name}: cannot be opened, damaged or truncated ({error}). Import it again."
        ) from error
    try:
        with damage_named(name):
            _check_format(name, file)
            _check_objects(name, file)
    except BaseException:
        file.close()
        raise
    return file


@contextmanager
def damage_named(name: str) -> Iterator[None]:
    """Turn what HDF5 raises at damaged data (a checksum, for one) into a DataError that names the file."""
    try:
        yield
    except (OSError, RuntimeError, KeyError) as error:
        raise DataError(f"{name}: damaged or truncated ({error}). Copy or import it again.") from error


def _check_format(name: str, file: h5py.File) -> None:
    found = _attribute(file, "format")
    if found != FORMAT:
        what = "has no format attribute" if found is None else f"has format {found!r}"
        raise DataError(f'{name}: {what}, not "{FORMAT}"; make a dataset with `hpcfit import`.')
    version = _attribute(file, "version")
    if not isinstance(version, int) or version < 1:
        raise DataError(f"{name}: has version {version!r}, which never was; import it again.")
    if version > VERSION:
        raise DataError(
            f"{name}: has version {version}, this hpcfit reads up to {VERSION}; "
            "update hpcfit or import the source again with this one."
        )
    for attribute, unit in (("energy_unit", "eV"), ("length_unit", "angstrom")):
        value = _attribute(file, attribute)
        if value != unit:
            raise DataError(f"{name}: {attribute} is {value!r} instead of {unit!r}; import it again.")


def _attribute(file: h5py.File, name: str) -> str | int | None:
    """A root attribute: text, a whole number, or the text of whatever else is there."""
    value = file.attrs.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return int(value) if isinstance(value, np.integer) else repr(value)


def _check_objects(name: str, file: h5py.File) -> None:
    import h5py

    logical = 0
    for count, (path, item) in enumerate(_hard_linked(name, file, "")):
        if count >= _MAX_OBJECTS:
            raise DataError(
                f"{name}: holds more than {_MAX_OBJECTS} objects; this is not a dataset of hpcfit."
            )
        if isinstance(item, h5py.Dataset):
            _check_dataset(f"{name}: {path}", item)
            logical += item.size * item.dtype.itemsize
    # A crafted or corrupted shape would otherwise be found out by running out of memory.
    if logical > LARGEST_EXPANSION * os.path.getsize(name):
        raise DataError(
            f"{name}: its arrays would fill {logical} bytes, out of proportion to a file of "
            f"{os.path.getsize(name)}; it is damaged, or compressed too far: import it again uncompressed."
        )


def _hard_linked(name: str, group: h5py.Group, parent: str) -> Iterator[tuple[str, object]]:
    """Every object below `group`, once; DataError at the first link that is not a hard one."""
    import h5py

    waiting = [(parent, group)]
    seen = {h5py.h5o.get_info(group.id).addr}
    while waiting:
        prefix, current = waiting.pop()
        for key in current:
            path = f"{prefix}{key}"
            if not isinstance(current.get(key, getlink=True), h5py.HardLink):
                raise DataError(f"{name}: {path} is a soft or external link; copy the data into the file.")
            item = current[key]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                raise DataError(f"{name}: {path} is a second link to the same object; import the data again.")
            seen.add(address)
            yield path, item
            if isinstance(item, h5py.Group):
                waiting.append((f"{path}/", item))


def _check_dataset(where: str, dataset: h5py.Dataset) -> None:
    import h5py

    plist = dataset.id.get_create_plist()
    if dataset.is_virtual or plist.get_external_count() > 0:
        raise DataError(
            f"{where} keeps its data in another file (virtual or external storage); copy the data into it."
        )
    dtype = dataset.dtype
    if dtype.kind not in _PLAIN_KINDS or h5py.check_ref_dtype(dtype) or dtype.hasobject:
        raise DataError(f"{where} has type {dtype}; only plain numbers and fixed-length text are read.")
    for index in range(plist.get_nfilters()):
        if plist.get_filter(index)[0] not in _BUILT_IN_FILTERS:
            raise DataError(
                f"{where} uses a filter that is not built into HDF5; write it with gzip or uncompressed."
            )
    if dataset.shape is None:
        raise DataError(f"{where} is empty (null dataspace); import the data again.")
    if dataset.size and dataset.chunks is not None:
        expected = 1
        for length, chunk in zip(dataset.shape, dataset.chunks, strict=True):
            expected *= -(-length // chunk)
        if dataset.id.get_num_chunks() != expected:
            raise DataError(f"{where} was not written completely; copy or import the file again.")
    elif dataset.size and dataset.id.get_storage_size() < dataset.size * dtype.itemsize:
        raise DataError(f"{where} was not written completely; copy or import the file again.")
