"""What must hold between the keys of a job that fits a table, or that has keys of one."""

from __future__ import annotations

from collections.abc import Iterator

from hpcfit.job.messages import unknown_key
from hpcfit.job.schema import DataSection, ModelSection
from hpcfit.job.source import JobSource, Problem

_OF_TABLES = ("x", "y", "sigma", "weight", "group", "balance", "rows", "missing")
_OF_CONFIGURATIONS = ("potential", "targets", "weights", "residual")


def table_problems(source: JobSource, data: DataSection, model: ModelSection) -> Iterator[Problem]:
    """The faults of [data] and [model]."""
    if data.train is not None and data.table is not None:
        yield source.problem(("data", "table"), ": give either train or table, not both.")
    elif data.train is not None:
        yield from _of_configurations(source, data)
    elif data.table is not None:
        yield from _of_table(source, data, model)
    elif "model" in source.tables:
        yield source.problem(("data", "table"), ' is missing: a table, such as table = "eos.csv".')
    else:
        description = DataSection.model_fields["train"].description
        yield source.problem(("data", "train"), f" is missing: {description}.")


def _of_configurations(source: JobSource, data: DataSection) -> Iterator[Problem]:
    for key in _OF_TABLES:
        if key in data.model_fields_set:
            yield source.problem(("data", key), " is for tables; with train, remove it.")
    if "model" in source.tables:
        yield source.problem(("model",), " is for tables; with train, give a [[potential]].")


def _of_table(source: JobSource, data: DataSection, model: ModelSection) -> Iterator[Problem]:
    for name in _OF_CONFIGURATIONS:
        if name in source.tables:
            instead = {"potential": "give [model]", "weights": "give data.sigma or data.weight"}
            advice = instead.get(name, "remove it")
            yield source.problem((name,), f" is for configurations; with table, {advice}.")
    if "tags" in data.model_fields_set:
        yield source.problem(("data", "tags"), " is for configurations; with table, give rows.")
    if not data.y:
        yield source.problem(("data", "y"), ' is missing: the columns to fit, such as y = ["energy"].')
    yield from _weighing(source, data)
    yield from _modelling(source, data, model)


def _weighing(source: JobSource, data: DataSection) -> Iterator[Problem]:
    for_all = data.sigma and data.weight and "" in (*data.sigma, *data.weight)
    if for_all or set(data.sigma) & set(data.weight):
        sentence = ": give either sigma or weight, not both; of several columns in y each may have its own."
        yield source.problem(("data", "weight"), sentence)
    for key in ("sigma", "weight"):
        for name in getattr(data, key):
            if name and data.y and name not in data.y:
                known = ", ".join(data.y)
                yield source.problem(("data", key, name), f": y does not name it; y has {known}.")


def _modelling(source: JobSource, data: DataSection, model: ModelSection) -> Iterator[Problem]:
    if "model" not in source.tables:
        sentence = ' is missing: a formula such as formula = "A*exp(-x/b)", or a name.'
        yield source.problem(("model",), sentence)
        return
    if model.name is not None and model.formula:
        yield source.problem(("model", "formula"), ": give either name or formula, not both.")
    elif model.name is None and not model.formula:
        sentence = " is missing: a formula of columns and parameters, or the name of a model."
        yield source.problem(("model", "formula"), sentence)
    if model.name is None:
        for key in model.options:
            yield unknown_key(source, ("model", key), tuple(ModelSection.model_fields))
        yield from _formulas(source, data, model)
    if data.balance and data.group is None:
        sentence = ": there are no groups; give data.group, a column whose values tell them apart."
        yield source.problem(("data", "balance"), sentence)
    if model.per_group and data.group is None:
        sentence = ": there are no groups; give data.group, a column whose values tell them apart."
        yield source.problem(("model", "per_group"), sentence)


def _formulas(source: JobSource, data: DataSection, model: ModelSection) -> Iterator[Problem]:
    if "" in model.formula:
        if len(data.y) > 1:
            names = ", ".join(f'{name} = "..."' for name in data.y)
            sentence = f": y names {len(data.y)} columns; give a formula for each, {{ {names} }}."
            yield source.problem(("model", "formula"), sentence)
        return
    for name in data.y:
        if model.formula and name not in model.formula:
            yield source.problem(("model", "formula"), f": has none for {name}, which y names.")
    for name in model.formula:
        if data.y and name not in data.y:
            sentence = f": y does not name it; y has {', '.join(data.y)}."
            yield source.problem(("model", "formula", name), sentence)
