"""Formulas evaluated bond by bond as they are written, without kernels, against LAMMPS.

They hold the catalogue, the keys of parameters and the neighbour lists to the reference, so that a
kernel that disagrees is the kernel's fault.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from oracle import Case, Folder, allowed_energy
from oracle_potentials import CASES
from plain_energy import PlainEnergy

from hpcfit.geometry import build_geometry


@pytest.mark.parametrize("case", CASES, ids=str)
def test_formulas_as_they_are_written_give_the_energies_of_lammps(case: Case) -> None:
    folder = Folder(case.folder)
    parts = [PlainEnergy(*part) for part in case.parts(folder)]
    geometry = build_geometry(folder, folder.species, folder.about["cutoff"])
    symbols = np.array(folder.elements)[folder.species]
    sites = np.zeros(len(symbols))
    for atom, (first, last) in enumerate(pairwise(geometry.first_bond)):
        others = [str(each) for each in symbols[geometry.neighbor[first:last]]]
        sites[atom] = sum(part(str(symbols[atom]), others, geometry.vector[first:last]) for part in parts)
    for reference in folder.references:
        for k, (first, last) in enumerate(pairwise(folder.first_atom)):
            expected = float(reference.energy[k])
            found = float(sites[first:last].sum())
            assert abs(found - expected) <= allowed_energy(reference, expected), folder.identifier[k]
