"""Predictions for datasets and configurations in memory, their errors, and the files they are written to."""

from __future__ import annotations

import stat
from dataclasses import replace

import numpy as np
import pytest
from ase.io import read as ase_read

from hpcfit.data import Dataset, configuration, write_dataset
from hpcfit.errors import DataError, RunError
from hpcfit.output.result import Result
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.use import batches, open_potential, prediction_file
from hpcfit.use.predict import predict
from hpcfit.use.predict_file import predict_file
from hpcfit.workflow.run import run_job


def read(path):
    with Dataset.open(path) as dataset:
        return dataset.read(0, len(dataset))


@pytest.fixture
def mixed(project):
    """A dataset with a cluster, and configurations that lack one reference or another."""
    own = [
        replace(c, tag="cold" if k % 2 else "hot") for k, c in enumerate(read(project.folder / "train.h5"))
    ]
    own[1] = replace(own[1], energy=None)
    own[2] = replace(own[2], forces=None)
    own[3] = replace(own[3], stress=None)
    cluster = configuration("cluster", [14, 14], [[0, 0, 0], [2.3, 0, 0]], energy=-9.0, tag="hot")
    path = project.folder / "mixed.h5"
    write_dataset(path, [*own, cluster], [{"step": "import", "sources": ["made"]}])
    return path


def test_predictions_of_a_dataset_are_those_of_its_configurations(project, mixed):
    potential, block = open_potential(project.run), read(mixed)
    found, expected = predict(None, potential, mixed), potential.evaluate(block)
    assert found.identifiers == block.identifier
    assert found.tags == block.tag
    assert (found.natoms == block.natoms).all()
    assert (found.energy == expected.energy).all()
    assert all((a == b).all() for a, b in zip(found.forces, expected.forces, strict=True))
    np.testing.assert_array_equal(found.stress, expected.stress)
    assert np.isnan(found.stress[-1]).all()
    np.testing.assert_array_equal(found.reference.energy, block.energy)
    np.testing.assert_array_equal(np.concatenate(found.reference.forces), block.force)


def test_errors_are_those_of_the_result_and_go_by_tag(project):
    found = predict(None, open_potential(project.run), project.folder / "train.h5")
    stated = Result.load(project.run / "result.json").rmse
    assert found.rmse["all"]["energy"] == stated.train["energy"]
    assert found.rmse["all"]["forces"] == stated.train["forces"]
    for tag, errors in stated.by_tag.get("train", {}).items():
        assert found.rmse[tag]["energy"] == errors["energy"]


def test_missing_references_take_no_part_in_errors(project, mixed):
    potential, block = open_potential(project.run), read(mixed)
    found = predict(None, potential, list(block), tags=["cold"])
    assert set(found.tags) == {"cold"}
    cold = [k for k, tag in enumerate(block.tag) if tag == "cold"]
    known = [k for k in cold if not np.isnan(block.energy[k])]
    errors = (potential.evaluate(block).energy - block.energy)[known] / block.natoms[known]
    assert len(known) == len(cold) - 1
    assert found.rmse["all"]["energy"] == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-12)


def test_batches_do_not_change_anything(project, mixed, monkeypatch, tmp_path):
    whole = predict(None, open_potential(project.run), mixed)
    predict_file(SerialCommunicator(), project.run, mixed, tmp_path / "whole.extxyz")
    monkeypatch.setattr(batches, "_ATOMS_PER_RANK", 70)
    cut = predict(None, open_potential(project.run), mixed)
    predict_file(SerialCommunicator(), project.run, mixed, tmp_path / "cut.extxyz")
    assert (cut.energy == whole.energy).all()
    assert cut.rmse == whole.rmse
    assert (tmp_path / "cut.extxyz").read_bytes() == (tmp_path / "whole.extxyz").read_bytes()


def test_frames_hold_predictions_references_and_errors_with_all_digits(project, mixed, tmp_path):
    predict_file(SerialCommunicator(), project.run, mixed, tmp_path / "out.extxyz")
    frames, block = ase_read(tmp_path / "out.extxyz", ":"), read(mixed)
    expected = open_potential(project.run).evaluate(block)
    assert len(frames) == len(block)
    for k, frame in enumerate(frames):
        reference = block.configuration(k)
        assert frame.get_potential_energy() == expected.energy[k]
        assert (frame.get_forces() == expected.forces[k]).all()
        assert frame.info["identifier"] == reference.identifier
        assert ("reference_energy" in frame.info) == (reference.energy is not None)
        if reference.energy is not None:
            error = (expected.energy[k] - reference.energy) / reference.natoms
            assert (frame.info["reference_energy"], frame.info["error_energy_per_atom"]) == (
                reference.energy,
                error,
            )
        assert ("reference_forces" in frame.arrays) == (reference.forces is not None)
        if reference.forces is not None:
            assert (frame.arrays["reference_forces"] == reference.forces).all()
            assert (frame.arrays["error_forces"] == expected.forces[k] - reference.forces).all()
        assert ("reference_stress" in frame.info) == (reference.stress is not None)
        if reference.stress is not None:
            assert (frame.get_stress() == expected.stress[k]).all()
            assert (frame.info["reference_stress"] == reference.stress).all()
            assert (frame.info["error_stress"] == expected.stress[k] - reference.stress).all()


