"""What a fit from Python returns: the result, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcfit.api.found import Found
from hpcfit.errors import HpcfitError, RunError
from hpcfit.job import Job, ResolvedJob
from hpcfit.job.resolve import JobPotentials
from hpcfit.output.result import Result

if TYPE_CHECKING:
    import os

    import numpy as np
    from ase import Atoms
    from ase.calculators.calculator import Calculator
    from numpy.typing import NDArray

    from hpcfit.data import Configuration
    from hpcfit.job.source import JobSource
    from hpcfit.use import FittedPotential
    from hpcfit.use.predict import Predictions


class Fit(Found):
    """What a fit has found; made by `hpcfit.fit`, `hpcfit.run` and `hpcfit.load`.

    `print(fit)` gives the table that the command ends with, `fit["A"]` the value of a parameter. It can be
    pickled and copied.

    Attributes:
        result: everything that result.json holds.
        folder: the run folder; None when nothing was left behind.
        note: for a run that had finished before, a sentence that says so.
    """

    def __init__(
        self,
        result: Result,
        resolved: ResolvedJob | None = None,
        *,
        folder: Path | None = None,
        note: str | None = None,
    ) -> None:
        super().__init__(result, note)
        self.folder = folder
        # Without weights, residual and optimizer, which nothing asks for once the fit has ended.
        self._made = None if resolved is None else JobPotentials(resolved.job, resolved.potentials)
        self._model = None if resolved is None else resolved.model

    @property
    def job(self) -> Job:
        """The job that was run, checked, with all defaults.

        Raises:
            HpcfitError: the run was loaded, and its folder lacks the job or what it names.
        """
        return self._described.job

    @property
    def job_source(self) -> JobSource | None:
        """What the job was read or made from; None for a fit that was loaded."""
        return None if self._made is None else self._made.job.source

    @cached_property
    def potential(self) -> FittedPotential:
        """The potential with the values found: energies, forces and stress of configurations.

        Raises:
            HpcfitError: the run was loaded, and its folder lacks the job or what it names.
        """
        from hpcfit.use import fitted_potential

        if not self._described.potentials:
            raise RunError("this is a fit of a table; fit.predict_table(table) predicts rows.")
        return fitted_potential(self._described, self.result)

    def predict_table(
        self, table: str | os.PathLike[str] | Mapping[str, Any]
    ) -> dict[str, NDArray[np.float64]]:
        """Predictions (n,) of a fit of a table for each row of another one, by the column that was fitted.

        On every rank by itself.

        Args:
            table: as for `hpcfit.fit_table`; it needs the columns that the model is a function of.

        Raises:
            HpcfitError: a table that cannot be used, or this is no fit of a table.
        """
        from hpcfit.api.predict_table import predictions

        try:
            return predictions(self._model, self._made, self.result, self.folder, table)
        except HpcfitError as error:
            raise error.with_traceback(None) from None

    def to_toml(self) -> str:
        """The text of a job file that does this fit again, starting from the values found.

        Objects of the program stand in it under names that only the program knows.

        Raises:
            HpcfitError: as for `job`.
        """
        from hpcfit.api.job_text import job_text

        return job_text(self._described, self.result)

    def calculator(self) -> Calculator:
        """An ASE calculator with energy, forces and stress.

        Raises:
            RunError: ASE is not installed.
        """
        return self.potential.calculator()

    def predict(
        self,
        data: str | os.PathLike[str] | Sequence[Configuration] | Sequence[Atoms] | Configuration | Atoms,
        *,
        tags: Sequence[str] | None = None,
    ) -> Predictions:
        """Energies, forces and stress, compared with references where there are any.

        Collective under mpirun: every rank calls it; of data in memory, those of rank 0 count.

        Args:
            data: a dataset made by `hpcfit import`, or one or several configurations or ase.Atoms.
            tags: take only the configurations with one of these tags.

        Raises:
            HpcfitError: data that cannot be used, a prediction that is not finite.
        """
        from hpcfit.api.collective import collective
        from hpcfit.api.data import in_memory
        from hpcfit.parallel.agree import from_root
        from hpcfit.use.predict import predict

        chosen = [tags] if isinstance(tags, str) else tags
        with collective("predict()") as comm:
            try:
                given = from_root(comm, lambda: in_memory(data, "predict()"))
                return predict(comm, self.potential, given, tags=chosen)
            except HpcfitError as error:
                raise error.with_traceback(None) from None

    @cached_property
    def _described(self) -> JobPotentials:
        """The job as it was run, or as the run folder holds it."""
        if self._made is not None:
            return self._made
        from hpcfit.job.resolve import open_potentials
        from hpcfit.workflow.run_source import read_run

        if self.folder is None:
            raise RunError("this result has neither a job nor a run folder.")
        return open_potentials(read_run(self.folder).job, with_values=False)

    def __getstate__(self) -> dict[str, Any]:
        """Without functions and objects of the program that the fit was told of, which may be lambdas."""
        state = {name: value for name, value in vars(self).items() if name not in ("potential", "_described")}
        if self._made is not None:
            source = replace(self._made.job.source, objects={}, plugins=())
            state["_made"] = replace(self._made, job=replace(self._made.job, source=source))
        return state
