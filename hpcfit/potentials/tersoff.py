"""Tersoff's bond-order potential: bonds weaken with the number and the angles of others."""

from __future__ import annotations

from typing import Literal

from hpcfit.errors import KernelError
from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term
from hpcfit.potentials.tersoff_published import SETS, Published
from hpcfit.potentials.tersoff_terms import Power, mixing, triplets

# The nuclei of pair_style tersoff/zbl; its constants are other ones than those of pair_style zbl.
_NUCLEI = (
    ("x", "r*(Z1**0.23 + Z2**0.23)/(0.8854*0.529)"),
    (
        "nuclei",
        "Z1*Z2/(4*pi*0.00552635*r)*(0.1818*exp(-3.2*x) + 0.5099*exp(-0.9423*x) + 0.2802*exp(-0.4029*x)"
        " + 0.02817*exp(-0.2016*x))",
    ),
    ("fermi", "1/(1 + exp(-ZBLexpscale*(r - ZBLcut)))"),
)
_NUCLEI_PARAMETERS = (
    ParameterSpec("ZBLcut", "pair", 0.95, "angstrom", "where nuclei and bond count half", minimum=0.0),
    ParameterSpec("ZBLexpscale", "pair", 14.0, "1/angstrom", "how sharply one goes over to the other"),
)


def tersoff(
    *,
    combination: Literal["triplets", "mixing"] = "triplets",
    m: Power = 3,
    short_range: Literal["bonds", "zbl"] = "bonds",
    published: Published = "1989",
) -> FormulaPotential:
    """Repulsion and attraction, the attraction weakened by other bonds at the same atom.

    Args:
        combination: what numbers belong to with several species; mixing is the rule of 1989
        m: power of lambda3*(r1 - r2) in the bond environment; 0 leaves this factor out
        short_range: zbl goes over to screened nuclei at short distance (LAMMPS: tersoff/zbl)
        published: whose values are the defaults

    Raises:
        KernelError: the published values belong to another combination or m.
    """
    values = SETS[published]
    if combination == "mixing" and (published != "1989" or m != 3):
        raise KernelError(
            'combination "mixing" is the potential of 1989, without lambda3. Leave out m and published, '
            'or write combination = "triplets"'
        )
    if m not in values.powers:
        raise KernelError(f'the published values "{published}" belong to m = {values.powers[0]}. Write this')
    terms = mixing() if combination == "mixing" else triplets(m)
    zbl = short_range == "zbl"
    by_species = combination == "triplets" and m == 3 and published == "1989"
    known = {spec.name for spec in terms.parameters}
    published_values = {**values.elements, **(values.mixing if combination == "mixing" else values.compounds)}
    return FormulaPotential(
        name="tersoff",
        parameters=(*terms.parameters, *(_NUCLEI_PARAMETERS if zbl else ())),
        pair=Term(f"fermi*{terms.bond} + (1 - fermi)*nuclei" if zbl else terms.bond, terms.cutoff),
        bond_environment=Term(terms.environment, terms.cutoff),
        let=(*terms.let, *(_NUCLEI if zbl else ())),
        summary=(
            "covalent semiconductors and carbon: bonds that weaken with the number and the angles of others "
            "(LAMMPS: tersoff)"
        ),
        source=values.source,
        materials={
            key: {name: value for name, value in each.items() if name in known}
            for key, each in published_values.items()
        },
        otherwise='combination = "mixing", with numbers of each species alone' if by_species else "",
    )
