"""Formulas as text: reading them safely, and turning them into energies and derivatives.

    syntax, allowed, check      text to a checked tree; what may stand in it, and what its names are
    trace, traced               a Python function to such a text, by calling it once with symbols
    formula_potential, term     a potential as plain data: its terms, their cutoffs, its parameters
    bound_potential, written    the same for given species: which number each name in a formula is
    interpret                   a tree evaluated: with floats, with arrays (sampled), as a graph (build)
    graph, node                 expressions in which equal parts exist once
    differentiate, stage        derivatives of these, and the order in which parts are computed
    print_python                expressions as code, for the kernels

`spline_calls`, `spline_nodes` and `spline_values` do the same for `bspline`, and `sample_faults` looks for
what will go wrong with a potential before anything is fitted.
"""
