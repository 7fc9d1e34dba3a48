"""How much kernels hold for each atom of the largest configuration: densities and what they respond to."""

from __future__ import annotations

from hpcfit.formula.check import names_in
from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels.atom_rows import AtomRows
from hpcfit.kernels.density.atom_functions import MOST_FUNCTIONS
from hpcfit.kernels.symbols import COMPONENTS


def density_bytes(bound: BoundPotential, n_columns: int, n_species: int) -> int:
    """An upper bound (template.py lists the arrays), as if all columns belonged to every species.

    Args:
        n_columns: of the Jacobian.
        n_species: of the model.
    """
    formula = bound.formula
    if not formula.densities:
        return 0
    names = {density.name for density in formula.densities}
    texts = [term.expression for term in (formula.pair, formula.triplet) if term is not None]
    texts += [text for _, text in formula.let]
    in_terms = any(names & names_in(text) for text in texts)
    m = MOST_FUNCTIONS if in_terms else 0
    n = sum(len(COMPONENTS[density.rank]) for density in formula.densities)
    rows = AtomRows(n, m, {(k, j): 0 for k in range(m) for j in range(k + 1)})
    width = 8 * ((n_columns + 7) // 8)
    pushed = 3 * width * n_species if in_terms else 0
    return 8 * (rows.n_fields + rows.n_responses * width + pushed)
