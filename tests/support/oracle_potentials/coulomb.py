"""Charges, alone and beside other potentials; with LAMMPS' Coulomb constant."""

from __future__ import annotations

from typing import Any

from oracle import LAMMPS_COULOMB_CONSTANT, Case, Folder, Number, Part, catalogue

from hpcfit.formula.keys import Key
from oracle_potentials.pair import pair_number


def _charges(of: Folder) -> Number:
    def number(name: str, key: Key) -> float:
        if name == "ke":
            return LAMMPS_COULOMB_CONSTANT
        if name == "q":
            return float(of.about["charges"][key[0]])
        if name == "Z":
            return of.parameters["Z"][key[0]]
        coulomb = of.parameters.get("coul", of.parameters)
        if name == "rc":
            return float(coulomb.get("cutoff", of.about["cutoff"]))
        return float(coulomb[name])

    return number


def _alone(folder: str, name: str, **options: Any) -> Case:
    return Case(folder, name, lambda of: [catalogue(of, name, _charges(of), **options)])


def _beside(folder: str, name: str, charges: str, **options: Any) -> Case:
    def parts(of: Folder) -> list[Part]:
        short = catalogue(of, name, pair_number(of, {"rc": "cutoff"}), truncation="none")
        return [short, catalogue(of, charges, _charges(of), **options)]

    return Case(folder, f"{name} and {charges}", parts)


CASES = (
    _alone("zbl", "zbl"),
    _alone("coul_cut", "coulomb-cut", truncation="none"),
    _alone("coul_debye", "coulomb-screened", truncation="none"),
    _alone("coul_wolf", "coulomb-wolf"),
    _alone("coul_dsf", "coulomb-dsf"),
    _alone("coul_sf_alpha0", "coulomb-dsf"),
    _beside("buck_coul_cut", "buckingham", "coulomb-cut", truncation="none"),
    _beside("born_coul_dsf_overlay", "born-mayer-huggins", "coulomb-dsf"),
)
