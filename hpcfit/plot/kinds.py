"""The kinds of pictures: their names, what they show, and what they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from hpcfit.errors import RunError
from hpcfit.suggest import closest_name

#: the run folder alone; the data too; data that are a table
Need = Literal["run", "data", "table"]


@dataclass(frozen=True)
class Kind:
    """One kind of picture.

    Attributes:
        place: "module:function" that draws it.
        needs: what the function gets: a FinishedRun, a list of Targets, a TableFit.
    """

    summary: str
    place: str
    needs: Need

    def load(self) -> Callable[[Any], Any]:
        module, _, function = self.place.partition(":")
        loaded: Callable[[Any], Any] = getattr(import_module(f"hpcfit.plot.{module}"), function)
        return loaded


KINDS: dict[str, Kind] = {
    "fit": Kind("data, curve and confidence band of a table with one input", "curve:draw_fit", "table"),
    "parity": Kind("predictions against references, by tag or group", "parity:draw_parity", "data"),
    "residuals": Kind("histograms of the errors", "residuals:draw_residuals", "data"),
    "convergence": Kind("the loss by iteration", "convergence:draw_convergence", "run"),
    "path": Kind("the parameters along the path of the fit", "path:draw_path", "run"),
    "correlation": Kind("correlations of the parameters", "correlation:draw_correlation", "run"),
    "fisher": Kind("stiff and sloppy combinations of parameters", "fisher:draw_fisher", "run"),
    "sensitivity": Kind(
        "influence of each parameter, for a table with one input", "sensitivity:draw_sensitivity", "table"
    ),
    "mcmc": Kind("parameters as a chain has sampled them", "corner:draw_mcmc", "run"),
}


def check_kinds(names: list[str]) -> list[str]:
    """The names without repetition; all kinds where none is given.

    Raises:
        RunError: one that there is not.
    """
    for name in names:
        if name not in KINDS:
            near = closest_name(name, KINDS)
            meant = "" if near is None else f" Did you mean {near}?"
            raise RunError(f"there is no picture {name!r}.{meant} Pictures are {', '.join(KINDS)}.")
    return list(dict.fromkeys(names)) or list(KINDS)
