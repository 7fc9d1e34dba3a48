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


def _vashishta(of: Folder) -> list[Part]:
    """Pairs shifted in value and slope, with triplets that end earlier; the charge constant is LAMMPS'."""
    pair = ("H", "eta", "Zi", "Zj", "lambda1", "D", "lambda4", "W", "rc", "gamma", "r0")
    energy = "H/{r}**eta + 14.399645*Zi*Zj*exp(-{r}/lambda1)/{r} - D*exp(-{r}/lambda4)/{r}**4 - W/{r}**6"
    slope = (
        "-eta*H/rc**(eta + 1) - 14.399645*Zi*Zj*exp(-rc/lambda1)*(1/rc + 1/lambda1)/rc"
        " + D*exp(-rc/lambda4)*(4/rc + 1/lambda4)/rc**4 + 6*W/rc**7"
    )
    return [
        written(
            of,
            {**dict.fromkeys(pair, "pair"), **dict.fromkeys(("B", "C", "costheta0"), "triplet")},
            of.of_triplet,
            pair=f"{energy.format(r='r')} - shift - (r - rc)*slope",
            triplet="B*(costheta - costheta0)**2/(1 + C*(costheta - costheta0)**2)"
            "*exp(gamma1/(r1 - r01) + gamma2/(r2 - r02))",
            let={"shift": energy.format(r="rc"), "slope": slope},
            cutoff={"pair": "rc", "triplet": "r0"},
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
    Case("vashishta", "a formula", _vashishta),
)
