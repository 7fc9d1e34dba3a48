"""What is wrong with a residual is told before the fit, by the line of the job or by the function."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.data import Dataset, configuration, write_dataset
from hpcfit.errors import HpcfitError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.check import check_job
from hpcfit.workflow.run import run_job

Silicon = Any

FIRST = "Vacancy: Snapshot 4 of 32 of Vacancy AIMD NVT simulation at 300 K"
LINE = 21


def _run() -> None:
    run_job(SerialCommunicator(), Path("job.toml"))


def _check() -> None:
    check_job(Path("job.toml"), 1)


@pytest.fixture
def told(silicon: Silicon, monkeypatch: pytest.MonkeyPatch) -> Any:
    """told(residual, run=False): the error of `hpcfit check`, or of `hpcfit run`, for a [residual] table."""
    monkeypatch.chdir(silicon.folder)

    def error(residual: str, run: bool = False) -> str:
        silicon.write(("[run]", f"{residual}\n[run]"))
        command = _run if run else _check
        with pytest.raises(HpcfitError) as caught:
            command()
        return str(caught.value)

    return error


def differences(data: str) -> str:
    return f'[residual]\nname = "energy-differences"\n[residual.data]\n{data}\n'


def function(silicon: Silicon, body: str) -> str:
    (silicon.folder / "mine.py").write_text(
        "import numpy as np\n\n\n"
        f"def own(identifier, natoms, weight, prediction, reference, data):\n    {body}\n"
    )
    return '[residual]\nname = "mine.py:own"\n'


LOOK = "Look for a division by zero, or a root or logarithm, in the residual."
OWN = f"residual function mine.py:own, configuration {FIRST!r}: "


def test_a_list_is_found_before_the_run(silicon: Silicon, told: Any) -> None:
    first, others = told(function(silicon, "return [1.0, 2.0]")).splitlines()
    assert first == f"{OWN}must return a numpy vector of real numbers, not [1.0, 2.0]."
    with Dataset.open(silicon.folder / "train.h5") as dataset:
        names = dataset.identifiers[1:]
    shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
    assert others == f"So it is with {len(names)} configurations more ({shown})."


def test_a_length_that_depends_on_the_prediction_is_found_before_the_run(silicon: Silicon, told: Any) -> None:
    body = "return prediction[prediction != reference] if (prediction != reference).any() else prediction[:1]"
    assert told(function(silicon, body)).splitlines()[0] == (
        f"{OWN}returned an array of shape (190,) where it returned a vector of length 1 before; neither type "
        "nor length may depend on the prediction."
    )


def test_an_exception_is_found_before_the_run_with_its_line(silicon: Silicon, told: Any) -> None:
    assert told(function(silicon, "return data['width']")).splitlines()[0] == (
        f"{OWN}raised KeyError: 'width' ({silicon.folder / 'mine.py'}:5)."
    )


def test_nan_at_the_initial_values_is_blamed_on_the_function(silicon: Silicon, told: Any) -> None:
    body = "return np.where(np.arange(len(prediction)) == 3, np.log(prediction - 1e9), prediction)"
    assert told(function(silicon, body), run=True) == (
        f"job.toml:{LINE}: residual: {OWN}element 3 of the 190 that it returns is nan at the initial values, "
        f"where every prediction is finite. {LOOK}"
    )


def test_nan_is_blamed_on_the_function_where_a_cluster_has_no_stress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n\n\n"
        "def own(identifier, natoms, weight, prediction, reference, data):\n"
        "    return np.full(len(prediction), np.inf) if identifier == 'cell' else prediction - reference\n"
    )
    place = {"numbers": [18, 18], "positions": [[0.0, 0.0, 0.0], [3.8, 0.0, 0.0]], "energy": -0.01}
    cell = configuration("cell", cell=9.0 * np.eye(3), pbc=True, stress=np.zeros(6), **place)
    write_dataset("data.h5", [configuration("cluster", **place), cell])
    (tmp_path / "job.toml").write_text(
        '[data]\ntrain = "data.h5"\n[targets]\nstress = true\nforces = false\n'
        '[[potential]]\nname = "lennard-jones"\nspecies = ["Ar"]\nparameters = { epsilon = {} }\n'
        '[residual]\nname = "mine.py:own"\n'
    )
    with pytest.raises(HpcfitError) as caught:
        _run()
    assert str(caught.value) == (
        "job.toml:10: residual: residual function mine.py:own, configuration 'cell': element 0 of the 7 that "
        f"it returns is inf at the initial values, where every prediction is finite. {LOOK}"
    )


def test_nan_at_the_initial_values_is_blamed_on_the_formula(told: Any) -> None:
    formula = '[residual]\nname = "formula"\n[residual.data]\nforces = "sqrt(-1 - prediction**2)"\n'
    message = told(formula, run=True)
    assert message.startswith(
        f"job.toml:{LINE}: residual: residual formula, configuration {FIRST!r}: the residual of its force x "
        "of atom 0 is nan at the initial values, where the prediction is "
    )
    assert message.endswith(LOOK)


@pytest.mark.parametrize(
    ("data", "line", "sentence"),
    [
        ('forces = "lnn(prediction)"', 3, 'forces: unknown function lnn in "lnn(prediction)" (column 1).'),
        ('forces = "2*predicted"', 3, 'forces: unknown name predicted in "2*predicted" (column 3).'),
        (
            "constants = { natoms = 3 }",
            3,
            "constants.natoms: natoms has a meaning in formulas already;",
        ),
        ('force = "prediction"', 3, "force is not a known key. Did you mean forces?"),
    ],
)
def test_formulas_are_checked_when_the_job_is_read(told: Any, data: str, line: int, sentence: str) -> None:
    message = told(f'[residual]\nname = "formula"\n[residual.data]\n{data}\n')
    assert message.startswith(f"job.toml:{LINE + line}: residual.data.{sentence}")


def test_species_of_scales_must_be_those_of_the_data(told: Any) -> None:
    assert told('[residual]\nname = "species-forces"\n[residual.data]\nscales = { C = 1.0 }\n') == (
        "job.toml:24: residual.data.scales.C: no selected configuration holds C. Known: Si\n"
        "job.toml:24: residual.data.scales does not name Si, which the data hold. Write Si = 1.0 to let its "
        "forces count as they are."
    )


def test_a_reference_that_is_not_there_is_refused(told: Any) -> None:
    assert told(differences('reference = "Surface: Si_surface_mp/Si_mp-149_(3_3_2)"')) == (
        "job.toml:24: residual.data.reference: no configuration of train.h5 is called 'Surface: "
        "Si_surface_mp/Si_mp-149_(3_3_2)'. Did you mean Surface: Si_surface_mp/Si_mp-149_(3_3_1)?"
    )
    assert told(differences('tags = { Vacancy = "crystal" }'), run=True) == (
        "job.toml:24: residual.data.tags.Vacancy: no configuration of train.h5 is called 'crystal'. "
        "`hpcfit inspect` lists some of them."
    )
    assert told(differences('tags = { Vacant = "lowest" }')) == (
        "job.toml:24: residual.data.tags.Vacant: no selected configuration has this tag. "
        "Did you mean Vacancy?"
    )


def test_differences_of_energies_need_energies(silicon: Silicon, told: Any) -> None:
    silicon_job = differences("")
    silicon.write(("energy = true", "energy = false"))
    text = silicon.path.read_text().replace("[run]", f"{silicon_job}\n[run]")
    silicon.path.write_text(text)
    with pytest.raises(HpcfitError) as caught:
        check_job(Path("job.toml"), 1)
    assert str(caught.value) == (
        "job.toml:22: residual.name: energy-differences compares energies, but targets.energy is false."
    )


def add(folder: Path, *more: Any) -> None:
    """Configurations beside those of train.h5."""
    with Dataset.open(folder / "train.h5") as dataset:
        configurations = [*dataset, *more]
    write_dataset(folder / "new.h5", configurations)
    shutil.move(folder / "new.h5", folder / "train.h5")


def crystal(name: str, **more: Any) -> Any:
    positions = 5.431 * np.array([[0.0, 0.0, 0.0], [0.25, 0.25, 0.25]])
    cell = 5.431 * np.array([[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]])
    return configuration(name, [14, 14], positions, cell, True, tag="crystal", **more)


def test_a_reference_without_energy_is_refused(silicon: Silicon, told: Any) -> None:
    add(silicon.folder, crystal("bare", forces=np.zeros((2, 3))))
    assert told(differences('reference = "bare"')) == (
        "job.toml:24: residual.data.reference: the configuration 'bare' has no energy to measure others from."
    )


def test_a_reference_of_other_elements_is_refused(silicon: Silicon, told: Any) -> None:
    carbide = configuration(
        "carbide", [14, 6], [[0.0, 0.0, 0.0], [1.9, 0.0, 0.0]], 9.0 * np.eye(3), True, energy=-9.0, tag="SiC"
    )
    add(silicon.folder, carbide)
    silicon.write(('train = "train.h5"', 'train = "train.h5"\ntags = ["Vacancy", "Surface", "AIMD-NVT"]'))
    silicon.path.write_text(
        silicon.path.read_text().replace("[run]", differences('reference = "carbide"') + "\n[run]")
    )
    with pytest.raises(HpcfitError) as caught:
        check_job(Path("job.toml"), 1)
    assert str(caught.value) == (
        f"job.toml:25: residual.data.reference: configuration {FIRST!r} is Si63, and 'carbide', which its "
        "energy is to be measured from, is C1Si1: the proportions of the elements must be the same. Give its "
        'tag a reference of its own in residual.data.tags, or write "lowest".'
    )


def test_a_reference_need_not_be_among_the_selected_and_its_content_counts_as_the_job(
    silicon: Silicon, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(silicon.folder)
    add(silicon.folder, crystal("unit", energy=-10.85))
    silicon.write(
        ('train = "train.h5"', 'train = "train.h5"\ntags = ["Surface"]'),
        ("[run]", differences('reference = "unit"') + "\n[run]"),
    )
    assert run_job(SerialCommunicator(), Path("job.toml")) == 0
    job = silicon.result()["job"]
    assert "content of residual.data.reference" in job
    with Dataset.open(silicon.folder / "train.h5") as dataset:
        kept = [each for each in dataset if each.identifier != "unit"]
    write_dataset(silicon.folder / "train.h5", [*kept, crystal("unit", energy=-10.86)])
    with pytest.raises(HpcfitError) as caught:
        run_job(SerialCommunicator(), Path("job.toml"))
    assert "content of residual.data.reference" in str(caught.value)
