"""Compile the kernels that the agreement tests need, those needed last first, beside the tests themselves.

Compiling is most of what these tests do when the cache is empty. A second process that starts at the other
end halves the time: whatever one of the two is at, the other finds in the cache or waits for.

    python tests/support/compile_ahead.py
"""

from __future__ import annotations

from drawn_potential import NAMES, QUICK, model_of
from oracle import model_of_case
from oracle_potentials import CASES


def main() -> None:
    for case in reversed(CASES):
        model_of_case(case).load_values_kernel()
    for name in reversed(NAMES):
        for count in (3, 1) if name in QUICK else (1,):
            model_of(name, count).load_kernels()


if __name__ == "__main__":
    main()
