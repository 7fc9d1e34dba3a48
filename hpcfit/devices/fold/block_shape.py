"""How a block of threads that folds is cut: what fits into shared memory."""

from __future__ import annotations

from dataclasses import dataclass

#: bytes of shared memory that are left for what is not dynamic
_REST = 4096


@dataclass(frozen=True)
class BlockShape:
    """The constants of the kernels; see `householder_source`.

    Attributes:
        shared: bytes of shared memory.
    """

    lane_rows: int
    warps: int
    packed: bool
    shared: int

    @classmethod
    def of(cls, width: int, most: int) -> BlockShape:
        """The largest panel that leaves room for a second block, or that fits at all.

        Args:
            most: bytes of shared memory that a block can have.

        Raises:
            ValueError: not even a panel of 32 rows fits.
        """
        warps = 4 if width <= 8 else 8 if width <= 64 else 16
        for room, kinds in (((most - _REST) // 2, (True,)), (most - _REST, (True, False))):
            for packed in kinds:
                for rows in (8, 4, 2, 1):
                    size = 8 * (32 * rows * width + width + packed * width * (width + 1) // 2)
                    if size <= room:
                        return cls(rows, warps, packed, size)
        raise ValueError(f"{width} columns are more than shared memory has room for")

    def definitions(self) -> str:
        """The constants as CUDA C."""
        values = {"LANE_ROWS": self.lane_rows, "WARPS": self.warps, "PACKED": int(self.packed)}
        return "".join(f"#define {name} {value}\n" for name, value in values.items())
