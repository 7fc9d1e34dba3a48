"""Objects that a program gives to one job, registered through the hooks that plugins use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hpcfit.registry.hookspecs import hookimpl
from hpcfit.registry.kinds import Kind


class GivenObjects:
    """A plugin made of objects by kind and name.

    Args:
        objects: for each kind, what its names stand for.
    """

    def __init__(self, objects: Mapping[Kind, Mapping[str, Any]]) -> None:
        self._objects = objects

    @hookimpl
    def hpcfit_potentials(self) -> Mapping[str, Any]:
        return self._objects.get("potentials", {})

    @hookimpl
    def hpcfit_weights(self) -> Mapping[str, Any]:
        return self._objects.get("weights", {})

    @hookimpl
    def hpcfit_residuals(self) -> Mapping[str, Any]:
        return self._objects.get("residuals", {})

    @hookimpl
    def hpcfit_optimizers(self) -> Mapping[str, Any]:
        return self._objects.get("optimizers", {})
