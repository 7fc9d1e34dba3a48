"""Promise: a reader has a name, says which files it reads, and in which units they are."""

from __future__ import annotations

from hpcfit.data import Reader
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.units import ENERGY, LENGTH


def check_declared(reader: object) -> Reader:
    """The reader, if it is one.

    Raises:
        ConformanceError: it is none, or a class attribute is missing or has no meaning.
    """
    if not isinstance(reader, Reader):
        advice = " Make an instance of it." if isinstance(reader, type) and issubclass(reader, Reader) else ""
        raise ConformanceError(f"{reader!r:.60} is not an instance of a class derived from Reader.{advice}")
    kind = type(reader).__name__
    for name in ("name", "formats"):
        text = getattr(reader, name, None)
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            raise ConformanceError(f"{kind}: {name} must be a text of one line, not {text!r:.60}.")
    for name, known in (("energy_unit", ENERGY), ("length_unit", LENGTH)):
        unit = getattr(reader, name)
        if unit not in known:
            raise ConformanceError(f"{kind}: {name} is {unit!r:.60}, which is none of {', '.join(known)}.")
    if not isinstance(reader.fixed_units, bool):
        raise ConformanceError(f"{kind}: fixed_units must be True or False, not {reader.fixed_units!r:.60}.")
    return reader
