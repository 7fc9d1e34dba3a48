"""Embedded-atom and angular-dependent potentials from files: as they are, or as splines to fit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from hpcfit.errors import KernelError
from hpcfit.formula.potential import Density, FormulaPotential, Term
from hpcfit.formula.spline_shape import FEWEST_KNOTS
from hpcfit.potentials.adp_terms import ANGULAR_ENERGY
from hpcfit.potentials.eam_tables.fixed import fixed_tables
from hpcfit.potentials.eam_tables.setfl import read_table
from hpcfit.potentials.eam_tables.splines import EamSplines
from hpcfit.potentials.eam_tables.table import STYLES, EamTable

_ANGULAR = f" + {ANGULAR_ENERGY}"


def eam_table(
    *,
    file: Annotated[str, {"help": "a setfl or funcfl file (eam, eam/alloy, eam/fs, adp)", "path": True}],
    knots: Annotated[int, {"help": "knots of each function as a spline to fit", "minimum": 0}] = 0,
    r_min: Annotated[float, {"help": "first knot of functions of the distance", "minimum": 0.0}] = 1.5,
) -> FormulaPotential:
    """Metals and alloys: an EAM or ADP from a setfl or funcfl file, as it is or as splines to fit.

    Args:
        file: of LAMMPS' pair_style eam, eam/alloy, eam/fs or adp; its length tells which
        knots: 0 leaves the functions as they are; else each is a spline with so many knots, to be fitted
        r_min: first knot of the splines of the distance, in angstrom

    Raises:
        DataError: the file is none of these; with its line.
        KernelError: knots for which there is no spline.
    """
    table = read_table(Path(file))
    if knots == 0:
        return _fixed(table, file)
    if knots < FEWEST_KNOTS:
        raise KernelError(f"knots is 0 (the functions as they are) or at least {FEWEST_KNOTS}, not {knots}.")
    if r_min >= table.cutoff:
        raise KernelError(f"r_min, {r_min:g}, is not below the cutoff of the file, {table.cutoff:g}.")
    return _splines(EamSplines(table, knots, r_min), file)


def _fixed(table: EamTable, file: str) -> FormulaPotential:
    """As LAMMPS evaluates it, and without parameters."""
    texts = {"f": f"table(r, {_donor(table)})", "u": "table(r, u)", "w": "table(r, w)"}
    return FormulaPotential(
        name="eam-table",
        parameters=(),
        densities=_densities(table, texts),
        embedding="table(rho, F)" + _angular(table),
        pair=Term("table(r, r_phi)/r", repr(table.cutoff)),
        tables=fixed_tables(table),
        only_for=table.species,
        summary=f"{', '.join(table.species)} as tabulated for LAMMPS' {STYLES[table.style]}",
        source=f"the file {file}",
    )


def _splines(splines: EamSplines, file: str) -> FormulaPotential:
    table = splines.table
    texts = {name: splines.text(name, "r", name) for name in ("u", "w")}
    texts["f"] = splines.text("f", "r", _donor(table))
    return FormulaPotential(
        name="eam-table",
        parameters=splines.parameters,
        densities=_densities(table, texts),
        embedding=splines.text("F", "rho", "F") + _angular(table),
        pair=Term(splines.text("phi", "r", "phi"), repr(table.cutoff)),
        summary=f"{', '.join(table.species)} as splines that begin at LAMMPS' {STYLES[table.style]}",
        source=f"the file {file}",
        materials=splines.values(),
        only_for=table.species,
    )


def _donor(table: EamTable) -> str:
    """What a density's formula calls its function: f2 where only the neighbour's species counts."""
    return "f" if table.style == "fs" else "f2"


def _densities(table: EamTable, texts: dict[str, str]) -> tuple[Density, ...]:
    cutoff = repr(table.cutoff)
    density = Density("rho", Term(texts["f"], cutoff))
    if table.style != "adp":
        return (density,)
    return (
        density,
        Density("mu", Term(texts["u"], cutoff), "vector"),
        Density("l", Term(texts["w"], cutoff), "tensor"),
    )


def _angular(table: EamTable) -> str:
    return _ANGULAR if table.style == "adp" else ""