def test_a_dataset_of_predictions_is_predicted_without_error_and_tells_where_it_comes_from(
    project, mixed, tmp_path
):
    predict_file(SerialCommunicator(), project.run, mixed, tmp_path / "out.h5")
    again = predict(None, open_potential(project.run), tmp_path / "out.h5")
    assert set(again.rmse["all"].values()) == {0.0}
    with Dataset.open(tmp_path / "out.h5") as dataset:
        before, step = dataset.provenance
    assert before["sources"] == ["made"]
    assert (step["step"], step["sources"]) == ("predict", [str(mixed)])
    assert step["origin"] == (f"fitted values of {project.run}, converged")
    assert step["potential"] == ["springs", "reference-energy"]
    values = {q.name: q.value for q in Result.load(project.run / "result.json").parameters}
    assert step["parameters"] == {"k": values["k"], "r0": values["r0"], "E0": values["E0"]}


def test_the_report_says_what_was_predicted_and_how_far_it_is(project, mixed):
    report = str(predict_file(SerialCommunicator(), project.run, mixed, tags=["cold"]))
    lines = report.splitlines()
    assert lines[0].startswith("springs + reference-energy for Si")
    assert f"predicted 3 configurations, {read(mixed).natoms[1::2][:3].sum()} atoms of {mixed}" in lines
    assert lines[-2].split("  ")[0] == "rmse"
    assert lines[-1].split()[:2] == ["all", "3"]


def test_without_references_the_report_says_so(project, tmp_path):
    path = tmp_path / "bare.h5"
    write_dataset(path, [configuration("pair", [14, 14], [[0, 0, 0], [2.3, 0, 0]])])
    report = str(predict_file(SerialCommunicator(), project.run, path))
    assert report.endswith("no references to compare with")


def test_outputs_that_cannot_be_are_refused_before_anything_is_computed(project, mixed, tmp_path):
    (tmp_path / "there.extxyz").write_text("mine")
    (tmp_path / "folder.xyz").mkdir()
    closed = tmp_path / "closed"
    closed.mkdir()
    cases = {
        tmp_path / "out.csv": "predictions are written as extended XYZ (.extxyz, .xyz) or as a dataset "
        "(.h5); give a name that ends so.",
        tmp_path / "folder.xyz": "is a folder; give the name of a file to write.",
        tmp_path / "there.extxyz": "exists already; use --force to replace it, or another name.",
        tmp_path / "no" / "out.h5": f"the folder {tmp_path / 'no'} does not exist; make it first.",
        mixed: "is what the predictions are made from; give another name.",
    }
    for output, sentence in cases.items():
        with pytest.raises(RunError) as error:
            predict_file(SerialCommunicator(), project.run, mixed, output, overwrite=output == mixed)
        assert str(error.value) == f"{output}: {sentence}"
    assert (tmp_path / "there.extxyz").read_text() == "mine"


