"""The native dataset's layout: names, types and row shapes of its flat arrays (version 1).

Strings are fixed-length UTF-8, padded with NUL: no object in the file, and a slice of
20,000 of them is one read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FORMAT = "hpcfit-dataset"
VERSION = 1

WEIGHTS = "configurations/weight"
TABLES = "tables"
PROVENANCE = "provenance/steps"

#: Rows per chunk; a chunk of positions or forces is then 192 KiB.
CHUNK_ROWS = {"configurations": 1024, "atoms": 8192, "tables": 8192, "provenance": 16}

#: Uncompressed arrays may be at most this many times as large as the file they are read from.
LARGEST_EXPANSION = 256

Kind = Literal["text", "int", "float", "bool", "byte"]


@dataclass(frozen=True)
class Column:
    """One array of the file: `rows` is n, n+1 or N; `shape` that of one row."""

    path: str
    kind: Kind
    rows: Literal["n", "n+1", "N"]
    shape: tuple[int, ...] = ()
    required: bool = True


COLUMNS: tuple[Column, ...] = (
    Column("configurations/identifier", "text", "n"),
    Column("configurations/first_atom", "int", "n+1"),
    Column("configurations/cell", "float", "n", (3, 3)),
    Column("configurations/pbc", "bool", "n", (3,)),
    Column("configurations/energy", "float", "n", required=False),
    Column("configurations/stress", "float", "n", (6,), required=False),
    Column("configurations/tag", "text", "n", required=False),
    Column("atoms/number", "byte", "N"),
    Column("atoms/position", "float", "N", (3,)),
    Column("atoms/force", "float", "N", (3,), required=False),
    Column("atoms/weight", "float", "N", required=False),
)
