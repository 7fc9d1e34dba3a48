"""The `hpcfit` command: imports the one command asked for, and turns errors into exit codes.

Nothing heavy is imported here, so that `hpcfit --help` is quick. The number of threads is set
before anything can import NumPy: the parallelism is that of ranks, and threads of BLAS or numba
would compete with them and change the last bits.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from hpcfit import __version__
from hpcfit.cli.one_voice import ALONE, SilentGroup, another_speaks, leave
from hpcfit.errors import EXIT_INTERNAL, HpcfitError

#: for each command: where its function is, and one line of help
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("hpcfit.cli.run:run", "Fit as a job file says; resume or finish a run that was stopped."),
    "check": ("hpcfit.cli.check:check", "Check a job file and its data without computing anything."),
    "predict": ("hpcfit.cli.predict:predict", "Predict for a dataset with the potential of a job or a run."),
    "plot": ("hpcfit.cli.plot:plot", "Draw pictures of a finished run: fit, parity, path, uncertainties."),
    "analyze": ("hpcfit.cli.analyze:analyze", "Say how far a fit can be trusted: errors, directions."),
    "analyze covariance": ("hpcfit.cli.analyze:covariance", "Standard errors, covariance, correlations."),
    "analyze fisher": ("hpcfit.cli.analyze:fisher", "Stiff and sloppy directions of the parameters."),
    "analyze sensitivity": (
        "hpcfit.cli.analyze:sensitivity",
        "Derivatives of the predictions by the parameters.",
    ),
    "analyze influence": ("hpcfit.cli.analyze:influence", "What each configuration or row does to the fit."),
    "analyze mcmc": ("hpcfit.cli.analyze_mcmc:mcmc", "Sample the parameters by an ensemble of walkers."),
    "analyze profile": (
        "hpcfit.cli.analyze_refits:profile",
        "Confidence intervals by fits at held parameters.",
    ),
    "analyze bootstrap": ("hpcfit.cli.analyze_refits:bootstrap", "Errors by fits of data drawn anew."),
    "analyze cross-validation": (
        "hpcfit.cli.analyze_refits:cross_validation",
        "Errors on data that had no part in the fit.",
    ),
    "import": ("hpcfit.cli.import_data:import_data", "Make a dataset from files of other programs."),
    "inspect": ("hpcfit.cli.inspect_data:inspect_data", "Show what a dataset holds, and what looks wrong."),
    "export": ("hpcfit.cli.export:export", "Write a dataset as extended XYZ, with every digit."),
    "split": ("hpcfit.cli.split:split", "Divide a dataset into one for training and one for testing."),
    "merge": ("hpcfit.cli.merge:merge", "Make one dataset of several."),
    "convert-units": (
        "hpcfit.cli.convert_units:convert_units",
        "Say what a dataset's numbers are in; write it in eV and angstrom.",
    ),
    "plugins": ("hpcfit.cli.plugins:plugins", "List what is loaded, from where, and what failed."),
    "new-plugin": ("hpcfit.cli.new_plugin:new_plugin", "Write a plugin of your own: a package with tests."),
    "potentials": ("hpcfit.cli.potentials:potentials", "Show the potentials: formulas, parameters, sources."),
    "models": ("hpcfit.cli.models:models", "Show the models of tables: formulas, parameters, sources."),
}
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with the exit code of errors.py."""
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = "1"
    given = joined(sys.argv[1:] if arguments is None else arguments)
    command = command_of(given)
    silent = another_speaks(command)
    if silent and command in ALONE:
        sys.exit(0)
    try:
        make_app(given, silent=silent)(args=given, prog_name="hpcfit")
    except HpcfitError as error:
        if silent:  # what fails on some ranks only is told by the command itself
            leave(error.exit_code)
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception:
        traceback.print_exc()
        print("hpcfit: internal error; please report it with the lines above.", file=sys.stderr)
        sys.exit(EXIT_INTERNAL)
    sys.exit(0)


def joined(arguments: Sequence[str]) -> list[str]:
    """Arguments that begin with a command; one of two words, as in `analyze RUN covariance`, as one."""
    given = list(arguments)
    for place in (1, 2):
        name = " ".join([*given[:1], *given[place : place + 1]])
        if len(given) > place and name in COMMANDS:
            return [name, *given[1:place], *given[place + 1 :]]
    return given


def command_of(arguments: Sequence[str]) -> str | None:
    """The command that arguments name, known or not; None where they name none."""
    return next((each for each in arguments if not each.startswith("-")), None)


def make_app(arguments: Sequence[str], *, silent: bool = False) -> typer.Typer:
    """The command line, of which only the command that `arguments` name is imported.

    Args:
        silent: say nothing of mistakes in the arguments; see `one_voice`.
    """
    app = typer.Typer(
        cls=SilentGroup if silent else TyperGroup,
        help="Fit interatomic potentials, or any formula, to reference data.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
    wanted = command_of(arguments)
    for name, (place, summary) in COMMANDS.items():
        function = _load(place) if name == wanted else _not_wanted
        app.command(name, short_help=summary, help=None if name == wanted else summary)(function)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"hpcfit {__version__}")
        raise typer.Exit


def _common(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Options that stand before the command."""


def _load(place: str) -> Callable[..., Any]:
    module, _, function = place.partition(":")
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return loaded


def _not_wanted() -> None:
    """Stands for the commands that these arguments do not call."""
