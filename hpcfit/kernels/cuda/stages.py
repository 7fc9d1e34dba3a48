"""The kernels of one potential, from densities to gradients of bonds (frame.py says what the arrays hold).

    densities   sums over the bonds of an atom
    zetas       sums over other bonds, for each bond; then weight = 1/2 dU/dzeta
    atoms       constant energies, the embedding F, and dE/d(density) of F and of terms that contain densities
    bonds       gradient of the site energy by each bond vector, with the energy of the bond
    pairs       what is radial needs no other bond: its forces at once (radial.py)

Each is there only if the potential has what it computes.
"""

from __future__ import annotations

from collections.abc import Collection

from hpcfit.kernels.cuda.atom_stages import write_atoms, write_densities
from hpcfit.kernels.cuda.bond_stages import write_bonds, write_zetas
from hpcfit.kernels.cuda.pair_stages import has_radial_densities, write_forces, write_pairs
from hpcfit.kernels.cuda.potential_fields import PotentialFields
from hpcfit.kernels.cuda.tables import CudaTables
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.terms import PotentialTerms


def write_stages(
    text: CudaText,
    tables: CudaTables,
    number: int,
    terms: PotentialTerms,
    active: Collection[str],
    *,
    stress: bool,
) -> PotentialFields:
    """All kernels that a potential needs.

    Args:
        number: of the potential in the model.
        active: names of the parameters with columns.
    """
    of = PotentialFields(tables, number, terms, active, stress=stress)
    if of.densities:
        write_densities(of, text)
    if terms.environment is not None:
        write_zetas(of, text, terms.environment)
    if terms.site is not None or terms.embedding is not None:
        write_atoms(of, text)
    write_pairs(of, text)
    if has_radial_densities(of):
        write_forces(of, text)
    else:
        write_bonds(of, text)
    return of
