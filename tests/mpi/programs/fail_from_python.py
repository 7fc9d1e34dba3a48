"""Programs that go wrong under mpirun, by the way that is named as argument."""

import sys
from pathlib import Path

import numpy as np

import hpcfit
from hpcfit import Free
from hpcfit.parallel.world import world

folder, way = Path(sys.argv[1]), sys.argv[2]
SILICON = {"A": Free(15.0), "lambda": Free(45.0)}


def fit(**given):
    return hpcfit.fit(
        **{"dataset": folder / "train.h5", "potential": "stillinger-weber-kim", "parameters": SILICON} | given
    )


def residual(identifier, natoms, weight, prediction, reference, data):
    if world().rank == 1 and way == "residual":
        raise ValueError("no residual today")
    if world().rank == 1 and way == "inside":
        raise KeyboardInterrupt
    return weight.vector * (prediction - reference)


if way == "bad argument":
    fit(weights="constnt")
if way == "caught":
    try:
        fit(weights="constnt")
    except hpcfit.JobError:
        print(f"went on with loss {fit(progress=False).loss:.6g}")
if way == "other arguments":
    fit(parameters={"A": Free(15.0 + np.float64(world().rank))})
if way in ("residual", "inside"):
    fit(residual=residual)
if way == "one rank":
    fit(progress=False)
    if world().rank == 1:
        raise ValueError("only here")
    fit(progress=False)
if way == "every rank":
    fit(progress=False)
    raise ValueError("everywhere")
if way == "fit on one rank" and world().is_root:
    fit(progress=False)
if way == "other call":
    found = fit(progress=False)
    found.predict(folder / "train.h5") if world().is_root else fit(progress=False)
if way == "progress":
    fit(progress=lambda event: 1 / 0)
