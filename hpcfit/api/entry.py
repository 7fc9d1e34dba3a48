"""`hpcfit.run`, `hpcfit.fit` and `hpcfit.load`: the job file's run as functions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hpcfit.api.checks import flag, path
from hpcfit.api.collective import collective
from hpcfit.api.outcome import Fit
from hpcfit.api.potential import Parameter, Potential
from hpcfit.api.progress import Progress, screen_of, thread_note
from hpcfit.api.source import Scratch, job_source
from hpcfit.api.wording import in_python, of_run, of_run_error
from hpcfit.errors import HpcfitError
from hpcfit.parallel.communicator import Communicator
from hpcfit.workflow.run import perform

if TYPE_CHECKING:
    from ase import Atoms

    from hpcfit.data import Configuration
    from hpcfit.formula.potential import FormulaPotential
    from hpcfit.kernels import AsePotential, SiteFunction
    from hpcfit.residuals import Residual, ScaledDifference, VectorResidual
    from hpcfit.weights import WeightScheme

    PathLike = str | os.PathLike[str]
    #: what data may be given as
    Data = PathLike | Sequence[PathLike] | Sequence[Configuration] | Sequence[Atoms]
    #: what weights and a residual may be given as
    Weights = str | WeightScheme | type[WeightScheme] | Mapping[str, Any]
    ResidualForm = str | Residual | type[ScaledDifference | VectorResidual] | Mapping[str, Any]
    #: what a potential may be given as
    Form = FormulaPotential | SiteFunction | AsePotential
    AnyPotential = str | Potential | Form | Callable[..., Form] | Mapping[str, Any]


def run(job: PathLike, *, restart: bool = False, progress: Progress = True) -> Fit:
    """Fit as a job file says, as `hpcfit run` does; collective under mpirun.

    A run that was interrupted goes on from its checkpoint, a finished one is left as it is and its result
    returned.

    Args:
        job: the job file.
        restart: start anew, whatever an earlier run left in the run folder.
        progress: True prints what the command prints, False nothing; a function is called on rank 0 with
            the `IterationEvent` of each iteration, and stops the fit after the next one by returning True.

    Returns:
        What was found, on every rank. A fit that did not converge, or was stopped by Ctrl-C, says so.

    Raises:
        HpcfitError: on all ranks alike, for anything wrong with job, plugins, data or folder.
    """
    with collective("run()") as comm:
        try:
            file = path(job, "run(): job")
            screen, restart = screen_of(progress, "run()"), flag(restart, "run(): restart")
            say_threads(comm, progress)
            outcome = perform(comm, file, restart=restart, screen=screen)
        except HpcfitError as error:
            # From here, so that tracebacks show the caller's line and nothing of ours.
            raise of_run_error(error, str(job)).with_traceback(None) from None
    note = None if outcome.note is None else of_run(outcome.note, str(job))
    return Fit(outcome.result, outcome.resolved, folder=outcome.resolved.job.run_folder, note=note)


def fit(
    dataset: Data,
    potential: AnyPotential | Sequence[AnyPotential],
    *,
    parameters: Mapping[str, Parameter | Mapping[str, Parameter]] | None = None,
    species: Sequence[str] | None = None,
    targets: Sequence[str] | Mapping[str, bool] = ("energy", "forces"),
    reference_energies: Mapping[str, float | Literal["fit"]] | None = None,
    weights: Weights | None = None,
    residual: ResidualForm | None = None,
    residual_data: Mapping[str, Any] | None = None,
    loss: str | Mapping[str, Any] | None = None,
    regularization: Mapping[str, Any] | None = None,
    optimizer: Any = None,
    test: Data | None = None,
    test_fraction: float | None = None,
    tags: Sequence[str] | None = None,
    seed: int = 0,
    reading: Mapping[str, Any] | None = None,
    folder: PathLike | None = None,
    restart: bool = False,
    start_from: PathLike | Fit | None = None,
    device: str | Sequence[str] | None = None,
    memory_limit: int | str | None = None,
    plugins: Sequence[Any] = (),
    progress: Progress = True,
) -> Fit:
    """Fit a potential to a dataset; the same as a job file with these tables, to the last bit.

    Collective under mpirun: every rank calls it with the same arguments. Of data in memory and of files that
    are to be imported, those of rank 0 count.

    Args:
        dataset: what to fit: a dataset made by `hpcfit import` (.h5); file(s) of a format that it reads; or
            a list of configurations (`hpcfit.data.configuration`) or ase.Atoms, whose energies, forces and
            stresses are found in their calculators' results, info and arrays.
        potential: a name that `hpcfit potentials` lists, a `Potential`, a `FormulaPotential`, a
            `SiteFunction`, or a dict with the keys of `[[potential]]`; a list of these is summed.
        parameters: of a single potential, by name, or by species key ("Si-C") and name: a number is fixed,
            `Free(initial, min=..., max=...)` is fitted, `Tied("formula")` follows others.
        species: of a single potential, its chemical symbols; by default those of the data.
        targets: what is fitted, of "energy", "forces" and "stress".
        reference_energies: by species, eV per atom, or "fit".
        weights: a scheme's name, a dict with `name` and its options, or an object or class with a method
            `weights(configuration)`.
        residual: a name, a function (identifier, natoms, weight, prediction, reference, data), or a
            `ScaledDifference`.
        residual_data: options of the residual; what a function gets as `data`.
        loss: a dict with the keys of `[loss]`, such as {"name": "soft-l1", "scale": 0.1}.
        regularization: a dict with the keys of `[regularization]`, such as {"ridge": 0.01}.
        optimizer: a name, or a dict with `name` and its options.
        test: a second dataset, never fitted, in any form that `dataset` may have.
        test_fraction: hold out this share of `dataset` instead; `seed` says which.
        tags: fit only the configurations with one of these tags.
        reading: how to read files or atoms: energy_key, forces_key, stress_key, leave_out, energy_unit,
            length_unit and the other options of `hpcfit import`.
        folder: the run folder, with log, result, report and checkpoint; a call that was interrupted goes
            on there, and one that had finished returns what it found. By default nothing is left behind.
        restart: start anew, whatever is in `folder`.
        start_from: an earlier fit, or its run folder, whose values are the initial ones.
        device: "auto", "cpu" or "cuda", or a list of these by the rank of a machine.
        memory_limit: most memory of one rank, in bytes or as "4 GiB".
        plugins: plugin files, or modules with hooks.
        progress: as for `run`.

    Returns:
        What was found, on every rank. A fit that did not converge, or was stopped by Ctrl-C, says so.

    Raises:
        HpcfitError: on all ranks alike, naming the arguments that are wrong, all of them at once.
    """
    given = dict(locals())
    with collective("fit()") as comm, ExitStack() as stack:
        names: dict[str, str] = {}
        try:
            screen, restart = screen_of(progress, "fit()"), flag(restart, "fit(): restart")
            scratch = Scratch(comm, stack)
            source = job_source(comm, given, scratch, names)
            say_threads(comm, progress)
            outcome = perform(comm, source, restart=restart, screen=screen)
        except HpcfitError as error:
            raise in_python(error, names).with_traceback(None) from None
    kept = None if folder is None else Path(folder)
    return Fit(outcome.result, outcome.resolved, folder=kept, note=outcome.note)


def load(folder: PathLike) -> Fit:
    """The result of a finished run.

    Args:
        folder: the run folder.

    Raises:
        RunError: it is no run folder, or has no result yet.
    """
    from hpcfit.output.run_result import read_run_result

    try:
        place = path(folder, "load(): folder")
        return Fit(read_run_result(place), folder=place)
    except HpcfitError as error:
        raise error.with_traceback(None) from None


def say_threads(comm: Communicator, progress: Progress) -> None:
    """Tell, where progress is told, that threads were as many as they were."""
    note = thread_note(comm)
    if note is not None and progress is True and comm.is_root:
        print(note, flush=True)
