"""Potentials with angles and bond orders: Vashishta's, Tersoff's and its kin, EDIP."""

from __future__ import annotations

from typing import Any

from oracle import LAMMPS_COULOMB_CONSTANT, Case, Folder, Number, Part, catalogue

from hpcfit.formula.keys import Key

_ENVIRONMENT_NAMES = {"h": "costheta0", "Z": "Z_i"}


def _vashishta(of: Folder) -> list[Part]:
    def number(name: str, key: Key) -> float:
        return LAMMPS_COULOMB_CONSTANT if name == "ke" else of.of_triplet("Zi" if name == "q" else name, key)

    return [catalogue(of, "vashishta", number)]


def _by_triplets(folder: str, name: str, rename: dict[str, str] | None = None, **options: Any) -> Case:
    """An entry that takes the numbers of a triplet, or of a bond (i, j, j), from a LAMMPS file."""
    names = rename or {}

    def number(of: Folder, each: str, key: Key) -> float:
        return 0.0 if each == "c0" else of.of_triplet(names.get(each, each), key)

    def parts(of: Folder) -> list[Part]:
        return [catalogue(of, name, lambda each, key: number(of, each, key), **options)]

    return Case(folder, " ".join([name, *map(str, options.values())]), parts)


def _mixed(of: Folder) -> Number:
    """Numbers of the elements, and the chi that they lack for the attraction of silicon and carbon."""

    def number(name: str, key: Key) -> float:
        if name == "omega" or (name == "chi" and len(set(key)) == 1):
            return 1.0
        if name == "chi":
            like = [of.of_triplet("B", (each,)) for each in key]
            return of.of_triplet("B", key) / float((like[0] * like[1]) ** 0.5)
        return of.of_triplet(_ENVIRONMENT_NAMES.get(name, name), key)

    return number


def _edip(of: Folder) -> list[Part]:
    return [catalogue(of, "edip", lambda name, key: float(of.parameters[name]))]


CASES = (
    Case("vashishta", "vashishta", _vashishta),
    _by_triplets("tersoff", "tersoff", _ENVIRONMENT_NAMES),
    _by_triplets("tersoff", "tersoff", _ENVIRONMENT_NAMES, m=0),
    _by_triplets("tersoff_B", "tersoff", _ENVIRONMENT_NAMES),
    _by_triplets("tersoff_m1", "tersoff", _ENVIRONMENT_NAMES, m=1),
    _by_triplets("tersoff_mod", "tersoff-mod"),
    _by_triplets("tersoff_2sp", "tersoff", _ENVIRONMENT_NAMES),
    Case(
        "tersoff_2sp",
        "tersoff mixing",
        lambda of: [catalogue(of, "tersoff", _mixed(of), combination="mixing")],
    ),
    _by_triplets("tersoff_zbl", "tersoff", _ENVIRONMENT_NAMES, short_range="zbl"),
    Case("edip", "edip", _edip),
)
