"""Seconds to open a dataset of 20,000 configurations of 64 atoms and to spread it over ranks.

    mpirun -n 2 python jobs/benchmarks/spread.py

Rank 0 chooses the configurations from the header, every rank reads its own from the file; neighbour
lists are not part of it. The dataset is made in a temporary folder by rank 0 and removed at the end.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from hpcfit.data import Dataset, configuration, select_tags, write_dataset
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.partition import partition
from hpcfit.parallel.world import world

CONFIGURATIONS, ATOMS = 20_000, 64


def make(folder: Path) -> Path:
    generator = np.random.default_rng(0)
    path = folder / "large.h5"
    write_dataset(
        path,
        [
            configuration(
                f"configuration {i}",
                np.full(ATOMS, 14),
                generator.uniform(0.0, 11.0, (ATOMS, 3)),
                11.0 * np.eye(3),
                True,
                energy=-300.0,
                forces=generator.standard_normal((ATOMS, 3)),
                tag="AIMD",
            )
            for i in range(CONFIGURATIONS)
        ],
    )
    return path


def plan(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with Dataset.open(path) as dataset:
        chosen = select_tags(dataset.tags, None)
        return chosen, dataset.natoms[chosen]


def main() -> None:
    comm = world()
    with tempfile.TemporaryDirectory() as folder:
        path = from_root(comm, lambda: make(Path(folder)))
        comm.barrier()
        begin = time.perf_counter()
        chosen, natoms = from_root(comm, lambda: plan(path))
        ranges = partition(natoms.astype(float), comm.size)
        with Dataset.open(path) as dataset:
            block = dataset.read(chosen[ranges[comm.rank] : ranges[comm.rank + 1]])
        comm.barrier()
        seconds = time.perf_counter() - begin
        held = comm.gather(block.n_atoms)
        if held is not None:
            print(f"{comm.size} ranks, {sum(held)} atoms in {CONFIGURATIONS} configurations: {seconds:.2f} s")
        comm.barrier()


if __name__ == "__main__":
    main()
