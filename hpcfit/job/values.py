"""Values of a job file that are more than a number or a text."""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from hpcfit.data.elements import SYMBOLS
from hpcfit.suggest import suggestion

_UNITS = {
    "": 1,
    "B": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", 1)},
}
#: what `run.device` may say
DEVICES = ("auto", "cpu", "cuda")
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d*)?)\s*([A-Za-z]*)\s*\Z")


def is_number(value: Any) -> bool:
    """Whether a TOML value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def shown(value: Any) -> str:
    """A TOML value for a message, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def printable(value: str) -> str:
    """Names and paths; a NUL in a path would be an error of the operating system's interface."""
    if not value.isprintable():
        raise ValueError(f"{shown(value)} contains a character that cannot be printed.")
    return value


def chemical_symbol(value: str) -> str:
    if value not in SYMBOLS[1:]:
        # Only a different case is worth a guess: with two letters, every symbol looks like others.
        hint = f" Did you mean {value.capitalize()}?" if value.capitalize() in SYMBOLS[1:] else ""
        raise ValueError(f"{value!r} is not the symbol of a chemical element.{hint}")
    return value


def reference_energy(value: Any) -> float | Literal["fit"]:
    if value == "fit":
        return "fit"
    if not is_number(value):
        raise ValueError(f'an energy in eV or "fit" is expected, not {shown(value)}.')
    return float(value)


def loss_scale(value: Any) -> float | Literal["mad"]:
    """The scale of a loss: a number above 0, or "mad"."""
    if value == "mad":
        return "mad"
    if not is_number(value) or not 0.0 < value < math.inf:
        raise ValueError(f'a number above 0 or "mad" is expected, not {shown(value)}.')
    if not 1e-100 <= value <= 1e100:
        raise ValueError(f"{shown(value)} has no square to compute with; give one from 1e-100 to 1e100.")
    return float(value)


def device_words(value: Any) -> str | tuple[str, ...]:
    """What to compute on: a word, or one for each rank of a machine."""
    several = value if isinstance(value, list | tuple) else [value]
    for each in several:
        if each not in DEVICES:
            meant = isinstance(each, str) and ("gpu" in each.lower() or "cuda" in each.lower())
            hint = ' For a GPU write "cuda".' if meant else ""
            raise ValueError(
                '"auto", "cpu" or "cuda" is expected, or a list of these for the ranks of a machine, '
                f"not {shown(each)}.{hint}"
            )
    if not several:
        raise ValueError('must not be empty. Write for example ["cuda", "cpu"].')
    return value if isinstance(value, str) else tuple(several)


def formula_text(value: Any, example: str = "A*exp(-r)") -> str:
    """A formula, or a number that stands for itself."""
    if isinstance(value, str) and value.strip():
        return value
    if not is_number(value):
        raise ValueError(
            f'a formula in quotes such as "{example}" or a number is expected, not {shown(value)}.'
        )
    return repr(value)


def cutoff_text(value: Any) -> str:
    """The formula of a cutoff, or a number."""
    return formula_text(value, "rc")


def named_densities(value: Any) -> Any:
    """Densities by name, each a table; a formula alone is the density rho."""
    if not isinstance(value, dict):
        if not isinstance(value, str) and not is_number(value):
            raise ValueError(
                'a formula in quotes such as "exp(-r)" or a table of several such as '
                f'{{ rho = "exp(-r)", mu = "r*exp(-r)" }} is expected, not {shown(value)}.'
            )
        value = {"rho": value}
    return {name: each if isinstance(each, dict) else {"formula": each} for name, each in value.items()}


def cutoffs_by_term(value: Any) -> Any:
    """Cutoffs by term; a single one, under "", is that of all terms."""
    return _by_name(
        value,
        isinstance(value, str) or is_number(value),
        'a number, a formula in quotes such as "rc" or a table such as { pair = 5.0, triplet = 3.5 }',
    )


def columns_by_name(value: Any) -> Any:
    """Columns by the names that formulas have for them; in a list, their own names."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        twice = next((each for each in value if value.count(each) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice} stands there twice; name each column once.")
        return {each: each for each in value}
    if not isinstance(value, dict):
        raise ValueError(
            'names of columns such as ["V"] or a table such as { V = "volume" } is expected, '
            f"not {shown(value)}."
        )
    return value


def columns_of_outputs(value: Any) -> Any:
    """Columns by the name of the output that they belong to; a single one, under "", is for all."""
    expected = 'the name of a column in quotes or a table such as { E = "dE" }'
    return _by_name(value, isinstance(value, str), expected)


def formulas_by_output(value: Any) -> Any:
    """Formulas by the name of the output; a single one, under "", is that of the only one."""
    return _by_name(
        value,
        isinstance(value, str) or is_number(value),
        'a formula in quotes such as "A*exp(-x/b)" or a table such as { E = "A*x", p = "-A" }',
    )


def _by_name(value: Any, single: bool, expected: str) -> Any:
    """A table as it is; a single entry, which is for all, under ""."""
    if isinstance(value, dict):
        return value
    if not single:
        raise ValueError(f"{expected} is expected, not {shown(value)}.")
    return {"": value}


def byte_count(value: Any) -> int:
    """Bytes of "4 GiB", "500 MB" or a whole number."""
    amount = _AMOUNT.match(value) if isinstance(value, str) else None
    if amount is not None:
        units = {unit.lower(): size for unit, size in _UNITS.items()}
        size = units.get(amount[2].lower())
        if size is None:
            raise ValueError(f"unknown unit {amount[2]}.{suggestion(amount[2], list(_UNITS)[1:])}")
        value = int(float(amount[1]) * size)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f'a number of bytes such as "4 GiB" is expected, not {shown(value)}.')
    return value
