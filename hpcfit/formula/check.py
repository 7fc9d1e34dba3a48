"""Checking formulas: names, constants, exponents; also plain evaluation.

This is what `hpcfit check` needs of a formula, and what `build.py` starts from.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hpcfit.errors import KernelError
from hpcfit.formula import allowed
from hpcfit.formula.interpret import float_value, fold_constants
from hpcfit.formula.potential import FormulaPotential, TermName
from hpcfit.formula.spline_calls import as_written, spline_calls
from hpcfit.formula.syntax import FormulaText, read_expression
from hpcfit.formula.tabulated import table_calls
from hpcfit.suggest import suggestion


@dataclass(frozen=True)
class CheckedExpression:
    """A formula fit for use: its tree, and the values of its constant parts by id of the node."""

    source: FormulaText
    tree: ast.expr
    constants: Mapping[int, float]


def names_in(text: str, where: str = "formula") -> frozenset[str]:
    """Names of the variables and parameters a formula uses (no functions, no constants)."""
    return frozenset(name for name, _ in _free_names(read_expression(FormulaText(text, where))))


def check_expression(
    text: str,
    names: Collection[str],
    where: str,
    advice: Mapping[str, str] = MappingProxyType({}),
    splines: Collection[str] = (),
) -> CheckedExpression:
    """Read a formula that may use `names`; `advice` says what to do about certain other names.

    Those of the names that are `splines` stand for the coefficients of one, the others for a number.

    Raises KernelError, its message starting with `where`, at the first fault.
    """
    source = FormulaText(text, where)
    tree = read_expression(source)
    for name, column in _free_names(tree):
        if name in names:
            continue
        if name in allowed.FUNCTIONS:
            source.fail(f"{name} without arguments", column, f" It is a function: write {name}(...)")
        hint = advice.get(name) or allowed.NO_NUMBERS.get(name) or suggestion(name, sorted(names))
        source.fail(f"unknown name {name}", column, hint)
    constants = fold_constants(source, tree)
    _check_splines(source, tree, splines)
    _check_operations(source, tree, constants)
    return CheckedExpression(source, tree, constants)


def evaluate_expression(text: str, values: Mapping[str, float], where: str) -> float:
    """The number a formula gives for the values of its names; KernelError when not finite and real."""
    checked = check_expression(text, values, where)
    return float_value(checked.source, checked.tree, values)


def check_potential(potential: FormulaPotential, n_species: int, where: str) -> list[str]:
    """All faults of a potential's formulas, as sentences that start with `where`.TERM."""
    one_species = n_species == 1
    faults: list[str] = []
    try:
        for term, place, expression in potential.placed_terms:
            faults += _term_faults(potential, term, place, expression, one_species, where)
    except KernelError as error:
        return [f"{where}: {error}"]
    names = set(potential.written_names("pair", one_species))
    names -= potential.written_splines("pair", one_species)
    for cutoff in potential.cutoffs:
        bare = (spec.name for spec in as_written(potential.parameters) if spec.name not in names)
        advice = {name: potential.suffix_advice("pair", name, "cutoff") for name in bare}
        faults += _faults(potential, names, f"{where}.cutoff", cutoff, where, advice)
    return list(dict.fromkeys(faults))


def _term_faults(
    potential: FormulaPotential, term: TermName, place: str, expression: str, one_species: bool, where: str
) -> list[str]:
    names = {*potential.variables(term), *potential.written_names(term, one_species)}
    splines = potential.written_splines(term, one_species)
    bare = (spec.name for spec in as_written(potential.parameters) if spec.name not in names)
    advice = _sums_advice(potential) | {name: potential.suffix_advice(term, name) for name in bare}
    return _faults(potential, names, f"{where}.{place}", expression, where, advice, splines)


def _sums_advice(potential: FormulaPotential) -> dict[str, str]:
    """What knows the sums over the bonds of an atom, for terms that do not."""
    advice = {"zeta": " Only pair knows it"} if potential.bond_environment is not None else {}
    for density in potential.densities:
        knows = "pair, triplet and embedding know" if density.rank == "scalar" else "embedding knows"
        advice |= dict.fromkeys(density.variables, f" Only {knows} it")
    return advice


