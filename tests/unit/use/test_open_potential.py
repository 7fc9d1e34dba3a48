"""A job file or a run folder as a potential: its values, its files when it was moved, its errors."""

from __future__ import annotations

import json
import pickle
import re
import shutil

import numpy as np
import pytest

from hpcfit.data import Dataset, configuration
from hpcfit.errors import DataError, JobError, RunError
from hpcfit.output.result import Result
from hpcfit.use import open_potential


def read(project):
    with Dataset.open(project.folder / "train.h5") as dataset:
        return dataset.read(0, len(dataset))


def rmse(potential, block, quantity):
    found = potential.evaluate(block)
    if quantity == "energy":
        error = (found.energy - block.energy) / block.natoms
    else:
        error = np.concatenate(found.forces) - block.force
    return float(np.sqrt(np.mean(np.square(error))))


def test_a_run_folder_predicts_with_the_errors_that_its_result_states(project):
    potential, block = open_potential(project.run), read(project)
    stated = Result.load(project.run / "result.json").rmse.train
    assert rmse(potential, block, "energy") == pytest.approx(stated["energy"], rel=1e-12)
    assert rmse(potential, block, "forces") == pytest.approx(stated["forces"], rel=1e-12)


def test_a_job_file_predicts_what_its_fit_starts_with_fitted_reference_energies_included(project):
    block = read(project)
    start = open_potential(project.job)
    result = Result.load(project.run / "result.json")
    assert [q.initial for q in start.parameters.parameters] == [q.initial for q in result.parameters]
    squares = np.square((start.evaluate(block).energy - block.energy) / block.natoms)
    forces = (np.concatenate(start.evaluate(block).forces) - block.force).ravel()
    owner = np.repeat(block.natoms, 3 * block.natoms)
    loss = 0.5 * (squares.sum() + np.sum(np.square(forces / owner)))
    assert loss == pytest.approx(result.objective_history[0], rel=1e-12)


def test_predictions_of_one_configuration_are_those_in_a_block_to_the_last_bit(project):
    potential, block = open_potential(project.run), read(project)
    whole = potential.evaluate(block)
    alone = potential.evaluate([block.configuration(3)])
    assert alone.energy[0] == whole.energy[3]
    assert (alone.forces[0] == whole.forces[3]).all()
    assert (alone.stress[0] == whole.stress[3]).all()


def test_it_prints_what_it_is_where_it_comes_from_and_all_values(project):
    text = str(open_potential(project.run))
    assert text.startswith(
        "springs + reference-energy for Si, cutoff 3 angstrom "
        f"(fitted values of {project.run}, converged)\n\npotential"
    )
    assert [line.split()[1] for line in text.splitlines()[3:]] == ["k", "r0", "E0"]


def test_it_can_be_pickled_with_its_kernels_in_use(project):
    potential, block = open_potential(project.run), read(project)
    before = potential.evaluate(block)
    after = pickle.loads(pickle.dumps(potential)).evaluate(block)
    assert (after.energy == before.energy).all()


def test_a_project_that_was_moved_is_found_as_a_whole(project, tmp_path):
    shutil.move(project.folder, tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "train.h5").unlink()
    potential = open_potential(tmp_path / "elsewhere" / "runs" / "first")
    assert potential.species == ("Si",)


def test_a_run_folder_alone_needs_the_files_its_potentials_name(project, tmp_path):
    alone = tmp_path / "archive" / "first"
    shutil.copytree(project.run, alone)
    with pytest.raises(RunError) as error:
        open_potential(alone)
    assert str(error.value) == (
        f"{alone}/job.toml: its potentials need mine.py, not in {tmp_path}, where the job was run from. Put "
        f"it there, or beside {alone}/job.toml."
    )
    shutil.copy(project.folder / "mine.py", alone)
    assert open_potential(alone).species == ("Si",)


