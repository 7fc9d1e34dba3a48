"""A potential that the job gives as a calculator of ASE: what makes it, its parameters and its options."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from hpcfit.errors import HpcfitError, KernelError
from hpcfit.formula.potential import ParameterSpec
from hpcfit.job.messages import unknown_key
from hpcfit.job.schema import PotentialSection
from hpcfit.job.source import JobSource, Problem
from hpcfit.job.values import is_number, shown
from hpcfit.kernels import AsePotential
from hpcfit.kernels.hand_written import DIFFERENCE_STEP
from hpcfit.registry import Registry

_KEYS = ("ase", "species", "parameters", "options", "difference_step")


def ase_potential(
    source: JobSource, index: int, section: PotentialSection, registry: Registry
) -> tuple[AsePotential | None, list[Problem]]:
    """The potential that a [[potential]] with the key `ase` describes, or None and why not.

    The parameters that the job gives a value become keyword arguments, in their order.
    """
    where = ("potential", index)
    problems = [unknown_key(source, (*where, key), _KEYS) for key in section.options if key != "options"]
    options = section.options.get("options", {})
    if not isinstance(options, Mapping):
        sentence = f": a table of keyword arguments is expected, not {shown(options)}."
        problems.append(source.problem((*where, "options"), sentence))
    for key in section.parameters:
        if key and len(section.species) > 1:
            sentence = (
                ": a calculator's keyword arguments are the same for all species. Give the parameter without "
                "species, or map several to what the calculator takes by a function: "
                'ase = "file.py:function".'
            )
            problems.append(source.problem((*where, "parameters", key), sentence))
    try:
        made = registry.calculator(section.ase or "")
    except HpcfitError as error:
        problems.append(source.problem((*where, "ase"), f": {error}"))
    if problems:
        return None, problems
    names = [name for tables in section.parameters.values() for name in tables]
    try:
        return AsePotential(
            name=str(getattr(made, "__name__", type(made).__name__)),
            parameters=tuple(ParameterSpec(name, "shared", _default(made, name)) for name in names),
            calculator=made,
            options=options,
            difference_step=section.difference_step or DIFFERENCE_STEP,
        ), []
    except KernelError as error:
        sentence = f": {error}" if str(error).endswith(("?", ".")) else f": {error}."
        return None, [source.problem((*where, "ase"), sentence)]


def _default(calculator: Any, name: str) -> float | None:
    """The number that a keyword argument has where the job gives none."""
    listed = getattr(calculator, "default_parameters", None)
    value = listed.get(name) if isinstance(listed, Mapping) else None
    try:
        parameter = inspect.signature(calculator).parameters.get(name)
    except (TypeError, ValueError):
        parameter = None
    if parameter is not None and parameter.default is not inspect.Parameter.empty:
        value = parameter.default
    return float(value) if value is not None and is_number(value) else None
