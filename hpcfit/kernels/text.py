"""Collecting lines of generated Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Text:
    """Lines of Python with the current indentation."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._depth = 0

    def add(self, *lines: str) -> None:
        """Append lines at the current indentation; a text of several lines is split."""
        for line in lines:
            for part in line.splitlines():
                self.lines.append("    " * self._depth + part if part else "")

    def extend(self, lines: Iterable[str]) -> None:
        """Append lines at the current indentation."""
        self.add(*lines)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """A compound statement; what is added inside is indented, and may be nothing."""
        self.add(head)
        before = len(self.lines)
        self._depth += 1
        yield
        if len(self.lines) == before:
            self.add("pass")
        self._depth -= 1

    @contextmanager
    def only_if(self, condition: str | None) -> Iterator[None]:
        """An if statement, or without condition nothing: what is added inside is always done."""
        if condition is None:
            yield
            return
        with self.block(f"if {condition}:"):
            yield

    @contextmanager
    def over(self, index: str, count: int) -> Iterator[None]:
        """A loop of `index` over 0 .. count - 1; where that is 0 alone, an assignment and no loop."""
        if count == 1:
            self.add(f"{index} = 0")
            yield
            return
        with self.block(f"for {index} in range({count}):"):
            yield

    def __str__(self) -> str:
        return "\n".join(self.lines) + "\n"
