"""check_potential on a device: what differs from the processor is told, and what is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.devices.driver import Driver
from hpcfit.devices.machine import Machine
from hpcfit.errors import RunError
from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.kernels import SiteFunction, compile_model
from hpcfit.testing import check_potential
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential import device as checks
from hpcfit.testing.potential.device import check_device, open_for_checks
from hpcfit.testing.potential.structures import sample_structures
from hpcfit.testing.potential.subject import Subject

needs_compiler = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))

SPRING = """
__device__ double site_energy(int n, const double *vectors, const double *distances, const int *species,
                              int centre, const double *parameters, const int *place, double *gradients)
{
    double energy = 0.0;
    for (int x = 0; x < n; x++) {
        const double shorter = 4.0 - distances[x];
        energy += parameters[0] * shorter * shorter * shorter;
        for (int axis = 0; axis < 3; axis++)
            gradients[3 * x + axis] =
                -3.0 * parameters[0] * shorter * shorter / distances[x] * vectors[3 * x + axis];
    }
    return energy;
}
"""


def never(distances, parameters, gradients):  # type: ignore[no-untyped-def]
    raise AssertionError("the stand-in of the processor is not asked for it")


def spring(source: str | None) -> BoundPotential[Any]:
    parameters = (ParameterSpec("k", "shared", 0.2, "eV/angstrom^3"),)
    return BoundPotential(SiteFunction("spring", parameters, 4.0, never, cuda=source), ("Ar",))


def subject_of(bound: BoundPotential[Any], reference: BoundPotential[Any]) -> Subject:
    """A subject whose processor is a stand-in that computes `reference`: nothing is compiled by numba."""
    subject = object.__new__(Subject)
    subject.bound, subject.values = bound, np.array([0.2])
    subject.model = compile_model([reference], ("Ar",), [0], stress=True, device=HostDevice())
    return subject


@needs_compiler
def test_a_source_that_agrees_passes_with_its_deviations() -> None:
    structures = sample_structures(("Ar",), 3.0, (4.0,), 0)
    found = check_device(subject_of(spring(SPRING), spring(SPRING)), structures, HostDevice(), 1e-6)
    assert found == {"GPU: predictions": 0.0, "GPU: derivatives": 0.0}


@needs_compiler
@pytest.mark.parametrize(
    ("old", "new", "what", "size"),
    [
        ("energy += parameters[0]", "energy += 1.001 * parameters[0]", "predictions", "0.001"),
        ("-3.0 * parameters[0]", "-3.3 * parameters[0]", "predictions", "0.1"),
    ],
)
def test_a_source_that_differs_is_told_with_the_size(old: str, new: str, what: str, size: str) -> None:
    structures = sample_structures(("Ar",), 3.0, (4.0,), 0)
    subject = subject_of(spring(SPRING.replace(old, new)), spring(SPRING))
    with pytest.raises(ConformanceError) as caught:
        check_device(subject, structures, HostDevice(), 1e-6)
    assert str(caught.value) == (
        f"spring of Ar: {what} on emulated differ from those of the processor by {size} of the largest, "
        "which is more than 1e-10."
    )


@needs_compiler
def test_a_formula_is_compared_too() -> None:
    form = FormulaPotential("cubic", (ParameterSpec("k", "shared", 0.2),), pair=Term("k*(4-r)**3", "4"))
    bound: Any = BoundPotential(form, ("Ar",))
    structures = sample_structures(("Ar",), 3.0, (4.0,), 0)
    found = check_device(subject_of(bound, spring(SPRING.replace("parameters[0]", "0.5 * parameters[0]"))),
                         structures, HostDevice(), 1e-6)  # fmt: skip
    assert 0.0 < found["GPU: predictions"] < 1e-13


def test_python_code_without_a_source_cannot_be_checked_on_a_gpu() -> None:
    with pytest.raises(ConformanceError) as caught:
        check_device(subject_of(spring(None), spring(SPRING)), [], HostDevice(), 1e-6)
    assert str(caught.value) == (
        "spring of Ar: is Python code, and has no CUDA source that a GPU could run. Give a SiteFunction one "
        "by "
        'cuda="...", or check with device="cpu".'
    )


def test_a_missing_gpu_is_told_as_for_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "find_machine", lambda: Machine(Driver((12, 8), "570.86.15"), {}))
    with pytest.raises(RunError) as caught:
        check_potential("lennard-jones", device="cuda")
    assert str(caught.value).startswith(
        'check_potential(): device="cuda": the NVIDIA driver finds no device, and CuPy is not installed. '
    )


def test_other_words_than_cpu_and_cuda_are_refused() -> None:
    assert open_for_checks("cpu") is None
    with pytest.raises(ValueError, match=r"device: \"cpu\" or \"cuda\" is expected, not 'gpu'"):
        check_potential("lennard-jones", device="gpu")


@pytest.mark.gpu
def test_a_potential_of_the_catalogue_agrees_on_a_gpu() -> None:
    (report,) = check_potential("lennard-jones", ["Ar"], device="cuda")
    assert report.deviations["GPU: predictions"] < 1e-10
