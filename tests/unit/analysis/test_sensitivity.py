"""Derivatives of predictions: known ones of a formula, and those of differences for configurations."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpcfit.analysis.choice import Choice
from hpcfit.analysis.profile import profile
from hpcfit.analysis.session import Session
from hpcfit.errors import RunError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.reopen import reopen_run

CONCENTRATION = """\
[data]
table = "data.csv"
x = ["t"]
y = "A"

[model]
formula = "A0/(k1 + k2)*(k1*exp(-(k1 + k2)*t) + k2)"
[model.parameters]
A0 = 1.0
k1 = { initial = 3.0, transform = "log" }
k2 = { initial = 3.0, min = 1.0, max = 9.0, transform = "logit" }

[run]
folder = "run"
"""
T = np.linspace(0.0, 0.5, 51)


@pytest.fixture
def concentration(fitted) -> Session:
    k1 = k2 = 3.0
    return fitted(CONCENTRATION, t=T, A=(k1 * np.exp(-(k1 + k2) * T) + k2) / (k1 + k2))


def test_the_decay_to_equilibrium_has_the_known_sensitivities(concentration: Session) -> None:
    # A = (k1 exp(-s t) + k2)/s with s = k1 + k2, differentiated by hand
    found = concentration.sensitivity()
    assert found is not None
    k1, k2 = found.values
    s, decay = k1 + k2, np.exp(-(k1 + k2) * T)
    a = (k1 * decay + k2) / s
    by_k1 = (decay - k1 * T * decay) / s - a / s
    by_k2 = (1.0 - k1 * T * decay) / s - a / s
    assert found.labels == ("k1", "k2")
    np.testing.assert_allclose(found.derivative, np.stack([by_k1, by_k2], axis=1), rtol=0.0, atol=1e-12)
    relative = np.stack([k1 * by_k1 / a, k2 * by_k2 / a], axis=1)
    np.testing.assert_allclose(found.relative, relative, rtol=0.0, atol=1e-12)
    np.testing.assert_array_equal(found.inputs["t"], T)
    np.testing.assert_allclose(found.predicted, a, rtol=1e-14)


def test_rows_and_parameters_can_be_chosen(concentration: Session) -> None:
    whole = concentration.sensitivity()
    found = concentration.sensitivity(Choice(rows=["t > 0.1", "t <= 0.2"], parameters=["k2"]))
    assert whole is not None
    assert found is not None
    kept = (T > 0.1) & (T <= 0.2)
    assert found.names == tuple(str(line) for line in np.flatnonzero(kept) + 2)
    np.testing.assert_array_equal(found.derivative[:, 0], whole.derivative[kept, 1])


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice(parameters=["k3"]), "there is no free parameter 'k3'. Known: k1, k2"),
        (Choice(parameters=["A0"]), "there is no free parameter 'A0'. Known: k1, k2"),
        (Choice(quantities=["B"]), "there is no output 'B'. Known: A"),
        (Choice(rows=["T > 1"]), "--row 'T > 1': the fit has no column T. Did you mean t?"),
        (
            Choice(rows=["t > 1 and t < 2"]),
            "--row: condition 't > 1 and t < 2': and cannot be used. Write several conditions, which must "
            "all hold.",
        ),
        (Choice(tags=["hot"]), "is a fit of a table, for which --tag says nothing. Leave it out."),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(
    concentration: Session, choice: Choice, sentence: str
) -> None:
    with pytest.raises(RunError) as raised:
        concentration.sensitivity(choice)
    assert str(raised.value) == f"{concentration.reopened.name}: {sentence}"


def test_rows_that_were_held_out_can_be_chosen(fitted, concentration: Session) -> None:
    with pytest.raises(RunError) as raised:
        concentration.sensitivity(Choice(test=True))
    name = concentration.reopened.name
    assert str(raised.value) == (
        f"{name}: nothing was held out of the fit, so that --test says nothing. Leave it out."
    )
    job = CONCENTRATION.replace('y = "A"', 'y = "A"\ntest_fraction = 0.3')
    shutil.rmtree(Path(name))
    session = fitted(job, t=T, A=(np.exp(-6.0 * T) + 1.0) / 2.0)
    kept, held_out = session.sensitivity(), session.sensitivity(Choice(test=True))
    assert kept is not None
    assert held_out is not None
    assert "15 predictions of data.csv, held out of the fit" in str(held_out)
    assert sorted([*kept.inputs["t"], *held_out.inputs["t"]]) == T.tolist()
    k1, k2 = held_out.values
    t = held_out.inputs["t"]
    s, decay = k1 + k2, np.exp(-(k1 + k2) * t)
    by_k1 = (decay - k1 * t * decay) / s - (k1 * decay + k2) / s**2
    np.testing.assert_allclose(held_out.derivative[:, 0], by_k1, rtol=0.0, atol=1e-12)


def test_configurations_that_were_held_out_can_be_chosen(silicon) -> None:
    from hpcfit.workflow.run import run_job

    silicon.write(('train = "train.h5"', 'train = "train.h5"\ntest_fraction = 0.3'))
    run_job(SerialCommunicator(), silicon.path)
    session = Session(SerialCommunicator(), reopen_run(SerialCommunicator(), silicon.run))
    energies = Choice(quantities=["energy"])
    kept, held_out = session.sensitivity(energies), session.sensitivity(replace(energies, test=True))
    assert kept is not None
    assert held_out is not None
    plan = session.reopened.prepared.plan
    assert plan.test is not None
    assert len(held_out.names) == len(plan.test.tags) == 7 - len(kept.names)
    assert not set(held_out.names) & set(kept.names)
    assert np.isfinite(held_out.derivative).all()
    assert (held_out.derivative[:, 0] != 0.0).all()


@pytest.fixture
def silicon_session(silicon_run: Path, tmp_path: Path) -> Session:
    shutil.copytree(silicon_run.parent, tmp_path / "project")
    comm = SerialCommunicator()
    return Session(comm, reopen_run(comm, tmp_path / "project" / "run"))


def test_derivatives_of_energies_and_forces_are_those_of_differences(silicon_session: Session) -> None:
    from hpcfit.use.open_potential import open_potential

    reopened = silicon_session.reopened
    block = reopened.prepared.share.block
    name, natoms = block.identifier[2], int(block.natoms[2])
    found = silicon_session.sensitivity(Choice(configurations=[name]))
    assert found is not None
    potential = open_potential(reopened.name)
    assert found.labels == ("A", "B", "gamma", "lambda")
    assert found.predictions[:3] == ("energy", "force x of atom 0", "force y of atom 0")
    assert len(found.names) == 1 + 3 * natoms
    configuration = [list(block)[2]]
    at = potential.values
    for k, label in enumerate(found.labels):
        place = [q.name for q in reopened.parameters.parameters].index(label)
        rows = []
        for step in (1e-5, -1e-5):
            values = at.copy()
            values[list(reopened.parameters.parameters[place].instances)] *= 1.0 + step
            potential.__dict__["values"] = values
            rows.append(potential.rows(configuration_block(configuration))[0][: 1 + 3 * natoms])
        expected = (rows[0] - rows[1]) / (2e-5 * found.values[k])
        np.testing.assert_allclose(found.derivative[:, k], expected, rtol=1e-6, atol=1e-7)


def configuration_block(configurations):
    from hpcfit.data import gather

    return gather(configurations)


def test_energies_alone_or_configurations_of_a_tag_can_be_chosen(silicon_session: Session) -> None:
    block = silicon_session.reopened.prepared.share.block
    found = silicon_session.sensitivity(Choice(quantities=["energy"]))
    assert found is not None
    assert found.names == tuple(block.identifier)
    assert set(found.predictions) == {"energy"}
    one = silicon_session.sensitivity(Choice(quantities=["energy"], tags=[block.tag[0]]))
    assert one is not None
    assert one.names == tuple(
        n for n, tag in zip(block.identifier, block.tag, strict=True) if tag == block.tag[0]
    )


def test_a_configuration_that_is_not_there_is_named(silicon_session: Session) -> None:
    with pytest.raises(RunError) as raised:
        silicon_session.sensitivity(Choice(configurations=["none"]))
    start = f"{silicon_session.reopened.name}: there is no configuration 'none'. Known: "
    assert str(raised.value).startswith(start)
    with pytest.raises(RunError) as raised:
        silicon_session.sensitivity(Choice(rows=["x > 1"]))
    assert str(raised.value) == (
        f"{silicon_session.reopened.name}: is a fit of configurations, for which --row says nothing. "
        "Leave it out."
    )


def test_parameters_have_the_names_of_results(fitted, tmp_path: Path) -> None:
    job = """\
[data]
table = "data.csv"
x = ["x"]
y = "y"
group = "g"
[model]
formula = "a*x"
per_group = ["a"]
parameters = { a = { initial = 1.0 } }
[run]
folder = "run"
"""
    x = np.arange(1.0, 9.0)
    g = np.repeat([1.0, 2.0], 4)
    session = fitted(job, x=x, y=g * x + 0.1 * np.sin(9.0 * x), g=g)
    names = session.covariance().labels
    result = session.reopened.result
    assert names == tuple(result.label(q) for q in result.parameters) == ("1.0.a", "2.0.a")
    found = session.sensitivity(Choice(parameters=["2.0.a"]))
    assert found is not None
    np.testing.assert_allclose(found.derivative[:, 0], np.where(g == 2.0, x, 0.0))
    curves = profile(session.comm, tmp_path / "run", tmp_path, ["2.0.a"], points=1)[0].curves
    assert [curve.label for curve in curves] == ["2.0.a"]
