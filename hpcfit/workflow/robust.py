"""Robust losses, whatever is fitted: their scales at the start, and what is beyond them at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError
from hpcfit.job.loss_rules import LossWord
from hpcfit.job.source import JobSource
from hpcfit.optimize import OptimizerResult
from hpcfit.output import loss_report as output
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.median import median_absolute_deviation
from hpcfit.problem.loss import LEAST_SQUARES, MAD, REDESCENDING, TUNING, TargetLoss
from hpcfit.suggest import counted

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: what tells where a residual belongs
Place = TypeVar("Place")

#: outliers that are named
_MOST = 10
_COVARIANCE = (
    "sum(psi^2)/(m - p)/mean(psi') (J^T S J)^-1, with psi = rho' r of each residual and S its derivative "
    "psi', but at least a hundredth of rho' (Huber, Robust Statistics, 1981, section 7.6)"
)


def target_losses(
    comm: Communicator,
    source: JobSource,
    words: Mapping[str, LossWord],
    residual: FloatArray,
    targets: IntArray,
) -> tuple[TargetLoss, ...]:
    """The losses that a job names, "mad" as a number; collective.

    Where residuals are not finite, the run will not start, and the scale is of no meaning.

    Args:
        residual: this rank's, at the initial values, shape (m,).
        targets: the place of each among the words, shape (m,).

    Raises:
        JobError: on all ranks, when more than half of a target's residuals are the same.
    """
    finite = all(comm.allgather(bool(np.isfinite(residual).all())))
    found = []
    for place, (target, word) in enumerate(words.items()):
        if word.name == LEAST_SQUARES or word.scale is None:
            found.append(TargetLoss(target, word.name))
            continue
        if word.scale != "mad":
            found.append(TargetLoss(target, word.name, word.scale))
            continue
        deviation = median_absolute_deviation(comm, residual[targets == place]) if finite else None
        if deviation == 0.0:
            of = f" of {target}" if target else ""
            sentence = (
                f": at the initial values, the median absolute deviation of the residuals{of} is 0, which is "
                "no scale; give a number, such as scale = 1.0."
            )
            raise JobError(source.problem((*word.key, "scale"), sentence).text)
        scale = 1.0 if deviation is None else TUNING[word.name] * MAD * deviation
        found.append(TargetLoss(target, word.name, scale, estimated=True))
    return tuple(found)


def loss_report(
    comm: Communicator,
    losses: Sequence[TargetLoss],
    residual: FloatArray,
    targets: IntArray,
    scores: FloatArray,
    owner: IntArray,
    place_of: Callable[[int], Place],
    name_of: Callable[[Place], str],
) -> output.LossReport | None:
    """How many residuals are beyond the scales, and the largest of them; on rank 0, collective.

    Args:
        residual: this rank's, shape (m,), with the places of their targets among the losses.
        scores: sums of psi^2 and of psi' of each of its chunks, shape (chunks, 2).
        owner: configuration or row of each, of which one is named at most, shape (m,).
        place_of: where a residual of this rank belongs, by its number.
        name_of: what that is in words; called on rank 0.
    """
    robust = np.array([each.name != LEAST_SQUARES for each in losses])
    scales = np.array([each.scale for each in losses])
    ratio = np.where(robust[targets], np.abs(residual) / scales[targets], 0.0)
    beyond = ratio > 1.0
    count = [np.bincount(each, minlength=len(losses)) for each in (targets, targets[beyond])]
    order = np.flatnonzero(beyond)[np.argsort(-ratio[beyond], kind="stable")]
    first = np.sort(np.unique(owner[order], return_index=True)[1])
    largest = order[first][:_MOST].tolist()
    own = [(float(ratio[k]), float(residual[k]), place_of(k)) for k in largest]
    gathered = comm.gather((count, own, scores))
    if gathered is None:
        return None
    total, over = (np.sum([each[0][k] for each in gathered], axis=0).tolist() for k in (0, 1))
    # Ranks have the data in order, so that equal ones stay in the order of the data.
    found = sorted((each for part in gathered for each in part[1]), key=lambda each: -each[0])
    outliers = [output.Outlier(name_of(place), size, scaled) for scaled, size, place in found[:_MOST]]
    entries = [
        output.TargetLoss(
            loss.target, loss.name, loss.scale if bends else None, loss.estimated, total[k], over[k]
        )
        for k, (loss, bends) in enumerate(zip(losses, robust.tolist(), strict=True))
    ]
    # fsum is exact, and chunks are the same on any number of ranks.
    sums = np.concatenate([each[2] for each in gathered])
    squares, slopes = (math.fsum(column) for column in sums.T.tolist())
    return output.LossReport(entries, outliers, squares, slopes / max(1, sum(total)), _COVARIANCE)


def with_errors(found: OptimizerResult, report: output.LossReport | None) -> OptimizerResult:
    """The covariance for a robust loss, in place of one that takes the cost for a sum of squares.

    Where the loss bends down at most residuals, no error can be told.
    """
    if report is None or found.covariance is None or found.standard_errors is None:
        return found
    if not (report.curvature > 0.0 and found.cost > 0.0):
        return replace(found, covariance=None, standard_errors=None)
    factor = report.squares / report.curvature / found.cost
    errors = np.sqrt(factor) * found.standard_errors
    return replace(found, covariance=factor * found.covariance, standard_errors=errors)


def loss_warnings(report: output.LossReport | None) -> list[str]:
    """Losses with several minima for which most residuals are outliers."""
    sentences = []
    for each in () if report is None else report.targets:
        if each.scale is None or each.name not in REDESCENDING or 2 * each.beyond <= each.residuals:
            continue
        of = f" of {each.target}" if each.target else ""
        sentences.append(
            f"{each.beyond} of {counted(each.residuals, 'residual')}{of} are beyond the scale "
            f"{each.scale:.3g} of the loss {each.name}: it takes most of the data for outliers, "
            "and may have ended at one of several minima. Take a larger scale, or start from what a "
            "fit by soft-l1 has found."
        )
    return sentences


def loss_notes(losses: Sequence[TargetLoss]) -> list[str]:
    """A line for each loss: its name, its scale and where that comes from."""
    lines = []
    for each in losses:
        if each.name != LEAST_SQUARES:
            origin = ", from the residuals at the initial values" if each.estimated else ""
            of = f" of {each.target}" if each.target else ""
            lines.append(f"loss{of}: {each.name}, scale {each.scale:.7g}{origin}")
        elif len(losses) > 1:
            lines.append(f"loss of {each.target}: {each.name}")
    return lines
