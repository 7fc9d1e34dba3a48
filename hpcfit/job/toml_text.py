"""Tables as the text of a job file, which the standard library can read but not write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def toml_text(tables: Mapping[str, Any]) -> str:
    """The text of a job file with these tables; what TOML does not know stands there as its text.

    Tables of numbers deeper than two levels, such as a parameter's, are written on one line.
    """
    lines: list[str] = []
    for name, value in tables.items():
        for table in value if isinstance(value, list) else [value]:
            shown = f"[[{_key(name)}]]" if isinstance(value, list) else f"[{_key(name)}]"
            lines += [shown, *_body(table, (name,)), ""]
    return "\n".join(lines)


def _body(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    below: dict[str, Mapping[str, Any]] = {}
    for name, value in table.items():
        if isinstance(value, Mapping) and (len(path) == 1 or _nested(value)):
            below[name] = value
        else:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in below.items():
        if value:
            yield f"[{'.'.join(map(_key, (*path, name)))}]"
            yield from _body(value, (*path, name))


def _nested(table: Mapping[str, Any]) -> bool:
    return any(isinstance(value, Mapping) for value in table.values())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if hasattr(value, "tolist"):  # an array
        return _value(value.tolist())
    return _quoted(str(value))


def _key(name: object) -> str:
    return str(name) if _BARE.match(str(name)) else _quoted(str(name))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
