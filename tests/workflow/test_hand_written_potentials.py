"""Potentials that are code, in whole jobs: the optimum, what is said of them, what the fit is good for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms

import hpcfit
from hpcfit import Free, Potential
from hpcfit.data import Dataset
from hpcfit.errors import JobError, PluginError, RunError
from hpcfit.workflow.check import check_job

SITES = Path(__file__).parents[2] / "jobs" / "benchmarks" / "site_potentials.py"
LJ_JOB = """
[data]
train = "train.h5"
[targets]
stress = true
[[potential]]
$potential
species = ["Ar"]
[potential.parameters]
epsilon = { initial = $epsilon, min = 0 }
sigma = { initial = $sigma, min = 3 }
$rest
"""
CATALOGUE = ('name = "lennard-jones"', "rc = 8.0\n")
BY_ASE = ('ase = "ase.calculators.lj:LennardJones"', "[potential.options]\nrc = 8.0\n")
NOTE = (
    "derivatives of LennardJones by 2 parameters are central differences (relative step 6.1e-06): each "
    "Jacobian costs 4 evaluations of it more."
)
#: a calculator without stress that fails in cells shorter than asked for
MINE = """
from ase.calculators.lj import LennardJones

class Mine(LennardJones):
    implemented_properties = ["energy", "forces"]

    def calculate(self, atoms=None, properties=("energy",), system_changes=("cell",)):
        if atoms.cell[0, 0] < {shortest}:
            raise ValueError("too short a cell")
        super().calculate(atoms, properties, system_changes)
