"""The units inside hpcfit: eV, angstrom, radian; everything else is converted on import.

Values are CODATA 2018, the set that ASE uses by default as well.
"""

from __future__ import annotations

ENERGY_UNIT = "eV"
LENGTH_UNIT = "angstrom"

#: Coulomb constant e^2/(4 pi eps0) in eV angstrom.
COULOMB_CONSTANT = 14.399645478425668
#: one eV/angstrom^3 in GPa
GPA = 160.21766208

#: one Hartree and one Rydberg in eV
HARTREE = 27.211386245988
RYDBERG = HARTREE / 2
#: one Bohr radius in angstrom
BOHR = 0.529177210903
