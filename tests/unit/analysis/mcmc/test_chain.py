"""Chains of known problems: covariance, bounds, temperatures, going on, and what is refused."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.analysis.mcmc.chain import Chain, check_same, read_chain
from hpcfit.analysis.mcmc.extend import Stopped, extend, new_chain
from hpcfit.analysis.mcmc.library import require_emcee
from hpcfit.analysis.mcmc.report import Mcmc, make_report
from hpcfit.analysis.mcmc.settings import Settings
from hpcfit.analysis.mcmc.statistics import autocorrelation_times, split_rhat
from hpcfit.errors import RunError

pytest.importorskip("emcee", reason="chains need emcee")


def run(
    problem: Any,
    path: Path,
    settings: Settings,
    *,
    lower: float = -np.inf,
    stop: Callable[[], bool] = lambda: False,
    chain: Chain | None = None,
) -> tuple[Chain, Mcmc]:
    temperature = settings.temperature_of(problem.linearized)
    posterior = problem.posterior(temperature, lower=lower)
    walkers = settings.walkers_for(len(problem.theta))
    if chain is None:
        identity = settings.identity(walkers, temperature)
        chain = new_chain(posterior, problem.theta, problem.linearized, identity, walkers, settings.seed)
    extend(chain, posterior, lambda theta: theta, settings, path, stop, lambda done, wanted: None)
    return chain, make_report(chain, settings, temperature, problem.linearized)


def test_the_covariance_of_a_linear_problem_is_the_analytic_one(line: Any, tmp_path: Path) -> None:
    _, found = run(line, tmp_path / "chain.npz", Settings(steps=3000, seed=3))
    jacobian = line.objective.jacobian
    exact = line.linearized.scale**2 * np.linalg.inv(jacobian.T @ jacobian)
    # The relative error of a variance of n independent samples is sqrt(2/n).
    error = np.sqrt(2.0 / found.effective.min())
    assert error < 0.03
    scale = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
    assert (np.abs(found.covariance - exact) / scale).max() < 4.0 * error
    away = np.abs(found.mean - line.theta) / np.sqrt(np.diag(exact) / found.effective)
    assert away.max() < 4.0
    assert found.rhat.max() < 1.05
    assert 0.3 < found.acceptance < 0.8
    assert found.warnings == []


def test_the_covariance_grows_with_the_temperature(line: Any, tmp_path: Path) -> None:
    found = [
        run(line, tmp_path / f"{rule}.npz", Settings(steps=400, temperature=rule))[1] for rule in ("1", "4")
    ]
    # The same random numbers, and a shape that scales: only the width differs, and where rounding decides.
    np.testing.assert_allclose(found[1].covariance, 4.0 * found[0].covariance, rtol=0.15)


def test_sloppy_is_twice_the_loss_by_the_number_of_parameters(line: Any) -> None:
    loss = 0.5 * line.objective.cost(line.theta).value
    assert Settings(temperature="sloppy").temperature_of(line.linearized) == pytest.approx(2.0 * loss / 2)
    assert Settings().temperature_of(line.linearized) == pytest.approx(2.0 * loss / 10)
    assert Settings(temperature="0.5").temperature_of(line.linearized) == 0.5


def test_no_walker_leaves_the_bounds(line: Any, tmp_path: Path) -> None:
    lower = float(line.theta.min())
    chain, _ = run(line, tmp_path / "chain.npz", Settings(steps=300), lower=lower)
    samples = np.array(chain.samples)
    assert samples.min() >= lower
    assert np.ptp(samples[..., 0]) > 0.0


def test_a_chain_that_was_stopped_goes_on_with_the_same_bits(line: Any, tmp_path: Path) -> None:
    path = tmp_path / "chain.npz"
    whole, _ = run(line, tmp_path / "whole.npz", Settings(steps=50))
    calls = iter(range(100))
    with pytest.raises(Stopped) as error:
        run(line, path, Settings(steps=50), stop=lambda: next(calls) == 19)
    assert str(error.value) == (
        f"stopped after 20 of 50 steps, which are in {path}; the same command goes on."
    )
    assert error.value.exit_code == 75
    chain, _ = run(line, path, Settings(steps=50), chain=read_chain(path))
    np.testing.assert_array_equal(chain.samples, whole.samples)
    np.testing.assert_array_equal(chain.moved, whole.moved)
    # A shorter chain is the beginning of a longer one.
    short = run(line, tmp_path / "short.npz", Settings(steps=30))[1]
    longer = make_report(whole, Settings(steps=30), 1.0, line.linearized)
    np.testing.assert_array_equal(short.mean, longer.mean)


def test_thinning_keeps_every_nth_step(line: Any, tmp_path: Path) -> None:
    whole, _ = run(line, tmp_path / "whole.npz", Settings(steps=40))
    thin, found = run(line, tmp_path / "thin.npz", Settings(steps=40, thin=4, burn_in=8))
    np.testing.assert_array_equal(thin.samples, whole.samples[3::4])
    assert (found.burn_in, found.samples) == (8, 8 * 32)


def test_what_is_undetermined_and_unbounded_is_told(idle: Any, tmp_path: Path) -> None:
    with pytest.raises(RunError) as error:
        run(idle, tmp_path / "chain.npz", Settings(steps=50))
    assert str(error.value) == (
        "mcmc: the data do not determine c, so that a chain would wander without end. Give these parameters "
        "bounds on both sides or priors, or fix them, and run the job again."
    )


def test_another_chain_in_the_folder_is_refused(line: Any, tmp_path: Path) -> None:
    chain, _ = run(line, tmp_path / "chain.npz", Settings(steps=20))
    with pytest.raises(RunError) as error:
        check_same(Path("a.npz"), chain, Settings(seed=1, thin=2).identity(32, chain.identity["temperature"]))
    assert str(error.value) == (
        "a.npz: holds another chain: thin was 1, now 2; seed was 0, now 1. Start anew with --restart, or "
        "give another folder by --output."
    )
    check_same(Path("a.npz"), chain, Settings().identity(32, chain.identity["temperature"]))


def test_a_file_that_is_no_chain_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"nothing")
    with pytest.raises(
        RunError, match=r"a\.npz: is no chain of hpcfit \(.*\)\. Remove it, or use --restart\.$"
    ):
        read_chain(tmp_path / "a.npz")


def test_a_chain_that_cannot_be_written_is_told(line: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "mcmc.npz"
    with pytest.raises(RunError) as error:
        run(line, path, Settings(steps=20))
    assert str(error.value) == (
        f"{path}: cannot be written (File exists). Make room, or give another folder by --output; the same "
        "command goes on from the steps that were written."
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            Settings(walkers=5),
            "walkers 5: 2 parameters need an even number of at least 4, better of 32.",
        ),
        (
            Settings(temperature="warm"),
            'temperature warm: write a number above 0, "sloppy" for 2 C0/p, or "residuals" for the '
            "variance of the residuals, of which standard errors are made.",
        ),
        (
            Settings(steps=10, burn_in=8),
            "steps 10: with a burn-in of 8 steps and thin 1 too few samples are left; take more steps.",
        ),
    ],
)
def test_settings_that_make_no_sense_are_told(line: Any, settings: Settings, message: str) -> None:
    with pytest.raises(RunError) as error:
        _ = settings.walkers_for(2), settings.temperature_of(line.linearized), settings.burned
    assert str(error.value) == message


def test_a_chain_that_is_too_short_says_so(line: Any, tmp_path: Path) -> None:
    _, found = run(line, tmp_path / "chain.npz", Settings(steps=60))
    assert any(
        each.startswith("45 steps are only ") and each.endswith(" or more; the chain goes on from here.")
        for each in found.warnings
    )
    assert "\n\nwarning: 45 steps are only " in str(found)


def test_times_and_agreement_are_those_of_known_chains() -> None:
    random = np.random.default_rng(0)
    noise = random.normal(size=(4000, 8, 2))
    slow = np.zeros_like(noise)
    for k in range(1, len(noise)):  # an autoregressive chain remembers (1 + a)/(1 - a) steps
        slow[k] = 0.8 * slow[k - 1] + noise[k]
    assert autocorrelation_times(noise) == pytest.approx([1.0, 1.0], abs=0.15)
    assert autocorrelation_times(slow) == pytest.approx([9.0, 9.0], rel=0.15)
    assert split_rhat(noise) == pytest.approx([1.0, 1.0], abs=2e-3)
    apart = noise + 3.0 * np.arange(8)[:, np.newaxis]
    assert (split_rhat(apart) > 3.0).all()
    still = np.concatenate([noise[..., :1], np.ones((4000, 8, 1))], axis=-1)
    assert np.isnan([autocorrelation_times(still)[1], split_rhat(still)[1]]).all()


def test_missing_emcee_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "emcee":
            raise ImportError(name)
        return genuine(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RunError) as error:
        require_emcee()
    assert str(error.value) == "mcmc needs emcee: pip install 'hpcfit[mcmc]'"
