"""With which potential each folder of reference data is computed; one module per family, `CASES` in each."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from oracle import Case

CASES: tuple[Case, ...] = tuple(
    case
    for module in sorted(each.name for each in iter_modules(__path__))
    for case in import_module(f"{__name__}.{module}").CASES
)
