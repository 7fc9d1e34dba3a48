"""Promise: a GPU computes what the processor computes, to rounding."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration, gather
from hpcfit.devices.choice import choose
from hpcfit.devices.device import Device
from hpcfit.devices.machine import find_machine
from hpcfit.devices.missing import NoDevice
from hpcfit.devices.opening import open_device
from hpcfit.errors import HpcfitError, RunError
from hpcfit.kernels import AnyModel, compile_model
from hpcfit.kernels.hand_written import HandWritten
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.subject import Subject

FloatArray = NDArray[np.float64]

#: of predictions and exact derivatives, over the largest number of the kind: sums are in another order
_ROUNDING = 1e-10


def open_for_checks(device: str) -> Device | None:
    """The first GPU for "cuda", nothing for "cpu".

    Raises:
        RunError: there is no GPU, with what is missing.
        ValueError: another word.
    """
    if device not in ("cpu", "cuda"):
        raise ValueError(f'check_potential(): device: "cpu" or "cuda" is expected, not {device!r}')
    if device == "cpu":
        return None
    try:
        return open_device(choose("cuda", 0, find_machine()))
    except NoDevice as error:
        raise RunError(f'check_potential(): device="cuda": {error}') from error


def check_device(
    subject: Subject, structures: Sequence[Configuration], device: Device, tolerance: float
) -> dict[str, float]:
    """Predictions and derivatives of all structures, on the device and on the processor.

    Returns:
        The largest deviation of each, over the largest number of its kind.

    Raises:
        ConformanceError: they differ, the CUDA source does not compile, or there is none.
    """
    form = subject.bound.formula
    if isinstance(form, HandWritten) and getattr(form, "cuda", None) is None:
        raise ConformanceError(
            f"{subject.name}: is Python code, and has no CUDA source that a GPU could run. Give a "
            "SiteFunction one by "
            'cuda="...", or check with device="cpu".'
        )
    try:
        model = compile_model(
            [subject.bound], subject.species, range(len(subject.values)), stress=True, device=device
        )
        found = _tables(subject, model, structures)
    except HpcfitError as error:
        raise ConformanceError(f"{subject.name} on {device.name}: {error}") from error
    expected = _tables(subject, subject.model, structures)
    limits = {"predictions": _ROUNDING, "derivatives": tolerance if subject.differs else 100.0 * _ROUNDING}
    deviations = {
        what: _deviation(own, theirs)
        for (what, own), theirs in zip(found.items(), expected.values(), strict=True)
    }
    for what, limit in limits.items():
        if not deviations[what] <= limit:
            raise ConformanceError(
                f"{subject.name}: {what} on {device.name} differ from those of the processor by "
                f"{deviations[what]:.2g} of the largest, which is more than {limit:.2g}."
            )
    return {f"GPU: {what}": deviation for what, deviation in deviations.items()}


def _tables(
    subject: Subject, model: AnyModel, structures: Sequence[Configuration]
) -> dict[str, list[FloatArray]]:
    """For each structure energy, forces and stress (rows, 1), and their derivatives (rows, V)."""
    geometry = subject.geometry(gather(structures), model.cutoff(subject.values))
    whole = model.predict(geometry, subject.values)
    offsets = model.prediction_offsets(geometry).tolist()
    found: dict[str, list[FloatArray]] = {"predictions": [], "derivatives": []}
    for k, (first, last) in enumerate(pairwise(offsets)):
        found["predictions"].append(whole[first:last, None])
        table = model.predict_jacobian(geometry, k, k + 1, subject.values)
        found["derivatives"].append(np.ascontiguousarray(table[:, :-1]))
    return found


def _deviation(found: list[FloatArray], expected: list[FloatArray]) -> float:
    """The largest difference over the largest number of its column among the rows of its kind."""
    worst = 0.0
    for own, theirs in zip(found, expected, strict=True):
        for rows in (slice(0, 1), slice(1, len(own) - 6), slice(len(own) - 6, len(own))):
            a, b = own[rows], theirs[rows]
            if not np.array_equal(np.isnan(a), np.isnan(b)):
                return float("inf")
            known = ~np.isnan(b)
            if known.any():
                scale = float(np.abs(b[known]).max()) or 1.0
                worst = max(worst, float(np.abs(a[known] - b[known]).max()) / scale)
    return worst
