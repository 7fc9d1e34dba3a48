"""What is known of a model, or of a potential, beyond predictions: what it lacks, and where it ends."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device
from hpcfit.formula.potential import AnyBound, BoundPotential
from hpcfit.kernels.cutoff import CutoffFormulas
from hpcfit.kernels.density.memory import density_bytes
from hpcfit.kernels.hand_written.ase_part import AsePart
from hpcfit.kernels.hand_written.part import Part
from hpcfit.kernels.hand_written.site_function import SiteFunction
from hpcfit.kernels.hand_written.site_part import SiteCutoffs
from hpcfit.kernels.model import AnyModel, is_formula
from hpcfit.kernels.summed_model import SummedModel

FloatArray = NDArray[np.float64]


def parts_of(model: AnyModel) -> tuple[Part, ...]:
    """The hand-written potentials of a model."""
    return model.parts if isinstance(model, SummedModel) else ()


def has_calculators(model: AnyModel) -> bool:
    """Whether a model asks calculators in Python, one configuration after the other."""
    return any(isinstance(part, AsePart) for part in parts_of(model))


def missing_quantities(model: AnyModel, values: FloatArray) -> Mapping[str, tuple[str, ...]]:
    """Which of energy, forces and stress no prediction has, with the names of the calculators that lack them.

    Raises:
        PluginError: a calculator cannot be made with these values.
    """
    lacking: dict[str, tuple[str, ...]] = {}
    for part in parts_of(model):
        if isinstance(part, AsePart):
            for quantity in sorted(part.missing(values)):
                lacking[quantity] = (*lacking.get(quantity, ()), part.bound.formula.name)
    return lacking


def derivative_notes(model: AnyModel) -> list[str]:
    """What a run must say of derivatives that are not exact: a sentence for each such potential."""
    notes = [part.bound.formula.derivative_note(part.n_free) for part in parts_of(model)]
    return [note for note in notes if note is not None]


def bytes_per_atom(model: AnyModel) -> int:
    """What kernels hold for each atom of the largest configuration."""
    formulas = [bound for bound in model.potentials if is_formula(bound)]
    return max([0, *(density_bytes(bound, model.n_columns, len(model.species)) for bound in formulas)])


def cutoffs_of(bound: AnyBound, values: FloatArray) -> list[float]:
    """The distances (angstrom) at which something of a potential ends, for every kind of bond; NaN where a
    cutoff has no value. Of calculators nothing is known."""
    if is_formula(bound):
        return CutoffFormulas([bound]).each(values)
    if isinstance(bound.formula, SiteFunction):
        return SiteCutoffs(BoundPotential(bound.formula, bound.species))(values).ravel().tolist()
    return []


def device_of(model: AnyModel) -> Device | None:
    """Where predictions of a model stay until they are asked for; None for the processor."""
    found: Device | None = getattr(model, "device", None)
    return found


def copies_from_device(model: AnyModel) -> bool:
    """Whether a device computes potentials of a sum, whose predictions are copied back to be added up."""
    if not isinstance(model, SummedModel):
        return False
    on_device = any(getattr(part, "device", None) is not None for part in model.parts)
    return on_device or (model.formulas is not None and device_of(model.formulas) is not None)
