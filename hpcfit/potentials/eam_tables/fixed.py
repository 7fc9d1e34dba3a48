"""The functions of a file as tables that formulas evaluate just as LAMMPS does."""

from __future__ import annotations

from hpcfit.formula.keys import Key, Kind
from hpcfit.formula.tabulated import Tabulated
from hpcfit.potentials.eam_tables.interpolation import polynomials
from hpcfit.potentials.eam_tables.table import EamTable, FloatArray


def fixed_tables(table: EamTable) -> tuple[Tabulated, ...]:
    """F(rho); f, by donor or by receiver and donor; r_phi = r phi(r); and of an ADP u and w."""
    # LAMMPS leaves out the last point of funcfl files.
    last = -1 if table.style == "funcfl" else None
    species = table.species
    embedding = polynomials(table.embedding[:, :last], goes_on=True)
    found = [
        Tabulated("F", "species", 0.0, table.drho, dict(zip(((s,) for s in species), embedding, strict=True)))
    ]
    density = polynomials(table.density[..., :last], goes_on=False)
    if table.style == "fs":
        found.append(Tabulated("f", "ordered-pair", 0.0, table.dr, _by_pair(species, density)))
    else:
        donors: dict[Key, FloatArray] = {(s,): density[0, k] for k, s in enumerate(species)}
        found.append(Tabulated("f", "species", 0.0, table.dr, donors))
    for name, values in (("r_phi", table.pair), ("u", table.dipole), ("w", table.quadrupole)):
        if values is not None:
            rows = polynomials(values[..., :last], goes_on=False)
            kind: Kind = "pair"
            found.append(Tabulated(name, kind, 0.0, table.dr, _by_pair(species, rows)))
    return tuple(found)


def _by_pair(species: tuple[str, ...], rows: FloatArray) -> dict[Key, FloatArray]:
    return {(a, b): rows[i, j] for i, a in enumerate(species) for j, b in enumerate(species)}
