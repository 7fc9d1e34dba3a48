"""What a formula may contain: functions, constants, and how large it may be.

Formulas come from job files and plugins of other people. They are read with Python's own
`ast` and this allow-list, never evaluated as Python.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from hpcfit.formula.shorthand import SHORTHANDS
from hpcfit.units import COULOMB_CONSTANT

#: function -> (fewest, most) arguments
FUNCTIONS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                *("exp", "log", "sqrt", "abs", "erf", "erfc"),
                *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
            ),
            (1, 1),
        ),
        "min": (2, 4),
        "max": (2, 4),
        "where": (3, 3),
        "bspline": (2, 2),
        **{name: (len(each.arguments),) * 2 for name, each in SHORTHANDS.items()},
    }
)
#: functions of potentials that come with tables; other formulas have nothing to give them
OF_TABLES: Mapping[str, tuple[int, int]] = MappingProxyType({"table": (2, 2)})
#: functions that take more arguments by name
WITH_KEYWORDS = ("bspline",)
#: functions that every reader of formulas brings itself
PRIMITIVES = tuple(name for name in FUNCTIONS if name not in ("where", "bspline", *SHORTHANDS))
CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": math.pi, "coulomb_constant": COULOMB_CONSTANT})
#: known of every species, and written as a parameter of one species is: Z1 and Z2 in a pair term
SPECIES_CONSTANTS: Mapping[str, str] = MappingProxyType({"Z": "atomic number, known of the species"})
#: what people write for a function of another name
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        **{"ln": "log", "pow": "**", "power": "**", "fabs": "abs", "if": "where", "heaviside": "where"},
        **{"arcsin": "asin", "arccos": "acos", "arctan": "atan", "minimum": "min", "maximum": "max"},
        **{"smoothstep": "switch", "switch_quintic": "switch", "fc": "switch_tersoff"},
    }
)
#: what people write for a number that formulas do not have, and what to write instead
NO_NUMBERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("True", "true", "False", "false"),
            " There are no truth values: write 1 or 0, or where(condition, a, b)",
        ),
        **dict.fromkeys(("None", "null"), " There is no empty value: write 0, or leave the part out"),
        **dict.fromkeys(
            ("inf", "Inf", "infinity", "nan", "NaN"),
            " Formulas have finite numbers only: write one such as 1e6, or leave the part out",
        ),
        "e": " For e**x write exp(x)",
    }
)

MAX_CHARACTERS = 5000
MAX_TOKENS = 2000
#: of all formulas of a potential together
MAX_TOKENS_TOGETHER = 8000
MAX_DEPTH = 40
MAX_DIGITS = 40
#: largest constant exponent, also of a power of a power (x**10)**10
MAX_EXPONENT = 1000.0
