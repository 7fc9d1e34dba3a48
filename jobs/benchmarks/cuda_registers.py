"""Registers, spills and occupancy of the CUDA kernels of catalogue entries, as ptxas tells them.

    python jobs/benchmarks/cuda_registers.py [--capability 90] [--species 2] [NAME ...]

It needs CuPy, but no device. All parameters are free and stress is wanted, which is the most that a job can
ask for. Occupancy is how many of the threads that a multiprocessor can hold (2048) find registers; shared
memory limits none of these kernels. Seconds are processor time of NVRTC, which a first use takes.
"""

from __future__ import annotations

import argparse
import re
import time

#: of a multiprocessor of compute capability 8.0 and 9.0
REGISTERS, THREADS = 65536, 2048
#: registers are given to warps of 32 threads by this many
UNIT = 256
_TOLD = re.compile(
    r"entry function '(\w+)'[^']*'sm_\d+'.*?(\d+) bytes stack frame, (\d+) bytes spill stores"
    r".*?Used (\d+) registers",
    re.S,
)


def occupancy(registers: int, block: int) -> float:
    """Part of the threads that a multiprocessor can hold at once."""
    per_warp = -(-registers * 32 // UNIT) * UNIT
    blocks = REGISTERS // (per_warp * (block // 32))
    return min(blocks * block, THREADS) / THREADS


def report(name: str, count: int, capability: int) -> None:
    """Print one potential."""
    from hpcfit.devices.cuda import compile_source
    from hpcfit.formula.potential import BoundPotential
    from hpcfit.kernels.cuda.frame import BLOCK
    from hpcfit.kernels.cuda.generate import generate_source
    from hpcfit.potentials import POTENTIALS

    bound = BoundPotential(POTENTIALS[name](), ("Si", "C", "Ge")[:count])
    active = [tuple({instance.name for instance in bound.instances})]
    text = generate_source([bound], bound.species, active, stress=True, jacobian=True).text
    started = time.process_time()
    _, log = compile_source(text, capability)
    seconds = time.process_time() - started
    parameters = len(bound.instances)
    print(f"{name}, {count} species, {parameters} parameters: {len(text)} characters, NVRTC {seconds:.1f} s")
    for kernel, frame, spilt, registers in _TOLD.findall(log):
        if kernel not in ("clear", "sum_pieces", "finish", "fill_table"):
            part = occupancy(int(registers), BLOCK)
            print(
                f"    {kernel:16} {registers:>4} registers  {part:4.0%} occupancy  {spilt} bytes spilt",
                end="",
            )
            print(f"  {frame} bytes of stack" if int(frame) else "")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--capability", type=int, default=90, help="such as 80 or 90")
    parser.add_argument("--species", type=int, default=1, help="1, 2 or 3")
    given = parser.parse_args()
    usual = ("lennard-jones", "stillinger-weber", "tersoff", "eam-zhou", "adp", "edip")
    for name in given.names or usual:
        report(name, given.species, given.capability)


if __name__ == "__main__":
    main()
