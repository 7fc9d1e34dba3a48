"""Many parameters in few lines: those whose names differ in their indices only, together."""

from __future__ import annotations

from collections.abc import Sequence

from hpcfit.output.result import FittedParameter

#: parameters that are listed one by one
MOST = 200
#: labels, and directions without effect, that are shown of more
_SHOWN = 10


def family_rows(parameters: Sequence[FittedParameter]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of a table with a row for W1[0,0], W1[0,1], ..., and one for each other parameter.

    Where these are very many, those of all groups (or species) share a row too.
    """
    families = _families(parameters, apart=True)
    if len(families) > MOST:
        families = _families(parameters, apart=False)
    rows = []
    for (_, species, stem, fixed), members in families.items():
        name = f"{stem}...]" if stem.endswith("[") and len(members) > 1 else members[0].name
        values = [q.value for q in members]
        label = f"{species}.{name}" if species else name
        of_groups = list(dict.fromkeys(q.species for q in members))
        if len(of_groups) > 1:
            label = f"{name} ({of_groups[0]}, {of_groups[1]}, ...)"
        rows.append(
            [label, str(len(members)), f"{min(values):.6g}", f"{max(values):.6g}", "fixed" if fixed else ""]
        )
    return ["parameter", "values", "least", "largest", ""], rows


def _families(
    parameters: Sequence[FittedParameter], *, apart: bool
) -> dict[tuple[str, str, str, bool], list[FittedParameter]]:
    """The parameters of each row; `apart` keeps groups apart."""
    families: dict[tuple[str, str, str, bool], list[FittedParameter]] = {}
    for q in parameters:
        stem, bracket, _ = q.name.partition("[")
        species = q.species if apart else ""
        families.setdefault((q.potential, species, stem + bracket, q.fixed), []).append(q)
    return families


def label_list(labels: Sequence[str]) -> str:
    """All labels, or of very many the first and how many more there are."""
    if len(labels) <= MOST:
        return ", ".join(labels)
    return f"{', '.join(labels[:_SHOWN])} and {len(labels) - _SHOWN} more"


def shown_directions(directions: Sequence[str]) -> list[str]:
    """The sentences on directions that the data do not determine; of very many the first ones."""
    if len(directions) <= 2 * _SHOWN:
        return list(directions)
    more = len(directions) - _SHOWN
    return [
        *directions[:_SHOWN],
        f"{more} more directions have no effect; null_directions in result.json has them.",
    ]
