"""How a block of threads that folds is cut: what fits into shared memory."""

from __future__ import annotations

from dataclasses import dataclass

#: bytes of shared memory with which two blocks fit on a multiprocessor, and what one block can have
_HALF, _MOST = 110 * 1024, 220 * 1024


@dataclass(frozen=True)
class BlockShape:
    """The constants of the kernels; see `source`.

    Attributes:
        shared: bytes of shared memory.
    """

    lane_rows: int
    warps: int
    packed: bool
    shared: int

    @classmethod
    def of(cls, width: int) -> BlockShape:
        """The largest panel that leaves room for a second block, or that fits at all.

        Raises:
            ValueError: not even a panel of 32 rows fits.
        """
        warps = 4 if width <= 8 else 8 if width <= 64 else 16
        for most in (_HALF, _MOST):
            for packed in (True, False) if most == _MOST else (True,):
                for rows in (8, 4, 2, 1):
                    numbers = 32 * rows * width + width + packed * width * (width + 1) // 2
                    if 8 * numbers <= most:
                        return cls(rows, warps, packed, 8 * numbers)
        raise ValueError(f"{width} columns are more than shared memory has room for")

    def definitions(self) -> str:
        """The constants as CUDA C."""
        values = {"LANE_ROWS": self.lane_rows, "WARPS": self.warps, "PACKED": int(self.packed)}
        return "".join(f"#define {name} {value}\n" for name, value in values.items())
