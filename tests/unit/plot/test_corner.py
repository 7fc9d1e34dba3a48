"""The picture of a chain: what it is drawn of, and what its contours hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hpcfit.analysis.mcmc.chain import Chain
from hpcfit.output.result import FittedParameter, Result
from hpcfit.plot.corner import contour_levels, draw_mcmc, sampled
from hpcfit.plot.run import FinishedRun
from hpcfit.plot.unsuitable import Unsuitable

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def parameter(name: str, value: float) -> FittedParameter:
    return FittedParameter("model", "", name, value, 0.1, 0.0, None, None, False, unit="eV")


def run_with_chain(folder: Path, loss: float = 1.0) -> FinishedRun:
    samples = np.random.default_rng(0).normal(size=(100, 4, 2))
    state = np.random.RandomState(0).get_state()
    moved = np.ones(4, dtype=np.int64)
    chain = Chain({}, ["a", "b"], samples[-1], samples[-1, :, 0], state, 100, moved, list(samples), [])
    chain.save(folder / "analysis" / "mcmc.npz")
    told = {"run": {"loss": loss}, "burn_in": 20, "steps": 90, "thin": 1}
    (folder / "analysis" / "mcmc.json").write_text(json.dumps(told))
    return FinishedRun(folder, Result("converged", "", 1.0, [], [parameter("a", 0.0), parameter("b", 0.5)]))


def test_a_chain_is_drawn_without_its_burn_in(tmp_path: Path) -> None:
    run = run_with_chain(tmp_path)
    found = sampled(run)
    assert found.samples.shape == (70 * 4, 2)
    figure = draw_mcmc(run)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 3
    assert [axes.get_xlabel() for axes in shown] == ["", "a (eV)", "b (eV)"]
    assert shown[1].get_ylabel() == "b (eV)"


def test_contours_hold_their_shares() -> None:
    density = np.arange(1.0, 101.0)
    outer, inner = contour_levels(density, (0.865, 0.393))
    for level, share in ((outer, 0.865), (inner, 0.393)):
        assert density[density >= level].sum() / density.sum() == pytest.approx(share, abs=0.02)


def test_a_run_without_a_chain_is_told(tmp_path: Path) -> None:
    run = FinishedRun(tmp_path, Result("converged", "", 1.0, [], []))
    with pytest.raises(Unsuitable) as error:
        draw_mcmc(run)
    assert str(error.value) == (
        f"{tmp_path}: no chain was sampled; do it by `hpcfit analyze {tmp_path} mcmc`."
    )


def test_a_chain_of_an_earlier_run_is_not_drawn(tmp_path: Path) -> None:
    with pytest.raises(Unsuitable) as error:
        draw_mcmc(run_with_chain(tmp_path, loss=2.0))
    assert str(error.value) == (
        f"{tmp_path}: its chain is of an earlier run; sample it anew by `hpcfit analyze {tmp_path} mcmc "
        "--restart`."
    )
