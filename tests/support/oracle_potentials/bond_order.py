"""Potentials with angles and bond orders: Vashishta's, Tersoff's and its kin, EDIP."""

from __future__ import annotations

from oracle import LAMMPS_COULOMB_CONSTANT, Case, Folder, Part, catalogue

from hpcfit.formula.keys import Key


def _vashishta(of: Folder) -> list[Part]:
    def number(name: str, key: Key) -> float:
        return LAMMPS_COULOMB_CONSTANT if name == "ke" else of.of_triplet("Zi" if name == "q" else name, key)

    return [catalogue(of, "vashishta", number)]


CASES = (Case("vashishta", "vashishta", _vashishta),)
