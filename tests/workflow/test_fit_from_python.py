"""A fit from Python has the bits of the job file's; what it leaves behind, and how it goes on."""

from __future__ import annotations

import json
import os
import signal
import threading
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hpcfit
from hpcfit import Free
from hpcfit.data import Configuration, Dataset
from hpcfit.errors import HpcfitError, JobError, PluginError, RunError
from hpcfit.formula.potential import FormulaPotential
from hpcfit.potentials import POTENTIALS
from hpcfit.registry import hookimpl
from hpcfit.residuals import ScaledDifference
from hpcfit.weights import ConfigurationWeight

JOBS = Path(__file__).parents[2] / "jobs" / "silicon-sw"
PARAMETERS = {
    "A": Free(15.28484792, min=0.1, max=500),
    "B": Free(0.60222456, min=1e-3, max=1e3),
    "p": Free(4, min=1, max=12),
    "sigma": Free(2.0951, min=0.5, max=3.7),
    "gamma": Free(2.51412, min=0.1, max=10),
    "lambda": Free(45.5322, min=0.1, max=500),
}
SMALL = {name: PARAMETERS[name] for name in ("A", "B", "gamma", "lambda")}
PLUGIN = """
from dataclasses import dataclass

from hpcfit.potentials import POTENTIALS
from hpcfit.registry import hookimpl
from hpcfit.residuals import ScaledDifference
from hpcfit.weights import ConfigurationWeight


class TenForEnergy:
    def weights(self, configuration):
        return ConfigurationWeight(energy=10.0)


@dataclass(frozen=True)
class EnergyPerAtom(ScaledDifference):
    def factors(self, weights, configuration):
        factors = weights.copy()
        factors[0] /= configuration.natoms
        return factors


@hookimpl
def hpcfit_potentials():
    return {"my-sw": POTENTIALS["stillinger-weber-kim"]}


@hookimpl
def hpcfit_weights():
    return {"my-weights": TenForEnergy}


@hookimpl
def hpcfit_residuals():
    return {"my-residual": EnergyPerAtom}
"""


class TenForEnergy:
    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        return ConfigurationWeight(energy=10.0)


@dataclass(frozen=True)
class EnergyPerAtom(ScaledDifference):
    def factors(self, weights: Any, configuration: Configuration) -> Any:
        factors = weights.copy()
        factors[0] /= configuration.natoms
        return factors


def bits(result: Any) -> tuple[Any, ...]:
    """What must not depend on how a fit was asked for, as JSON text, which keeps every bit."""
    from hpcfit.output.jsontext import one_line

    names = ("status", "reason", "loss", "objective_history", "counts", "rmse", "covariance", "parameters")
    return tuple(one_line(getattr(result, name)) for name in names)


def silicon_sw(**changes: Any) -> hpcfit.Fit:
    """jobs/silicon-sw from Python, in a process that set no number of threads."""
    given: dict[str, Any] = {
        "potential": "stillinger-weber-kim",
        "parameters": PARAMETERS,
        "weights": {"name": "constant", "energy": 10.0, "forces": 1.0},
        "residual": "energy-forces",
        "residual_data": {"normalize_by_natoms": "energy"},
        "optimizer": {"max_iterations": 100},
        "test": JOBS / "silicon-test.h5",
        "progress": False,
    }
    return hpcfit.fit(JOBS / "silicon-train.h5", **(given | changes))


