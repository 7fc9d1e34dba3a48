"""What a misspelt name may have meant, in the words all messages use."""

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
