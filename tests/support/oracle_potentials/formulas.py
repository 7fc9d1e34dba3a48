"""Formulas as a job file gives them, for folders that have a name in the catalogue too."""

from __future__ import annotations

from oracle import Case, Folder, Part, written


def _pair(folder: str, text: str, *names: str) -> Case:
    def parts(of: Folder) -> list[Part]:
        kinds = dict.fromkeys([*names, "cutoff"], "pair")
        return [written(of, kinds, of.of_pair, pair=text, cutoff="cutoff")]

    return Case(folder, "a formula", parts)


def _stillinger_weber(of: Folder) -> list[Part]:
    """Unlike the catalogue's, with an energy of its own for each triplet."""
    names = {"g": "gamma", "s": "sigma", "e": "epsilon"}
    pair = dict.fromkeys(("A", "B", "p", "q", "a", "s", "g", "e"), "pair")
    triplet = dict.fromkeys(("lambda", "epsilon", "costheta0"), "triplet")
    return [
        written(
            of,
            pair | triplet,
            lambda name, key: of.of_triplet(names.get(name, name), key),
            pair="A*e*(B*(s/r)**p - (s/r)**q)*exp(s/(r - a*s))",
            triplet="lambda*epsilon*(costheta - costheta0)**2*exp(g1*s1/(r1 - a1*s1) + g2*s2/(r2 - a2*s2))",
            cutoff="a*s",
        )
    ]


CASES = (
    _pair("lj_cut_mix", "4*epsilon*((sigma/r)**12 - (sigma/r)**6)", "epsilon", "sigma"),
    _pair("buck_shift", "A*exp(-r/rho) - C/r**6 - A*exp(-cutoff/rho) + C/cutoff**6", "A", "rho", "C"),
    _pair(
        "mie_cut",
        "gammaR/(gammaR - gammaA)*(gammaR/gammaA)**(gammaA/(gammaR - gammaA))"
        "*epsilon*((sigma/r)**gammaR - (sigma/r)**gammaA)",
        *("gammaR", "gammaA", "epsilon", "sigma"),
    ),
    Case("sw_2sp", "a formula", _stillinger_weber),
)