def test_a_run_folder_alone_is_enough_where_nothing_local_is_named(silicon_run, tmp_path):
    before = open_potential(silicon_run)
    shutil.copytree(silicon_run, tmp_path / "far" / "away")
    after = open_potential(tmp_path / "far" / "away" / "result.json")
    assert (after.values == before.values).all()


def test_what_is_neither_a_job_nor_a_run_is_said_to_be_neither(project, tmp_path):
    missing = tmp_path / "nothing"
    data = project.folder / "train.h5"
    for path, sentence in (
        (missing, f"{missing}: there is no such file or folder. Give a job file or a run folder."),
        (data, f"{data}: neither a job file (TOML) nor a run folder."),
        (
            project.folder,
            f"{project.folder}: not a run folder, there is no result.json in it. The job {project.job} has "
            "not been run into it; give the folder that its run has written.",
        ),
        (
            tmp_path,
            f"{tmp_path}: not a run folder, there is no result.json in it. Run a job into it with "
            "`hpcfit run`, or give another folder.",
        ),
    ):
        with pytest.raises(RunError, match=f"^{re.escape(sentence)}$"):
            open_potential(path)


def test_a_run_that_was_killed_is_said_to_be_unfinished(project):
    (project.run / "result.json").unlink()
    with pytest.raises(RunError) as error:
        open_potential(project.run)
    assert str(error.value) == (
        f"{project.run}: the run has no result yet: it is going on, or was interrupted. Wait for it, "
        "or finish it by the `hpcfit run` that started it."
    )


def test_a_result_of_another_job_is_refused(project):
    path = project.run / "result.json"
    content = json.loads(path.read_text())
    content["parameters"][0]["name"] = "K"
    path.write_text(json.dumps(content))
    with pytest.raises(RunError) as error:
        open_potential(project.run)
    assert str(error.value) == (
        f"{project.run}/job.toml: the parameters of this job are not those of the result beside it. Give the "
        "run folder as `hpcfit run` has left it."
    )


def test_a_run_folder_without_its_job_says_so(project):
    (project.run / "job.toml").unlink()
    with pytest.raises(RunError) as error:
        open_potential(project.run)
    assert str(error.value) == (
        f"{project.run}/job.toml: is missing; without the job as run, the result has no formulas."
    )


def test_faults_of_a_job_file_come_with_their_lines(project):
    project.job.write_text(project.job.read_text().replace("k = {", "K = {"))
    with pytest.raises(JobError, match=r"job\.toml:8: .*unknown parameter K\. Did you mean k\?"):
        open_potential(project.job)


def test_a_job_in_which_nothing_is_free_predicts_too(project):
    text = project.job.read_text().replace('Si = "fit"', "Si = -1.0")
    project.job.write_text(
        text.replace("{ initial = 1.0, min = 0 }", "1.0").replace("{ initial = 2.4 }", "2.4")
    )
    (project.folder / "train.h5").unlink()
    assert open_potential(project.job).values.tolist() == [1.0, 2.4, -1.0]


def test_species_it_is_not_for_are_named_with_the_configuration(project):
    potential = open_potential(project.run)
    carbide = configuration("carbide", [14, 6], [[0, 0, 0], [1.9, 0, 0]])
    with pytest.raises(DataError) as error:
        potential.evaluate([carbide])
    assert str(error.value) == (
        "configuration carbide: holds C, but the potential "
        f"(fitted values of {project.run}, converged) is for Si."
    )


def test_a_prediction_that_is_not_finite_names_the_configuration(project):
    (project.folder / "mine.py").write_text(
        (project.folder / "mine.py").read_text().replace("k*(r - r0)**2", "k*sqrt(r - r0)")
    )
    potential = open_potential(project.run)
    pair = configuration("pair", [14, 14], [[0, 0, 0], [1.0, 0, 0]])
    with pytest.raises(DataError) as error:
        potential.evaluate([pair])
    assert str(error.value) == (
        "configuration pair: the prediction is not finite (energy nan eV). Look for atoms too close to each "
        "other, or parameters that the formula cannot bear."
    )
