"""The covariance of a result: within result.json, or of many parameters as an array of NumPy beside it.

As text, that of 1,000 parameters would take 30 MB.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hpcfit.errors import RunError
from hpcfit.output.atomic import write_atomically

NAME = "covariance.npy"
#: parameters whose covariance is text, at most
_MOST = 200


def stored_covariance(result: Path, covariance: Sequence[Sequence[float]] | None) -> Any:
    """What result.json is to hold of a covariance (p, p): all of it, or which file it has been written to."""
    if covariance is None or len(covariance) <= _MOST:
        return covariance
    file = io.BytesIO()
    np.save(file, np.array(covariance, dtype=np.float64))
    content = file.getvalue()
    write_atomically(result.with_name(NAME), content)
    return {"file": NAME, "sha256": hashlib.sha256(content).hexdigest()}


def read_covariance(result: Path, stored: Any) -> Any:
    """The covariance that result.json holds or names; NaN, or None, where it is not known.

    Raises:
        RunError: the file that it names is missing, or not the one that was written.
    """
    if not isinstance(stored, dict):
        return stored
    path = result.with_name(NAME)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(
            f"{path}: cannot be read ({error.strerror}). It belongs to {result.name}; keep them together."
        ) from error
    if hashlib.sha256(content).hexdigest() != stored.get("sha256"):
        raise RunError(f"{path}: not the covariance that {result.name} was written with; run the job again.")
    return np.load(io.BytesIO(content), allow_pickle=False).tolist()
