"""Seconds of 32 starts on one rank and on two, which make two groups; with the same result.

    python jobs/benchmarks/multistart.py            # best of three of each
    python jobs/benchmarks/multistart.py 5          # of five

Three peaks in 60,000 rows, from points between bounds: fits of very different lengths, handed out one by one.
Both are times of the optimizer in result.json, wall time from the first evaluation to the last; the load
of the machine is printed with them, for what runs beside takes its part.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

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


def run(folder: Path, ranks: int) -> tuple[float, float]:
    """Seconds, and the loss."""
    beside = Path(sys.executable).parent
    command = [
        str(beside / "mpirun"),
        "-n",
        str(ranks),
        str(beside / "hpcfit"),
        "run",
        "job.toml",
        "--restart",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    result = json.loads((folder / "run" / "result.json").read_text())
    return result["timing"]["optimizer"], result["loss"]


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    times: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as name:
        write(Path(name))
        losses = {run(Path(name), 1)[1]}  # also compiles
        for _ in range(repeats):
            for ranks, found in times.items():
                seconds, loss = run(Path(name), ranks)
                found.append(seconds)
                losses.add(loss)
                print(
                    f"{ranks} rank{'s' * (ranks > 1)}: {seconds:.2f} s, load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )
    assert len(losses) == 1, losses
    one, two = (min(found) for found in times.values())
    print(f"best: {one:.2f} s on one rank, {two:.2f} s on two: {one / two:.2f} times as fast")


if __name__ == "__main__":
    main()
