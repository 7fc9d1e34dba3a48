"""[loss]: which loss the residuals of each target have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hpcfit.job.locate import KeyPath
from hpcfit.job.messages import unknown_key
from hpcfit.job.schema import DataSection, LossSection, TargetsSection
from hpcfit.job.source import JobSource, Problem
from hpcfit.job.values import loss_scale, shown
from hpcfit.problem.loss import LEAST_SQUARES, LOSSES
from hpcfit.suggest import suggestion

_QUANTITIES = ("energy", "forces", "stress")
_KEYS = ("name", "scale")
_USELESS = f': {LEAST_SQUARES} has none; remove it, or give a name too, such as name = "soft-l1".'


@dataclass(frozen=True)
class LossWord:
    """What a job says of one target: the loss, its scale (None for least squares), and the key it is at."""

    name: str
    scale: float | Literal["mad"] | None
    key: KeyPath


def loss_words(loss: LossSection, targets: Sequence[str]) -> dict[str, LossWord]:
    """The loss of each target, in their order."""
    common = LossWord(loss.name, loss.scale, ("loss",))
    words = {}
    for target in targets:
        own = loss.options.get(target)
        words[target] = common if own is None else _word(own, common, ("loss", target))
    return words


def is_robust(loss: LossSection) -> bool:
    """Whether the residuals of any target have another loss than least squares."""
    own = [table for table in loss.options.values() if isinstance(table, Mapping)]
    names = [loss.name, *(table.get("name", loss.name) for table in own)]
    return any(name != LEAST_SQUARES for name in names)


def by_target(loss: LossSection) -> bool:
    """Whether targets have losses of their own."""
    return bool(loss.options)


def loss_problems(
    source: JobSource, loss: LossSection, data: DataSection | None, quantities: TargetsSection | None
) -> Iterator[Problem]:
    """The faults of [loss]."""
    of_table = data is not None and data.table is not None
    targets = tuple(data.y) if data is not None and of_table else _QUANTITIES
    yield from _faults(source, ("loss",), {"name": loss.name, "scale": loss.scale})
    if loss.scale is not None and not is_robust(loss):
        yield source.problem(("loss", "scale"), _USELESS)
    common = LossWord(loss.name, loss.scale, ("loss",))
    for target, table in loss.options.items():
        key = ("loss", target)
        if target not in targets:
            yield unknown_key(source, key, (*_KEYS, *targets))
        elif quantities is not None and not of_table and not getattr(quantities, target):
            yield source.problem(
                key, f": {target} is not a target; remove it, or set targets.{target} = true."
            )
        elif not isinstance(table, Mapping):
            sentence = ': a table is expected, such as { name = "huber", scale = 1.0 }, not '
            yield source.problem(key, f"{sentence}{shown(table)}.")
        else:
            yield from (unknown_key(source, (*key, each), _KEYS) for each in table if each not in _KEYS)
            word = _word(table, common, key)
            yield from _faults(source, key, {"name": word.name, "scale": word.scale})
            if "scale" in table and word.name == LEAST_SQUARES:
                yield source.problem((*key, "scale"), _USELESS)


def _word(table: Mapping[str, Any], common: LossWord | None, key: KeyPath) -> LossWord:
    name = table.get("name", LEAST_SQUARES if common is None else common.name)
    scale = table.get("scale", None if common is None else common.scale)
    return LossWord(name, scale, key)


def _faults(source: JobSource, key: KeyPath, table: Mapping[str, Any]) -> Iterator[Problem]:
    name, scale = table["name"], table["scale"]
    if name not in LOSSES:
        sentence = f": unknown loss {shown(name)}.{suggestion(str(name), LOSSES)}"
        yield source.problem((*key, "name"), sentence)
        return
    if scale is None:
        if name != LEAST_SQUARES:
            sentence = (
                " is missing: the weighted residual beyond which the loss bends, such as scale = 1.0 where "
                'weights are one over the errors of the data, or scale = "mad" to estimate it.'
            )
            yield source.problem((*key, "scale"), sentence)
        return
    try:
        loss_scale(scale)
    except ValueError as error:
        yield source.problem((*key, "scale"), f": {error}")
