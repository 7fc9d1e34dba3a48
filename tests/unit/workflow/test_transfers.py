"""What a run says of the ways between host and devices before it begins."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hpcfit.workflow.transfers import library_notes


def test_wide_blocks_that_no_library_folds_are_told_of() -> None:
    without: Any = SimpleNamespace(has_library=False, library_fault='Failure finding "libcusolver.so.11"')
    assert library_notes(without, 1009) == [
        "note: blocks of 1009 columns are copied back and folded by the CPU, for CuPy finds no cuSOLVER "
        '(Failure finding "libcusolver.so.11"): load the machine\'s module of CUDA, or install it '
        "(docs/gpu.md)"
    ]
    assert library_notes(without, 100) == []
    assert library_notes(None, 1009) == []
    there: Any = SimpleNamespace(has_library=True)
    assert library_notes(there, 1009) == []
