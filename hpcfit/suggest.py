"""The words all messages use: what a misspelt name may have meant, and how many there are of something."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def suggestion(name: str, known: Iterable[str]) -> str:
    """ " Did you mean ...?" when a known name is close, else " Known: ..."; "" when nothing is known."""
    names = sorted(known)
    close = closest_name(name, names)
    if close is not None:
        return f" Did you mean {close}?"
    return f" Known: {', '.join(names)}" if names else ""


def closest_name(name: str, known: Iterable[str]) -> str | None:
    """What a misspelt name may have meant, if a known one is close.

    One that differs in case comes first, then one that differs in a prefix such as "scipy:" too.
    """
    names = sorted(known)
    same = [each for each in names if each.lower() == name.lower()]
    same = same or [each for each in names if _tail(each) == _tail(name)]
    if same:
        return same[0]
    by_lower = {each.lower(): each for each in reversed(names)}
    near = difflib.get_close_matches(name.lower(), list(by_lower), n=1)
    return by_lower[near[0]] if near else None


def _tail(name: str) -> str:
    """The letters and digits behind the last colon."""
    return "".join(each for each in name.lower().rpartition(":")[2] if each.isalnum())


def listed(texts: Sequence[str], most: int) -> str:
    """ "a, b and c"; of more than `most`, the first ones and how many more there are."""
    if len(texts) > most:
        return f"{', '.join(texts[: most - 1])} and {len(texts) - most + 1} more"
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def counted(number: int, thing: str) -> str:
    """ "1 atom", "2 atoms"; `thing` in the singular."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
