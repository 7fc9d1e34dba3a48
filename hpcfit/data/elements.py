"""Chemical symbols and atomic numbers, where readers look for them."""

from hpcfit.elements import MAX_NUMBER, SYMBOLS, atomic_number, chemical_symbol

__all__ = ["MAX_NUMBER", "SYMBOLS", "atomic_number", "chemical_symbol"]
