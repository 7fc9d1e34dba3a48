"""The words all messages use: what a misspelt name may have meant, and how many there are of something."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def suggestion(name: str, known: Iterable[str]) -> str:
    """ " Did you mean ...?" when a known name is close, else " Known: ..."; "" when nothing is known."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f" Did you mean {close[0]}?"
    return f" Known: {', '.join(names)}" if names else ""


def counted(number: int, thing: str) -> str:
    """ "1 atom", "2 atoms"; `thing` in the singular."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
