"""What the tables [weights], [residual] and [optimizer] name, made with the options that they give.

Faults are added to those of the draft.
"""

from __future__ import annotations

from typing import Any

from hpcfit.errors import HpcfitError
from hpcfit.job.load import Draft
from hpcfit.job.locate import KeyPath
from hpcfit.job.messages import unknown_key
from hpcfit.job.options import make
from hpcfit.job.schema import OptimizerSection, ResidualSection, WeightsSection
from hpcfit.registry import Kind, Registry


def named_weights(draft: Draft, registry: Registry) -> Any:
    """The weight scheme of [weights] with its options; None where it has faults."""
    section = draft.section(WeightsSection)
    if section is None:
        return None
    scheme = _find(draft, registry, "weights", ("weights", "name"), section.name)
    if scheme is None:
        return None
    if not isinstance(scheme, type):  # made already
        draft.problems += [unknown_key(draft.source, ("weights", key), ()) for key in section.options]
        return scheme
    made, problems = make(draft.source, ("weights",), scheme, section.options)
    draft.problems += problems
    return made


def named_residual(draft: Draft, registry: Registry) -> Any:
    """What [residual] names, made with [residual.data] unless it is a function; None where it has faults."""
    section = draft.section(ResidualSection)
    if section is None:
        return None
    residual = _find(draft, registry, "residuals", ("residual", "name"), section.name)
    if not isinstance(residual, type):
        return residual
    made, problems = make(draft.source, ("residual", "data"), residual, section.data)
    draft.problems += problems
    return made


def named_optimizer(draft: Draft, registry: Registry) -> tuple[Any, Any]:
    """The optimizer of [optimizer] and its options; None for what has faults."""
    section = draft.section(OptimizerSection)
    if section is None:
        return None, None
    optimizer = _find(draft, registry, "optimizers", ("optimizer", "name"), section.name)
    if optimizer is None:
        return None, None
    made, problems = make(draft.source, ("optimizer",), optimizer.options, section.options)
    draft.problems += problems
    return optimizer, made


def _find(draft: Draft, registry: Registry, kind: Kind, key: KeyPath, name: str) -> Any:
    try:
        return registry.find(kind, name)
    except HpcfitError as error:
        draft.problems.append(draft.source.problem(key, f": {error}"))
        return None
