"""Seconds of 32 starts on one rank and on two, which make two groups; with the same result.

    python jobs/benchmarks/multistart.py            # best of three of each
    python jobs/benchmarks/multistart.py 5          # of five

Three peaks in 60,000 rows, from points between bounds: fits of very different lengths, handed out one by one.
Wall time is from the first evaluation to the last. On a machine that does other work, two ranks get no two
cores: processor time is that of the rank that had most to do in its fits, with all waiting for the other one
that MPI does by looking again and again; it is what the wall time would be on cores of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROWS = 60_000
JOB = """\
[data]
table = "peaks.csv"
x = ["x"]
y = ["y"]

[model]
formula = "p1 + p2 + p3"
[model.let]
p1 = "a1*exp(-((x - m1)/s1)**2)"
p2 = "a2*exp(-((x - m2)/s2)**2)"
p3 = "a3*exp(-((x - m3)/s3)**2)"
[model.parameters]
"""
END = """
[optimizer]
name = "multistart"
starts = 32
inner = { max_iterations = 60 }
"""


def write(folder: Path) -> None:
    x = np.linspace(0.0, 10.0, ROWS)
    peaks = ((1.0, 2.0, 0.5), (0.7, 4.5, 0.8), (0.4, 7.5, 0.6))
    y = sum(a * np.exp(-(((x - m) / s) ** 2)) for a, m, s in peaks)
    y = y + np.random.default_rng(0).normal(0.0, 0.02, ROWS)
    rows = "\n".join(f"{a!r},{b!r}" for a, b in zip(x.tolist(), np.asarray(y).tolist(), strict=True))
    (folder / "peaks.csv").write_text(f"x,y\n{rows}\n")
    words = [
        f"a{k} = {{ initial = 0.5, min = 0.05, max = 2 }}\n"
        f"m{k} = {{ initial = {2.5 * k}, min = 0, max = 10 }}\n"
        f"s{k} = {{ initial = 1, min = 0.1, max = 3 }}"
        for k in (1, 2, 3)
    ]
    text = JOB + "\n".join(words) + END
    (folder / "job.toml").write_text(text)


def inside(folder: Path) -> None:
    """One run on the ranks that mpirun has started; the seconds are printed."""
    from hpcfit.parallel import spread
    from hpcfit.parallel.world import world
    from hpcfit.workflow.run import Screen, perform

    lead, used = spread._lead, [0.0]

    def timed(*arguments: Any) -> None:
        begin = time.process_time()
        lead(*arguments)
        used.append(time.process_time() - begin)

    spread._lead = timed
    comm = world()
    result = perform(comm, folder / "job.toml", restart=True, screen=Screen(lines=False)).result
    every = comm.gather(sum(used))
    if every is not None:
        print(json.dumps([result.timing.optimizer, max(every), result.loss]))


def run(folder: Path, ranks: int) -> tuple[float, float, float]:
    """Wall time, processor time of the busiest rank, and the loss."""
    mpirun = str(Path(sys.executable).with_name("mpirun"))
    command = [mpirun, "-n", str(ranks), sys.executable, __file__, "--inside", str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(done.stderr)
    wall, used, loss = json.loads(done.stdout.splitlines()[-1])
    return wall, used, loss


def main() -> None:
    if "--inside" in sys.argv:
        inside(Path(sys.argv[-1]))
        return
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    times: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as name:
        write(Path(name))
        losses = {run(Path(name), 1)[2]}  # also compiles
        for _ in range(repeats):
            for ranks, found in times.items():
                wall, used, loss = run(Path(name), ranks)
                found.append((wall, used))
                losses.add(loss)
                text = f"{ranks} rank{'s' * (ranks > 1)}: wall {wall:.2f} s, processor {used:.2f} s"
                print(f"{text}, load {os.getloadavg()[0]:.1f}", flush=True)
    assert len(losses) == 1, losses
    for what, k in (("wall", 0), ("processor", 1)):
        one, two = (min(each[k] for each in found) for found in times.values())
        print(f"{what}: {one:.2f} s on one rank, {two:.2f} s on two: {one / two:.2f} times as fast")


if __name__ == "__main__":
    main()
