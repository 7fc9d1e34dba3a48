"""What a residual names in the data decides results too."""

from __future__ import annotations

import numpy as np

from hpcfit.data import Dataset
from hpcfit.job import ResolvedJob
from hpcfit.residuals import EnergyDifferences


def residual_fingerprint(resolved: ResolvedJob, path: str) -> dict[str, str]:
    """The content of configurations that the residual names, which the selection may leave out."""
    residual = resolved.residual
    if not isinstance(residual, EnergyDifferences) or not residual.named:
        return {}
    with Dataset.open(path) as dataset:
        place = {name: index for index, name in enumerate(dataset.identifiers)}
        indices = sorted(place[name] for name in residual.named if name in place)
        return {"content of residual.data.reference": dataset.selection_hash(np.array(indices, np.int64))}
