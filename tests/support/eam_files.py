"""setfl files for tests, made of functions: a small alloy of copper and nickel in every style."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], FloatArray]

CUTOFF, N_R, N_RHO, RHO_MAX = 4.5, 901, 601, 60.0
_ATOMIC = {"Cu": (29, 63.55), "Ni": (28, 58.69)}
#: the functions as formulas of parameters: strengths by key
F_TEXT, F_STRENGTH = "-k*rho/sqrt(rho + 4)", {"Cu": 0.9, "Ni": 1.1}
RHO_TEXT = "k*(4.5 - r)**3/r"
RHO_STRENGTH = {("Cu", "Cu"): 1.0, ("Cu", "Ni"): 0.8, ("Ni", "Cu"): 1.2, ("Ni", "Ni"): 0.9}
PHI_TEXT = "k*(4.5 - r)**3/r**2"
PHI_STRENGTH = {("Cu", "Cu"): 0.5, ("Cu", "Ni"): 0.6, ("Ni", "Ni"): 0.7}
U_TEXT, W_TEXT = "k*(4.5 - r)**3/90", "k*(4.5 - r)**3/400"


def setfl(style: str, species: tuple[str, ...] = ("Cu", "Ni")) -> str:
    """The text of a file; in eam/fs the density depends on the receiver too."""
    r, rho = np.linspace(0.0, CUTOFF, N_R), np.linspace(0.0, RHO_MAX, N_RHO)
    lines = ["functions", "for", "tests", f"{len(species)} {' '.join(species)}"]
    lines.append(f"{N_RHO} {float(rho[1])!r} {N_R} {float(r[1])!r} {CUTOFF}")
    for donor in species:
        number, mass = _ATOMIC[donor]
        lines.append(f"{number} {mass} 3.6 fcc")
        lines += _lines(-F_STRENGTH[donor] * rho / np.sqrt(rho + 4.0))
        for receiver in species if style == "fs" else species[:1]:
            key = receiver if style == "fs" else donor, donor
            with np.errstate(divide="ignore"):
                density = RHO_STRENGTH[key] * (CUTOFF - r) ** 3 / r
            lines += _lines(np.concatenate([2.0 * density[1:2], density[1:]]))
    for function in _pair_functions(style, r):
        for i, first in enumerate(species):
            for second in species[: i + 1]:
                lines += _lines(strength(first, second) * function)
    return "\n".join(lines) + "\n"


def strength(first: str, second: str) -> float:
    """Of the pair energy and the angular functions of a pair, in any order."""
    return PHI_STRENGTH.get((first, second)) or PHI_STRENGTH[second, first]


def _pair_functions(style: str, r: FloatArray) -> Iterator[FloatArray]:
    with np.errstate(divide="ignore"):
        r_phi = (CUTOFF - r) ** 3 / r
    yield np.concatenate([2.0 * r_phi[1:2], r_phi[1:]])
    if style == "adp":
        yield (CUTOFF - r) ** 3 / 90.0
        yield (CUTOFF - r) ** 3 / 400.0


def _lines(values: FloatArray) -> list[str]:
    return [" ".join(map(repr, map(float, values[k : k + 5]))) for k in range(0, len(values), 5)]


def write_setfl(path: Path, style: str, species: tuple[str, ...] = ("Cu", "Ni")) -> Path:
    """Write such a file and return its path."""
    path.write_text(setfl(style, species))
    return path
