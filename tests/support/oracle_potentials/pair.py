"""Pair potentials of the catalogue."""

from __future__ import annotations

from typing import Any

from oracle import Case, Folder, Number, Part, catalogue

from hpcfit.formula.keys import Key


def pair_number(of: Folder, names: dict[str, str]) -> Number:
    """Values of parameters.pairs; kappa is one for all, and LAMMPS' D of born has the other sign."""

    def number(name: str, key: Key) -> float:
        if name == "kappa":
            return float(of.parameters["kappa"])
        value = of.of_pair(names.get(name, name), key)
        return -value if of.parameters["kind"] == "born" and name == "D" else value

    return number


def _named(folder: str, name: str, rename: dict[str, str] | None = None, **options: Any) -> Case:
    """An entry whose parameters LAMMPS gives by pair; `rename` maps our names to those of params.json."""
    names = {"rc": "cutoff", **(rename or {})}

    def parts(of: Folder) -> list[Part]:
        return [catalogue(of, name, pair_number(of, names), **options)]

    return Case(folder, ", ".join([name, *options.values()]), parts)


CASES = (
    _named("lj_cut", "lennard-jones", truncation="none"),
    _named("lj_cut_mix", "lennard-jones", truncation="none"),
    _named("lj_cut_shift", "lennard-jones", truncation="shift"),
    _named("lj_smooth_linear", "lennard-jones", truncation="force-shift"),
    _named("lj96_cut", "lennard-jones-9-6", truncation="none"),
    _named("lj_class2", "lennard-jones-class2", truncation="shift"),
    _named("lj_expand", "lennard-jones-expanded", truncation="none"),
    _named("mie_cut", "mie", {"n": "gammaR", "m": "gammaA"}, truncation="none"),
    _named("nm_cut", "n-m", truncation="none"),
    _named("morse", "morse", {"D": "D0"}, truncation="none"),
    _named("morse_shift_2sp", "morse", {"D": "D0"}, truncation="shift"),
    _named("morse_smooth_linear", "morse", {"D": "D0"}, truncation="force-shift"),
    _named("buck", "buckingham", truncation="none"),
    _named("buck_shift", "buckingham", truncation="shift"),
    _named("born", "born-mayer-huggins", truncation="none"),
    _named("yukawa", "yukawa", truncation="none"),
    _named("gauss", "gauss", truncation="none"),
    _named("soft", "soft"),
)
