"""Formulas of every shape as CUDA C beside kernels of the processor, which tests hold to differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from device_agreement import deviation, on_device, table_of
from drawn_potential import DrawnPotential
from emulated import HostDevice, compiler_missing
from numpy.typing import NDArray

from hpcfit.devices.device import Device, OutOfDeviceMemory
from hpcfit.formula.keys import Kind
from hpcfit.formula.potential import BoundPotential, Density, FormulaPotential, ParameterSpec, Term
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels import compile_model
from hpcfit.kernels.cuda.launch import MOST_SLOTS
from hpcfit.kernels.site_model import SiteModel
from tests.agreement import test_densities, test_environments, test_splines
from tests.unit.kernels import test_tables
from tests.unit.kernels.test_site_model import bonds_of, clusters

FloatArray = NDArray[np.float64]

NewDevice = Callable[[], Device]
#: of tests that ask the stand-in what no card tells
on_the_stand_in = pytest.mark.skipif(bool(compiler_missing()), reason=str(compiler_missing()))


@dataclass(frozen=True)
class Case:
    """A model, values and structures; `table` is what the processor predicts."""

    model: SiteModel
    values: FloatArray
    geometry: Geometry

    @property
    def table(self) -> FloatArray:
        return table_of(self.model, self.geometry, self.values)

    def check(self, device: Device) -> FloatArray:
        found = table_of(on_device(self.model, device), self.geometry, self.values)
        assert deviation(found, self.table, self.model, self.geometry) < 2e-12
        return found


def with_densities(name: str) -> Case:
    case = test_densities.CASES[name]
    model = compile_model([case.bound], case.species, range(len(case.numbers)), stress=True)
    assert isinstance(model, SiteModel)
    structures = test_densities.AwkwardStructures.of(len(case.species))
    return Case(model, case.numbers, structures.geometry(1.05 * model.cutoff(case.numbers)))


def with_environment(name: str) -> Case:
    prepared = test_environments.Prepared(getattr(test_environments, name)())
    assert isinstance(prepared.model, SiteModel)
    return Case(prepared.model, prepared.values, prepared.geometry)


def with_splines(formula: FormulaPotential, species: tuple[str, ...]) -> Case:
    bound = BoundPotential(formula, species)
    values = np.random.default_rng(2).uniform(0.2, 1.0, len(bound.instances))
    kinds = [[0, 1] * 7, [1, 1, 0] * 3] if len(species) == 2 else [[0] * 14, [0] * 9]
    bonds = bonds_of(clusters(14, 9), 6.0, kinds, volume=250.0)
    model = compile_model([bound], species, range(len(values)), stress=True)
    assert isinstance(model, SiteModel)
    return Case(model, values, bonds)


@pytest.mark.parametrize("name", test_densities.CASES)
def test_densities_of_every_rank_and_terms_that_contain_them(name: str, new_device: NewDevice) -> None:
    with_densities(name).check(new_device())


@pytest.mark.parametrize("name", ["tersoff", "mixed", "dense"])
def test_bond_environments_with_keys_of_every_kind(name: str, new_device: NewDevice) -> None:
    with_environment(name).check(new_device())


@pytest.mark.parametrize(
    ("formula", "species"),
    [
        (test_splines.NONLINEAR, ("Cu", "Zr")),
        (test_splines.EAM, ("Cu", "Zr")),
        (test_splines.ANGLES, ("Cu",)),
    ],
    ids=["pair", "eam", "angles"],
)
def test_splines_at_one_place_and_at_several(
    formula: FormulaPotential, species: tuple[str, ...], new_device: NewDevice
) -> None:
    with_splines(formula, species).check(new_device())


@pytest.mark.parametrize("name", ["finnis-sinclair", "environment-dependent"])
def test_bits_are_the_same_every_time(name: str, new_device: NewDevice) -> None:
    case = with_densities(name)
    expected = table_on(case, new_device())
    for _ in range(3):
        np.testing.assert_array_equal(table_on(case, new_device()), expected)


def table_on(case: Case, device: Device) -> FloatArray:
    kernels = on_device(case.model, device).kernels
    return device.get(kernels.predict_jacobian(kernels.place(case.geometry), case.values))


@on_the_stand_in
@pytest.mark.parametrize("name", ["finnis-sinclair", "environment-dependent"])
def test_bits_depend_neither_on_batches_of_columns_nor_on_the_order_of_threads(name: str) -> None:
    case = with_densities(name)
    whole, backward = HostDevice(), HostDevice(reverse=True)
    expected = table_on(case, whole)
    np.testing.assert_array_equal(table_on(case, backward), expected)
    bonds = case.geometry
    sizes = len(bonds.species), len(bonds.distance), len(bonds)
    kernels = on_device(case.model, whole).kernels
    all_columns = kernels.bytes_needed(*sizes, jacobian=True)
    some_columns = kernels.bytes_needed(*sizes, jacobian=True, slots=4)
    little = HostDevice(whole.most_bytes - all_columns + some_columns)
    np.testing.assert_array_equal(table_on(case, little), expected)
    assert little.launches > whole.launches + 3


@on_the_stand_in
def test_bits_do_not_depend_on_how_many_columns_a_grid_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    case, few = with_densities("finnis-sinclair"), HostDevice()
    expected = table_on(case, HostDevice())
    monkeypatch.setattr("hpcfit.kernels.cuda.kernels.MOST_SLOTS", 3)
    np.testing.assert_array_equal(table_on(case, few), expected)
    assert few.kernels.count("finish") > 2
    assert 7 * MOST_SLOTS <= 65535


@on_the_stand_in
def test_a_device_without_room_for_two_columns_says_so() -> None:
    case = with_densities("finnis-sinclair")
    whole = HostDevice()
    table_on(case, whole)
    kernels = on_device(case.model, whole).kernels
    needed = kernels.bytes_needed(
        len(case.geometry.species), len(case.geometry.distance), len(case.geometry), jacobian=True
    )
    with pytest.raises(OutOfDeviceMemory):
        table_on(case, HostDevice(whole.most_bytes - needed))


SPECIES = ("Fe", "Cr", "Ni")


def part_of_sum(name: str) -> tuple[BoundPotential, FloatArray, SiteModel]:
    """A potential of one species with its published values, and its model of that species alone."""
    drawn = DrawnPotential(name, 1, 3)
    (bound,) = drawn.model.potentials
    return bound, drawn.values, drawn.model


def test_sums_of_potentials_each_for_species_of_its_own(new_device: NewDevice) -> None:
    """Of columns, some are shared, and some parameters have none."""
    together = with_densities("finnis-sinclair")
    names = ("stillinger-weber", "reference-energy", "lennard-jones", "edip")
    homes = ("Cr", "Fe", "Ni", "Cr")
    parts = [part_of_sum(name) for name in names]
    potentials = [together.model.potentials[0]]
    potentials += [
        BoundPotential(bound.formula, (home,)) for (bound, *_), home in zip(parts, homes, strict=True)
    ]
    values = [together.values, *(numbers for _, numbers, _ in parts)]
    starts = np.cumsum([0, *map(len, values)])
    active = [k for k in range(int(starts[-1])) if k % 5]
    columns = [k % 17 for k in range(len(active))]
    model = SiteModel(potentials, SPECIES, active, True, columns)
    bonds = together.geometry
    reach = max(part[2].cutoff(part[1]) for part in parts)
    assert bonds.structures is not None
    bonds = build_geometry(bonds.structures, bonds.species, 1.05 * max(reach, bonds.cutoff))
    n_rows = int(model.prediction_offsets(bonds)[-1])
    derivatives, rows = np.zeros((n_rows, int(starts[-1]))), np.zeros(n_rows)
    for q, start in enumerate(starts[:-1]):
        if q == 0:
            found, where = table_of(together.model, bonds, values[0]), np.arange(n_rows)
        else:
            found, where = alone(parts[q - 1][2], bonds, values[q], SPECIES.index(homes[q - 1]))
        derivatives[np.ix_(where, np.arange(start, starts[q + 1]))] += found[:, :-1]
        rows[where] += found[:, -1]
    expected = np.zeros((n_rows, 18))
    for position, column in zip(active, columns, strict=True):
        expected[:, column] += derivatives[:, position]
    expected[:, -1] = rows
    found = table_of(on_device(model, new_device()), bonds, np.concatenate(values))
    assert deviation(found, expected, model, bonds) < 1e-12


def alone(
    model: SiteModel, bonds: Geometry, values: FloatArray, species: int
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Predictions by the atoms of one species, and the rows where they belong among those of all."""
    own = np.flatnonzero(bonds.species == species)
    index = np.full(len(bonds.species), -1)
    index[own] = np.arange(len(own))
    centre = bonds.centre
    kept = (index[centre] >= 0) & (index[bonds.neighbor] >= 0)
    counts = np.bincount(index[centre[kept]], minlength=len(own))
    firsts = np.searchsorted(own, bonds.first_atom)
    part = Geometry(
        firsts.astype(np.int64),
        np.zeros(len(own), np.int32),
        bonds.volume,
        np.concatenate([[0], np.cumsum(counts)]),
        index[bonds.neighbor[kept]].astype(np.int32),
        np.ascontiguousarray(bonds.vector[kept]),
        bonds.distance[kept],
        bonds.cutoff,
    )
    offsets = model.prediction_offsets(bonds)
    where = []
    for c in range(len(bonds)):
        atoms = own[firsts[c] : firsts[c + 1]] - bonds.first_atom[c]
        forces = (offsets[c] + 1 + 3 * atoms[:, None] + np.arange(3)).ravel()
        where.append(np.concatenate([[offsets[c]], forces, np.arange(offsets[c + 1] - 6, offsets[c + 1])]))
    return table_of(model, part, values), np.concatenate(where)


