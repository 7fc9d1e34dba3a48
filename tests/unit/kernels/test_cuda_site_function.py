"""Site functions as CUDA C: the numbers of their Python twins, for one species and several."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing
from plain_site import plain_rows
from site_examples import bonds, cone, scaled_error

from hpcfit.data import Configuration, configuration
from hpcfit.devices.device import OutOfDeviceMemory
from hpcfit.errors import KernelError
from hpcfit.formula.potential import BoundPotential, ParameterSpec
from hpcfit.kernels import SiteFunction, compile_model
from hpcfit.kernels.cuda.site_source import site_source
from hpcfit.kernels.hand_written.site_part import place_table


class Refusing(HostDevice):
    """A device whose compiler takes nothing."""

    def load(self, source: str) -> Any:
        raise KernelError("the CUDA compiler refuses a kernel")


needs_compiler = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))

CONE = """
__device__ double site_energy(int n, const double *vectors, const double *distances, const int *species,
                              int centre, const double *parameters, const int *place, double *gradients)
{
    double energy = 0.0;
    for (int x = 0; x < n; x++) {
        const double shorter = parameters[1] - distances[x];
        energy += 0.5 * parameters[0] * shorter * shorter * shorter;
        for (int axis = 0; axis < 3; axis++)
            gradients[3 * x + axis] =
                -1.5 * parameters[0] * shorter * shorter / distances[x] * vectors[3 * x + axis];
    }
    return energy;
}
"""

#: with a strength for each pair of species, that of the centre first
PAIRS = (
    CONE.replace("parameters[0]", "k")
    .replace(
        "const double shorter",
        "const double k = parameters[place[0 * 4 + 2 * centre + species[x]]];\n        const double shorter",
    )
    .replace("parameters[1]", "4.0")
)


def pairs_energy(vectors, distances, species, centre, parameters, place, gradients):  # type: ignore[no-untyped-def]
    energy = 0.0
    for x in range(len(distances)):
        k, short = parameters[place[0, centre, species[x]]], 4.0 - distances[x]
        energy += 0.5 * k * short**3
        gradients[x] = -1.5 * k * short**2 / distances[x] * vectors[x]
    return energy


def structures(symbols: tuple[int, ...]) -> list[Configuration]:
    random = np.random.default_rng(4)
    made = []
    for number, (count, periodic) in enumerate([(5, True), (7, False), (1, False), (4, True)]):
        kinds = [symbols[k % len(symbols)] for k in range(count)]
        cell = np.eye(3) * 6.0 + 0.3 * random.random((3, 3)) if periodic else None
        positions = 5.0 * random.random((count, 3))
        if cell is None:
            made.append(configuration(f"c{number}", kinds, positions, energy=0.0))
        else:
            made.append(configuration(f"c{number}", kinds, positions, cell, True, energy=0.0))
    return made


def on_device(site: SiteFunction, species: tuple[str, ...], device: HostDevice, **options: Any) -> Any:
    bound = BoundPotential(site, tuple(name for name in species if name != "Kr"))
    count = len(bound.instances)
    return compile_model([bound], species, range(count), **{"stress": True, **options}, device=device)


@needs_compiler
def test_one_species_has_the_numbers_of_python_and_their_differences() -> None:
    site, values = cone(cuda=CONE), np.array([0.3, 4.2])
    geometry = bonds(structures((18,)), ("Ar",), 5.0)
    model, n = on_device(site, ("Ar",), HostDevice()), len(geometry)

    def expected(at: np.ndarray) -> np.ndarray:
        return plain_rows(site, np.arange(2), np.zeros(1, int), at[1], geometry, at)

    def difference(k: int, h: float = 1e-5) -> np.ndarray:
        step = h * np.eye(2)[k]
        return (expected(values + step) - expected(values - step)) / (2.0 * h)

    assert scaled_error(model.predict(geometry, values), expected(values)) < 1e-13
    table = np.stack([difference(0), difference(1), expected(values)], axis=1)
    found = model.predict_jacobian(geometry, 0, n, values)
    assert scaled_error(found, table) < 1e-8
    parts = [model.predict_jacobian(geometry, k, k + 1, values) for k in range(n)]
    assert np.concatenate(parts).tobytes() == np.ascontiguousarray(found).tobytes()
    weights = np.where(np.isnan(table[:, 2]), 0.0, 1.3)
    np.testing.assert_allclose(
        model.weighted_gradient(geometry, 0, n, values, weights),
        np.nan_to_num(table[:, :2]).T @ weights,
        rtol=1e-7,
    )


@needs_compiler
def test_without_stress_the_other_rows_are_the_same() -> None:
    values, geometry = np.array([0.3, 4.2]), bonds(structures((18,)), ("Ar",), 5.0)
    rows = [
        on_device(cone(cuda=CONE), ("Ar",), HostDevice(), stress=stress).predict(geometry, values)
        for stress in (True, False)
    ]
    counts = np.diff(geometry.first_atom)
    kept = np.concatenate([np.arange(7 + 3 * n) < 1 + 3 * n for n in counts])
    assert rows[0][kept].tobytes() == rows[1].tobytes()


@needs_compiler
def test_several_species_of_which_one_is_unknown_have_the_numbers_of_python() -> None:
    parameters = (ParameterSpec("k", "pair", 0.3, "eV/angstrom^3"),)
    site = SiteFunction("pairs", parameters, 4.0, pairs_energy, cuda=PAIRS)
    geometry = bonds(structures((18, 10, 36)), ("Kr", "Ar", "Ne"), 4.5)
    bound = BoundPotential(site, ("Ar", "Ne"))
    values = np.linspace(0.2, 0.9, len(bound.instances))
    model = on_device(site, ("Kr", "Ar", "Ne"), HostDevice())
    expected = plain_rows(site, place_table(bound), np.array([-1, 0, 1]), 4.0, geometry, values)
    assert scaled_error(model.predict(geometry, values), expected) < 1e-13
    columns = model.predict_jacobian(geometry, 0, len(geometry), values)
    # The energy is linear in all parameters.
    np.testing.assert_allclose(columns[:, :-1] @ values, columns[:, -1], rtol=1e-7, atol=1e-10)


@needs_compiler
def test_little_memory_makes_more_launches_and_the_same_bits() -> None:
    values, geometry = np.array([0.3, 4.2]), bonds(structures((18,)), ("Ar",), 5.0)
    roomy = HostDevice()
    expected = on_device(cone(cuda=CONE), ("Ar",), roomy).predict_jacobian(geometry, 0, len(geometry), values)
    small = HostDevice(memory_limit=roomy.most_bytes)
    found = on_device(cone(cuda=CONE), ("Ar",), small).predict_jacobian(geometry, 0, len(geometry), values)
    assert found.tobytes() == expected.tobytes()
    assert small.launches > roomy.launches


class Hopeful(HostDevice):
    """A device of which others take what it says is free."""

    def free_memory(self) -> int:
        return 2**40


@needs_compiler
def test_memory_that_others_take_makes_more_launches_and_the_same_bits() -> None:
    values, geometry = np.array([0.3, 4.2]), bonds(structures((18,)), ("Ar",), 5.0)
    roomy = HostDevice()
    expected = on_device(cone(cuda=CONE), ("Ar",), roomy).predict_jacobian(geometry, 0, len(geometry), values)
    crowded = Hopeful(memory_limit=roomy.most_bytes // 2)
    found = on_device(cone(cuda=CONE), ("Ar",), crowded).predict_jacobian(geometry, 0, len(geometry), values)
    assert found.tobytes() == expected.tobytes()
    assert crowded.launches > roomy.launches
    with pytest.raises(OutOfDeviceMemory):
        on_device(cone(cuda=CONE), ("Ar",), Hopeful(memory_limit=1000)).predict(geometry, values)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (3, "cone.cuda: a text of CUDA C is expected, not int"),
        (
            "__device__ double energy(int n) { return 0.0; }",
            "cone.cuda: defines no `__device__ double site_energy(...)`, by which hpcfit calls it. Give the "
            "function this name",
        ),
        (
            "#include <math.h>\n" + CONE,
            "cone.cuda: #include finds nothing, for kernels are compiled without headers. The functions of "
            "math.h are there without one; remove it",
        ),
    ],
)
def test_what_can_be_no_source_is_refused(source: Any, sentence: str) -> None:
    with pytest.raises(KernelError) as caught:
        cone(cuda=source)
    assert str(caught.value) == sentence


@needs_compiler
def test_a_source_that_does_not_compile_names_the_function() -> None:
    model = on_device(cone(cuda=CONE.replace("return energy", "this is no C")), ("Ar",), Refusing())
    with pytest.raises(KernelError) as caught:
        model.load_kernels()
    assert str(caught.value) == (
        "site function cone: its CUDA source does not compile: the CUDA compiler refuses a kernel"
    )


@pytest.mark.nvrtc
@pytest.mark.parametrize("capability", [80, 90])
def test_the_kernels_around_a_source_compile(capability: int) -> None:
    from hpcfit.devices.cuda import compile_source

    assert compile_source(site_source(PAIRS), capability)[0][:4] == b"\x7fELF"
