"""Walking a checked formula tree: with floats here, with graph nodes in build.py.

Both are an `Algebra`, a set of operations, and share the walk. Sums and products are walked
along their left spine, so that a long sum needs no deep recursion. Parts without any name
are computed as floats: 9**9**9 is then an overflow, not a long wait.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from hpcfit.formula import allowed
from hpcfit.formula.shorthand import SHORTHANDS
from hpcfit.formula.spline_shape import SplineShape, read_shape
from hpcfit.formula.syntax import FormulaText

T = TypeVar("T")


def _no_spline(x: Any, name: str, shape: SplineShape) -> Any:
    raise ValueError(f"{name} is more than a number")


def _no_table(x: Any, name: str) -> Any:
    raise ValueError(f"{name} is more than a number")


def _unnoticed(function: str, arguments: Mapping[str, Any]) -> None:
    pass


@dataclass(frozen=True)
class Algebra(Generic[T]):
    """Operations on values of one type; `where` gets its branches as functions, to call as needed.

    `spline` gets where it is evaluated, the name of its coefficients and its shape, `table` where and the
    name; not every reader has any. `met` is told of each function that stands for a formula, with its
    arguments by name.
    """

    number: Callable[[float], T]
    name: Callable[[str], T]
    functions: Mapping[str, Callable[..., T]]
    power: Callable[[T, T], T]
    compare: Mapping[type[ast.cmpop], Callable[[T, T], Any]]
    where: Callable[[Any, Callable[[], T], Callable[[], T]], T]
    spline: Callable[[T, str, SplineShape], T] = _no_spline
    table: Callable[[T, str], T] = _no_table
    met: Callable[[str, Mapping[str, T]], None] = _unnoticed


_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
#: of numbers and, element by element, of arrays
COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FLOAT_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "abs": abs,
    "min": min,
    "max": max,
    **{name: getattr(math, name) for name in allowed.PRIMITIVES if hasattr(math, name)},
}


def interpret(tree: ast.expr, algebra: Algebra[T], folded: Mapping[int, float]) -> T:
    """The value of a tree from `read_expression`; `folded` holds known values by id of the node."""
    spine: list[ast.BinOp] = []
    while isinstance(tree, ast.BinOp) and not isinstance(tree.op, ast.Pow) and id(tree) not in folded:
        spine.append(tree)
        tree = tree.left
    result = _operand(tree, algebra, folded)
    for node in reversed(spine):
        result = _BINARY[type(node.op)](result, interpret(node.right, algebra, folded))
    return result


def _operand(node: ast.expr, algebra: Algebra[T], folded: Mapping[int, float]) -> T:
    if id(node) in folded:
        return algebra.number(folded[id(node)])
    if isinstance(node, ast.Constant):
        return algebra.number(float(node.value))  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        constant = allowed.CONSTANTS.get(node.id)
        return algebra.name(node.id) if constant is None else algebra.number(constant)
    if isinstance(node, ast.UnaryOp):
        value: Any = interpret(node.operand, algebra, folded)
        return -value if isinstance(node.op, ast.USub) else value  # type: ignore[no-any-return]
    if isinstance(node, ast.BinOp):
        return algebra.power(interpret(node.left, algebra, folded), interpret(node.right, algebra, folded))
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    if node.func.id == "where":
        return _where(node, algebra, folded)
    if node.func.id == "bspline":
        return _spline(node, algebra, folded)
    if node.func.id == "table":
        x, name = node.args
        assert isinstance(name, ast.Name)
        return algebra.table(interpret(x, algebra, folded), name.id)
    values = (interpret(part, algebra, folded) for part in node.args)
    if node.func.id in SHORTHANDS:
        stands_for = SHORTHANDS[node.func.id]
        arguments = dict(zip(stands_for.arguments, values, strict=True))
        algebra.met(node.func.id, arguments)
        return interpret(stands_for.tree, replace(algebra, name=arguments.__getitem__), {})
    return algebra.functions[node.func.id](*values)


def _where(node: ast.Call, algebra: Algebra[T], folded: Mapping[int, float]) -> T:
    condition, yes, no = node.args
    assert isinstance(condition, ast.Compare)
    left, right = (interpret(side, algebra, folded) for side in (condition.left, condition.comparators[0]))
    return algebra.where(
        algebra.compare[type(condition.ops[0])](left, right),
        lambda: interpret(yes, algebra, folded),
        lambda: interpret(no, algebra, folded),
    )


def _spline(node: ast.Call, algebra: Algebra[T], folded: Mapping[int, float]) -> T:
    x, name = node.args
    assert isinstance(name, ast.Name)
    variable = x.id if isinstance(x, ast.Name) else ""
    keywords = {str(each.arg): interpret(each.value, float_algebra({}), {}) for each in node.keywords}
    return algebra.spline(interpret(x, algebra, folded), name.id, read_shape(keywords, variable))


def float_algebra(values: Mapping[str, float]) -> Algebra[float]:
    """The algebra of plain numbers; `math.pow` because ** would turn (-8)**(1/3) complex."""
    return Algebra(
        number=float,
        name=values.__getitem__,
        functions=_FLOAT_FUNCTIONS,
        power=math.pow,
        compare=COMPARISONS,
        where=lambda condition, yes, no: yes() if condition else no(),
    )


def float_value(source: FormulaText, tree: ast.expr, values: Mapping[str, float]) -> float:
    """The number a (sub)tree stands for; KernelError when it is not a finite real number."""
    try:
        value = interpret(tree, float_algebra(values), {})
    except (ZeroDivisionError, OverflowError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        source.fail(
            "not a finite real number", tree.col_offset, " Look for a division by zero or a power too large"
        )
    return value


def fold_constants(source: FormulaText, tree: ast.expr) -> dict[int, float]:
    """Values of the largest parts of a tree that contain no variable or parameter, by id of the node."""
    nodes = list(ast.walk(tree))
    varies: set[int] = set()
    for node in reversed(nodes):  # children before parents
        children = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        if (isinstance(node, ast.Name) and node.id not in allowed.CONSTANTS) or any(
            id(c) in varies for c in children
        ):
            varies.add(id(node))
    # Compare nodes are conditions, not numbers; with constant sides they fold within their where.
    constant = [
        n for n in nodes if isinstance(n, ast.expr) and not isinstance(n, ast.Compare) and id(n) not in varies
    ]
    inner = {id(child) for node in constant for child in ast.walk(node) if child is not node}
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return {id(n): float_value(source, n, {}) for n in constant if id(n) not in inner and id(n) not in called}
