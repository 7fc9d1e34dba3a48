"""Of what derivatives are wanted: configurations, rows, quantities and parameters by their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hpcfit.errors import RunError
from hpcfit.suggest import suggestion
from hpcfit.workflow.reopen import Reopened

#: so many names are listed where one is unknown
_LISTED = 30
#: numbers that a report holds at most, 800 MB
_MOST = 100_000_000


@dataclass(frozen=True)
class Choice:
    """What derivatives are wanted of; everything by default.

    Attributes:
        configurations: identifiers; `tags` of configurations.
        rows: conditions on the columns of a table, all of which must hold.
        quantities: "energy", "forces", "stress", or outputs of a table.
        parameters: labels.
        test: of what was held out of the fit, in place of what was fitted.
    """

    configurations: Sequence[str] = ()
    tags: Sequence[str] = ()
    rows: Sequence[str] = ()
    quantities: Sequence[str] = ()
    parameters: Sequence[str] = ()
    test: bool = field(default=False, kw_only=True)


def places(run: str, what: str, wanted: Sequence[str], known: Sequence[str]) -> list[int]:
    """Where the wanted names stand among the known ones; all of them when none is wanted.

    Raises:
        RunError: a name that is not there.
    """
    place = {name: k for k, name in enumerate(known)}
    for name in wanted:
        if name not in place:
            few = suggestion(name, known) if len(place) <= _LISTED else _close(name, known)
            raise RunError(f"{run}: there is no {what} {name!r}.{few}")
    return [place[name] for name in dict.fromkeys(wanted)] if wanted else list(range(len(known)))


def usual_names(reopened: Reopened, wanted: Sequence[str]) -> list[str]:
    """Names of free parameters as analyses have them: those of the result, or with the potential before them.

    The potential stands there where several have a parameter of that name; a result has it in a column. A
    name that is that of several parameters stays as it is.
    """
    parameters, result = reopened.parameters, reopened.result
    pairs = zip(parameters.parameters, result.parameters, strict=True)
    free = [(result.label(found), parameters.label(q)) for q, found in pairs if q.free]
    labels, several = dict(free), Counter(short for short, _ in free)
    return [labels[name] if several[name] == 1 else name for name in wanted]


def refuse(run: str, kind: str, **options: Sequence[str]) -> None:
    """Raise RunError for options that a run of this kind has no use for."""
    for name, given in options.items():
        if given:
            raise RunError(f"{run}: is a fit of {kind}, for which --{name} says nothing. Leave it out.")


def nothing_held_out(run: str) -> RunError:
    """What is said where there are no test data to choose."""
    return RunError(f"{run}: nothing was held out of the fit, so that --test says nothing. Leave it out.")


def check_amount(run: str, numbers: int, advice: str) -> None:
    """Raise RunError when a report would be too large to be held."""
    if numbers > _MOST:
        raise RunError(
            f"{run}: {numbers:,} derivatives are too many to be held; choose fewer by {advice}, or by "
            "--parameter."
        )


def _close(name: str, known: Iterable[str]) -> str:
    """What of many names may have been meant, without a list of all."""
    found = suggestion(name, known)
    return found if found.startswith(" Did") else ""
