"""A dataset that was imported without its units said: the same again, in eV and angstrom."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hpcfit.data.dataset import Dataset
from hpcfit.data.foreign_units import ForeignUnits, UnitChoice
from hpcfit.data.history import describe_step, history
from hpcfit.data.whole_file import check_apart, check_output
from hpcfit.data.write import write_block
from hpcfit.errors import DataError


@dataclass(frozen=True)
class Converted:
    """What was converted from which units, the content hash of what was written, the dataset's
    tables, which stay as they are, and the earlier steps that converted units already."""

    configurations: int
    atoms: int
    units: ForeignUnits
    content_hash: str
    tables: tuple[str, ...]
    earlier: tuple[str, ...]


def convert_units(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    choice: UnitChoice,
    *,
    overwrite: bool = False,
    compress: bool = False,
) -> Converted:
    """Write the dataset `source`, whose numbers are really in the units of `choice`, to `output`.

    Positions, cells, energies, forces and stress are converted to eV and angstrom; weights, tags and
    tables stay. Raises DataError where there is nothing to convert, and for what cannot be read or written.
    """
    check_output(Path(output), overwrite)
    check_apart([Path(output)], [Path(source)])
    with Dataset.open(source) as dataset:
        units = choice.units()
        _check_something_changes(dataset, choice, units)
        steps = history([dataset], "convert-units", f"numbers were in {units}", units=asdict(units))
        digest = write_block(
            output,
            units.block_to_native(dataset.read(np.arange(len(dataset)))),
            steps,
            tables={name: dataset.table(name) for name in dataset.table_names},
            compress=compress,
        )
        earlier = tuple(describe_step(step) for step in dataset.provenance if _converted(step))
        return Converted(len(dataset), dataset.n_atoms, units, digest, dataset.table_names, earlier)


def _check_something_changes(dataset: Dataset, choice: UnitChoice, units: ForeignUnits) -> None:
    if not choice.options:
        raise DataError(
            f"{dataset.path}: say what its numbers are in, with --energy-unit, --length-unit, --stress-unit "
            "or --stress-sign."
        )
    if units.native:
        raise DataError(
            f"{dataset.path}: {' and '.join(choice.options)}: datasets are in that already (eV, angstrom, "
            "stress positive in tension); there is nothing to convert."
        )
    only_stress = all(option.startswith("--stress") for option in choice.options)
    if only_stress and np.isnan(dataset.stresses).all():
        raise DataError(f"{dataset.path}: has no stress; there is nothing to convert.")


def _converted(step: dict[str, object]) -> bool:
    """Whether an earlier step converted units, an import included."""
    units = step.get("units")
    if step.get("step") == "convert-units":
        return True
    return isinstance(units, dict) and any(each != asdict(ForeignUnits()) for each in units.values())