def test_without_stress_energies_and_forces_are_the_same(new_device: NewDevice) -> None:
    drawn = DrawnPotential("stillinger-weber", 1, 3)
    bare = SiteModel(drawn.model.potentials, drawn.model.species, range(len(drawn.values)), False)
    offsets = drawn.model.prediction_offsets(drawn.geometry)
    keep = np.ones(offsets[-1], dtype=bool)
    for last in offsets[1:]:
        keep[last - 6 : last] = False
    found = table_of(on_device(bare, new_device()), drawn.geometry, drawn.values)
    expected = np.column_stack([drawn.columns, drawn.rows])[keep]
    assert deviation(found, expected, bare, drawn.geometry) < 1e-12


@pytest.mark.parametrize("name", ["lennard-jones", "finnis-sinclair", "tersoff"])
def test_values_alone_are_those_beside_the_derivatives(name: str, new_device: NewDevice) -> None:
    drawn = DrawnPotential(name, 1, 3)
    found = on_device(drawn.model, new_device()).predict(drawn.geometry, drawn.values)
    assert deviation(found[:, None], drawn.rows[:, None], drawn.model, drawn.geometry) < 1e-12


@pytest.mark.parametrize("kind", ["pair", "ordered-pair"])
def test_tables_are_read_where_they_are(kind: Kind, new_device: NewDevice) -> None:
    """A table of a cubic, beside the cubic as a formula."""
    factors = test_tables.PAIRS if kind == "pair" else test_tables.ORDERED
    rows = {}
    for of, formula in {
        "table": test_tables.with_table(kind, factors, 3.0),
        "formula": test_tables.as_formula(kind),
    }.items():
        bound = BoundPotential(formula, test_tables.SPECIES)
        values = np.array([2.0, *(factors[each.key] for each in bound.instances[1:])])
        model = SiteModel([bound], test_tables.SPECIES, [0], True)
        bonds = bonds_of(clusters(14, 9), 5.5, [[0, 1] * 7, [1, 1, 0] * 3], volume=250.0)
        rows[of] = table_of(on_device(model, new_device()), bonds, values)
    assert deviation(rows["table"], rows["formula"], model, bonds) < 1e-12


