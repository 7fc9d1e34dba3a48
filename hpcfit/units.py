"""The units inside hpcfit, eV, angstrom and radian, and what others are worth in them.

Values are CODATA 2018 (Tiesinga, Mohr, Newell and Taylor, Rev. Mod. Phys. 93, 025010, 2021); those
without uncertainty there are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENERGY_UNIT = "eV"
LENGTH_UNIT = "angstrom"
STRESS_UNIT = "eV/angstrom^3"

#: Coulomb constant e^2/(4 pi eps0) in eV angstrom.
COULOMB_CONSTANT = 14.399645478425668
#: one eV/angstrom^3 in GPa, as in CODATA 2014: ASE converts with it, so that its numbers and those here
#: are the same to the last digit. Since 2019 it is exactly 160.2176634.
GPA = 160.21766208

_HARTREE = 27.211386245988
_BOHR = 0.529177210903
#: Avogadro's constant times the elementary charge, both exact: one eV per particle in J/mol.
_MOLE = 6.02214076e23 * 1.602176634e-19

#: Each unit of energy in eV.
ENERGY: Mapping[str, float] = MappingProxyType(
    {
        "eV": 1.0,
        "meV": 1e-3,
        "Ry": _HARTREE / 2,
        "Ha": _HARTREE,
        "kcal/mol": 4184.0 / _MOLE,
        "kJ/mol": 1000.0 / _MOLE,
    }
)
#: Each unit of length in angstrom.
LENGTH: Mapping[str, float] = MappingProxyType({"angstrom": 1.0, "bohr": _BOHR, "nm": 10.0})
#: Each unit of stress in eV/angstrom^3.
STRESS: Mapping[str, float] = MappingProxyType(
    {
        "eV/angstrom^3": 1.0,
        "GPa": 1.0 / GPA,
        "MPa": 1e-3 / GPA,
        "kbar": 0.1 / GPA,
        "bar": 1e-4 / GPA,
        "Ha/bohr^3": _HARTREE / _BOHR**3,
        "Ry/bohr^3": _HARTREE / 2 / _BOHR**3,
    }
)
#: Other names, in small letters, of the units above.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "electronvolt": "eV",
        "rydberg": "Ry",
        "hartree": "Ha",
        "eh": "Ha",
        "kcal": "kcal/mol",
        "kj": "kJ/mol",
        "a": "angstrom",
        "å": "angstrom",
        "ang": "angstrom",
        "angstroms": "angstrom",
        "ångström": "angstrom",
        "a0": "bohr",
        "bohrs": "bohr",
        "nanometer": "nm",
        "nanometre": "nm",
        "kb": "kbar",
        "ev/a^3": "eV/angstrom^3",
        "ev/ang^3": "eV/angstrom^3",
        "ev/å^3": "eV/angstrom^3",
    }
)
