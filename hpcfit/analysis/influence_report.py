"""Leverage, influence and outliers of all configurations or rows, and which of them to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.influence_blocks import Blocks
from hpcfit.analysis.linearized import Linearized
from hpcfit.analysis.report import Report, Table
from hpcfit.output.summary import table
from hpcfit.suggest import counted, listed

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: so many are shown of each kind
_SHOWN = 10
#: with correct errors, one fit in so many names an outlier that is none
_LEVEL = 0.05
#: leaving one of these out moves the parameters by about their joint standard errors
_LARGE_COOK = 1.0
#: a part of all leverages that is rounding
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Influence(Report):
    """Of each configuration, or row of a table, in the order of the data; arrays have shape (n,).

    Attributes:
        table: the table as the job names it; None for configurations.
        names: identifiers, or lines of the table.
        places: where the largest residual of each is: "force x of atom 3", the name of an output.
        residuals: how many each has.
        leverage: traces of the blocks of the hat matrix; their sum is the number of parameters, less what
            `priors` hold.
        cook: Cook's distance; infinite for one that alone determines a parameter or a combination of them.
        studentized: root of F, the mean square that leaving it out would save over the mean square of what
            then remains; for a row of a table with one output the studentized residual.
        largest: the largest residual of each, over its own standard deviation.
        outliers: positions of those that chance does not explain, the worst first.
        priors: leverage that priors have.
    """

    kind: ClassVar[str] = "influence"
    table: str | None
    names: tuple[str, ...]
    places: tuple[str, ...]
    residuals: IntArray
    leverage: FloatArray
    cook: FloatArray
    studentized: FloatArray
    largest: FloatArray
    outliers: tuple[int, ...]
    priors: float

    @property
    def word(self) -> str:
        """ "row" or "configuration"."""
        return "configuration" if self.table is None else "row"

    def content(self) -> Mapping[str, Any]:
        """What the JSON file holds: the table by columns."""
        return {
            "of": self.table if self.table is not None else "configurations",
            "names": self.names,
            "residuals": self.residuals,
            "leverage": self.leverage,
            "cook": self.cook,
            "studentized": self.studentized,
            "largest": self.largest,
            "largest_at": self.places,
            "outliers": [self.names[k] for k in self.outliers],
            "priors": self.priors,
        }

    def tables(self) -> Mapping[str, Table]:
        """One row for each configuration, or row of the table."""
        first = "configuration" if self.table is None else "line"
        head = [first, "residuals", "leverage", "cook", "studentized", "largest", "largest_at"]
        rows = zip(
            self.names,
            self.residuals.tolist(),
            self.leverage.tolist(),
            self.cook.tolist(),
            self.studentized.tolist(),
            self.largest.tolist(),
            self.places,
            strict=True,
        )
        return {"influence": Table(head, rows)}

    def __str__(self) -> str:
        share = f", that of priors {self.priors:.4g}" if self.priors > 0.0 else ""
        n = len(self.names)
        of = f" of {self.table}" if self.table is not None else ""
        parts = [
            f"{counted(n, self.word)}{of} with {counted(int(self.residuals.sum()), 'residual')}: sum of "
            f"leverages {self.leverage.sum():.6g}{share}",
            self._some("largest leverage", np.argsort(-self.leverage, kind="stable")[:_SHOWN]),
            self._some("largest influence", np.argsort(-self.cook, kind="stable")[:_SHOWN]),
        ]
        alone = np.flatnonzero(np.isinf(self.cook)).tolist()
        if alone:
            named = listed([self.names[k] for k in alone], _SHOWN)
            parts.append(
                f"alone in determining a parameter or a combination of them, so nothing checks "
                f"{'it' if len(alone) == 1 else 'them'}: {named}"
            )
        large = int(np.count_nonzero(self.cook > _LARGE_COOK))
        if large:
            parts.append(
                f"{counted(large, self.word)} with a Cook's distance above {_LARGE_COOK:g}: leaving one out "
                "moves the parameters by about their standard errors, or more"
            )
        if self.outliers:
            head = f"{counted(len(self.outliers), 'outlier')} that chance does not explain"
            parts.append(self._some(head, np.array(self.outliers[:_SHOWN])))
        else:
            parts.append("no outliers: chance explains the largest residuals")
        return "\n\n".join(parts)

    def _some(self, title: str, which: NDArray[np.int64]) -> str:
        head = [title, "residuals", "leverage", "Cook's distance", "studentized", "largest residual", "at"]
        rows = [
            [
                self.names[k] if self.table is None else f"line {self.names[k]}",
                str(int(self.residuals[k])),
                f"{self.leverage[k]:.4g}",
                f"{self.cook[k]:.4g}",
                f"{self.studentized[k]:.4g}",
                f"{self.largest[k]:.4g}",
                self.places[k],
            ]
            for k in which.tolist()
        ]
        return table(head, rows)


def made(
    blocks: Blocks, names: Sequence[tuple[str, str]], linearized: Linearized, path: str | None
) -> Influence:
    """What the blocks of all ranks say, measured by the scale of the residuals."""
    from scipy.special import fdtrc

    rank, freedom, squares = linearized.rank, linearized.freedom, linearized.squares
    n, left = blocks.residuals.astype(np.float64), freedom - blocks.residuals
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.float64(linearized.deviation) ** 2
        spread = np.float64(linearized.variance)
        rest = np.maximum(squares - blocks.saved, 0.0) / left
        # A robust loss has taken off outliers what they would add to the variance.
        ratio = blocks.saved / n / (rest if linearized.inflation is None else variance)
        ratio = np.where(left > 0, ratio, np.nan)
        chance = np.where(left > 0, fdtrc(n, np.maximum(left, 1), ratio), 1.0)
        cook = blocks.change / (max(rank, 1) * spread)
        largest = blocks.worst / np.sqrt(variance)
    priors = rank - float(blocks.leverage.sum())
    found = np.flatnonzero(chance * len(n) < _LEVEL)
    order = found[np.argsort(-ratio[found], kind="stable")]
    return Influence(
        table=path,
        names=tuple(name for name, _ in names),
        places=tuple(place for _, place in names),
        residuals=blocks.residuals,
        leverage=blocks.leverage,
        cook=cook,
        studentized=np.sqrt(ratio),
        largest=largest,
        outliers=tuple(order.tolist()),
        priors=priors if priors > _ROUNDING * rank else 0.0,
    )