@pytest.mark.parametrize("formula", [test_splines.NONLINEAR, test_splines.EAM], ids=["pair", "eam"])
def test_parameters_of_splines_may_be_fixed_or_share_columns(
    formula: FormulaPotential, new_device: NewDevice
) -> None:
    whole = with_splines(formula, ("Cu", "Zr"))
    active = [k for k in range(len(whole.values)) if k % 4]
    columns = [k % 6 for k in range(len(active))]
    model = SiteModel(whole.model.potentials, whole.model.species, active, True, columns)
    every = whole.table
    expected = np.column_stack([np.zeros((len(every), 6)), every[:, -1]])
    for position, column in zip(active, columns, strict=True):
        expected[:, column] += every[:, position]
    found = table_of(on_device(model, new_device()), whole.geometry, whole.values)
    assert deviation(found, expected, model, whole.geometry) < 2e-12


def test_more_parameters_than_a_mask_has_bits(new_device: NewDevice) -> None:
    """They occur linearly, so each column is the prediction for a value of 1 of one and 0 of the others."""
    pairs, triplets = [f"p{k}" for k in range(35)], [f"t{k}" for k in range(35)]
    radial = " + ".join(f"{name}*(4.5 - r)**{2 + k % 7}" for k, name in enumerate(pairs))
    angular = " + ".join(f"{name}*costheta**{k % 9}" for k, name in enumerate(triplets))
    formula = FormulaPotential(
        "many",
        tuple(ParameterSpec(name, "shared") for name in (*pairs, *triplets)),
        densities=(Density("rho", Term(radial, "4.5")),),
        embedding="rho",
        triplet=Term(f"(4 - r1)**2*(4 - r2)**2*({angular})", "4"),
    )
    bound = BoundPotential(formula, ("Cu",))
    model = on_device(SiteModel([bound], ("Cu",), range(70), True), new_device())
    bonds = bonds_of(clusters(7, 1), 4.5, [[0] * 7, [0]], volume=250.0)
    found = table_of(model, bonds, np.linspace(-1.0, 2.0, 70))
    for k, unit in enumerate(np.eye(70)):
        expected = model.predict(bonds, unit)
        assert deviation(found[:, k, None], expected[:, None], model, bonds) < 1e-12
