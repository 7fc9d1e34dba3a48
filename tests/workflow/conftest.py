"""Small fits in this process: structures, references predicted by known parameters, and results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import pytest

from hpcfit.data import Configuration, Dataset, configuration, write_dataset
from hpcfit.geometry import build_geometry
from hpcfit.job import open_job
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.groups import species_index
from hpcfit.workflow.model import build_model, model_inputs
from hpcfit.workflow.run import run_job

_BASES = {
    "sc": [(0, 0, 0)],
    "fcc": [(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)],
    "diamond": [
        (x + s, y + s, z + s)
        for x, y, z in [(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]
        for s in (0, 0.25)
    ],
}


def crystal(
    lattice: str,
    a: float,
    elements: Iterable[int],
    *,
    repeat: int = 1,
    rattle: float = 0.1,
    seed: int = 0,
    tag: str = "",
) -> Configuration:
    """A periodic crystal (lattice constant a in angstrom), atoms moved at random, elements in turn."""
    random = np.random.default_rng(seed)
    base = np.array(_BASES[lattice], dtype=float)
    shifts = np.array(np.meshgrid(*[np.arange(repeat)] * 3)).reshape(3, -1).T
    positions = a * (base[None] + shifts[:, None]).reshape(-1, 3)
    positions += random.normal(scale=rattle, size=positions.shape)
    kinds = list(elements)
    numbers = random.permutation([kinds[i % len(kinds)] for i in range(len(positions))])
    name = f"{tag or lattice}-{a}-{seed}"
    return configuration(name, numbers, positions, np.eye(3) * a * repeat, True, tag=tag)


@dataclass
class Fit:
    """A finished run: exit code, result.json and the folder it is in."""

    code: int
    result: dict[str, Any]
    folder: Path

    def values(self) -> dict[str, float]:
        """Values of the parameters by name, with the species before it where there are several keys."""
        entries = self.result["parameters"]
        names = [entry["name"] for entry in entries]
        return {
            e["name"] if names.count(e["name"]) == 1 else f"{e['species']}.{e['name']}": e["value"]
            for e in entries
        }


class Laboratory:
    """One job folder, in which jobs are templates with $name where a parameter's value stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, configurations: Iterable[Configuration]) -> Path:
        path = self.folder / name
        write_dataset(path, configurations)
        return path

    def job(self, template: str, values: Mapping[str, object], name: str = "job.toml") -> Path:
        path = self.folder / name
        path.write_text(Template(template).substitute(values))
        return path

    def predict(
        self,
        template: str,
        values: Mapping[str, object],
        structures: list[Configuration],
        energies: Mapping[str, float] | None = None,
    ) -> list[Configuration]:
        """The structures with what the job's model gives at `values`: energy, forces, stress if a target.

        Args:
            energies: reference energies that the job has as "fit".
        """
        data = self.write("structures.h5", structures)
        resolved = open_job(self.job(template.replace("train.h5", data.name), values, "truth.toml"))
        with Dataset.open(data) as dataset:
            block = dataset.read(0, len(dataset))
            species = dataset.species
        model = build_model(resolved, model_inputs(resolved, species, energies or {}))
        at = model.parameters.values(model.parameters.start)
        geometry = build_geometry(block, species_index(block, model.species), model.compiled.cutoff(at))
        rows = model.compiled.predict(geometry, at)
        offsets = model.compiled.prediction_offsets(geometry)
        found = []
        for c, structure in enumerate(structures):
            own = rows[offsets[c] : offsets[c + 1]]
            last = 1 + 3 * structure.natoms
            stress = own[last:].copy() if model.targets.stress else None
            forces = own[1:last].reshape(-1, 3).copy()
            found.append(replace(structure, energy=own[0], forces=forces, stress=stress))
        return found

    def fit(self, template: str, values: Mapping[str, object], *, restart: bool = False) -> Fit:
        """Run the job at these starting values."""
        path = self.job(template, values)
        code = run_job(SerialCommunicator(), path, restart=restart)
        result = json.loads((self.folder / "run" / "result.json").read_text())
        return Fit(code, result, self.folder)

    def recover(
        self,
        template: str,
        truth: Mapping[str, float],
        start: Mapping[str, float],
        structures: list[Configuration],
        energies: Mapping[str, float] | None = None,
    ) -> Fit:
        """Fit to references predicted with `truth`, starting from `start`."""
        self.write("train.h5", self.predict(template, truth, structures, energies))
        return self.fit(template, start)


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    return Laboratory(tmp_path)


@pytest.fixture(scope="session")
def make_crystal() -> Callable[..., Configuration]:
    return crystal
