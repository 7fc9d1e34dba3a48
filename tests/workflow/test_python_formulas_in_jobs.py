"""Python functions for formulas: a fit by one has the bits of a fit by its text, and is used without it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hpcfit
from hpcfit import Free
from hpcfit.errors import RunError
from hpcfit.formula.functions import switch

JOB = """
[data]
train = "train.h5"
[[potential]]
species = ["Si"]
cutoff = "rc"
pair = "$pair"
[potential.parameters]
D = { initial = $D, min = 0 }
alpha = { initial = $alpha }
"""
FUNCTION = """
from hpcfit.formula.functions import exp, switch


def morse(r, D, alpha, r0=2.4, rc=4.0):
    x = exp(-alpha*(r - r0))
    return D*(x**2 - 2*x)*switch(r, rc - 1, rc)
"""
TEXT = "D*(exp(-alpha*(r - r0))**2 - 2*exp(-alpha*(r - r0)))*switch(r, rc - 1, rc)"
START = {"D": 0.4, "alpha": 1.9}


@pytest.fixture
def data(laboratory: Any, make_crystal: Any) -> Any:
    """The laboratory with mine.py, and data made by the function in it."""
    (laboratory.folder / "mine.py").write_text(FUNCTION)
    crystals = [make_crystal("diamond", a, [14], seed=k) for k, a in enumerate((5.2, 5.43, 5.7))]
    truth = {"pair": "mine.py:morse", "D": 0.5, "alpha": 1.6}
    laboratory.write("train.h5", laboratory.predict(JOB, truth, crystals))
    return laboratory


def values(result: Any) -> dict[str, float]:
    return {each["name"]: each["value"] for each in result["parameters"]}


def test_a_function_fits_as_its_text_does_to_the_last_bit(data: Any) -> None:
    by_function = data.fit(JOB, {**START, "pair": "mine.py:morse"})
    assert by_function.code == 0
    assert values(by_function.result) == pytest.approx(
        {"D": 0.5, "alpha": 1.6, "r0": 2.4, "rc": 4.0}, rel=1e-8
    )
    text = JOB.replace("[potential.parameters]", "[potential.parameters]\nr0 = 2.4\nrc = 4.0")
    by_text = data.fit(text, {**START, "pair": TEXT}, restart=True)
    assert values(by_text.result) == values(by_function.result)
    assert by_text.result["loss"] == by_function.result["loss"]


def test_a_run_by_another_function_is_refused(data: Any) -> None:
    data.fit(JOB, {**START, "pair": "mine.py:morse"})
    (data.folder / "mine.py").write_text(FUNCTION.replace("rc - 1", "rc - 2"))
    with pytest.raises(RunError, match=r"content of mine\.py: was"):
        data.fit(JOB, {**START, "pair": "mine.py:morse"})


def test_what_was_fitted_is_used_with_the_function_of_the_run_only(data: Any) -> None:
    fitted = data.fit(JOB, {**START, "pair": "mine.py:morse"})
    loaded = hpcfit.load(fitted.folder / "run")
    assert loaded.parameters["D"].value == values(fitted.result)["D"]
    assert np.isfinite(loaded.predict(data.folder / "train.h5").energy).all()
    (data.folder / "mine.py").write_text(f"# a remark{FUNCTION}")
    hpcfit.load(fitted.folder / "run").predict(data.folder / "train.h5")
    (data.folder / "mine.py").write_text(FUNCTION.replace("rc - 1", "rc - 2"))
    with pytest.raises(RunError) as refusal:
        hpcfit.load(fitted.folder / "run").predict(data.folder / "train.h5")
    assert str(refusal.value).endswith(
        "job.toml: the functions of potential[0] stand for other formulas than when the job was run. Put the "
        "Python file of the run back, or run the job again."
    )
    (data.folder / "mine.py").unlink()
    with pytest.raises(RunError, match=r"its potentials need mine\.py, not in "):
        hpcfit.load(fitted.folder / "run").predict(data.folder / "train.h5")


def test_from_python_a_function_fits_and_what_was_fitted_needs_it_no_more(data: Any) -> None:
    def morse(r, D, alpha, r0=2.4, rc=4.0):  # type: ignore[no-untyped-def]
        x = np.exp(-alpha * (r - r0))
        return D * (x**2 - 2 * x) * switch(r, rc - 1, rc)

    folder = data.folder / "by-python"
    fit = hpcfit.fit(
        data.folder / "train.h5",
        {"pair": morse, "cutoff": "rc"},
        parameters={"D": Free(0.4, min=0), "alpha": Free(1.9)},
        folder=folder,
        progress=False,
    )
    in_job = data.fit(JOB, {**START, "pair": "mine.py:morse"})
    assert {name: fit.parameters[name].value for name in ("D", "alpha")} == {
        name: values(in_job.result)[name] for name in ("D", "alpha")
    }
    assert 'pair = "D*(exp(-alpha*(r - r0))**2' in (folder / "job.toml").read_text()
