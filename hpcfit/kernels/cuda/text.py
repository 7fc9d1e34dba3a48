"""Collecting lines of generated CUDA C."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hpcfit.kernels.text import Text


class CudaText(Text):
    """Lines of C with the current indentation."""

    @contextmanager
    def block(self, head: str = "") -> Iterator[None]:
        """Statements in braces, after `head`; names in them end with them."""
        self.add(f"{head} {{".strip())
        self._depth += 1
        yield
        self._depth -= 1
        self.add("}")

    @contextmanager
    def only_if(self, condition: str | None) -> Iterator[None]:
        """An if statement, or without condition nothing: what is added inside is always done."""
        if condition is None:
            yield
            return
        with self.block(f"if ({condition})"):
            yield

    @contextmanager
    def over(self, index: str, count: int) -> Iterator[None]:
        """A loop of `index` over 0 .. count - 1; where that is 0 alone, an assignment and no loop."""
        head = f"for (int {index} = 0; {index} < {count}; {index}++)"
        with self.block("" if count == 1 else head):
            if count == 1:
                self.add(f"const int {index} = 0;")
            yield