"""


def lennard_jones(form: tuple[str, str], rest: str = "") -> str:
    return LJ_JOB.replace("$potential", form[0]).replace("$rest", form[1] + rest)


@pytest.fixture
def argon(laboratory: Any, make_crystal: Callable[..., Any]) -> Any:
    """Three crystals of argon as train.h5, with what Lennard-Jones and a little more predicts for them."""
    crystals = [make_crystal("fcc", a, [18], seed=k) for k, a in enumerate((5.1, 5.3, 5.6))]
    exact = laboratory.predict(lennard_jones(CATALOGUE), {"epsilon": 0.0104, "sigma": 3.4}, crystals)
    random = np.random.default_rng(0)
    noisy = [
        type(each)(**{**vars(each), "forces": each.forces + random.normal(0, 0.002, each.forces.shape)})
        for each in exact
    ]
    laboratory.write("train.h5", noisy)
    return laboratory


def test_a_calculator_of_ase_has_the_optimum_of_the_catalogue(argon: Any) -> None:
    start = {"epsilon": 0.008, "sigma": 3.3}
    catalogue = argon.fit(lennard_jones(CATALOGUE), start, restart=True)
    found = argon.fit(lennard_jones(BY_ASE), start, restart=True)
    assert found.code == catalogue.code == 0
    for name, value in found.values().items():
        assert value == pytest.approx(catalogue.values()[name], rel=1e-8)
    assert found.result["loss"] == pytest.approx(catalogue.result["loss"], rel=1e-12)
    assert found.result["counts"] == catalogue.result["counts"]
    assert found.result["warnings"] == [NOTE]
    assert found.result["rmse"]["train"]["stress"] == pytest.approx(
        catalogue.result["rmse"]["train"]["stress"], rel=1e-6
    )
    assert f"note: {NOTE}" in (argon.folder / "run" / "log.txt").read_text()


def test_the_fit_of_a_calculator_predicts_and_is_a_calculator(argon: Any) -> None:
    found = argon.fit(lennard_jones(BY_ASE), {"epsilon": 0.008, "sigma": 3.3})
    fit = hpcfit.load(argon.folder / "run")
    predicted = fit.predict(argon.folder / "train.h5")
    assert predicted.rmse["all"]["forces"] == pytest.approx(
        found.result["rmse"]["train"]["forces"], rel=1e-12
    )
    with Dataset.open(argon.folder / "train.h5") as dataset:
        one = dataset.read(0, 1).configuration(0)
    atoms = Atoms(one.symbols, positions=one.positions, cell=one.cell, pbc=one.pbc)
    atoms.calc = fit.calculator()
    assert atoms.get_potential_energy() == predicted.energy[0]
    np.testing.assert_array_equal(atoms.get_stress(), predicted.stress[0])
    # Moved by less than the skin of the neighbour list, of which a calculator knows nothing.
    atoms.positions[0] += 0.01
    moved = hpcfit.data.configuration("moved", one.numbers, atoms.positions, one.cell, one.pbc)
    np.testing.assert_array_equal(atoms.get_forces(), fit.predict([moved]).forces[0])


def test_check_says_what_a_jacobian_costs(argon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(argon.folder)
    path = argon.job(lennard_jones(BY_ASE), {"epsilon": 0.008, "sigma": 3.3})
    lines = check_job(path.relative_to(argon.folder), 1).splitlines()
    assert f"note           {NOTE}" in lines
    (told,) = (line for line in lines if line.startswith("calculators "))
    assert told.startswith("calculators    fcc-5.1-0 took ")
    assert told.endswith(" s on one rank")
    assert not any(line.startswith("cutoff") for line in lines)
    assert "chunks         3; more ranks than this have nothing to do" in lines


def test_a_target_that_a_calculator_does_not_compute_is_an_error(argon: Any) -> None:
    (argon.folder / "mine.py").write_text(MINE.format(shortest=0.0))
    form = ('ase = "mine.py:Mine"', BY_ASE[1])
    with pytest.raises(JobError) as caught:
        argon.fit(lennard_jones(form), {"epsilon": 0.008, "sigma": 3.3})
    assert str(caught.value) == (
        f"{argon.folder}/job.toml:5: targets.stress: Mine computes no stress. Write stress = false, or take "
        "a calculator that does."
    )
    found = argon.fit(
        lennard_jones(form).replace("stress = true", "stress = false"), {"epsilon": 0.008, "sigma": 3.3}
    )
    assert found.code == 0
    predicted = hpcfit.load(argon.folder / "run").predict(argon.folder / "train.h5")
    assert np.isnan(predicted.stress).all()
    assert np.isfinite(predicted.energy).all()


def test_an_error_inside_a_calculator_ends_the_run_with_configuration_and_values(argon: Any) -> None:
    (argon.folder / "mine.py").write_text(MINE.format(shortest=5.2))
    form = ('ase = "mine.py:Mine"', BY_ASE[1])
    template = lennard_jones(form).replace("stress = true", "stress = false")
    message = (
        "calculator Mine, configuration 'fcc-5.1-0', at epsilon = 0.008, sigma = 3.3: raised ValueError: too "
        f"short a cell ({argon.folder}/mine.py:9)."
    )
    with pytest.raises(PluginError) as caught:
        argon.fit(template, {"epsilon": 0.008, "sigma": 3.3})
    assert str(caught.value) == message
    with pytest.raises(PluginError) as checked:
        check_job(argon.folder / "job.toml", 1)
    assert str(checked.value) == message


def test_a_changed_function_is_another_job(argon: Any) -> None:
    (argon.folder / "mine.py").write_text(MINE.format(shortest=0.0))
    template = lennard_jones(('ase = "mine.py:Mine"', BY_ASE[1])).replace("stress = true", "stress = false")
    argon.fit(template, {"epsilon": 0.008, "sigma": 3.3})
    (argon.folder / "mine.py").write_text(MINE.format(shortest=0.1))
    with pytest.raises(RunError, match=r"content of mine\.py"):
        argon.fit(template, {"epsilon": 0.008, "sigma": 3.3})


def test_a_site_function_has_the_optimum_of_the_catalogue(silicon: Any, silicon_run: Path) -> None:
    (silicon.folder / "site_potentials.py").write_text(SITES.read_text())
    silicon.write(
        ('name = "stillinger-weber-kim"', 'name = "site-stillinger-weber"'),
        ("[run]", '[plugins]\nload = ["site_potentials.py"]\n\n[run]'),
    )
    fit = hpcfit.run(silicon.path, progress=False)
    catalogue = hpcfit.load(silicon_run)
    assert fit.converged
    assert fit.loss == pytest.approx(catalogue.loss, rel=1e-13)
    for name, value in catalogue.values.items():
        assert fit[name] == pytest.approx(value, rel=1e-8)
    assert fit.warnings == []
    there = silicon.folder / "train.h5"
    np.testing.assert_allclose(fit.predict(there).energy, catalogue.predict(there).energy, rtol=1e-10)


def test_classes_and_site_functions_are_given_from_python_and_summed(argon: Any) -> None:
    from ase.calculators.lj import LennardJones
    from site_examples import cone

    train = argon.folder / "train.h5"
    fit = hpcfit.fit(
        train,
        [
            Potential(
                ase=LennardJones,
                parameters={"epsilon": Free(0.008, min=0), "sigma": Free(3.3, min=3)},
                options={"rc": 8.0},
            ),
            Potential(cone(), parameters={"k": Free(0.001), "rc": 3.9}, difference_step=1e-5),
            Potential("morse", parameters={"D": 0.0, "alpha": 1.0, "r0": 3.0, "rc": 5.0}),
        ],
        targets=("energy", "forces", "stress"),
        progress=False,
    )
    assert fit.converged
    assert abs(fit["k"]) < 2e-3
    assert fit["epsilon"] == pytest.approx(0.0104, rel=0.02)
    assert [note.partition(" by ")[0] for note in fit.warnings] == [
        "derivatives of LennardJones",
        "derivatives of cone",
    ]
    assert 'ase = "ase.calculators.lj:LennardJones"' in fit.to_toml()
    assert np.isfinite(fit.predict(train).stress).all()
