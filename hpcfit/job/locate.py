"""Where in a TOML text each key stands, which tomllib does not tell.

The text is known to be valid TOML when it comes here, so this scanner only has to follow the
structure: headers, dotted and quoted keys, inline tables, arrays, and strings of all four kinds.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right

#: keys and array indices from the root, as in ("potential", 0, "parameters", "A", "min")
KeyPath = tuple[str | int, ...]

_BLANK = " \t\r\n"
_VALUE_END = ",]}\n#"


def locate(text: str) -> dict[KeyPath, int]:
    """Line (from 1) of every key, table and array element of a valid TOML text."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._newlines = [i for i, character in enumerate(text) if character == "\n"]
        self._counts: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        while self._skip_blank():
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _note(self, path: KeyPath, position: int) -> None:
        self.lines.setdefault(path, bisect_right(self._newlines, position - 1) + 1)

    def _skip_blank(self) -> bool:
        """Move to the next character that is neither blank nor comment; False at the end."""
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif character in _BLANK:
                self._at += 1
            else:
                return True
        return False

    def _header(self) -> KeyPath:
        start = self._at
        array = self._text.startswith("[[", start)
        self._at += 2 if array else 1
        keys = self._keys()
        self._at += 2 if array else 1
        path: KeyPath = ()
        for depth, key in enumerate(keys):
            path = (*path, key)
            self._note(path, start)
            last = depth == len(keys) - 1
            if last and array:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        self._note(path, start)
        return path

    def _pair(self, table: KeyPath) -> None:
        start = self._at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self._at += 1  # the equals sign
        self._value(path)

    def _keys(self) -> list[str]:
        """The parts of a dotted key; stops at the character after it."""
        keys: list[str] = []
        while True:
            self._skip_blank()
            start = self._at
            if self._text[start] in "\"'":
                self._string()
                keys.append(next(iter(tomllib.loads(self._text[start : self._at] + "=0"))))
            else:
                while self._text[self._at] not in ".=] \t":
                    self._at += 1
                keys.append(self._text[start : self._at])
            self._skip_blank()
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        self._skip_blank()
        self._note(path, self._at)
        character = self._text[self._at]
        if character in "\"'":
            self._string()
        elif character == "[":
            self._items(path, "]")
        elif character == "{":
            self._items(path, "}")
        else:
            while self._at < len(self._text) and self._text[self._at] not in _VALUE_END:
                self._at += 1

    def _items(self, path: KeyPath, end: str) -> None:
        """The elements of an array, or the pairs of an inline table, up to and with `end`."""
        self._at += 1
        index = 0
        while self._skip_blank() and self._text[self._at] != end:
            if end == "]":
                self._value((*path, index))
            else:
                self._pair(path)
            index += 1
            self._skip_blank()
            if self._text[self._at] == ",":
                self._at += 1
        self._at += 1

    def _string(self) -> None:
        quote = self._text[self._at]
        several = self._text.startswith(quote * 3, self._at)
        delimiter = quote * 3 if several else quote
        self._at += len(delimiter)
        while not self._text.startswith(delimiter, self._at):
            self._at += 2 if quote == '"' and self._text[self._at] == "\\" else 1
        self._at += len(delimiter)
        while several and self._text.startswith(quote, self._at):  # quotes that end the content
            self._at += 1
