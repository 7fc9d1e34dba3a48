"""Chemical symbols and atomic numbers; nothing else is known of an element here."""

from __future__ import annotations

from hpcfit.errors import DataError

_SYMBOLS = """
H He
Li Be B C N O F Ne
Na Mg Al Si P S Cl Ar
K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe
Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn
Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""

#: SYMBOLS[Z] is the symbol of atomic number Z; index 0 is no element.
SYMBOLS: tuple[str, ...] = ("X", *_SYMBOLS.split())
MAX_NUMBER = len(SYMBOLS) - 1
_NUMBERS = {symbol: number for number, symbol in enumerate(SYMBOLS) if number > 0}


def atomic_number(symbol: str) -> int:
    """Atomic number of `symbol` ("Si" -> 14); DataError for what is not an element."""
    try:
        return _NUMBERS[symbol]
    except KeyError:
        raise DataError(
            f"{symbol!r} is not the symbol of a chemical element (write it as in 'Si')."
        ) from None


def chemical_symbol(number: int) -> str:
    """Symbol of atomic number `number` (14 -> "Si"); DataError outside 1..118."""
    if not 1 <= number <= MAX_NUMBER:
        raise DataError(f"{number} is not an atomic number (1 to {MAX_NUMBER}).")
    return SYMBOLS[number]
