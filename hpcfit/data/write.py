"""Writing the native dataset: everything or nothing, with checksums and a content hash."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit import __version__
from hpcfit.data import layout
from hpcfit.data.block import ConfigurationBlock, gather
from hpcfit.data.configuration import Configuration, check_configuration
from hpcfit.data.content_hash import content_hash
from hpcfit.data.safe_file import open_untrusted
from hpcfit.data.tables import Table, checked_table
from hpcfit.data.text import encode, file_type
from hpcfit.data.whole_file import whole_file
from hpcfit.errors import DataError

if TYPE_CHECKING:
    import h5py


def write_dataset(
    path: str | os.PathLike[str],
    configurations: Iterable[Configuration],
    provenance: Sequence[Mapping[str, Any]] = (),
    *,
    tables: Mapping[str, Table] | None = None,
    compress: bool = False,
) -> str:
    """Write a dataset file and return its content hash.

    The file appears under `path`, replacing what is there, only when it is complete and on
    disk; until then it has a temporary name beside it. Every configuration is checked
    (see Configuration), identifiers must differ. `provenance` holds one JSON-able mapping per
    import step. `compress` shrinks the file by about a third and slows reading down.
    Raises DataError, naming the configuration, and leaves `path` as it was.
    """
    made = list(configurations)
    for configuration in made:
        check_configuration(configuration)
    return write_block(path, gather(made), provenance, tables=tables, compress=compress)


def write_block(
    path: str | os.PathLike[str],
    block: ConfigurationBlock,
    provenance: Sequence[Mapping[str, Any]] = (),
    *,
    tables: Mapping[str, Table] | None = None,
    compress: bool = False,
) -> str:
    """As write_dataset, of a block: flat arrays, without an object for each configuration."""
    block.check(os.fspath(path))
    arrays = _arrays(block)
    for name, table in (tables or {}).items():
        for column, values in checked_table(name, table).items():
            arrays[f"{layout.TABLES}/{_plain(name)}/{_plain(column)}"] = values
    digest = content_hash(arrays)
    if provenance:
        arrays[layout.PROVENANCE] = encode([json.dumps(step, sort_keys=True) for step in provenance])
    _write_file(os.fspath(path), arrays, digest, compress)
    return digest


def _arrays(block: ConfigurationBlock) -> dict[str, NDArray[Any]]:
    """The block's arrays by their path in the file; wholly unknown quantities are left out."""
    seen: set[str] = set()
    for name in block.identifier:
        if name in seen:
            raise DataError(f"identifier {name!r} occurs more than once; every configuration needs its own.")
        seen.add(name)
    arrays: dict[str, NDArray[Any]] = {
        "configurations/identifier": encode(block.identifier),
        "configurations/first_atom": block.first_atom,
        "configurations/cell": block.cell,
        "configurations/pbc": block.pbc,
        "atoms/number": block.number,
        "atoms/position": block.position,
    }
    optional = {
        "configurations/energy": block.energy,
        "configurations/stress": block.stress,
        "atoms/force": block.force,
        **{f"{layout.WEIGHTS}/{_plain(name)}": values for name, values in block.weight.items()},
    }
    if block.atom_weight is not None:
        optional["atoms/weight"] = block.atom_weight
    arrays.update({path: values for path, values in optional.items() if not np.isnan(values).all()})
    if any(block.tag):
        arrays["configurations/tag"] = encode(block.tag)
    return arrays


def _plain(name: str) -> str:
    if not name or "/" in name or "\0" in name or name in (".", ".."):
        raise DataError(f"{name!r} cannot name an array of a dataset; use letters, digits and underscores.")
    return name


def _write_file(path: str, arrays: Mapping[str, NDArray[Any]], digest: str, compress: bool) -> None:
    import h5py

    with whole_file(path) as temporary:
        with h5py.File(temporary, "w", libver=("v110", "v110"), locking=False) as file:
            _write_attributes(file, digest)
            for name, array in arrays.items():
                _write_array(file, name, array, compress)
        # What this hpcfit would refuse to read, it does not write either.
        open_untrusted(temporary).close()


def _write_attributes(file: h5py.File, digest: str) -> None:
    file.attrs["format"] = layout.FORMAT
    file.attrs["version"] = layout.VERSION
    file.attrs["created_by"] = f"hpcfit {__version__}"
    file.attrs["energy_unit"] = "eV"
    file.attrs["length_unit"] = "angstrom"
    file.attrs["content_hash"] = digest


def _write_array(file: h5py.File, name: str, array: NDArray[Any], compress: bool) -> None:
    dtype = file_type(array.dtype.itemsize) if array.dtype.kind == "S" else array.dtype.newbyteorder("<")
    rows = max(1, min(len(array), layout.CHUNK_ROWS[name.split("/")[0]]))
    file.create_dataset(
        name,
        data=array.astype(dtype) if array.dtype.kind == "S" else array,
        dtype=dtype,
        **(_storage(array, rows, compress) if array.size else {}),
    )


def _storage(array: NDArray[Any], rows: int, compress: bool) -> dict[str, Any]:
    filters: dict[str, Any] = (
        {"shuffle": True, "compression": "gzip", "compression_opts": 4} if compress else {}
    )
    return {"chunks": (rows, *array.shape[1:]), "fletcher32": True, **filters}
