"""What angular-dependent potentials add to embedded atoms: dipoles and quadrupoles of the bonds of an atom.

With the bond vectors D_x of an atom, mu = sum_x u(r_x) D_x and l = sum_x w(r_x) D_x D_x^T; its energy is
mu^2/2 + l:l/2 - (tr l)^2/6, which vanishes in cubic crystals (Y. Mishin, M. J. Mehl and
D. A. Papaconstantopoulos, Acta Mater. 53, 4029 (2005), equations 1 to 5).
"""

from __future__ import annotations

from hpcfit.formula.potential import Density, ParameterSpec, Term

#: of densities called mu and l
ANGULAR_ENERGY = "mu_squared/2 + l_squared/2 - l_trace**2/6"

ANGULAR_PARAMETERS = (
    ParameterSpec("d1", "pair", None, "eV^0.5/angstrom", "dipole, strength"),
    ParameterSpec("d2", "pair", None, "1/angstrom", "dipole, decay"),
    ParameterSpec("d3", "pair", None, "eV^0.5/angstrom", "dipole, constant"),
    ParameterSpec("q1", "pair", None, "eV^0.5/angstrom^2", "quadrupole, strength"),
    ParameterSpec("q2", "pair", None, "1/angstrom", "quadrupole, decay"),
    ParameterSpec("q3", "pair", None, "eV^0.5/angstrom^2", "quadrupole, constant"),
    ParameterSpec("rc", "pair", None, "angstrom", "cutoff", minimum=0.0),
    ParameterSpec("h", "pair", None, "angstrom", "how slowly functions end before it", minimum=0.0),
)


#: named parts: Mishin's cutoff function psi = x^4/(1 + x^4) of x = (r - rc)/h
FADING = (("psi_x4", "((r - rc)/h)**4"), ("psi", "psi_x4/(1 + psi_x4)"))

ANGULAR_DENSITIES = (
    Density("mu", Term("(d1*exp(-d2*r) + d3)*psi", "rc"), "vector"),
    Density("l", Term("(q1*exp(-q2*r) + q3)*psi", "rc"), "tensor"),
)
