"""`hpcfit analyze mcmc RUN`: sample the parameters of a fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpcfit.cli.analyze import Output, Run, carry_out

if TYPE_CHECKING:
    from hpcfit.analysis.report import Report
    from hpcfit.analysis.session import Session


def mcmc(
    run: Run,
    steps: Annotated[
        int, typer.Option(min=1, help="Of each walker, burn-in and earlier ones included.")
    ] = 2000,
    walkers: Annotated[
        int | None,
        typer.Option(
            min=2, help="How many; unless given 4 for each parameter, at least 32.", show_default=False
        ),
    ] = None,
    burn_in: Annotated[
        int | None,
        typer.Option(min=0, help="Steps that are left out; unless given a quarter.", show_default=False),
    ] = None,
    thin: Annotated[int, typer.Option(min=1, help="Keep one of so many steps.")] = 1,
    temperature: Annotated[
        str,
        typer.Option(help="A number, residuals (their variance), or sloppy (2 C0/p)."),
    ] = "residuals",
    seed: Annotated[int, typer.Option(min=0, help="Another chain.")] = 0,
    restart: Annotated[bool, typer.Option("--restart", help="Start anew, whatever is there.")] = False,
    output: Output = None,
) -> None:
    """Sample the parameters by Markov chain Monte Carlo: exp(-L/T), within the bounds of the job.

    L is the loss that was fitted, with priors. Every evaluation is spread over all ranks, and the chain is
    the same on any number. It is kept in mcmc.npz: the same command goes on with it after an interruption,
    and so does one with more --steps. Writes mcmc.json, mcmc.csv and mcmc_covariance.csv; `hpcfit plot RUN
    mcmc` draws it. Needs emcee: pip install 'hpcfit[mcmc]'.

    Exit code 75 when it was stopped.
    """
    folder: Path = output or run / "analysis"

    def work(session: Session) -> list[Report | None]:
        from hpcfit.analysis.mcmc.sample import sample
        from hpcfit.analysis.mcmc.settings import Settings

        settings = Settings(steps, walkers, burn_in, thin, seed, temperature, restart)
        comm, reopened = session.comm, session.reopened
        return [sample(comm, reopened, session.linearized, settings, folder, session.progress)]

    carry_out(run, output, work, "steps")
