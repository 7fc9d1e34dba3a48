"""Weight schemes in whole fits: each ends at the optimum of a residual formed here with its weights."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares

from hpcfit.data import gather
from hpcfit.errors import DataError, JobError, PluginError, RunError
from hpcfit.geometry import build_geometry
from hpcfit.job import open_job
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.groups import species_index
from hpcfit.workflow.check import check_job
from hpcfit.workflow.model import build_model, model_inputs
from hpcfit.workflow.run import run_job

JOB = """
[data]
train = "train.h5"
[targets]
stress = true
[[potential]]
name = "lennard-jones"
species = ["Ar"]
[potential.parameters]
epsilon = { initial = $epsilon }
sigma = { initial = $sigma }
rc = 7.0
[residual.data]
normalize_by_natoms = "energy"
$weights
"""
START = {"epsilon": 0.008, "sigma": 3.5}


@pytest.fixture
def fitted(laboratory, make_crystal):
    """fitted(weights, each=): the finished fit with this [weights] table, and the data of it.

    Fcc and diamond argon with two tags, references of known parameters with noise; one has no forces.
    """
    random = np.random.default_rng(7)
    lattices = [("fcc", 4.9), ("fcc", 5.3), ("fcc", 5.7), ("fcc", 5.4), ("diamond", 7.5)]
    structures = [
        make_crystal(lattice, a, [18], seed=k, tag="cold" if k < 2 else "hot", rattle=0.1)
        for k, (lattice, a) in enumerate(lattices)
    ]
    truth = {"weights": "", "epsilon": 0.0104, "sigma": 3.4}
    whole = [
        replace(
            each,
            energy=each.energy + 0.01 * each.natoms * random.normal(),
            forces=None if k == 3 else each.forces + 0.01 * random.normal(size=each.forces.shape),
            stress=each.stress + 1e-3 * random.normal(size=6),
        )
        for k, each in enumerate(laboratory.predict(JOB, truth, structures))
    ]

    def fit(weights, each=None):
        changes = each or [{}] * len(whole)
        data = [replace(one, **changed) for one, changed in zip(whole, changes, strict=True)]
        laboratory.write("train.h5", data)
        return laboratory.fit(JOB, START | {"weights": weights}, restart=True), data

    return fit


def optimum(laboratory, data, weight):
    """Least cost, and where, with factors weight(configuration) -> (energy, forces, stress)."""
    resolved = open_job(laboratory.folder / "job.toml")
    model = build_model(resolved, model_inputs(resolved, ("Ar",), {}))
    block = gather(data)
    geometry = build_geometry(block, species_index(block, ("Ar",)), 7.0)
    offsets = model.compiled.prediction_offsets(geometry)

    def residual(theta):
        rows = model.compiled.predict(geometry, model.parameters.values(theta))
        parts = []
        for c, each in enumerate(data):
            energy, forces, stress = weight(each)
            own = rows[offsets[c] : offsets[c + 1]]
            parts.append([energy * (own[0] - each.energy) / each.natoms])
            if each.forces is not None:
                forces = np.broadcast_to(np.asarray(forces, float).reshape(-1, 1), (each.natoms, 1))
                parts.append((forces * (own[1:-6].reshape(-1, 3) - each.forces)).ravel())
            parts.append(stress * (own[-6:] - each.stress))
        return np.concatenate(parts)

    found = least_squares(residual, [0.0104, 3.4], method="lm", x_scale=[0.01, 3], xtol=1e-14, ftol=1e-15)
    return found.cost, found.x


def hold(laboratory, fit, weight):
    done, data = fit
    cost, theta = optimum(laboratory, data, weight)
    assert done.code == 0
    assert done.result["loss"] == pytest.approx(cost, rel=1e-8)
    found = done.values()
    assert [found["epsilon"], found["sigma"]] == pytest.approx(theta, rel=1e-5)


def test_inverse_magnitude_by_norm(laboratory, fitted):
    table = '[weights]\nname = "inverse-magnitude"\nmagnitude = "norm"\nconfig = 2\nenergy = [0.1, 0.5]\n'
    table += "forces = [0.02, 1.0]"

    def weight(each):
        forces = None
        if each.forces is not None:
            forces = 2.0 / np.sqrt(0.02**2 + np.square(each.forces).sum(axis=1))
        return 2.0 / math.hypot(0.1, 0.5 * each.energy), forces, 2.0

    hold(laboratory, fitted(table), weight)


def test_weights_of_the_dataset_for_configurations_and_atoms(laboratory, fitted):
    changes = [
        {"weights": {"config": 0.5, "energy": 3.0}, "atom_weights": np.arange(1.0, 5.0)},
        {"weights": {"stress": 10.0}},
        {},
        {"weights": {"config": 2.0}},
        {"atom_weights": np.linspace(0.1, 2.0, 8)},
    ]

    def weight(each):
        if not each.weights and each.atom_weights is None:
            return 5 * 0.25, 0.25, 0.25
        config = each.weights.get("config", 1.0)
        atoms = 1.0 if each.atom_weights is None else each.atom_weights
        return (
            5 * config * each.weights.get("energy", 1.0),
            config * atoms,
            config * each.weights.get("stress", 1.0),
        )

    table = '[weights]\nname = "dataset"\nenergy = 5\ndefault = 0.25'
    hold(laboratory, fitted(table, each=changes), weight)


def test_formulas(laboratory, fitted):
    table = '[weights]\nname = "expression"\nconfig = "where(volume/natoms < 40, 2, 1)"\n'
    table += 'energy = "exp(energy_per_atom/0.1)"\nforces = "1/(0.01 + f) + abs(z)"\nstress = 3'

    def weight(each):
        config = 2.0 if each.volume / each.natoms < 40 else 1.0
        forces = None
        if each.forces is not None:
            forces = config * (
                1 / (0.01 + np.linalg.norm(each.forces, axis=1)) + np.abs(each.positions[:, 2])
            )
        return config * math.exp(each.energy / each.natoms / 0.1), forces, 3.0 * config

    hold(laboratory, fitted(table), weight)


def test_boltzmann_factors(laboratory, fitted):
    table = '[weights]\nname = "boltzmann"\nscale = 0.02\nfloor = 0.2\nenergy = 3'

    def weight(each):
        lowest = min(one.energy / one.natoms for one in data)
        config = max(0.2, math.exp(-(each.energy / each.natoms - lowest) / 0.02))
        return 3 * config, config, config

    done, data = fitted(table)
    hold(laboratory, (done, data), weight)


def test_tags_balanced(laboratory, fitted):
    table = '[weights]\nname = "balance"\nenergy = 2\nforces = 0.5\n[weights.shares]\nhot = 3'

    def base(each):
        forces = 0 if each.forces is None else 3 * each.natoms
        return 4 / each.natoms**2 + 0.25 * forces + 6

    def weight(each):
        sums = {tag: sum(base(one) for one in data if one.tag == tag) for tag in ("cold", "hot")}
        share = {"cold": 0.25, "hot": 0.75}[each.tag]
        config = math.sqrt(share * sum(sums.values()) / sums[each.tag])
        return 2 * config, 0.5 * config, config

    done, data = fitted(table)
    hold(laboratory, (done, data), weight)


def test_a_file_and_what_changes_it(laboratory, fitted):
    path = laboratory.folder / "weights.txt"
    path.write_text("identifier config energy\ntag:cold 2 3\nhot* 1 0.5\n")
    table = '[weights]\nname = "file"\nfile = "weights.txt"\nforces = 0.5'

    def weight(each):
        return (6.0, 1.0, 2.0) if each.tag == "cold" else (0.5, 0.5, 1.0)

    hold(laboratory, fitted(table), weight)
    job = laboratory.folder / "job.toml"
    assert run_job(SerialCommunicator(), job) == 0
    path.write_text("identifier config energy\ntag:cold 2 3\nhot* 1 0.75\n")
    with pytest.raises(RunError) as caught:
        run_job(SerialCommunicator(), job)
    assert "\n  content of weights.file: was " in str(caught.value)


def test_a_job_run_from_another_folder_finds_its_file(laboratory, fitted, monkeypatch, tmp_path_factory):
    (laboratory.folder / "weights.txt").write_text("* 1\n")
    done, _ = fitted('[weights]\nname = "file"\nfile = "weights.txt"')
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert run_job(SerialCommunicator(), laboratory.folder / "job.toml") == 0
    assert json.loads((laboratory.folder / "run" / "result.json").read_text()) == done.result


CLASS = '''
from dataclasses import dataclass, field

import numpy as np

from hpcfit.weights import ConfigurationWeight


@dataclass(frozen=True)
class Layer:
    """Atoms low in the cell count more."""

    below: float = field(default=2.0, metadata={"help": "in angstrom"})

    def weights(self, configuration):
        low = configuration.positions[:, 2] < self.below
        return ConfigurationWeight(energy=2.0, forces=np.where(low, 5.0, 1.0))


class Ranked:
    """The lowest energy per atom weighs 1, the others less."""

    def surveyed(self, survey):
        made = Ranked()
        order = np.argsort(survey.energy / survey.natoms)
        made.place = {survey.identifiers[i]: k for k, i in enumerate(order, start=1)}
        return made

    def weights(self, configuration):
        return ConfigurationWeight(config=1.0 / self.place[configuration.identifier])


class Forgetful(Ranked):
    def surveyed(self, survey):
        self.place = {}


class Broken(Ranked):
    def surveyed(self, survey):
        return survey.charges


class Tuple:
    def weights(self, configuration):
        return (1.0, 2.0) if configuration.tag == "hot" else ConfigurationWeight()


class TooMany:
    def weights(self, configuration):
        return ConfigurationWeight(forces=np.ones(len(configuration.numbers) + 1))
'''


def test_a_class_of_a_file_with_weights_for_each_atom(laboratory, fitted):
    (laboratory.folder / "mine.py").write_text(CLASS)

    def weight(each):
        return 2.0, np.where(each.positions[:, 2] < 1.5, 5.0, 1.0), 1.0

    hold(laboratory, fitted('[weights]\nname = "mine.py:Layer"\nbelow = 1.5'), weight)


def test_a_class_of_a_file_that_sees_all_configurations(laboratory, fitted):
    (laboratory.folder / "mine.py").write_text(CLASS)

    def weight(each):
        place = 1 + sum(one.energy / one.natoms < each.energy / each.natoms for one in data)
        return 1 / place, 1 / place, 1 / place

    done, data = fitted('[weights]\nname = "mine.py:Ranked"')
    hold(laboratory, (done, data), weight)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "Forgetful",
            "weights mine.py:Forgetful: surveyed(survey) returned None, which has no method "
            "weights(configuration); return the scheme to use, such as self.",
        ),
        (
            "Broken",
            "weights mine.py:Broken: raised AttributeError: 'Survey' object has no attribute 'charges' (",
        ),
    ],
)
def test_a_survey_that_a_class_cannot_use_is_told_in_words(laboratory, fitted, name, message):
    (laboratory.folder / "mine.py").write_text(CLASS)
    with pytest.raises(PluginError) as caught:
        fitted(f'[weights]\nname = "mine.py:{name}"')
    assert str(caught.value).startswith(message)
    with pytest.raises(PluginError) as caught:
        check_job(laboratory.folder / "job.toml", 1)
    assert str(caught.value).startswith(message)


def test_check_names_every_configuration_whose_weights_are_wrong(laboratory, fitted):
    (laboratory.folder / "mine.py").write_text(CLASS)
    job = laboratory.folder / "job.toml"
    returned = (
        "the scheme in [weights] returned (1.0, 2.0), not a ConfigurationWeight; return "
        "ConfigurationWeight(config=..., energy=..., forces=..., stress=...)."
    )
    with pytest.raises(DataError) as caught:
        fitted('[weights]\nname = "mine.py:Tuple"')
    assert str(caught.value) == f"configuration 'hot-5.7-2': {returned}"
    with pytest.raises(JobError) as caught:
        check_job(job, 1)
    assert caught.value.problems == (
        f"configuration 'hot-5.7-2': {returned}",
        "So it is with 2 configurations more (hot-5.4-3, hot-7.5-4).",
    )
    with pytest.raises(DataError):
        fitted('[weights]\nname = "mine.py:TooMany"')
    with pytest.raises(JobError) as caught:
        check_job(job, 1)
    assert caught.value.problems[0] == (
        "configuration 'cold-4.9-0': its weights cannot be used: weights for 5 atoms, but the configuration "
        "has 4"
    )
    assert caught.value.problems[1].startswith("So it is with 4 configurations more (cold-5.3-1, ")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            '[weights]\nname = "balance"\n[weights.shares]\nholt = 2',
            "job.toml:18: weights.shares.holt: no selected configuration has this tag. Did you mean hot?",
        ),
        (
            '[weights]\nname = "file"\nfile = "weights.txt"',
            "job.toml:17: weights.file: weights.txt:2: no training configuration is 'nobody'. If others may "
            'stand there, write unused = "ignore".',
        ),
        (
            '[weights]\nname = "boltzmann"\nscale = 0',
            "job.toml:17: weights.scale: must be above 0, not 0.0.",
        ),
        (
            '[weights]\nname = "expression"\nforces = "1/g"',
            'job.toml:17: weights.forces: unknown name g in "1/g" (column 3). Known: ',
        ),
        (
            '[weights]\nname = "inverse-magnitude"\nforces = [1.0]',
            "job.toml:17: weights.forces: two numbers of at least 0, [c1, c2], are expected, not [1.0].",
        ),
        (
            '[weights]\nname = "file"\nfile = "other.txt"',
            "job.toml:17: weights.file: there is no file other.txt. Paths are relative to the job file.",
        ),
        (
            '[weights]\nname = "boltzmann"',
            "job.toml:15: weights.scale is missing: energy per atom, in eV, by ",
        ),
    ],
)
def test_faults_of_options_are_told_with_the_line_of_the_job(laboratory, fitted, monkeypatch, table, message):
    fitted("")
    monkeypatch.chdir(laboratory.folder)
    (laboratory.folder / "weights.txt").write_text("* 1\nnobody 2\n")
    laboratory.job(JOB, START | {"weights": table})
    job = Path("job.toml")
    for action in (lambda: check_job(job, 1), lambda: run_job(SerialCommunicator(), job, restart=True)):
        with pytest.raises(JobError) as caught:
            action()
        assert str(caught.value).startswith(message)
