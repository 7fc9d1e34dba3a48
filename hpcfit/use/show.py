"""A potential with its values as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcfit.formula.potential import key_text
from hpcfit.output.summary import table

if TYPE_CHECKING:
    from hpcfit.use.fitted_potential import FittedPotential


def description(potential: FittedPotential) -> str:
    """Names, species, cutoff and all values, as several lines without a line break at the end."""
    names = " + ".join(dict.fromkeys(each.formula.name for each in potential.potentials))
    head = (
        f"{names} for {', '.join(potential.species)}, cutoff {potential.cutoff:.6g} angstrom "
        f"({potential.origin})"
    )
    return f"{head}\n\n{_values(potential)}"


def _values(potential: FittedPotential) -> str:
    several = len(potential.potentials) > 1
    keyed = any(len(each.species) > 1 for each in potential.potentials)
    rows = []
    for q in potential.parameters.parameters:
        form = potential.potentials[q.potential].formula
        unit = form.parameter(q.name).unit if q.instances else ""
        row = [*([q.label] if several else []), *([key_text(q.key)] if keyed else [])]
        rows.append([*row, q.name, f"{q.initial:.10g}", unit])
    head = [*(["potential"] if several else []), *(["species"] if keyed else [])]
    return table([*head, "parameter", "value", "unit"], rows)
