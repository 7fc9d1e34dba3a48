"""Sentences on job files and commands, in the words of a Python call."""

from __future__ import annotations

import pytest

from hpcfit.api.wording import PHRASES, in_python, of_run
from hpcfit.errors import DataError, JobError, RunError

EXAMPLES = [
    (
        "t:1: there is no column q. Columns are t, y. If q is a parameter, give it in [model.parameters].",
        "t:1: there is no column q. Columns are t, y. If q is a parameter, give it in parameters.",
    ),
    (
        "dataset: there is no x. Make it with `hpcfit import`; paths are relative to the job file.",
        "dataset: there is no x. Make it with `hpcfit import`; paths are relative to the current folder.",
    ),
    (
        "A: every parameter is fixed, nothing is fitted. Free one by a table, such as B = { initial = 1.0 }; "
        "a plain number is fixed.",
        "A: every parameter is fixed, nothing is fitted. Free one, such as "
        'parameters={"B": hpcfit.Free(1.0)}; a plain number is fixed.',
    ),
    (
        "A: every parameter is fixed, nothing is fitted. Free one by a table, such as xi = {}; a plain "
        "number is fixed.",
        "A: every parameter is fixed, nothing is fitted. Free one, such as "
        'parameters={"xi": hpcfit.Free()}; a plain number is fixed.',
    ),
    (
        "A: a finite number or a table such as { initial = 1.0, min = 0.0 } is expected, not 'x'.",
        "A: a finite number or hpcfit.Free(1.0, min=0.0) is expected, not 'x'.",
    ),
    (
        'mixing: the name of a rule, or a table such as { A = "geometric" } is expected, not 3.',
        "mixing: the name of a rule, or a dict such as {'A': 'geometric'} is expected, not 3.",
    ),
    (
        'mixing: Write the mean of each parameter, such as mixing = { rho = "geometric" }.',
        'mixing: Write the mean of each parameter, such as mixing={"rho": "geometric"}.',
    ),
    (
        'A: give it a value, or write a rule such as mixing = "lorentz-berthelot".',
        'A: give it a value, or write a rule such as mixing="lorentz-berthelot".',
    ),
    (
        'A: transform = "logit" needs a min and a max. Give both, or no transform.',
        'A: transform="logit" needs a min and a max. Give both, or no transform.',
    ),
    (
        "A: min and max are both 1.0; write fixed = true instead.",
        "A: min and max are both 1.0; give the number alone instead.",
    ),
    ("Write stress = false, or import data that have it.", "Leave it out of targets."),
    (
        "Mine computes no stress. Write stress = false, or take a calculator that does.",
        "Mine computes no stress. Leave it out of targets, or take a calculator that does.",
    ),
    (
        "Si: cannot be fitted with energy = false; give a number.",
        "Si: cannot be fitted without energy; give a number.",
    ),
    (
        "Add the species to a [[potential]], or choose other configurations by data.tags.",
        "Add the species to a potential, or choose other configurations by tags.",
    ),
    (
        "potential is missing: write [[potential]] (with two brackets), name and species.",
        "potential: the list is empty; give a potential.",
    ),
    (
        "start_from: a text in quotes is expected, not 3.",
        "start_from: a Fit, or the path of a run folder, is expected, not 3.",
    ),
    ("folder: a text in quotes is expected, not 3.", "folder: a path is expected, not 3."),
    (
        "weights: python:Heavy of plugin objects (given by this program) cannot be a weight scheme: it must "
        "be a class with a method weights(configuration).",
        "weights: Heavy cannot be a weight scheme: it must be an object or class with a method "
        "weights(configuration).",
    ),
    ("a.xyz: --format foo: no such format.", "a.xyz: reading={'format': 'foo'}: no such format."),
    (
        "with energies in a table NAME.energies or --energies; more",
        "with energies in a table NAME.energies or reading={'energies': ...}; more",
    ),
    ("energy: true or false is expected, not 3.", "energy: True or False is expected, not 3."),
    ("name: a text in quotes is expected, not 3.", "name: a text is expected, not 3."),
    ("tags: a list in square brackets is expected, not 3.", "tags: a list is expected, not 3."),
    ("data: a table is expected, not 3.", "data: a dict is expected, not 3."),
    (
        "weights.tags.Surface: a table such as { config = 5.0 } is expected, not 3.",
        "weights.tags.Surface: a dict such as {'config': 5.0} is expected, not 3.",
    ),
    (
        "a.xyz:1: Choose with --energy-key energy or --energy-key dft, or --no-energy.",
        "a.xyz:1: Choose with reading={'energy_key': 'energy'} or reading={'energy_key': 'dft'}, or "
        "reading={'leave_out': ['energy']}.",
    ),
    (
        "--forces-key f: no configuration has it.",
        "reading={'forces_key': 'f'}: no configuration has it.",
    ),
    ("--energy-unit Hu: unknown unit.", "reading={'energy_unit': 'Hu'}: unknown unit."),
    ("leave --stress-sign compression out", "leave reading={'stress_sign': 'compression'} out"),
    ("run.folder x: cannot be written to", "folder x: cannot be written to"),
    ("Give another run.folder, or start anew", "Give another folder, or start anew"),
    (
        "parameters: nothing is fitted. Free one by a table, such as A = { initial = 1.0 }.",
        'parameters: nothing is fitted. Free one, such as parameters={"A": hpcfit.Free(1.0)}.',
    ),
    (
        'leave such rows out by data.missing = "skip".',
        'leave such rows out by missing="skip".',
    ),
    (
        "balance: there are no groups; give data.group, a column whose values tell them apart.",
        "balance: there are no groups; give group, a column whose values tell them apart.",
    ),
    (
        "no row of 'b' has a weight; leave it out by data.rows.",
        "no row of 'b' has a weight; leave it out by rows.",
    ),
    (
        "data.table: there is no file t.csv. Paths are relative to the job file.",
        "data.table: there is no file t.csv. Paths are relative to the current folder.",
    ),
    (
        "a weight is not finite; check the scheme in [weights].",
        "a weight is not finite; check the scheme in weights.",
    ),
]


@pytest.mark.parametrize(("of_file", "of_call"), EXAMPLES)
def test_what_to_write_is_what_python_takes(of_file: str, of_call: str) -> None:
    assert str(in_python(JobError(of_file), {})) == f"fit(): {of_call}"


def test_every_phrase_is_one_that_messages_have() -> None:
    import re

    for pattern, _ in PHRASES:
        assert any(re.search(pattern, text) for text, _ in EXAMPLES), pattern


def test_an_error_keeps_its_class_its_problems_and_its_exit_code() -> None:
    made = in_python(JobError(["fit(): a", "b"]), {})
    assert isinstance(made, JobError)
    assert made.problems == ("fit(): a", "fit(): b")
    error = RunError("c")
    error.exit_code = 70
    assert in_python(error, {}).exit_code == 70


def test_files_written_for_the_call_are_named_as_the_caller_did() -> None:
    error = DataError("/tmp/hpcfit-x/dataset.h5: no configuration has the tag 'a'.")
    assert str(in_python(error, {"/tmp/hpcfit-x/dataset.h5": "dataset"})) == (
        "fit(): dataset: no configuration has the tag 'a'."
    )


def test_a_run_is_started_anew_by_the_function() -> None:
    assert of_run("Anew with: hpcfit run a/job.toml --restart", "a/job.toml") == (
        "Anew with: hpcfit.run('a/job.toml', restart=True)"
    )
