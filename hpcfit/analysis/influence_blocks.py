"""What leaving out one configuration would do, from its own rows of the Jacobian alone.

With W W^T = (J^T J)^-1 from the triangle of all rows, the rows of a configuration have Z = W^T J_c^T, and its
block of the hat matrix is Z^T Z (Cook and Weisberg, Residuals and Influence in Regression, 1982, sections 2.2
and 3.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.problem.chunk_rows import ChunkRows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: a direction of which all but this fraction is due to one configuration is determined by it alone
_ALONE = 1e-9


@dataclass(frozen=True, eq=False)
class Blocks:
    """Of n configurations or rows, each as if it alone were left out, by the linear model.

    Attributes:
        owner: this rank's number of each, shape (n,).
        residuals: how many each has; `squares` their sum of squares; `leverage` the trace of its block of
            the hat matrix.
        change: |(J^T J)^(1/2) d theta|^2 of the parameters' change when it is left out; infinite where it
            alone determines a direction.
        saved: what leaving it out takes off |r|^2, its own residuals included; r as it is without a loss.
        worst, place: the largest |r|/sqrt(1 - h) of its residuals, and where that is.
    """

    owner: IntArray
    residuals: IntArray
    squares: FloatArray
    leverage: FloatArray
    change: FloatArray
    saved: FloatArray
    worst: FloatArray
    place: IntArray


def blocks_of(rows: ChunkRows, root: FloatArray) -> Blocks:
    """The configurations of one chunk.

    Args:
        root: W, shape (p, rank).
    """
    z, r = root.T @ rows.jacobian, rows.plain
    h = np.einsum("ik,ik->k", z, z)
    starts = np.flatnonzero(np.diff(rows.owner, prepend=-1))
    counts = np.diff(np.append(starts, len(r)))
    squares = np.add.reduceat(r * r, starts)
    change, saved = _left_out(z, rows, h, starts, counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(h < 1.0 - _ALONE, np.abs(r) / np.sqrt(np.maximum(1.0 - h, 0.0)), 0.0)
    worst = np.array(
        [
            first + int(size[first : first + n].argmax())
            for first, n in zip(starts.tolist(), counts.tolist(), strict=True)
        ],
        dtype=np.int64,
    )
    return Blocks(
        rows.owner[starts],
        counts,
        squares,
        np.add.reduceat(h, starts),
        change,
        saved,
        size[worst],
        rows.place[worst],
    )


def _left_out(
    z: FloatArray, rows: ChunkRows, h: FloatArray, starts: IntArray, counts: IntArray
) -> tuple[FloatArray, FloatArray]:
    """What leaving out each configuration changes, and saves; see `Blocks`."""
    if (counts == 1).all():
        alone = h >= 1.0 - _ALONE
        rest = np.where(alone, 1.0, 1.0 - h)
        change = np.where(alone, np.inf, h * (rows.residual / rest) ** 2)
        return change, np.where(alone, 0.0, rows.plain**2 / rest)
    change, saved = np.empty(len(starts)), np.empty(len(starts))
    for k, (first, n) in enumerate(zip(starts.tolist(), counts.tolist(), strict=True)):
        own = slice(first, first + n)
        change[k], saved[k] = _one_left_out(z[:, own], rows.residual[own], rows.plain[own])
    return change, saved


def _one_left_out(z: FloatArray, r: FloatArray, plain: FloatArray) -> tuple[float, float]:
    """The same of one configuration: z (rank, m), r (m,) and r without a loss.

    (I - H)^-1 r with H = Z^T Z by the eigenvectors of H, or where that is smaller, of Z Z^T: it is
    r + Z^T (I - Z Z^T)^-1 Z r.
    """
    small = z.shape[1] <= len(z)
    shares, vectors = np.linalg.eigh(z.T @ z if small else z @ z.T)
    parts, own = (vectors.T @ (each if small else z @ each) for each in (r, plain))
    alone = shares >= 1.0 - _ALONE
    rest = np.where(alone, 1.0, 1.0 - shares)
    saved = np.sum(np.where(alone, 0.0, own**2 / rest)) + (0.0 if small else plain @ plain)
    changes = (np.maximum(shares, 0.0) if small else 1.0) * (parts / rest) ** 2
    return (np.inf if alone.any() else float(np.sum(changes))), float(saved)


def nothing() -> Blocks:
    """Of no configuration."""
    numbers, counts = np.empty(0), np.empty(0, np.int64)
    return Blocks(counts, counts, numbers, numbers, numbers, numbers, numbers, counts)


def joined(parts: Sequence[Blocks]) -> Blocks:
    """One after the other."""
    names = Blocks.__dataclass_fields__
    return Blocks(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
