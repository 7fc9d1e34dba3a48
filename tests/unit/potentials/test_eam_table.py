"""Potentials from files of tables: the energies of the functions that were tabulated, exact or as splines."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import eam_files
import numpy as np
import pytest
from numpy.typing import NDArray
from oracle import SHARED, Case, Folder, Part, catalogue, misfits
from written_potential import written_potential

from hpcfit.errors import KernelError
from hpcfit.formula.keys import Key, Kind
from hpcfit.formula.potential import BoundPotential, FormulaPotential
from hpcfit.geometry import build_geometry
from hpcfit.kernels import compile_model
from hpcfit.potentials import POTENTIALS, describe
from hpcfit.potentials.eam_table import eam_table

SPECIES = ("Cu", "Ni")
LAMMPS_FOLDERS = (
    *("eam_fs", "eam_fs_2sp", "eam_alloy_2sp", "eam_alloy_gupta", "eam_alloy_sutton_chen"),
    *("adp", "adp_2sp"),
)


def predicted(bound: BoundPotential, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energies, forces and stress of a cell, a cluster and an atom on its own."""
    rng = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(*[np.arange(2)] * 3), axis=-1).reshape(-1, 3)
    positions = [2.3 * grid + rng.normal(scale=0.1, size=(8, 3)) for _ in range(2)]
    block = SimpleNamespace(
        identifier=("cell", "cluster", "atom"),
        first_atom=np.array([0, 8, 16, 17]),
        position=np.concatenate([*positions, np.zeros((1, 3))]),
        cell=np.array([4.6 * np.eye(3)] * 3),
        pbc=np.array([[True] * 3, [False] * 3, [False] * 3]),
    )
    model = compile_model([bound], SPECIES, [], stress=True)
    geometry = build_geometry(block, rng.integers(0, 2, 17).astype(np.int32), model.cutoff(values))
    return model.predict(geometry, values)


def as_formulas(style: str) -> tuple[BoundPotential, NDArray[np.float64]]:
    """The functions that were tabulated, as formulas."""
    angular = style == "adp"
    kinds: dict[str, Kind] = {"kF": "species", "kf": "ordered-pair", "k": "pair"}
    density = {"rho": eam_files.RHO_TEXT.replace("k*", "kf*")}
    embedding = eam_files.F_TEXT.replace("k*", "kF*")
    if angular:
        density |= {"mu": eam_files.U_TEXT, "l": eam_files.W_TEXT}
        embedding += " + mu_squared/2 + l_squared/2 - l_trace**2/6"
    formula = written_potential(
        "formulas",
        kinds,
        density=density,
        rank={"mu": "vector", "l": "tensor"} if angular else {},
        embedding=embedding,
        pair=eam_files.PHI_TEXT,
        cutoff=eam_files.CUTOFF,
    )

    def number(name: str, key: Key) -> float:
        if name == "kF":
            return eam_files.F_STRENGTH[key[0]]
        if name == "k":
            return eam_files.strength(*key)
        receiver, donor = key
        return eam_files.RHO_STRENGTH[(receiver if style == "fs" else donor), donor]

    bound = BoundPotential(formula, SPECIES)
    return bound, np.array([number(each.name, each.key) for each in bound.instances])


@pytest.fixture
def file(tmp_path: Path, style: str) -> Path:
    return eam_files.write_setfl(tmp_path / "CuNi.table", style)


@pytest.mark.parametrize("style", ["alloy", "fs", "adp"])
def test_a_table_has_the_energies_of_its_functions(file: Path, style: str) -> None:
    bound = BoundPotential(eam_table(file=str(file)), SPECIES)
    assert bound.instances == ()
    found, expected = predicted(bound, np.empty(0)), predicted(*as_formulas(style))
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize("style", ["fs", "adp"])
def test_splines_of_many_knots_begin_at_the_functions(file: Path, style: str) -> None:
    bound = BoundPotential(eam_table(file=str(file), knots=60, r_min=1.2), SPECIES)
    values = np.array([bound.default(each) for each in bound.instances], dtype=float)
    expected = predicted(*as_formulas(style))
    np.testing.assert_allclose(predicted(bound, values), expected, atol=5e-3)


@pytest.mark.parametrize("style", ["alloy"])
def test_parameters_are_coefficients_of_elements_and_pairs(file: Path, style: str) -> None:
    bound = BoundPotential(eam_table(file=str(file), knots=8), SPECIES)
    # F goes on at both ends; f and phi end at zero, which takes two of the eight.
    count = {name: sum(each.name.startswith(name) for each in bound.instances) for name in ("F", "f", "phi")}
    assert count == {"F": 2 * 8, "f": 2 * 6, "phi": 3 * 6}


@pytest.mark.parametrize("style", ["alloy"])
def test_what_cannot_be_is_refused(file: Path, style: str) -> None:
    with pytest.raises(
        KernelError, match=r"^knots is 0 \(the functions as they are\) or at least 4, not 3\.$"
    ):
        eam_table(file=str(file), knots=3)
    with pytest.raises(KernelError, match=r"^r_min, 5, is not below the cutoff of the file, 4\.5\.$"):
        eam_table(file=str(file), knots=8, r_min=5.0)
    with pytest.raises(
        KernelError,
        match=r"^eam-table is for Cu, Ni here, not for Fe\. Take another file or other species$",
    ):
        BoundPotential(eam_table(file=str(file)), ("Cu", "Fe"))


@pytest.mark.parametrize("style", ["adp"])
def test_it_is_described_without_and_with_its_file(file: Path, style: str) -> None:
    text = describe("eam-table", POTENTIALS["eam-table"])
    assert "  file (needed)\n" in text
    assert "  knots (default 0)\n" in text
    assert text.endswith("`hpcfit potentials eam-table file=...` shows its formulas.")
    text = describe("eam-table", POTENTIALS["eam-table"], {"file": str(file)})
    assert "Cu, Ni as tabulated for LAMMPS' adp" in text
    assert "  embedding   = table(rho, F) + mu_squared/2 + l_squared/2 - l_trace**2/6\n" in text
    assert "Parameters: none" in text


def from_file(of: Folder) -> list[Part]:
    [path] = (each for each in (SHARED / of.name).iterdir() if each.suffix not in (".json", ".extxyz"))
    return [catalogue(of, "eam-table", no_number, file=str(path))]


def no_number(name: str, key: Key) -> float:
    raise AssertionError("tables have no parameters")


@pytest.mark.skipif(
    not SHARED.exists(), reason="no ../shared/oracle beside the repository, with LAMMPS' files"
)
@pytest.mark.parametrize("folder", LAMMPS_FOLDERS)
def test_tables_of_lammps_give_what_lammps_gives(folder: str) -> None:
    assert misfits(Case(folder, "eam-table", from_file)) == []


def test_formula_potentials_without_tables_are_for_any_species() -> None:
    made = POTENTIALS["gupta"]()
    assert isinstance(made, FormulaPotential)
    assert made.only_for == ()
