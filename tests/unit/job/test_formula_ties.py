"""Charges of a neutral compound: the last one follows from the others, and nothing may contradict it."""

import numpy as np
import pytest

from hpcfit.errors import JobError
from hpcfit.job import open_job
from hpcfit.problem.parameters import build_parameters

JOB = """
[data]
train = "train.h5"
[[potential]]
name = "coulomb-dsf"
species = ["Al", "Mg", "O"]
neutral = { Mg = 1, Al = 2, O = 4 }
[potential.parameters.Mg]
q = { initial = 1.5, min = 0 }
[potential.parameters.Al]
q = { initial = 2.25, min = 0 }
"""


@pytest.fixture
def job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.h5").touch()

    def resolve(*edit):
        path = tmp_path / "job.toml"
        path.write_text(JOB.replace(*edit) if edit else JOB)
        return open_job(path.relative_to(tmp_path))

    return resolve


def test_the_last_charge_follows_from_the_others(job):
    potentials = job().potentials
    parameters = build_parameters(potentials)
    of_instances = parameters.values(parameters.start)
    bound = potentials[0].bound
    charge = {key: of_instances[bound.position[bound.instance("q", (key,))]] for key in bound.species}
    assert charge == {"Mg": 1.5, "Al": 2.25, "O": -1.5}
    np.testing.assert_array_equal(parameters.jacobian(parameters.start)[2], [-0.5, -0.25])


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            ("{ Mg = 1, Al = 2, O = 4 }", "{ Mg = 1 }"),
            "job.toml:7: potential[0].neutral: neutral needs two species or more and how many atoms there "
            "are of each, such as neutral = { Na = 1, Cl = 1 }",
        ),
        (
            ("Al = 2, O = 4", "O = 4, S = 1"),
            "job.toml:6: potential[0].species: q of S is tied, but the species are Al, Mg, O.",
        ),
        (
            ("Al = 2, O = 4", "Si = 2, O = 4"),
            "job.toml:6: potential[0].species: q of Si is tied, but the species are Al, Mg, O.",
        ),
        (
            ("{ Mg = 1, Al = 2, O = 4 }", "{ O = 4, Al = 2, Mg = 1 }"),
            "job.toml:9: potential[0].parameters.Mg.q: follows from the others, -(4*O.q + 2*Al.q); "
            "remove it.",
        ),
        (
            ("[potential.parameters.Mg]", "[potential.parameters]"),
            "job.toml:9: potential[0].parameters.q: follows from the others, -(Mg.q + 2*Al.q)/4; remove it.",
        ),
    ],
)
def test_what_contradicts_neutrality_is_said(job, edit, message):
    with pytest.raises(JobError) as caught:
        job(*edit)
    assert message in caught.value.problems
