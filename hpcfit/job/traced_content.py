"""What the functions of a job's formulas stand for, which other files than their own may decide."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hpcfit.formula.potential import FormulaPotential
from hpcfit.job.schema import PotentialSection
from hpcfit.registry import is_reference

if TYPE_CHECKING:
    from hpcfit.job.resolve import JobPotentials, ResolvedJob


def traced_content(resolved: ResolvedJob | JobPotentials) -> dict[str, str]:
    """Hashes of the formulas of each potential or model that has a function in a Python file, by key."""
    hashes = {}
    for index, (section, made) in enumerate(zip(resolved.job.potential, resolved.potentials, strict=True)):
        formula = made.bound.formula
        if isinstance(formula, FormulaPotential) and any(map(is_reference, _formulas(section))):
            texts = [*formula.placed_terms, *formula.let, *formula.cut_terms]
            digest = hashlib.sha256(repr(texts).encode()).hexdigest()[:16]
            hashes[f"formulas of potential[{index}]"] = digest
    model, own = getattr(resolved, "model", None), resolved.job.model
    if model is not None and any(map(is_reference, (*own.formula.values(), *own.let.values()))):
        texts = [*model.form.outputs, *model.form.let]
        hashes["formulas of model"] = hashlib.sha256(repr(texts).encode()).hexdigest()[:16]
    return hashes


def _formulas(section: PotentialSection) -> Iterator[str]:
    terms = (section.pair, section.triplet, section.site, section.bond_environment, section.embedding)
    yield from (text for text in terms if text is not None)
    yield from (*section.cutoff.values(), *section.let.values())
    for density in section.density.values():
        yield density.formula
        yield density.cutoff or ""
