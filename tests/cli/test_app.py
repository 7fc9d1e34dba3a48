"""The command line: help, version, exit codes, and the commands that list things."""

import os
import subprocess
import sys

import pytest

from hpcfit.cli import app
from hpcfit.errors import EXIT_INTERNAL, DataError, JobError


@pytest.fixture
def run(warm):
    """run(*arguments, folder=) is a command that has ended."""
    command = str(warm.folder / "hpcfit")
    return lambda *arguments, folder=None: subprocess.run(
        [command, *arguments], capture_output=True, text=True, cwd=folder, check=False
    )


@pytest.fixture
def failing(monkeypatch):
    """Makes the command `check` raise what the test says, and runs it in this process."""

    def call(error):
        def check() -> None:
            raise error

        monkeypatch.setattr(app, "_load", lambda place: check)
        for variable in app._THREAD_VARIABLES:
            monkeypatch.setenv(variable, "8")
        with pytest.raises(SystemExit) as ended:
            app.main(["check"])
        return ended.value.code

    return call


def test_help_lists_every_command(run):
    result = run("--help")
    assert result.returncode == 0
    assert all(f"  {command} " in result.stdout for command in app.COMMANDS)


def test_help_imports_nothing_heavy():
    heavy = "{'numpy', 'numba', 'sympy', 'scipy', 'h5py', 'mpi4py', 'pydantic', 'rich', 'pluggy'}"
    code = (
        "import sys; from hpcfit.cli.app import main\n"
        "try: main(['--help'])\n"
        f"finally: print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr == "[]\n"


@pytest.mark.parametrize("command", list(app.COMMANDS))
def test_every_command_explains_itself(run, command):
    result = run(command, "--help")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"Usage: hpcfit {command}")


def test_the_version_is_that_of_the_package(run):
    import hpcfit

    assert run("--version").stdout == f"hpcfit {hpcfit.__version__}\n"


@pytest.mark.parametrize("arguments", [("potentils",), ("potentials", "--colour"), ("plugins", "--a", "b")])
def test_wrong_usage_exits_with_2(run, arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert "Usage: hpcfit" in result.stderr


def test_a_misspelt_command_gets_a_suggestion(run):
    assert "Did you mean 'potentials'?" in run("potentils").stderr


def test_threads_are_limited_whatever_the_environment_says(failing):
    failing(DataError("x"))
    assert {os.environ[variable] for variable in app._THREAD_VARIABLES} == {"1"}


def test_an_error_meant_for_the_user_is_one_message_without_traceback(failing, capsys):
    assert failing(JobError(["job.toml:3: a: wrong.", "job.toml:5: b: wrong too."])) == 2
    assert capsys.readouterr().err == "job.toml:3: a: wrong.\njob.toml:5: b: wrong too.\n"


def test_any_other_exception_is_an_internal_error_with_traceback(failing, capsys):
    assert failing(ZeroDivisionError("by accident")) == EXIT_INTERNAL
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert "ZeroDivisionError: by accident" in error


def test_output_into_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m hpcfit potentials lennard-jones; echo $? >&2"
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; ({command}) | true"], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in result.stderr


def test_potentials_lists_the_catalogue(run):
    result = run("potentials")
    assert result.returncode == 0
    assert {"lennard-jones", "morse", "stillinger-weber"} <= {
        line.split(" ")[0] for line in result.stdout.splitlines()
    }


def test_potentials_shows_formulas_parameters_units_and_sources(run):
    text = run("potentials", "stillinger-weber").stdout
    assert all(each in text for each in ("costheta0", "angstrom", "lambda", "Phys. Rev. B", "pair"))


def test_potentials_shows_a_potential_with_the_options_given(run):
    text = run("potentials", "vashishta", "material=InP").stdout
    assert "Branicio" in text
    assert "4847.09" in text


@pytest.mark.parametrize(
    ("option", "answer"),
    [
        ("material", "'material' is no option. Write OPTION=VALUE, such as truncation=smooth."),
        (
            "material=SiO2",
            "material of vashishta is one of SiC, SiO2-1990, SiO2-1994, SiO2-1997, InP, not SiO2.",
        ),
        ("matrial=SiC", "vashishta has no option matrial. Did you mean material?"),
    ],
)
def test_wrong_options_of_a_potential_exit_with_2(run, option, answer):
    result = run("potentials", "vashishta", option)
    assert (result.returncode, result.stderr) == (2, f"{answer}\n")


@pytest.mark.parametrize(
    ("option", "answer"),
    [
        ("neutral=Na", "neutral of coulomb-dsf: a table is expected, not 'Na'."),
        (
            "neutral={ Na = 1 }",
            "neutral needs two species or more and how many atoms there are of each, such as neutral = "
            "{ Na = 1, Cl = 1 }",
        ),
    ],
)
def test_wrong_tables_of_a_potential_exit_with_2(run, option, answer):
    result = run("potentials", "coulomb-dsf", option)
    assert (result.returncode, result.stderr) == (2, f"{answer}\n")


def test_potentials_takes_a_table_as_an_option(run):
    result = run("potentials", "coulomb-dsf", "neutral={ Na = 1, Cl = 1 }")
    assert (result.returncode, result.stderr) == (0, "")


def test_an_unknown_potential_exits_with_2_and_a_suggestion(run):
    result = run("potentials", "morze")
    assert (result.returncode, result.stderr) == (2, "unknown potential 'morze'. Did you mean morse?\n")


def test_plugins_lists_what_is_loaded_and_from_where(run, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from hpcfit.registry import hookimpl\nfrom hpcfit.weights import ConstantWeights\n"
        "@hookimpl\ndef hpcfit_weights():\n    return {'mine': ConstantWeights}\n"
        "@hookimpl\ndef hpcfit_iteration(event):\n    pass\n"
    )
    result = run("plugins", "mine.py", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "hpcfit (built in)\n" in result.stdout
    assert "mine.py (local file)\n  weights: mine\n  is told of every iteration\n" in result.stdout


def test_plugins_tells_what_failed_and_why(run, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from hpcfit.registry import hookimpl\n@hookimpl\ndef hpcfit_weights():\n    return 1 / 0\n"
    )
    result = run("plugins", "mine.py", folder=tmp_path)
    assert result.returncode == 2
    assert "mine.py:4: ZeroDivisionError: division by zero" in result.stdout


def test_plugins_tells_of_what_is_not_of_its_kind_and_of_what_is_slow(run, tmp_path):
    (tmp_path / "mine.py").write_text(
        "import time\nfrom hpcfit.registry import hookimpl\ntime.sleep(3.05)\n"
        "@hookimpl\ndef hpcfit_weights():\n    return {'heavy': 3}\n"
    )
    result = run("plugins", "mine.py", folder=tmp_path)
    assert result.returncode == 2
    assert "  SLOW: plugin mine.py took 3." in result.stdout
    fault = "heavy cannot be a weight scheme: it must be a class with a method weights(configuration)."
    assert f"  FAILED: {fault}\n" in result.stdout
