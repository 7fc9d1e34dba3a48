"""A constant energy per atom of each species: what total energies are measured from."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec


def reference_energy() -> FormulaPotential:
    """E0 of its species for every atom, whatever surrounds it."""
    return FormulaPotential(
        name="reference-energy",
        parameters=(ParameterSpec("E0", "species", 0.0, "eV", "energy of one free atom"),),
        site="E0",
        summary="a constant per atom and species, for total energies of electronic-structure codes",
        source="bookkeeping; [targets.reference_energies] uses it",
    )
