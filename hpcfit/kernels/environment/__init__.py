"""Bond environments: zeta, a sum over the other bonds of an atom, and pair energies that depend on it.

term, planner       from the formulas to what is computed (plan)
zeta_stage          zeta of each bond, its pair energy, and what the forces need of these
force_stage         forces and virials, for each site
loop, factor        the loop over bonds y that both have, and what can be taken out of it
rows, slots         where numbers of bonds and gradients are kept between stages
template, calls     code that is the same for every formula; the functions and their calls in a module
"""
