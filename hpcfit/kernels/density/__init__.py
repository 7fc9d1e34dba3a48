"""Densities of atoms, embeddings, and terms that contain densities.

In the order in which it is computed for each configuration:

    sums_stage          densities: sums over the bonds of each atom, and what they respond to
    function_stage      functions of densities that pair and triplet terms contain (atom_functions)
    term_bonds          these terms: what depends on one bond,
    term_sites          and forces, for each site
    embedding_stage     F(rho), and of each atom A = dE/drho with what that responds to

What bonds exert through densities follows with the pair terms (density_force_stage of the package above).
`plan` and `term_plan` say what each of these computes, `template` in which arrays it lies, and `calls` puts
the functions and their calls into a module.
"""
