"""Which parameter a name stands for."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from hpcfit.analysis.choice import usual_names


@dataclass(frozen=True)
class Named:
    """A parameter with a name of its own, and what stands for it in the table of a result."""

    label: str
    short: str
    free: bool = True


def reopened(*parameters: Named) -> object:
    names = SimpleNamespace(parameters=parameters, label=lambda q: q.label)
    return SimpleNamespace(
        parameters=names, result=SimpleNamespace(parameters=parameters, label=lambda q: q.short)
    )


def test_names_of_results_stand_for_those_with_the_potential_before_them() -> None:
    run = reopened(Named("morse[0].D", "D"), Named("cut[1].D", "Si.D"), Named("rc", "rc", free=False))
    assert usual_names(run, ["D", "Si.D"]) == ["morse[0].D", "cut[1].D"]  # type: ignore[arg-type]
    for name in ("cut[1].D", "rc", "unknown"):
        assert usual_names(run, [name]) == [name]  # type: ignore[arg-type]


def test_a_name_of_several_parameters_stands_for_none_of_them() -> None:
    run = reopened(Named("morse[0].D", "D"), Named("morse[1].D", "D"))
    assert usual_names(run, ["D"]) == ["D"]  # type: ignore[arg-type]
