"""Evaluate a synthetic objective on all ranks and print every result of rank 0 to the last bit.

mpirun -n 4 python reduce.py PARAMETERS CHUNKS...
"""

from __future__ import annotations

import sys

import numpy as np
from synthetic import SyntheticObjective

from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.guard import guard
from hpcfit.parallel.objective import DistributedObjective, serve
from hpcfit.parallel.partition import partition
from hpcfit.parallel.world import world


def evaluate(comm: Communicator, n_chunks: int, p: int) -> None:
    ranges = partition(1.0 + np.arange(n_chunks) % 5, comm.size)
    local = SyntheticObjective(p, int(ranges[comm.rank]), int(ranges[comm.rank + 1]))
    with guard(comm):
        if not comm.is_root:
            serve(local, comm, ranges)
            return
        with DistributedObjective(local, comm, ranges) as objective:
            theta = np.linspace(-1.0, 1.0, p) / 3.0
            for _ in range(3):
                linearization = objective.linearize(theta)
                print(linearization.rfactor.triangle.tobytes().hex(), linearization.rfactor.rows)
                print(linearization.cost.hex(), linearization.nonfinite)
                print(objective.curvature(theta, theta / 7.0, 0.1).tobytes().hex())
                print(objective.cost(theta).value.hex())
                for chunks in (None, np.arange(1, n_chunks, 2)):
                    gradient = objective.gradient(theta, chunks)
                    print(gradient.vector.tobytes().hex(), gradient.cost.hex(), gradient.nonfinite)
                theta = theta * 0.9 + 0.01


parameters, *numbers_of_chunks = map(int, sys.argv[1:])
for n_chunks in numbers_of_chunks:
    evaluate(world(), n_chunks, parameters)