def test_a_folder_that_may_not_be_written_to_is_said_so(project, mixed, tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(RunError) as error:
        predict_file(SerialCommunicator(), project.run, mixed, tmp_path / "out.extxyz")
    expected = (
        f"{tmp_path}/out.extxyz: cannot be written (Permission denied). Make room, or give another place."
    )
    assert str(error.value) == expected


def test_what_was_there_stays_when_predicting_fails(project, tmp_path):
    path = tmp_path / "carbide.h5"
    fine = configuration("fine", [14, 14], [[0, 0, 0], [2.3, 0, 0]])
    write_dataset(path, [fine, configuration("carbide", [14, 6], [[0, 0, 0], [1.9, 0, 0]])])
    output = tmp_path / "out.extxyz"
    output.write_text("before")
    with pytest.raises(DataError) as error:
        predict_file(SerialCommunicator(), project.run, path, output, overwrite=True)
    assert str(error.value) == (
        "configuration carbide: holds C, but the potential "
        f"(fitted values of {project.run}, converged) is for Si."
    )
    assert output.read_text() == "before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["carbide.h5", "out.extxyz", "project"]


def test_a_full_disk_is_an_error_in_words_and_leaves_nothing(project, mixed, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hpcfit.output.atomic.os.fsync", full)
    for name in ("out.extxyz", "out.h5"):
        with pytest.raises((RunError, DataError)) as error:
            predict_file(SerialCommunicator(), project.run, mixed, tmp_path / name)
        assert str(error.value).startswith(f"{tmp_path}/{name}: cannot be written (")
        assert "No space left on device" in str(error.value)
    assert [each.name for each in tmp_path.iterdir()] == ["project"]


def test_a_tag_that_is_not_there_is_an_error(project, mixed):
    with pytest.raises(DataError) as error:
        predict(None, open_potential(project.run), mixed, tags=["colt"])
    assert str(error.value) == f"{mixed}: no configuration has the tag 'colt'. Did you mean cold?"
    with pytest.raises(DataError) as error:
        predict(None, open_potential(project.run), list(read(mixed)), tags=["colt"])
    assert str(error.value) == "no configuration has the tag 'colt'. Did you mean cold?"


def test_written_files_have_the_usual_rights(project, mixed, tmp_path):
    predict_file(SerialCommunicator(), project.run, mixed, tmp_path / "out.extxyz")
    (tmp_path / "plain").write_text("")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "out.extxyz")}
    assert len(modes) == 1


TWO_SPECIES = """
[data]
train = "train.h5"
[targets]
stress = true
[targets.reference_energies]
Ar = "fit"
Kr = -0.5
[[potential]]
name = "lennard-jones"
species = ["Kr", "Ar"]
[potential.parameters]
epsilon = { initial = 0.012 }
rc = 7.0
Ar-Kr = { sigma = { initial = 3.5 } }
Ar-Ar = { sigma = 3.4 }
Kr-Kr = { sigma = { initial = 3.6 } }
[[potential]]
name = "lennard-jones"
species = ["Ar"]
[potential.parameters]
epsilon = { initial = 0.001, min = -1 }
sigma = 3.0
rc = 6.0
[optimizer]
max_iterations = 3
"""


def test_a_run_with_two_species_several_potentials_and_shared_values_predicts_its_own_errors(tmp_path):
    random = np.random.default_rng(5)
    grid = np.array(np.meshgrid(*[[0.0, 3.8, 7.6]] * 3)).reshape(3, -1).T
    structures = [
        configuration(
            f"{k}",
            random.choice([18, 36], size=27),
            grid + random.normal(scale=0.1, size=(27, 3)),
            np.eye(3) * 11.4,
            True,
            energy=-20.0 + random.normal(),
            forces=random.normal(scale=0.05, size=(27, 3)),
            stress=random.normal(scale=1e-3, size=6),
        )
        for k in range(3)
    ]
    write_dataset(tmp_path / "train.h5", structures)
    (tmp_path / "job.toml").write_text(TWO_SPECIES)
    assert run_job(SerialCommunicator(), tmp_path / "job.toml") in (0, 1)
    potential = open_potential(tmp_path / "run")
    assert potential.species == ("Kr", "Ar")
    found = predict(None, potential, tmp_path / "train.h5")
    assert found.rmse["all"] == Result.load(tmp_path / "run" / "result.json").rmse.train


@pytest.fixture
def interrupted(monkeypatch):
    """interrupted(error) raises an error in the middle of writing a file."""

    def install(error):
        frames, done = prediction_file.extxyz_frame, []

        def frame(*arguments):
            done.append(1)
            if len(done) > 3:
                raise error
            return frames(*arguments)

        monkeypatch.setattr(batches, "_ATOMS_PER_RANK", 70)
        monkeypatch.setattr(prediction_file, "extxyz_frame", frame)

    return install


def test_ctrl_c_leaves_nothing_and_says_so(project, mixed, tmp_path, interrupted, capsys):
    interrupted(KeyboardInterrupt())
    with pytest.raises(SystemExit) as stop:
        predict_file(SerialCommunicator(), project.run, mixed, tmp_path / "out.extxyz")
    assert (stop.value.code, capsys.readouterr().err) == (75, "stopped; nothing was written\n")
    assert [each.name for each in tmp_path.iterdir()] == ["project"]


def test_an_internal_error_leaves_nothing_and_says_what_to_do(project, mixed, tmp_path, interrupted, capsys):
    interrupted(ZeroDivisionError("by us"))
    with pytest.raises(SystemExit) as stop:
        predict_file(SerialCommunicator(), project.run, mixed, tmp_path / "out.extxyz")
    assert stop.value.code == 70
    assert capsys.readouterr().err.endswith(
        "hpcfit: internal error on rank 0 of 1. Nothing was written; please report it with the lines above.\n"
    )
    assert [each.name for each in tmp_path.iterdir()] == ["project"]
