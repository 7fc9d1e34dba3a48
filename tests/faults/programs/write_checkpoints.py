"""Complete one iteration after the other, each with its event and checkpoint, until killed."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

import numpy as np

from hpcfit.output.checkpoint import Checkpoint, CheckpointWriter, read_checkpoint
from hpcfit.output.events import EventLog

folder = Path(sys.argv[1])
paths = folder / "checkpoint.h5", folder / "checkpoint.previous.h5"
found, notes = read_checkpoint(*paths)
keep = None if found is None else found.iteration
with CheckpointWriter(*paths) as writer, EventLog(folder / "events.jsonl", keep) as events:
    for iteration in count(0 if keep is None else keep + 1):
        events.append({"iteration": iteration})
        state = {"theta": np.full(1000, float(iteration))}
        writer.write(Checkpoint(iteration, state, {"job": "1"}))
        sys.stdout.write(f"{iteration} {';'.join(notes)}\n")
        sys.stdout.flush()
