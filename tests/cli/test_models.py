"""`hpcfit models`: the catalogue of models of tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hpcfit.cli.models import _options, models
from hpcfit.errors import HpcfitError
from hpcfit.models import MODELS
from hpcfit.models.describe import describe_model, model_summary


def test_the_list_has_every_model_with_a_line_on_it(hpcfit: Callable[..., Any]) -> None:
    done = hpcfit("models")
    assert done.code == 0
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines[: len(MODELS)]] == list(MODELS)
    assert all(len(line.split()) > 2 for line in lines[: len(MODELS)])
    assert lines[-1] == "`hpcfit models NAME` shows formulas, options, parameters and sources."


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_described(name: str) -> None:
    text = describe_model(name, MODELS[name])
    assert text.startswith(f"{name}: {model_summary(MODELS[name])}"[:90])


def test_a_model_shows_formulas_parameters_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    models("murnaghan")
    assert capsys.readouterr().out.splitlines() == [
        "murnaghan: energy over volume, with a bulk modulus linear in the pressure",
        "",
        "A function of volume",
        "  energy = E0 + B0*volume/B1*((V0/volume)**B1/(B1 - 1) + 1) - V0*B0/(B1 - 1)",
        "",
        "Parameters",
        "  name  default  meaning",
        "  E0    -        energy at the equilibrium volume",
        "  V0    -        equilibrium volume",
        "  B0    -        bulk modulus, in units of energy over volume",
        "  B1    4        its derivative by the pressure",
        "",
        "Source: F. D. Murnaghan, Proc. Natl. Acad. Sci. 30, 244 (1944)",
    ]


def test_options_change_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    models("exponential-decay", ["terms=2", "constant=true"])
    assert "  y = A1*exp(-k1*t) + A2*exp(-k2*t) + c\n" in capsys.readouterr().out
    models("mlp", ["layers=[3, 2]", "activation=sin"])
    assert "  activation: tanh | softplus | sin (default tanh)\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "option", "message"),
    [
        ("vinet", "B1", "'B1' is no option. Write OPTION=VALUE, such as terms=2."),
        ("vinet", "a=1", "hpcfit models vinet: a is not a known key."),
        ("polynomial", "degre=2", "hpcfit models polynomial: degre is not a known key. Did you mean degree?"),
        (
            "exponential-decay",
            "terms=x",
            "hpcfit models exponential-decay: terms: a whole number is expected,",
        ),
    ],
)
def test_an_option_that_cannot_be_is_told(name: str, option: str, message: str) -> None:
    with pytest.raises(HpcfitError) as error:
        _options(name, MODELS[name], [option])
    assert str(error.value).startswith(message)


def test_a_model_that_is_not_there_is_told(hpcfit: Callable[..., Any]) -> None:
    done = hpcfit("models", "vinett")
    assert (done.code, done.err) == (2, "unknown model 'vinett'. Did you mean vinet?\n")
