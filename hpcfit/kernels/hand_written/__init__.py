"""Potentials that are somebody's code instead of formulas: site functions and calculators of ASE.

form                what both kinds have in common
site_function       a plugin's function of the bonds of one atom; site_calls compiles it, site_loops
                    calls it for every atom, site_assembly makes forces and stress of what it gives
ase_potential       a calculator of ASE, whose keyword arguments are the parameters
part                the share of one such potential in a model: site_part, ase_part
differences         difference quotients by parameters, for those that bring no derivatives
"""

from hpcfit.kernels.hand_written.form import DIFFERENCE_STEP, HandWritten

__all__ = ["DIFFERENCE_STEP", "HandWritten"]
