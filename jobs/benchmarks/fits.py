"""Whole fits with known answers: loss reached, Jacobians, optimizer time, whole-process time.

    python jobs/benchmarks/fits.py                           # silicon of mlearn, shipped
    python jobs/benchmarks/fits.py --kliff Si_training_set   # and KLIFF's silicon set, if you have it

Every fit runs `--repeat` times on a warm kernel cache, in a process of its own; times are medians.
`--ranks 1 2` compares numbers of ranks on the same fits.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SILICON = Path(__file__).resolve().parents[1] / "silicon-sw"

MLEARN = """
[data]
train = "{train}"
[[potential]]
species = ["Si"]
cutoff  = "rc"
pair    = "(A*r**-p - B)*exp(delta/(r - rc))"
triplet = "lambda*(costheta + 1/3)**2*exp(gamma/(r1 - rc) + gamma/(r2 - rc))"
[potential.parameters]
rc = 3.77118
{parameters}
[weights]
energy = 10.0
[residual.data]
normalize_by_natoms = "energy"
"""
KLIFF = """
[data]
train = "{train}"
[[potential]]
name = "stillinger-weber-kim"
species = ["Si"]
[potential.parameters]
{parameters}
[weights]
energy = 1.0
forces = 0.1
[residual.data]
normalize_by_natoms = true
"""
NAMES = ("A", "B", "p", "delta", "gamma", "lambda")
STARTS = {"1": (150, 20, 4.5, 1.9, 2.2, 40), "2": (177.36, 15.2853, 4, 2.0951, 2.51412, 45.5322)}
WIDE = ((1, 5000), (0.1, 500), (1, 12), (0.5, 3.7), (0.1, 10), (0.1, 500))
NARROW = ((10, 1000), (1, 100), (2, 8), (1, 3), (0.5, 5), (1, 100))
KLIFF_START = {"A": 5.0, "B": 0.60222456, "sigma": 2.0951, "gamma": 1.5, "lambda": 45.5322}


@dataclass(frozen=True)
class Case:
    """A fit, the objective it should reach, and the factor from loss to that objective."""

    name: str
    template: str
    train: Path
    parameters: str
    expected: float
    factor: float


def bounded(start: tuple[float, ...], bounds: tuple[tuple[float, float], ...]) -> str:
    return "\n".join(
        f"{name} = {{ initial = {value}, min = {low}, max = {high} }}"
        for name, value, (low, high) in zip(NAMES, start, bounds, strict=True)
    )


def free(names: tuple[str, ...]) -> str:
    return "\n".join(
        f"{name} = {{ initial = {value} }}" if name in names else f"{name} = {value}"
        for name, value in KLIFF_START.items()
    )


def cases(kliff: Path | None, work: Path) -> list[Case]:
    silicon = SILICON / "silicon-train.h5"
    found = []
    for label, bounds, expected in (("wide", WIDE, 7254.37715), ("narrow", NARROW, 7559.59796)):
        for start, values in STARTS.items():
            name = f"mlearn Si, {label} bounds, start {start}"
            found.append(Case(name, MLEARN, silicon, bounded(values, bounds), expected, 2.0))
    if kliff is not None:
        whole, alat = work / "kliff.h5", work / "alat.h5"
        hpcfit("import", str(kliff), "-o", str(whole))
        hpcfit("import", str(kliff / "varying_alat"), "-o", str(alat))
        five = tuple(KLIFF_START)
        found.append(Case("kliff Si, 3 free", KLIFF, whole, free(("A", "B", "gamma")), 0.6940780133, 1.0))
        found.append(Case("kliff Si, 5 free", KLIFF, whole, free(five), 0.115429134, 1.0))
        found.append(Case("kliff Si, varying_alat", KLIFF, alat, free(five), 3.00369267e-09, 1.0))
    return found


def hpcfit(*arguments: str, ranks: int = 1) -> float:
    """Run the command; the seconds of the whole process."""
    mpirun = ["mpirun", "-n", str(ranks)] if ranks > 1 else []
    begin = time.perf_counter()
    command = [*mpirun, sys.executable, "-m", "hpcfit", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return time.perf_counter() - begin


def measure(case: Case, ranks: int, repeat: int, work: Path) -> dict[str, float | str | int]:
    job = work / "job.toml"
    job.write_text(case.template.format(train=case.train, parameters=case.parameters))
    hpcfit("run", str(job), "--restart", ranks=ranks)
    walls, optimizer, per_iteration = [], [], []
    for _ in range(repeat):
        walls.append(hpcfit("run", str(job), "--restart", ranks=ranks))
        result = json.loads((work / "run" / "result.json").read_text())
        optimizer.append(result["timing"]["optimizer"])
        lines = (work / "run" / "events.jsonl").read_text().splitlines()
        clock = [json.loads(line)["clock"]["seconds"] for line in lines]
        per_iteration.append((clock[-1] - clock[0]) / (len(clock) - 1))
    return {
        "fit": case.name,
        "ranks": ranks,
        "objective": case.factor * result["loss"],
        "expected": case.expected,
        "status": result["status"],
        "jacobians": result["counts"]["jacobian_evaluations"],
        "residuals": result["counts"]["residual_evaluations"],
        "curvatures": result["counts"]["curvature_evaluations"],
        "optimizer_s": statistics.median(optimizer),
        "per_iteration_s": statistics.median(per_iteration),
        "best_iteration_s": min(per_iteration),
        "process_s": statistics.median(walls),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kliff", type=Path, help="the extracted folder Si_training_set")
    parser.add_argument("--ranks", type=int, nargs="+", default=[1])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="", help="run the fits whose name contains this")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(
        f"{'fit':36}{'ranks':>6}{'objective':>18}{'expected':>18}{'J':>5}{'r':>5}{'rvv':>5}"
        f"{'optimizer s':>13}{'process s':>11}"
    )
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(given.kliff, Path(folder)):
            if given.only not in case.name:
                continue
            for ranks in given.ranks:
                row = measure(case, ranks, given.repeat, Path(folder))
                rows.append(row)
                print(
                    f"{row['fit']:36}{row['ranks']:6}{row['objective']:18.10g}{row['expected']:18.10g}"
                    f"{row['jacobians']:5}{row['residuals']:5}{row['curvatures']:5}"
                    f"{row['optimizer_s']:13.3f}{row['process_s']:11.2f}  {row['status']}",
                    flush=True,
                )
                first = next(r for r in rows if r["fit"] == row["fit"])
                if ranks != first["ranks"]:
                    for word, key in (("median", "per_iteration_s"), ("least", "best_iteration_s")):
                        own = float(row[key])
                        ratio = f"{float(first[key]) / own:.2f} times as fast as {first['ranks']} rank"
                        print(f"{'':36}{word} time of an iteration {1e3 * own:.2f} ms, {ratio}")
    if given.json is not None:
        given.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
