"""The optimizer within an optimizer: `inner = { name = "lm", max_iterations = 100 }` of a multistart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcfit.errors import HpcfitError
from hpcfit.job.load import Draft
from hpcfit.job.options import make
from hpcfit.registry import Registry

if TYPE_CHECKING:
    from hpcfit.optimize.multistart import Inner

_PLACE = ("optimizer", "inner")


def inner_optimizer(draft: Draft, registry: Registry, options: Any) -> Inner | None:
    """What makes the fit of each start, its faults added to those of the draft; None for one fit alone."""
    from hpcfit.optimize.multistart import Inner, Multistart, MultistartOptions

    if not isinstance(options, MultistartOptions):
        return None
    values = dict(options.inner)
    name = values.pop("name", "geodesic-lm")
    if not isinstance(name, str):
        draft.problems.append(draft.source.problem((*_PLACE, "name"), f": a text is expected, not {name!r}."))
        return None
    try:
        optimizer = registry.find("optimizers", name)
    except HpcfitError as error:
        draft.problems.append(draft.source.problem((*_PLACE, "name"), f": {error}"))
        return None
    if isinstance(optimizer, Multistart):
        sentence = ": a multistart in a multistart; give more starts."
        draft.problems.append(draft.source.problem((*_PLACE, "name"), sentence))
        return None
    made, problems = make(draft.source, _PLACE, optimizer.options, values, ("name",))
    draft.problems += problems
    return None if problems else Inner(name, optimizer, made)
