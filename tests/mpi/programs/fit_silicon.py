"""A fit from Python, as users write it: no rank is asked for; each prints what it found."""

import sys
from pathlib import Path

import hpcfit
from hpcfit import Free
from hpcfit.data import Dataset
from hpcfit.output.jsontext import one_line

folder, ranks_data, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
data = folder / "train.h5"
if ranks_data == "memory":
    with Dataset.open(data) as dataset:
        data = list(dataset.read(0, len(dataset)))


def residual(identifier, natoms, weight, prediction, reference, data):
    return weight.vector * (prediction - reference) / data["width"]


found = hpcfit.fit(
    data,
    "stillinger-weber-kim",
    parameters={"A": Free(15.28484792, 0.1, 500), "lambda": Free(45.5322, 0.1, 500)},
    weights={"name": "constant", "energy": 10.0},
    residual=residual,
    residual_data={"width": 0.5},
)
predicted = found.predict(folder / "train.h5")

from hpcfit.parallel.world import world  # noqa: E402 - known only now, and only to tell files apart

fields = ("status", "loss", "objective_history", "parameters", "covariance", "rmse")
text = "\n".join([*(one_line(getattr(found.result, name)) for name in fields), one_line(predicted.energy)])
(out / f"{world().rank}.txt").write_text(text)
