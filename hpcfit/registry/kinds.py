"""The kinds of things that have names in a job file, and what each must be able to do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal

Kind = Literal["potentials", "models", "weights", "residuals", "readers", "optimizers"]

#: for each kind, what one of its members is called; its hook is named hpcfit_<kind>
KINDS: Mapping[Kind, str] = {
    "potentials": "potential",
    "models": "model",
    "weights": "weight scheme",
    "residuals": "residual",
    "readers": "reader",
    "optimizers": "optimizer",
}
#: the same after "cannot be"
ONE_OF: Mapping[Kind, str] = {
    kind: f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for kind, name in KINDS.items()
}
_RESIDUAL_ARGUMENTS = ("identifier", "natoms", "weight", "prediction", "reference", "data")


def contract_problem(kind: Kind, item: Any) -> str | None:
    """What keeps `item` from being of a kind, as the end of a sentence; None when nothing does."""
    return _CONTRACTS[kind](item)


def _potential_problem(item: Any) -> str | None:
    from hpcfit.formula.potential import FormulaPotential
    from hpcfit.kernels.hand_written import HandWritten

    if isinstance(item, FormulaPotential | HandWritten) or callable(item):
        return None
    return "must be a FormulaPotential, or a function that returns one"


def _model_problem(item: Any) -> str | None:
    from hpcfit.formula.row_form import RowForm

    if isinstance(item, RowForm) or callable(item):
        return None
    return "must be a RowFormula, or a function that returns one"


def _weights_problem(item: Any) -> str | None:
    if callable(getattr(item, "weights", None)):
        return None
    return "must be a class with a method weights(configuration)"


def _residual_problem(item: Any) -> str | None:
    from hpcfit.residuals import ScaledDifference, VectorResidual

    if inspect.isclass(item):
        return (
            None
            if issubclass(item, ScaledDifference | VectorResidual)
            else "must be derived from ScaledDifference"
        )
    if isinstance(item, ScaledDifference | VectorResidual):
        return None
    form = f"must be a function of ({', '.join(_RESIDUAL_ARGUMENTS)})"
    if not callable(item):
        return form
    try:
        inspect.signature(item).bind(*_RESIDUAL_ARGUMENTS)
    except TypeError:
        return form
    except ValueError:  # a compiled function without a signature
        return None
    return None


def _reader_problem(item: Any) -> str | None:
    from hpcfit.data import Reader

    return None if isinstance(item, Reader) else "must be an instance of a class derived from Reader"


def _optimizer_problem(item: Any) -> str | None:
    if inspect.isclass(getattr(item, "options", None)) and callable(getattr(item, "minimize", None)):
        return None
    return "must have options (a class) and minimize (a function)"


_CONTRACTS: Mapping[Kind, Callable[[Any], str | None]] = {
    "potentials": _potential_problem,
    "models": _model_problem,
    "weights": _weights_problem,
    "residuals": _residual_problem,
    "readers": _reader_problem,
    "optimizers": _optimizer_problem,
}
