"""One kind of finding about a dataset: no error, but worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.header import DatasetHeader
from hpcfit.suggest import counted

_EXAMPLES = 5


@dataclass(frozen=True)
class Suspicion:
    """One kind of finding: a sentence, how many configurations it concerns, and some of them."""

    kind: str
    text: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        more = ", ..." if self.count > len(self.examples) else ""
        return f"{counted(self.count, 'configuration')}: {self.text} ({', '.join(self.examples)}{more})"


def suspicion(
    dataset: DatasetHeader, kind: str, text: str, which: Sequence[int] | NDArray[np.int64]
) -> Suspicion:
    """The finding that `text` holds for the configurations of indices `which`."""
    names = tuple(dataset.identifiers[index] for index in which[:_EXAMPLES])
    return Suspicion(kind, text, len(which), names)
