"""What was traced as the text of formulas, long and repeated parts as named sub-expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hpcfit.formula.traced_operations import Part

#: what a text of its own is for: a part that is used again, is long, or is deeply nested
_MOST_REPEATED, _MOST_CHARACTERS, _MOST_DEPTH = 20, 1000, 15
_OPERATORS = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4}
_ATOM = 5


@dataclass(frozen=True)
class _Text:
    """A part in words.

    Attributes:
        binding: how strongly its outermost operator binds.
        depth: how deep its brackets go.
        signed: it begins with a minus, which may begin a sum or product but not go on with one.
    """

    text: str
    binding: int = _ATOM
    depth: int = 0
    signed: bool = False


def formula_texts(root: Part, new_name: Callable[[], str]) -> tuple[str, list[tuple[str, str]]]:
    """The formula of a part, and the sub-expressions (name, formula) that it uses, in their order."""
    order, uses = _walk(root)
    texts: dict[Part, _Text] = {}
    let: list[tuple[str, str]] = []
    for part in order:
        made = _text(part, [texts[arg] for arg in part.args])
        shared = uses[part] > 1 and len(made.text) > _MOST_REPEATED
        large = len(made.text) > _MOST_CHARACTERS or made.depth > _MOST_DEPTH
        if part is not root and (shared or large):
            name = new_name()
            let.append((name, made.text))
            made = _Text(name)
        texts[part] = made
    return texts[root].text, let


def _walk(root: Part) -> tuple[list[Part], dict[Part, int]]:
    """All parts, each after its arguments, and how many parts use each."""
    uses: dict[Part, int] = {root: 1}
    order: list[Part] = []
    pending = [(root, iter(root.args))]
    while pending:
        part, rest = pending[-1]
        arg = next(rest, None)
        if arg is None:
            order.append(part)
            pending.pop()
            continue
        uses[arg] = uses.get(arg, 0) + 1
        if uses[arg] == 1:
            pending.append((arg, iter(arg.args)))
    return order, uses


def _text(part: Part, args: list[_Text]) -> _Text:
    if part.op == "name":
        return _Text(str(part.value))
    if part.op == "number":
        return _number(float(part.value))
    if part.op in _OPERATORS:
        return _operation(part.op, args)
    depth = 1 + max(arg.depth for arg in args)
    texts = [arg.text for arg in args]
    if part.op == "where":
        return _Text(f"where({texts[0]} {part.value} {texts[1]}, {texts[2]}, {texts[3]})", depth=depth + 1)
    return _Text(f"{part.op}({', '.join(texts)}{part.value or ''})", depth=depth)


def _number(value: float) -> _Text:
    text = repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return _Text(text, _OPERATORS["neg"], signed=True) if value < 0 else _Text(text)


def _operation(op: str, args: list[_Text]) -> _Text:
    binding = _OPERATORS[op]
    if op == "neg":
        operand = _bracketed(args[0], binding + 1)
        return _Text(f"-{operand.text}", binding, operand.depth + 1, signed=True)
    if op == "**":
        left = _bracketed(args[0], _ATOM)
        right = (
            args[1] if args[1].signed and args[1].binding == _OPERATORS["neg"] else _bracketed(args[1], _ATOM)
        )
        return _Text(f"{left.text}**{right.text}", binding, max(left.depth, right.depth) + 1)
    left, right = _bracketed(args[0], binding, first=True), _bracketed(args[1], binding + 1)
    sign = op if binding > 1 else f" {op} "
    depth = max(left.depth, right.depth + 1)
    return _Text(f"{left.text}{sign}{right.text}", binding, depth, left.signed)


def _bracketed(text: _Text, least: int, first: bool = False) -> _Text:
    if text.binding >= least and (first or not text.signed):
        return text
    return _Text(f"({text.text})", _ATOM, text.depth + 1)
