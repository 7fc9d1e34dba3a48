"""From the text of a formula to a checked syntax tree, without evaluating it.

Python's parser does the reading. A name that is a Python keyword (`lambda`) is blanked by
underscores of the same length first, so that columns stay right, and restored in the tree.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Iterable, Mapping
from typing import NoReturn

from hpcfit.errors import KernelError
from hpcfit.formula import allowed

_WORD = re.compile(r"(?<![A-Za-z0-9_.])[A-Za-z_][A-Za-z0-9_]*")
_TOKEN = re.compile(r"[A-Za-z0-9_.]+|\*\*|\S")
_DECIMAL = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_+\-*/(),.<>=! ]")
_ADVICE_FOR_CHARACTER = {
    "^": "For a power write **",
    "%": "There is no remainder operator",
    "&": "Nest where(condition, a, b) instead of combining conditions",
    "|": "Nest where(condition, a, b) instead of combining conditions",
    "[": "Use round brackets",
    "{": "Use round brackets",
}
_NODES = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.Name, ast.Constant)
_NO_ARITHMETIC = ("this is no arithmetic", " Use + - * / ** and functions")
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
#: how other operators of Python are written, and what to do instead of some
_OTHER_OPERATORS: Mapping[type[ast.operator], str] = {
    **{ast.FloorDiv: "//", ast.Mod: "%", ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>"},
    **{ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&"},
}
_ADVICE_FOR_OPERATOR = {"//": "To divide write /; there is no rounding, which has no derivative"}
#: (fault, advice) of what is no arithmetic
_REFUSED: Mapping[type[ast.expr], tuple[str, str]] = {
    ast.Attribute: (
        "a dot after a name or bracket is not allowed",
        " Names are letters, digits and _, and * multiplies",
    ),
    ast.Tuple: ("a list of values is not one number", " Write decimals with a point, as in 0.5"),
}


class FormulaText:
    """A formula's text and its place in the user's input, for messages that point at a column."""

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.text = re.sub(r"[\t\r\n]", " ", text)

    def fail(self, fault: str, column: int | None = None, advice: str = "") -> NoReturn:
        """Raise KernelError: where, what, in which text, at which (zero-based) column, what to do."""
        place = "" if column is None else f" (column {column + 1})"
        raise KernelError(f'{self.where}: {fault} in "{self._shown(column or 0)}"{place}.{advice}')

    def _shown(self, column: int) -> str:
        if len(self.text) <= 100:
            return self.text
        first = max(0, min(column - 40, len(self.text) - 80))
        last = first + 80
        return f"{'...' if first else ''}{self.text[first:last]}{'...' if last < len(self.text) else ''}"


def read_expression(source: FormulaText) -> ast.expr:
    """The syntax tree of a formula, arithmetic and nothing else; names are not looked up yet."""
    _check_size(source)
    tree = _parse(source)
    _check_structure(source, tree)
    return tree


def check_together(texts: Iterable[str], where: str) -> None:
    """Raise KernelError, its message starting with `where`, when formulas are too much for one potential."""
    n_tokens = 0
    for text in texts:
        n_tokens += sum(1 for _ in _TOKEN.finditer(text[: allowed.MAX_CHARACTERS]))
        if n_tokens > allowed.MAX_TOKENS_TOGETHER:
            raise KernelError(
                f"{where}: more than {allowed.MAX_TOKENS_TOGETHER} names, numbers and operators in its "
                "formulas together. Leave out parts, or take a spline for a long sum"
            )


def _check_size(source: FormulaText) -> None:
    text = source.text
    if len(text) > allowed.MAX_CHARACTERS:
        source.fail(f"{len(text)} characters, more than the {allowed.MAX_CHARACTERS} allowed,")
    if not text.strip():
        source.fail("no formula", advice=" Write an expression such as A*exp(-r/rho)")
    if found := _FORBIDDEN.search(text):
        character = found.group()
        advice = _ADVICE_FOR_CHARACTER.get(
            character, "Formulas use plain letters, digits, + - * / ** ( ) , . < > ="
        )
        shown = character if character.isascii() and character.isprintable() else f"U+{ord(character):04X}"
        source.fail(f"unexpected character {shown}", found.start(), f" {advice}")
    n_tokens = sum(1 for _ in _TOKEN.finditer(text))
    if n_tokens > allowed.MAX_TOKENS:
        source.fail(f"{n_tokens} names, numbers and operators, more than the {allowed.MAX_TOKENS} allowed,")
    if found := re.search(rf"\d{{{allowed.MAX_DIGITS + 1}}}", text):
        source.fail(f"a number of more than {allowed.MAX_DIGITS} digits", found.start())
    depth = 0
    for column, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth > allowed.MAX_DEPTH:
            source.fail(f"more than {allowed.MAX_DEPTH} nested brackets", column)


def _parse(source: FormulaText) -> ast.expr:
    keywords = {
        found.start(): found.group()
        for found in _WORD.finditer(source.text)
        if keyword.iskeyword(found.group())
    }
    blanked = _WORD.sub(
        lambda found: "_" * len(found.group()) if found.start() in keywords else found.group(), source.text
    )
    offset = len(blanked) - len(blanked.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(blanked[offset:], mode="eval").body
    except SyntaxError as error:
        column = offset + error.offset - 1 if error.offset else len(source.text.rstrip())
        if used := next(
            (word for word in keywords.values() if word in ("if", "else", "and", "or", "not")), None
        ):
            source.fail(f"{used} cannot be used", column, " Write where(condition, a, b)")
        if alone := re.search(r"(?<![<>=!])=(?!=)", source.text):
            source.fail("cannot read the expression", alone.start(), " To compare, write == instead of =")
        source.fail("cannot read the expression", column, " Look for a missing operator or bracket there")
    except (RecursionError, MemoryError, ValueError):
        source.fail("too deep nesting", advice=" Split the formula with named sub-expressions")
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            node.col_offset += offset
            node.end_col_offset = (node.end_col_offset or 0) + offset
        if isinstance(node, ast.Name):
            node.id = keywords.get(node.col_offset, node.id)
    return tree


def _check_structure(source: FormulaText, tree: ast.expr) -> None:
    """Allow-list of nodes; nesting counts brackets and functions, not the length of a sum."""
    pending: list[tuple[ast.expr, int, bool]] = [(tree, 0, False)]
    while pending:
        node, depth, condition_wanted = pending.pop()
        column = node.col_offset
        if depth > allowed.MAX_DEPTH:
            source.fail(f"more than {allowed.MAX_DEPTH} levels of nesting", column)
        if not isinstance(node, _NODES):
            fault, advice = _REFUSED.get(type(node), _NO_ARITHMETIC)
            source.fail(fault, column, advice)
        if isinstance(node, ast.Compare) != condition_wanted:
            if condition_wanted:
                source.fail("where needs a comparison first", column, " Write where(r < rc, a, b)")
            source.fail("a comparison is not a number", column, " Use it in where(condition, a, b)")
        if isinstance(node, ast.BinOp):
            _check_operator(source, node)
            pending += [
                (node.right, depth + 1, False),
                (node.left, depth + isinstance(node.op, ast.Pow), False),
            ]
        elif isinstance(node, ast.UnaryOp):
            if not isinstance(node.op, ast.UAdd | ast.USub):
                source.fail(_NO_ARITHMETIC[0], column, _NO_ARITHMETIC[1])
            pending.append((node.operand, depth + 1, False))
        elif isinstance(node, ast.Compare):
            if len(node.ops) != 1 or isinstance(node.ops[0], ast.In | ast.NotIn | ast.Is | ast.IsNot):
                source.fail("not a comparison of two values", column, " Nest where(condition, a, b)")
            pending += [(node.left, depth + 1, False), (node.comparators[0], depth + 1, False)]
        elif isinstance(node, ast.Call):
            name = _check_call(source, node)
            pending += [(a, depth + 1, name == "where" and not i) for i, a in enumerate(node.args)]
            pending += [(each.value, depth + 1, False) for each in node.keywords]
        elif isinstance(node, ast.Name):
            if node.id.startswith("_"):
                source.fail(f"name {node.id} starts with an underscore", column, " Start it with a letter")
        else:
            _check_number(source, node)


def _check_operator(source: FormulaText, node: ast.BinOp) -> None:
    if not isinstance(node.op, _OPERATORS):
        symbol = _OTHER_OPERATORS[type(node.op)]
        column = source.text.index(symbol, node.left.end_col_offset)
        advice = _ADVICE_FOR_OPERATOR.get(symbol, "Use + - * / **")
        source.fail(f"operator {symbol} is not allowed", column, f" {advice}")


_BSPLINE = " Write bspline(r, name, knots=20, r_min=..., r_max=...)"


def _check_call(source: FormulaText, node: ast.Call) -> str:
    column = node.col_offset
    if not isinstance(node.func, ast.Name):
        source.fail("brackets directly after a value", column, " Write * between them to multiply")
    name = node.func.id
    if name not in allowed.FUNCTIONS and name not in allowed.OF_TABLES:
        synonym = allowed.SYNONYMS.get(name)
        hint = f" Did you mean {synonym}?" if synonym else ""
        source.fail(
            f"unknown function {name}", column, f"{hint} Known: {', '.join(sorted(allowed.FUNCTIONS))}"
        )
    by_name = node.keywords and name not in allowed.WITH_KEYWORDS
    if by_name or any(isinstance(argument, ast.Starred) for argument in node.args):
        source.fail(f"{name} takes plain arguments only", column, f" Write {name}(...) without = and *")
    fewest, most = allowed.FUNCTIONS.get(name) or allowed.OF_TABLES[name]
    if not fewest <= len(node.args) <= most:
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        advice = _BSPLINE if name == "bspline" else ""
        source.fail(
            f"{name} takes {wanted} argument{'s' * (most > 1)}, not {len(node.args)},", column, advice
        )
    if name == "bspline":
        _check_spline(source, node)
    if name == "table" and not isinstance(node.args[1], ast.Name):
        source.fail("the second argument of table is no name", node.args[1].col_offset)
    return name


def _check_spline(source: FormulaText, node: ast.Call) -> None:
    name = node.args[1]
    if not isinstance(name, ast.Name):
        advice = " Write bspline(r, phi, knots=9, r_min=1.5, r_max=6.0): its parameters are phi_0, phi_1, ..."
        source.fail("the second argument of bspline is no name", name.col_offset, advice)
    for each in node.keywords:
        if each.arg is None:
            source.fail("bspline takes plain arguments only", each.value.col_offset, " Write it without **")


def _check_number(source: FormulaText, node: ast.Constant) -> None:
    written = source.text[node.col_offset : node.end_col_offset]
    if isinstance(node.value, bool) or not isinstance(node.value, int | float) or not _DECIMAL.match(written):
        source.fail(f"{written} is not a decimal number", node.col_offset, " Write it like 1.5 or 2e-3")
    if abs(node.value) > 1e300:
        source.fail(f"number {written} is too large", node.col_offset)