def _faults(
    potential: FormulaPotential,
    names: set[str],
    place: str,
    expression: str,
    where: str,
    advice: Mapping[str, str] = MappingProxyType({}),
    splines: Collection[str] = (),
) -> list[str]:
    """Those of an expression of `names` and of the named sub-expressions that it uses."""
    faults: list[str] = []
    known = set(names)
    later = dict.fromkeys((name for name, _ in potential.let), " A named part may use those before it only")
    for name, text in reversed(list(lets_used(potential, expression, where))):
        faults += _fault(text, known, f"{where}.let.{name}", {**advice, **later}, splines)
        known.add(name)
    return faults + _fault(expression, known, place, advice, splines)


def checked_parts(
    potential: FormulaPotential,
    names: Collection[str],
    expression: str,
    where: str,
    splines: Collection[str] = (),
) -> list[tuple[str, CheckedExpression]]:
    """The named sub-expressions that an expression uses, in their order, and last, under "", itself.

    Raises KernelError at the first fault.
    """
    used = list(lets_used(potential, expression, where))
    known = {*names, *(name for name, _ in used)}
    parts = [(name, check_expression(text, known, where, splines=splines)) for name, text in reversed(used)]
    return [*parts, ("", check_expression(expression, known, where, splines=splines))]


def lets_used(potential: FormulaPotential, expression: str, where: str) -> Iterator[tuple[str, str]]:
    """The named sub-expressions that `expression` needs, those needed by others last."""
    wanted = _names_or_nothing(expression, where)
    for name, text in reversed(potential.let):
        if name in wanted:
            wanted |= _names_or_nothing(text, where)
            yield name, text


def _names_or_nothing(text: str, where: str) -> set[str]:
    try:
        return set(names_in(text, where))
    except KernelError:
        return set()  # the fault is reported where the text itself is checked


def _fault(
    text: str, names: Collection[str], where: str, advice: Mapping[str, str], splines: Collection[str]
) -> list[str]:
    try:
        check_expression(text, names, where, advice, splines)
    except KernelError as error:
        return [str(error)]
    return []


def _free_names(tree: ast.expr) -> Iterator[tuple[str, int]]:
    """(name, column) of each use of a variable or parameter, from left to right."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    uses = [
        (node.col_offset, node.id)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and id(node) not in called and node.id not in allowed.CONSTANTS
    ]
    return ((name, column) for column, name in sorted(uses))


def _check_splines(source: FormulaText, tree: ast.expr, splines: Collection[str]) -> None:
    """The names of splines stand where bspline wants one, and nowhere else."""
    calls = [(call, name) for call, name, _ in spline_calls(source, tree)]
    wanted = {id(call.args[1]) for call, _ in calls}
    for call, name in calls:
        if name not in splines:
            advice = " Splines belong to the energies of potentials"
            source.fail(f"{name} cannot be a spline", call.args[1].col_offset, advice)
    for call, name in table_calls(tree):
        wanted.add(id(call.args[1]))
        if name not in splines:
            advice = " Tables are read from files: see eam-table. Write bspline(...) for a function to fit"
            source.fail(f"{name} is no table", call.args[1].col_offset, advice)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in splines and id(node) not in wanted:
            advice = f" Write bspline(r, {node.id}, ...) for its value at r"
            source.fail(f"{node.id} is a spline and no number", node.col_offset, advice)


def _check_operations(source: FormulaText, tree: ast.expr, constants: Mapping[int, float]) -> None:
    """Refuse division by a constant zero, and huge constant exponents, also as powers of powers."""
    pending: list[tuple[ast.AST, float]] = [(tree, 1.0)]
    while pending:
        node, outer = pending.pop()
        if id(node) in constants:
            continue
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            exponent = outer * max(1.0, abs(constants.get(id(node.right), 1.0)))
            if exponent > allowed.MAX_EXPONENT:
                source.fail(f"an exponent above {allowed.MAX_EXPONENT:g}", node.right.col_offset)
            pending += [(node.left, exponent), (node.right, 1.0)]
        else:
            if (
                isinstance(node, ast.BinOp)
                and isinstance(node.op, ast.Div)
                and constants.get(id(node.right)) == 0
            ):
                source.fail("division by zero", node.right.col_offset)
            pending += [(child, outer) for child in ast.iter_child_nodes(node)]
