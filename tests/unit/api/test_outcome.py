"""What a call returns: looked up by label, pickled, and shown in a notebook without its arrays."""

from __future__ import annotations

import copy
import pickle
import re
from html.parser import HTMLParser

import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

import hpcfit
from hpcfit import Free


def dimer(distance: float, energy: float) -> Atoms:
    atoms = Atoms("Ar2", [(0.0, 0.0, 0.0), (distance, 0.0, 0.0)])
    atoms.calc = SinglePointCalculator(atoms, energy=energy)  # type: ignore[no-untyped-call]
    atoms.info["tag"] = "near" if distance < 3.0 else "far"
    return atoms


DIMERS = [dimer(2.5, 0.5), dimer(2.8, 0.4), dimer(3.2, 0.2)]


@pytest.fixture(scope="module")
def fit() -> hpcfit.Fit:
    """Of a formula, with a residual that cannot be pickled."""
    return hpcfit.fit(
        DIMERS,
        hpcfit.Potential(pair="k*(rc - r)**2", cutoff="rc", parameters={"k": Free(0.1), "rc": 4.0}),
        targets=["energy"],
        residual=lambda identifier, natoms, weight, prediction, reference, data: prediction - reference,
        progress=False,
    )


def test_a_fit_that_was_pickled_or_copied_does_what_it_did(fit: hpcfit.Fit) -> None:
    expected = fit.predict(DIMERS).energy.tolist()
    for again in (pickle.loads(pickle.dumps(fit)), copy.deepcopy(fit)):
        assert again.values == fit.values
        assert again.to_toml() == fit.to_toml()
        assert again.job.targets == fit.job.targets
        assert str(again) == str(fit)
        assert again.predict(DIMERS).energy.tolist() == expected


def test_labels_can_be_asked_for_and_listed(fit: hpcfit.Fit) -> None:
    assert list(fit) == ["k", "rc"]
    assert "k" in fit
    assert "K" not in fit
    assert fit["k"] == fit.parameters["k"].value == fit.parameters["Ar.k"].value
    for look in (fit, fit.parameters):
        with pytest.raises(KeyError) as caught:
            look["K"]
        assert caught.value.args == ("no one parameter is called 'K'; there are: k, rc",)


def test_predictions_show_their_errors_and_not_their_arrays(fit: hpcfit.Fit) -> None:
    found = fit.predict(DIMERS)
    error = found.rmse["all"]["energy"]
    assert repr(found) == f"<Predictions for 3 configurations; rmse energy {error:.5g} eV/atom>"
    html = found._repr_html_()
    HTMLParser().feed(html)
    text = re.sub("<style>.*?</style>", "", html, flags=re.DOTALL)
    cells = re.findall("<t[hd][^>]*>(.*?)</t[hd]>", text)
    assert cells[:6] == ["rmse", "configurations", "energy (eV/atom)", "all", "3", f"{error:.5g}"]


def test_predictions_without_references_say_so(fit: hpcfit.Fit) -> None:
    found = fit.predict(Atoms("Ar"))
    assert repr(found) == "<Predictions for 1 configuration; no references to compare with>"
    assert "<p>no references to compare with</p>" in found._repr_html_()


def test_a_tag_may_be_given_alone(fit: hpcfit.Fit) -> None:
    assert len(fit.predict(DIMERS, tags="near")) == len(fit.predict(DIMERS, tags=["near"]))