@pytest.fixture(scope="module")
def by_command(hpcfit_command: Callable[..., list[str]], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The result of `hpcfit run` for jobs/silicon-sw."""
    import subprocess

    from hpcfit.output.result import Result

    folder = tmp_path_factory.mktemp("silicon-sw")
    for name in ("silicon-train.h5", "silicon-test.h5", "job.toml"):
        (folder / name).write_bytes((JOBS / name).read_bytes())
    command = hpcfit_command("run", "job.toml")
    subprocess.run(command, cwd=folder, check=True, timeout=120, capture_output=True)
    return Result.load(folder / "run" / "result.json")


def test_python_gives_the_bits_of_the_job_file(by_command: Any) -> None:
    assert bits(silicon_sw().result) == bits(by_command)


def test_objects_of_the_program_give_the_bits_of_the_job_file(by_command: Any) -> None:
    found = silicon_sw(
        potential=POTENTIALS["stillinger-weber-kim"](),
        weights=TenForEnergy(),
        residual=EnergyPerAtom(),
        residual_data=None,
    )
    assert bits(found.result) == bits(by_command)


def test_a_plugin_file_gives_the_bits_of_the_job_file(by_command: Any, tmp_path: Path) -> None:
    (tmp_path / "my_plugin.py").write_text(PLUGIN)
    found = silicon_sw(
        potential="my-sw",
        weights="my-weights",
        residual="my-residual",
        residual_data=None,
        plugins=tmp_path / "my_plugin.py",
    )
    assert bits(found.result) == bits(by_command)


@pytest.fixture
def small(silicon: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., hpcfit.Fit]:
    """fit(**changes): four parameters of seven configurations, in the folder that has them as train.h5."""
    monkeypatch.chdir(silicon.folder)

    def fit(**changes: Any) -> hpcfit.Fit:
        given: dict[str, Any] = {
            "dataset": "train.h5",
            "potential": "stillinger-weber-kim",
            "parameters": SMALL,
            "weights": {"name": "constant", "energy": 10.0},
            "progress": False,
        }
        return hpcfit.fit(**(given | changes))

    return fit


Small = Callable[..., hpcfit.Fit]


def test_run_gives_what_the_call_gives(small: Small, silicon: Any) -> None:
    silicon.write()
    assert bits(hpcfit.run("job.toml", progress=False).result) == bits(small().result)


def test_configurations_in_memory_give_the_bits_of_the_dataset(small: Small) -> None:
    with Dataset.open("train.h5") as dataset:
        made = list(dataset.read(0, len(dataset)))
    assert bits(small(dataset=made).result) == bits(small().result)


def test_atoms_give_the_bits_of_the_dataset(small: Small) -> None:
    pytest.importorskip("ase")
    from ase import Atoms
    from ase.calculators.singlepoint import SinglePointCalculator

    atoms = []
    with Dataset.open("train.h5") as dataset:
        for c in dataset.read(0, len(dataset)):
            each = Atoms(c.numbers, c.positions, cell=c.cell, pbc=c.pbc)
            each.info |= {"name": c.identifier, "config_type": c.tag}
            if len(atoms) % 2:
                each.calc = SinglePointCalculator(each, energy=c.energy, forces=c.forces)
            else:
                each.info["energy"], each.arrays["forces"] = c.energy, c.forces
            atoms.append(each)
    assert bits(small(dataset=atoms).result) == bits(small().result)


def test_files_of_other_formats_are_imported_on_the_fly(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    from hpcfit.data.extxyz_frame import extxyz_frame

    with Dataset.open("train.h5") as dataset:
        frames = [extxyz_frame(c) for c in dataset.read(0, len(dataset))]
    Path("train.xyz").write_text("".join(frames))
    assert bits(small(dataset="train.xyz", progress=True).result) == bits(small().result)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == (
        "train.xyz: 7 configurations; energy from 'energy' (7); forces from 'forces' (7); "
        "stress from 'stress' (7)"
    )
    text = "".join(frames).replace(" energy=", " dft_energy=1.0 energy=")
    Path("two.xyz").write_text(text)
    with pytest.raises(HpcfitError) as error:
        small(dataset="two.xyz")
    assert str(error.value) == (
        "fit(): two.xyz:1: has both energy and dft_energy, with different values. Choose with "
        "reading={'energy_key': 'energy'} or reading={'energy_key': 'dft_energy'}, or "
        "reading={'leave_out': ['energy']}."
    )
    assert bits(small(dataset="two.xyz", reading={"energy_key": "energy"}).result) == bits(small().result)


def test_a_formula_with_its_parameters_is_a_potential(small: Small) -> None:
    soft = hpcfit.Potential(
        pair="k*(rc - r)**2", cutoff="rc", parameters={"k": Free(1.0, min=0.0), "rc": np.float64(3.5)}
    )
    found = small(potential=soft, parameters=None)
    assert found.values.keys() == {"k", "rc"}
    assert found["rc"] == 3.5
    table = {"pair": "k*(rc - r)**2", "cutoff": "rc", "species": ["Si"]}
    assert bits(small(potential=table, parameters={"k": Free(1.0, min=0.0), "rc": 3.5}).result) == bits(
        found.result
    )


def test_a_sum_of_potentials_tells_their_parameters_apart(small: Small) -> None:
    soft = {"pair": "k*(rc - r)**2", "cutoff": "rc", "parameters": {"k": Free(0.1), "rc": 3.0}}
    longer = hpcfit.Potential(pair="k*(rc - r)**2", cutoff="rc", parameters={"k": Free(0.2), "rc": 3.7})
    found = small(potential=[soft, longer], parameters=None, optimizer={"max_iterations": 3})
    assert [q.name for q in found.parameters] == ["k", "rc", "k", "rc"]
    assert len(found.values) == 4
    assert list(found.values.values()) == [q.value for q in found.parameters]
    assert all(found[label] == value for label, value in found.values.items())
    with pytest.raises(KeyError) as error:
        found["k"]
    assert error.value.args == (f"no one parameter is called 'k'; there are: {', '.join(found.values)}",)


def test_a_residual_may_be_a_closure_with_data_as_they_are(small: Small) -> None:
    seen = []
    scale = 2.0

    def residual(identifier, natoms, weight, prediction, reference, data):  # type: ignore[no-untyped-def]
        seen.append(type(data["floor"]))
        return scale * weight.vector * (prediction - reference) / (abs(reference) + data["floor"][0])

    data = {"floor": np.array([0.5])}
    found = small(residual=residual, residual_data=data)
    assert found.converged
    assert set(seen) == {np.ndarray}
    doubled = small(residual=lambda *a: 2.0 * residual(*a), residual_data=data)
    assert doubled.loss == pytest.approx(4.0 * found.loss)


def test_a_plugin_may_be_a_module_or_an_object(small: Small) -> None:
    module = types.ModuleType("mine")

    @hookimpl
    def hpcfit_weights() -> dict[str, Any]:
        return {"ten": TenForEnergy}

    module.hpcfit_weights = hpcfit_weights  # type: ignore[attr-defined]
    assert bits(small(weights="ten", plugins=[module]).result) == bits(small().result)


class GivesUp:
    """An optimizer that ends as its option says."""

    @dataclass(frozen=True)
    class options:
        raising: bool = True

    @staticmethod
    def minimize(objective: Any, start: Any, *, options: Any, **_: Any) -> Any:
        if options.raising:
            raise ValueError("no idea")
        return start[0]


def test_an_optimizer_that_fails_is_named(small: Small) -> None:
    line = GivesUp.minimize.__code__.co_firstlineno + 3
    with pytest.raises(PluginError) as error:
        small(optimizer=GivesUp)
    assert str(error.value) == (
        f"fit(): optimizer python:GivesUp: raised ValueError: no idea ({__file__}:{line})."
    )
    with pytest.raises(PluginError) as error:
        small(optimizer={"name": GivesUp(), "raising": False}, parameters={"A": Free(15.25)})
    assert str(error.value) == (
        "fit(): optimizer python:GivesUp: minimize must return an OptimizerResult, not np.float64(15.25)."
    )


def test_nothing_is_left_behind_without_a_folder(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    before = sorted(os.listdir())
    assert small().folder is None
    with pytest.raises(JobError):
        small(targets="forcs")
    assert sorted(os.listdir()) == before
    assert os.listdir(scratch) == []


def test_fits_and_errors_follow_one_another_in_one_process(small: Small) -> None:
    first = small()
    with pytest.raises(JobError):
        small(potential="stilinger")
    handler, hooks = signal.getsignal(signal.SIGINT), threading.excepthook
    assert bits(small().result) == bits(first.result)
    assert (signal.getsignal(signal.SIGINT), threading.excepthook) == (handler, hooks)


def test_errors_show_the_callers_line_and_nothing_of_the_inside(small: Small) -> None:
    with pytest.raises(JobError) as caught:
        small(potential="stilinger")
    frames = [entry.path.name for entry in caught.traceback]
    assert frames[-1] == "entry.py"
    assert frames.count("entry.py") == 1
    assert caught.value.__cause__ is None


def test_a_finished_run_is_returned_with_a_note(small: Small) -> None:
    first = small(folder="mine")
    assert first.folder == Path("mine")
    again = small(folder="mine")
    assert bits(again.result) == bits(first.result)
    assert again.note is not None
    assert again.note.startswith("already finished: Converged")
    assert again.note.endswith("To run it anew: fit(..., restart=True)")
    assert str(again).startswith("already finished: Converged")
    assert bits(small(folder="mine", restart=True).result) == bits(first.result)
    loaded = hpcfit.load("mine")
    assert bits(loaded.result) == bits(first.result)
    assert loaded.job.potential[0].name == "stillinger-weber-kim"


def test_another_call_does_not_take_a_folders_run(small: Small) -> None:
    def residual(identifier, natoms, weight, prediction, reference, data):  # type: ignore[no-untyped-def]
        return weight.vector * (prediction - reference)

    small(folder="mine", residual=residual)
    assert small(folder="mine", residual=residual).note is not None
    with pytest.raises(RunError) as error:
        small(folder="mine", residual=residual, weights="constant")
    assert str(error.value) == (
        "fit(): mine holds a run of another version of this job:\n"
        "  weights.energy: was 10.0, now not given\n"
        "Give another folder, or start anew with: fit(..., restart=True)"
    )
    with pytest.raises(RunError, match="content of python:lambda: new"):
        small(folder="mine", residual=lambda *given: residual(*given))


def test_a_run_goes_on_where_a_job_file_left_it(small: Small, silicon: Any) -> None:
    silicon.write(("[run]", "[optimizer]\nmax_iterations = 3\n\n[run]"))
    assert hpcfit.run("job.toml", progress=False).status == "max_iterations"
    found = small(folder="run")
    assert bits(found.result) == bits(small().result)


def test_progress_sees_every_iteration_and_may_stop_the_fit(small: Small) -> None:
    seen: list[int] = []
    whole = small(progress=lambda event: seen.append(event.iteration))
    assert seen == list(range(whole.counts.iterations + 1))
    stopped = small(progress=lambda event: event.iteration == 2)
    assert (stopped.status, stopped.counts.iterations) == ("stopped", 3)


def test_progress_that_fails_ends_the_fit_naming_the_iteration(small: Small) -> None:
    def fail(event: Any) -> None:
        raise ValueError("no more paper")

    with pytest.raises(RunError) as error:
        small(progress=fail)
    with pytest.raises(RunError, match=r"iteration 0: TypeError: .* takes 0 positional arguments"):
        small(progress=lambda: None)
    line = fail.__code__.co_firstlineno + 1
    assert str(error.value) == (
        f"fit(): progress failed at iteration 0: {__file__}:{line}: ValueError: no more paper"
    )
    with pytest.raises(JobError) as wrong:
        small(progress=3)
    assert str(wrong.value) == "fit(): progress: True, False or a function is expected, not 3."


def test_true_prints_the_lines_of_the_command(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    found = small(progress=True)
    said = capsys.readouterr().out
    assert said.startswith(f"hpcfit {hpcfit.__version__} on 1 rank")
    assert said.count("\niteration ") == found.counts.iterations + 1
    assert said.rstrip().endswith(str(found.result))
    small(progress=False)
    assert capsys.readouterr().out == ""


def test_ctrl_c_returns_the_fit_stopped_after_its_iteration(small: Small) -> None:
    def press(event: Any) -> None:
        if event.iteration == 1:
            signal.raise_signal(signal.SIGINT)

    found = small(progress=press, folder="mine")
    assert found.status == "stopped"
    assert not found.converged
    assert bits(small(folder="mine").result)[2:] == bits(small().result)[2:]


def test_a_second_ctrl_c_interrupts_at_once(small: Small) -> None:
    def press(event: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        small(progress=press)
    assert small().converged


def test_a_fit_that_did_not_converge_says_so(small: Small) -> None:
    found = small(optimizer={"max_iterations": 2})
    assert not found.converged
    assert found.status == "max_iterations"
    assert str(found).startswith("max_iterations: ")


def test_a_fit_is_the_start_of_another(small: Small) -> None:
    first = small(optimizer={"max_iterations": 6})
    second = small(start_from=first)
    assert [q.initial for q in second.parameters] == [q.value for q in first.parameters]


def test_a_fit_predicts_and_calculates(small: Small) -> None:
    pytest.importorskip("ase")
    from ase.build import bulk

    found = small(folder="mine")
    predicted = found.predict("train.h5")
    assert predicted.rmse["all"]["energy"] == pytest.approx(found.rmse.train["energy"], rel=1e-12)
    atoms = bulk("Si")
    atoms.calc = found.calculator()
    energy = atoms.get_potential_energy()
    assert found.predict(atoms).energy[0] == pytest.approx(energy, rel=1e-14)
    assert hpcfit.load("mine").predict([atoms]).energy[0] == pytest.approx(energy, rel=1e-14)
    with pytest.raises(JobError) as error:
        found.predict(3)  # type: ignore[arg-type]
    assert str(error.value) == (
        "predict(): data: a path, or a list of configurations or ase.Atoms, is expected, not 3."
    )


def test_a_formula_potential_of_the_program_predicts_too(small: Small) -> None:
    formula: FormulaPotential = replace(POTENTIALS["stillinger-weber-kim"](), name="mine")
    found = small(potential=formula, folder="mine")
    assert len(found.predict("train.h5")) == 7
    with pytest.raises(JobError) as error:
        _ = hpcfit.load("mine").potential
    assert str(error.value).endswith(
        "potential[0].name: python:mine is an object of the Python program that ran this job; only that "
        "program knows it."
    )


def test_the_text_in_the_run_folder_is_a_job_file_with_the_same_bits(small: Small, silicon: Any) -> None:
    first = small(folder="mine", restart=True)
    text = (Path("mine") / "job.toml").read_text()
    silicon.path.write_text(text.replace('folder = "mine"', 'folder = "other"'))
    second = hpcfit.run(silicon.path, progress=False)
    assert bits(second.result) == bits(first.result)
    assert json.loads((Path("mine") / "result.json").read_text())["job"] == second.result.job


def test_the_job_of_a_fit_starts_where_it_ended(small: Small) -> None:
    first = small(optimizer={"max_iterations": 5})
    Path("again.toml").write_text(first.to_toml())
    second = hpcfit.run("again.toml", progress=False)
    assert [q.initial for q in second.parameters] == [q.value for q in first.parameters]
    assert [(q.min, q.max, q.fixed) for q in second.parameters] == [
        (q.min, q.max, q.fixed) for q in first.parameters
    ]
    assert second.history[0] == first.loss


def test_the_job_of_a_fit_finds_parameters_under_their_species(small: Small) -> None:
    with Dataset.open("train.h5") as dataset:
        mixed = [
            replace(c, numbers=np.where(np.arange(c.natoms) % 2, 6, 14).astype(np.uint8))
            for c in dataset.read(0, len(dataset))
        ]
    parameters = {
        "alpha": Free(1.5, min=0.1),
        "Si-Si": {"D": Free(1.0), "r0": 2.3},
        "C-Si": {"D": Free(1.1), "r0": Free(2.2, min=1.0)},
        "C-C": {"D": 1.2, "r0": 2.1},
    }
    given = {"dataset": mixed, "potential": "morse", "optimizer": {"max_iterations": 2}}
    first = small(**given, parameters=parameters, species=["Si", "C"], folder="mixed")
    text = hpcfit.load("mixed").to_toml()
    assert text == first.to_toml()
    import tomllib

    table = tomllib.loads(text)["potential"][0]["parameters"]
    assert table["alpha"]["initial"] == first["alpha"]
    assert table["C-Si"]["D"]["initial"] == first["Si-C.D"]
    assert table["C-Si"]["r0"] == {"initial": first["Si-C.r0"], "min": 1.0}
    assert table["C-C"] == {"D": 1.2, "r0": 2.1}


def test_a_fit_shows_itself_in_a_notebook(small: Small) -> None:
    found = small(parameters=SMALL | {"B": Free(0.6, max=0.65)}, folder="mine")
    page = found._repr_html_()
    assert page.startswith('<div class="hpcfit"><style>')
    assert '<span class="badge good">converged</span>' in page
    assert all(f"<td>{label}</td>" in page for label in found.parameters.labels)
    assert "<td>A</td>" in found.parameters._repr_html_()
    assert repr(found).startswith("<Fit converged, loss ")
    assert str(found.parameters).splitlines()[0].split()[:2] == ["parameter", "value"]
    again = small(parameters=SMALL | {"B": Free(0.6, max=0.65)}, folder="mine")
    assert again.note is not None
    assert "<li>already finished: Converged" in again._repr_html_()


def test_importing_the_package_is_light_and_names_are_checked() -> None:
    import subprocess
    import sys

    program = (
        "import sys, hpcfit\n"
        "print(sorted({'numpy', 'pydantic', 'h5py', 'numba', 'hpcfit.api'} & {*sys.modules}))\n"
        "print('fit' in dir(hpcfit)); hpcfit.JobError; print('numpy' in sys.modules)\n"
        "hpcfit.fti"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.split("\n")[:3] == ["[]", "True", "False"]
    assert done.stderr.endswith("AttributeError: module 'hpcfit' has no attribute 'fti'\n")
