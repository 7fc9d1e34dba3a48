"""Names and units as pictures show them: as they are meant, and short enough for their place."""

from __future__ import annotations

from collections.abc import Sequence


def plain(text: str) -> str:
    """A name that is shown as it is, whatever matplotlib would make of it."""
    return text.replace("$", r"\$")


def unit_text(unit: str) -> str:
    """A unit as it is printed: "eV/angstrom^3" becomes "eV/Å³"."""
    text = unit.replace("angstrom", "Å").replace("^2", "²").replace("^3", "³")
    return plain(text.replace("^-1", "⁻¹").replace("^-2", "⁻²"))


def with_unit(name: str, unit: str) -> str:
    """ "energy (eV/atom)", or the name alone."""
    return f"{plain(name)} ({unit_text(unit)})" if unit else plain(name)


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and its end with an ellipsis between them."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 2
    return f"{text[: most - 1 - tail]}\N{HORIZONTAL ELLIPSIS}{text[-tail:]}"


def short_names(names: Sequence[str], most: int) -> list[str]:
    """Names of a legend or along an axis; those that would be alike when shortened have their number."""
    short = [shortened(each, most) for each in names]
    return [plain(text if short.count(text) == 1 else f"{k + 1}: {text}") for k, text in enumerate(short)]


def axis_label(name: str, unit: str, most: int) -> str:
    """ "energy (eV/atom)", of a long name on two lines, each of about `most` letters at most."""
    if len(name) + len(unit_text(unit)) + 3 <= most:
        return with_unit(name, unit)
    return plain(shortened(name, most)) + (f"\n({unit_text(unit)})" if unit else "")


def power_of_ten(power: int, unit: str) -> str:
    """ "10⁶ eV" in place of "eV"; the unit itself for 0."""
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised} {unit}".rstrip() if power else unit
