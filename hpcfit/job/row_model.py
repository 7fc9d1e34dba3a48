"""From the [model] of a job for a table to formulas, and what the job says of their parameters.

What a formula names and the job does not give as a parameter is a column; whether the table has it is seen
when the table is there, and so is which groups there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hpcfit.errors import HpcfitError, KernelError
from hpcfit.formula.check import names_in
from hpcfit.formula.keys import Key
from hpcfit.formula.network import Network
from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_form import RowForm
from hpcfit.formula.row_formula import RowFormula
from hpcfit.job.locate import KeyPath
from hpcfit.job.messages import unknown_key
from hpcfit.job.options import make
from hpcfit.job.parameters import ParameterTable
from hpcfit.job.row_functions import formula_places, written_formulas
from hpcfit.job.schema import ModelSection
from hpcfit.job.source import JobSource, Problem
from hpcfit.problem.parameters import GivenParameter
from hpcfit.registry import Registry
from hpcfit.suggest import suggestion

_WHERE: KeyPath = ("model",)
_KEYS = tuple(ModelSection.model_fields)
#: of a network; what is kept of the Jacobian grows with the square, here to 80 GB
_MOST_WEIGHTS = 100_000


@dataclass(frozen=True)
class RowInput:
    """The model of a table and what the job says of its parameters.

    Attributes:
        x: the column that each input of the form is; `y` that of each output.
        given: maps (group, name) to the user's words; the key () speaks of all groups.
    """

    form: RowForm
    x: tuple[str, ...]
    y: tuple[str, ...]
    given: Mapping[tuple[Key, str], GivenParameter] = field(default_factory=dict)


def resolve_model(
    source: JobSource, section: ModelSection, x: Mapping[str, str], y: Mapping[str, str], registry: Registry
) -> tuple[RowInput | None, list[Problem]]:
    """The model of the job, or None and why not.

    Args:
        x, y: columns by the names that formulas have for them, as far as the job gives any.
    """
    if section.name is not None:
        form: RowForm | None
        form, problems = _catalogue_entry(source, section, registry)
    else:
        form, problems = _own_form(source, section, x, y, registry)
    if isinstance(form, Network):
        if not x:
            sentence = f' is missing: the columns that {form.name} is a function of, such as x = ["a", "b"].'
            return None, [*problems, source.problem(("data", "x"), sentence)]
        form = form.of_columns(tuple(x), tuple(y))
        if form.n_weights > _MOST_WEIGHTS:
            sentence = (
                f": a network of {form.n_weights} weights; at most {_MOST_WEIGHTS} can be fitted. Give fewer "
                "units or layers."
            )
            return None, [*problems, source.problem((*_WHERE, "layers"), sentence)]
    if form is None:
        return None, problems
    inputs, outputs, faults = _matched(source, section, form, x, y)
    problems += faults
    try:
        form = form.grouped(section.per_group)
    except KernelError as error:
        problems.append(source.problem((*_WHERE, "per_group"), f": {error}"))
    given: dict[tuple[Key, str], GivenParameter] = {}
    for path, key, name, table in _entries(source, section, form, problems):
        given[key, name] = table.given(form.parameter(name), form.default(name, key, ()))
        if isinstance(form, Network) and form.is_constant(name) and not table.fixed:
            problems.append(source.problem(path, ": shifts and scales cannot be fitted; write fixed = true."))
        if table.fault_of_number is not None:
            fault_at, sentence = table.fault_of_number
            problems.append(source.problem((*path, fault_at), f": {sentence}"))
    if section.name is not None:  # what the job says nothing of is fitted too
        for spec in form.parameters:
            unsaid = ((), spec.name) not in given and not (
                isinstance(form, Network) and form.is_constant(spec.name)
            )
            if unsaid:
                given[(), spec.name] = ParameterTable.model_validate({}).given(spec)
    return (None if problems else RowInput(form, inputs, outputs, given)), problems


def _own_form(
    source: JobSource, section: ModelSection, x: Mapping[str, str], y: Mapping[str, str], registry: Registry
) -> tuple[RowFormula | None, list[Problem]]:
    """Formulas of the job: what they name is a parameter if the job gives it, else a column."""
    try:
        written = written_formulas(section, registry)
        texts, let = dict(written.formula), written.let
        plain = section.model_copy(update={"formula": texts, "let": let})
        used = {name for place, text in formula_places(plain) for name in names_in(text, place)}
    except HpcfitError as error:
        return None, [source.placed(str(error), _WHERE)]
    if "" in texts:
        texts = {next(iter(y), "y"): texts[""]}
    tables = [section.parameters, *section.group_parameters.values()]
    more = [name for name in written.defaults if name not in x]
    given = list(dict.fromkeys([*(name for table in tables for name in table), *more]))
    unused = [name for name in given if name not in used]
    problems = [
        source.problem((*_WHERE, "parameters", name), f": no formula uses it.{suggestion(name, used)}")
        for name in unused
    ]
    for name in (name for name in x if name not in used):
        problems.append(source.problem(("data", "x"), f": no formula uses {name}.{suggestion(name, used)}"))
    inputs = sorted(used - set(given) - set(let))
    try:
        form = RowFormula(
            "model",
            tuple(texts.items()),
            tuple(inputs),
            tuple(
                ParameterSpec(name, "shared", written.defaults.get(name)) for name in given if name in used
            ),
            tuple(let.items()),
        )
    except KernelError as error:
        return None, [*problems, source.problem(_WHERE, f": {error}")]
    problems += [source.placed(fault, _WHERE) for fault in form.faults("model.formula")]
    return (None if problems else form), problems


def _catalogue_entry(
    source: JobSource, section: ModelSection, registry: Registry
) -> tuple[RowForm | None, list[Problem]]:
    try:
        item = registry.find("models", section.name or "")
    except HpcfitError as error:
        return None, [source.problem((*_WHERE, "name"), f": {error}")]
    if isinstance(item, RowFormula):
        made, problems = item, [unknown_key(source, (*_WHERE, key), _KEYS) for key in section.options]
    else:
        made, problems = make(source, _WHERE, item, section.options, _KEYS)
    if made is not None and not isinstance(made, RowForm):
        sentence = f": {section.name} returned {type(made).__name__}, not a RowFormula."
        return None, [source.problem((*_WHERE, "name"), sentence)]
    faults = [] if made is None else made.faults(made.name)
    problems += [source.problem((*_WHERE, "name"), f": {fault}") for fault in faults]
    return (None if problems else made), problems


def _matched(
    source: JobSource, section: ModelSection, form: RowForm, x: Mapping[str, str], y: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...], list[Problem]]:
    """The columns that the inputs and outputs of a model are."""
    problems: list[Problem] = []
    outputs = tuple(y.values())
    if len(outputs) != len(form.outputs):
        wanted = ", ".join(name for name, _ in form.outputs)
        sentence = f": the model has {len(form.outputs)} outputs ({wanted}), y names {len(outputs)} columns."
        problems.append(source.problem(("data", "y"), sentence))
    if section.name is None:
        return tuple(x.get(name, name) for name in form.inputs), outputs, problems
    inputs = tuple(x.values()) or form.inputs
    if len(inputs) != len(form.inputs):
        wanted = ", ".join(form.inputs)
        sentence = f": {section.name} is a function of {wanted}; name as many columns, in this order."
        problems.append(source.problem(("data", "x"), sentence))
    return inputs, outputs, problems


def _entries(
    source: JobSource, section: ModelSection, form: RowForm, problems: list[Problem]
) -> Iterator[tuple[KeyPath, Key, str, ParameterTable]]:
    """(place, group, name, table) of each parameter given."""
    places: list[tuple[KeyPath, Key, Mapping[str, ParameterTable]]] = [
        ((*_WHERE, "parameters"), (), section.parameters)
    ]
    for label, tables in section.group_parameters.items():
        places.append(((*_WHERE, "group_parameters", label), (label,), tables))
    for path, key, of_group in places:
        for name, table in of_group.items():
            try:
                spec = form.parameter(name)
            except KernelError as error:
                problems.append(source.problem((*path, name), f": {error}"))
                continue
            if key and spec.kind == "shared":
                sentence = f": {name} is one number for all groups; add it to model.per_group."
                problems.append(source.problem((*path, name), sentence))
                continue
            yield (*path, name), key, name, table
