"""Published parameters of Tersoff's potential, in the names of LAMMPS' pair_style tersoff.

Tersoff's lambda and mu are lambda1 and lambda2; his cutoffs R and S are R - D and R + D. Erhart and Albe
give D0, S, beta, r0: A = D0/(S - 1) exp(lambda1 r0) with lambda1 = beta sqrt(2 S), and so on; h is -h.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Published = Literal["1989", "1988-B", "1988-C", "erhart-albe"]
Values = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class PublishedSet:
    """Values by species and key.

    Attributes:
        powers: the m these values are for.
        mixing: chi, of combination "mixing".
        compounds: values of unlike pairs and of triplets, of combination "triplets".
    """

    source: str
    powers: tuple[int, ...]
    elements: Values
    mixing: Values = field(default_factory=dict)
    compounds: Values = field(default_factory=dict)


def _bond(A: float, B: float, lambda1: float, lambda2: float, R: float, D: float) -> dict[str, float]:
    return {"A": A, "B": B, "lambda1": lambda1, "lambda2": lambda2, "R": R, "D": D}


def _order(beta: float, n: float) -> dict[str, float]:
    return {"beta": beta, "n": n}


def _angle(c: float, d: float, h: float, gamma: float = 1.0, lambda3: float = 0.0) -> dict[str, float]:
    return {"gamma": gamma, "lambda3": lambda3, "c": c, "d": d, "h": h}


_SILICON_1988 = _bond(1830.8, 471.18, 2.4799, 1.7322, 2.85, 0.15)
_SILICON = _angle(2.00494, 0.81472, -0.259, 0.114354)
_CARBON = _angle(181.91, 6.28433, -0.5556, 0.11233)
_SILICON_CARBON = _angle(273987.0, 180.314, -0.68, 0.011877)

SETS: Mapping[Published, PublishedSet] = {
    "1989": PublishedSet(
        "J. Tersoff, Phys. Rev. B 39, 5566 (1989), erratum Phys. Rev. B 41, 3248 (1990)",
        (3, 1, 0),
        {
            "C": {
                **_bond(1393.6, 346.74, 3.4879, 2.2119, 1.95, 0.15),
                **_order(1.5724e-7, 0.72751),
                **_angle(38049.0, 4.3484, -0.57058),
            },
            "Si": {**_SILICON_1988, **_order(1.1e-6, 0.78734), **_angle(100390.0, 16.217, -0.59825)},
            "Ge": {
                **_bond(1769.0, 419.23, 2.4451, 1.7047, 2.95, 0.15),
                **_order(9.0166e-7, 0.75627),
                **_angle(106430.0, 15.652, -0.43884),
            },
        },
        mixing={"Si-C": {"chi": 0.9776}, "Si-Ge": {"chi": 1.00061}},
    ),
    "1988-B": PublishedSet(
        "J. Tersoff, Phys. Rev. B 37, 6991 (1988), known as T2 or Si(B)",
        (3,),
        {
            "Si": {
                **_bond(3264.7, 95.373, 3.2394, 1.3258, 3.0, 0.2),
                **_order(0.33675, 22.956),
                **_angle(4.8381, 2.0417, 0.0, lambda3=1.3258),
            }
        },
    ),
    "1988-C": PublishedSet(
        "J. Tersoff, Phys. Rev. B 38, 9902 (1988), known as T3 or Si(C)",
        (3,),
        {
            "Si": {
                **_SILICON_1988,
                **_order(1.0999e-6, 0.78734),
                **_angle(100390.0, 16.218, -0.59826, lambda3=1.7322),
            }
        },
    ),
    "erhart-albe": PublishedSet(
        "P. Erhart and K. Albe, Phys. Rev. B 71, 035211 (2005)",
        (3, 1, 0),
        {
            "Si": {
                **_bond(2145.7128, 219.521624, 2.83318929, 1.53810493, 2.82, 0.14),
                **_order(1.0, 1.0),
                **_SILICON,
            },
            "C": {
                **_bond(2019.8449, 175.426651, 4.18426232, 1.93090093, 2.0, 0.15),
                **_order(1.0, 1.0),
                **_CARBON,
            },
        },
        compounds={
            "Si-C": {**_bond(1779.36144, 225.189481, 3.26563307, 1.76807421, 2.4, 0.2), **_order(1.0, 1.0)},
            "C-Si": _order(1.0, 1.0),
            # Of the bond from the centre to the third atom.
            **{"Si-C-Si": _SILICON, "C-Si-C": _CARBON},
            **dict.fromkeys(("Si-Si-C", "Si-C-C", "C-Si-Si", "C-C-Si"), _SILICON_CARBON),
        },
    ),
}
