"""Predictions of a potential for a dataset, compared with what references it has."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration, ConfigurationBlock, select_tags
from hpcfit.output.summary import table
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator, SerialCommunicator
from hpcfit.problem.accuracy import TARGETS, UNITS, rmse_table
from hpcfit.suggest import counted
from hpcfit.use.batches import ALL_TARGETS, DatasetPart, InMemory, PredictionData, predict_batches
from hpcfit.use.evaluation import Evaluation, split_rows
from hpcfit.use.fitted_potential import FittedPotential
from hpcfit.workflow.data_plan import plan_dataset

FloatArray = NDArray[np.float64]
#: root-mean-square errors by tag ("all" first) and target; None where there are no references
RmseTable = Mapping[str, Mapping[str, float | None]]
_NO_REFERENCES = "no references to compare with"


@dataclass(frozen=True, repr=False)
class Predictions:
    """What a potential says of a dataset. `str()` gives the table of its errors, as does a notebook.

    Attributes:
        identifiers, tags: of each configuration.
        natoms: atoms of each, shape (n,).
        predicted, reference: energies, forces and stress; a reference that is not there is NaN.
        rmse: root-mean-square errors by tag and target, those of all configurations under "all":
            energy in eV/atom, forces in eV/angstrom, stress in eV/angstrom^3, over components.
    """

    identifiers: tuple[str, ...]
    tags: tuple[str, ...]
    natoms: NDArray[np.int64]
    predicted: Evaluation
    reference: Evaluation
    rmse: RmseTable

    @property
    def energy(self) -> FloatArray:
        """Predicted energies (n,), eV."""
        return self.predicted.energy

    @property
    def forces(self) -> tuple[FloatArray, ...]:
        """Predicted forces, n arrays (natoms, 3), eV/angstrom."""
        return self.predicted.forces

    @property
    def stress(self) -> FloatArray:
        """Predicted stress (n, 6), eV/angstrom^3; NaN without a cell of some volume."""
        return self.predicted.stress

    def __len__(self) -> int:
        return len(self.identifiers)

    def __str__(self) -> str:
        return errors_text(self.rmse, self.tags)

    def __repr__(self) -> str:
        errors = [
            f"{name} {error:.5g} {UNITS[name]}"
            for name, error in self.rmse["all"].items()
            if error is not None
        ]
        told = f"rmse {', '.join(errors)}" if errors else _NO_REFERENCES
        return f"<Predictions for {counted(len(self), 'configuration')}; {told}>"

    def _repr_html_(self) -> str:
        from hpcfit.output.fragment import errors_fragment

        head, rows = _error_rows(self.rmse, self.tags)
        return errors_fragment(head, rows, _NO_REFERENCES)


def predict(
    comm: Communicator | None,
    fitted: FittedPotential,
    data: str | os.PathLike[str] | Sequence[Configuration],
    *,
    tags: Sequence[str] | None = None,
) -> Predictions:
    """Predict for a dataset file or for configurations in memory; collective, the same on every rank.

    Args:
        comm: the ranks to spread the work over; None for this process alone.
        data: a dataset made by `hpcfit import`, or configurations, the same on every rank.
        tags: take only the configurations with one of these tags.

    Raises:
        HpcfitError: on all ranks alike: data that cannot be read, a tag that is not there, a species that the
            potential is not for, a prediction that is not finite.
    """
    comm = SerialCommunicator() if comm is None else comm
    chosen = prediction_data(comm, data, tags)
    blocks: list[tuple[ConfigurationBlock, FloatArray, NDArray[np.int64]]] = []
    sums = predict_batches(comm, fitted, chosen, lambda *made: made, blocks.append)
    found = None if sums is None else _joined(blocks, rmse_table(sums, chosen.tags, ALL_TARGETS))
    made: Predictions | None = comm.bcast(found)
    assert made is not None
    return made


def prediction_data(
    comm: Communicator,
    data: str | os.PathLike[str] | Sequence[Configuration],
    tags: Sequence[str] | None = None,
) -> PredictionData:
    """The configurations to predict for, chosen by their tags.

    Raises:
        HpcfitError: on all ranks alike.
    """
    if isinstance(data, str | os.PathLike):
        path = Path(data)
        return DatasetPart(from_root(comm, lambda: plan_dataset(path, tags)))
    chosen = select_tags([configuration.tag for configuration in data], tags)
    return InMemory.of([data[index] for index in chosen])


def errors_text(rmse: RmseTable, tags: Sequence[str]) -> str:
    """The table of errors, a line for all configurations and one for each tag."""
    head, rows = _error_rows(rmse, tags)
    return table(head, rows) if rows else _NO_REFERENCES


def _error_rows(rmse: RmseTable, tags: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Titles, and rows of text; no rows without references."""
    counts = Counter(tag or "(no tag)" for tag in tags)
    present = [name for name in TARGETS if rmse["all"].get(name) is not None]
    rows: list[list[str]] = []
    for tag, errors in rmse.items() if present else ():
        name, count = ("all", len(tags)) if tag == "all" else (f"  {tag}", counts[tag])
        cells = ["-" if (error := errors.get(target)) is None else f"{error:.5g}" for target in present]
        rows.append([name, str(count), *cells])
    return ["rmse", "configurations", *(f"{name} ({UNITS[name]})" for name in present)], rows


def _joined(
    blocks: Sequence[tuple[ConfigurationBlock, FloatArray, NDArray[np.int64]]], rmse: RmseTable
) -> Predictions:
    references = [
        Evaluation(block.energy, tuple(np.split(block.force, block.first_atom[1:-1])), block.stress)
        for block, _, _ in blocks
    ]
    return Predictions(
        identifiers=tuple(name for block, _, _ in blocks for name in block.identifier),
        tags=tuple(tag for block, _, _ in blocks for tag in block.tag),
        natoms=np.concatenate([np.zeros(0, np.int64), *(block.natoms for block, _, _ in blocks)]),
        predicted=_chained([split_rows(rows, offsets) for _, rows, offsets in blocks]),
        reference=_chained(references),
        rmse=rmse,
    )


def _chained(parts: Sequence[Evaluation]) -> Evaluation:
    return Evaluation(
        energy=np.concatenate([np.zeros(0), *(part.energy for part in parts)]),
        forces=tuple(forces for part in parts for forces in part.forces),
        stress=np.concatenate([np.zeros((0, 6)), *(part.stress for part in parts)]),
    )
