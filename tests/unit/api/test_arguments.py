"""What the arguments of a fit become: tables of a job file, and names for objects."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.api import Free, Potential
from hpcfit.api.arguments import (
    Arguments,
    add_named,
    add_potentials,
    add_residual,
    add_targets,
    names_species,
    plain_values,
)
from hpcfit.errors import JobError


def potentials(potential: Any, parameters: Any = None, species: Any = None) -> tuple[Any, Arguments]:
    made = Arguments()
    add_potentials(made, potential, parameters, species, ("Si",))
    return made.tables["potential"], made


def test_a_name_gets_the_species_of_the_data_and_the_parameters() -> None:
    tables, _ = potentials("morse", {"D": Free(2, min=np.float64(0.5)), "r0": np.float32(2.5)})
    assert tables == [
        {"name": "morse", "parameters": {"D": {"initial": 2, "min": 0.5}, "r0": 2.5}, "species": ["Si"]}
    ]
    assert type(tables[0]["parameters"]["r0"]) is float


def test_parameters_may_stand_under_the_species_they_are_for() -> None:
    tables, _ = potentials("morse", {"Si-C": {"D": Free(), "r0": 2}}, ("Si", "C"))
    assert tables[0]["parameters"] == {"Si-C": {"D": {}, "r0": 2}}
    assert tables[0]["species"] == ["Si", "C"]


def test_a_potential_has_the_keys_that_were_given() -> None:
    given = Potential(pair="k*r", cutoff=4.0, let={"k": "2"}, parameters={"a": 1}, species=["C"])
    expected = {"species": ["C"], "pair": "k*r", "cutoff": 4.0, "let": {"k": "2"}, "parameters": {"a": 1}}
    assert potentials(given)[0] == [expected]
    named = Potential("morse", options={"truncation": "shifted"})
    assert potentials(named)[0] == [{"name": "morse", "truncation": "shifted", "species": ["Si"]}]


def test_several_potentials_have_places_in_messages_and_one_has_none() -> None:
    _, made = potentials(["morse", {"name": "lennard-jones"}])
    source = made_source(made)
    assert source.argument(("potential", 0, "name")) == "potential[0]"
    assert source.argument(("potential", 1, "name")) == "potential[1].name"
    _, made = potentials("morse", {"D": 1})
    source = made_source(made)
    assert source.argument(("potential", 0, "parameters", "D", "initial")) == "parameters.D.initial"
    assert source.argument(("potential", 0, "pair")) == "potential.pair"


def made_source(made: Arguments) -> Any:
    made.tables.setdefault("data", {"train": "x.h5"})
    return made.source({}, {}, temporary=True)


def test_whether_the_species_of_the_data_are_asked_for() -> None:
    assert names_species({"name": "morse", "species": ["Si"]})
    assert names_species([Potential("morse", ["Si"])])
    assert not names_species("morse")
    assert not names_species([Potential("morse", ["Si"]), Potential("morse")])


@pytest.mark.parametrize(
    ("given", "table"),
    [
        (("energy", "forces"), {"energy": True, "forces": True, "stress": False}),
        ("stress", {"energy": False, "forces": False, "stress": True}),
        ({"energy": np.True_}, {"energy": True}),
        (["forcs"], {"energy": False, "forces": False, "stress": False, "forcs": True}),
    ],
)
def test_targets(given: Any, table: Mapping[str, bool]) -> None:
    made = Arguments()
    add_targets(made, given, None)
    assert made.tables["targets"] == table


def test_targets_that_are_no_list_are_told() -> None:
    with pytest.raises(JobError) as error:
        add_targets(Arguments(), 5, None)
    assert str(error.value) == "fit(): targets: a list of energy, forces, stress is expected, not 5."


class Scheme:
    def __init__(self, power: float = 1.0) -> None:
        self.power = power


def test_objects_get_names_and_a_name_may_be_an_object() -> None:
    made, scheme = Arguments(), Scheme()
    add_named(made, "weights", "weights", scheme)
    assert made.tables["weights"] == {"name": "python:Scheme"}
    assert made.objects["weights"] == {"python:Scheme": scheme}
    made = Arguments()
    add_named(made, "weights", "weights", {"name": Scheme, "power": 2})
    assert made.tables["weights"] == {"name": "python:Scheme", "power": 2}
    add_named(made, "optimizer", "optimizers", None)
    assert "optimizer" not in made.tables


def test_two_objects_of_one_name_stay_two_and_one_object_stays_one() -> None:
    made = Arguments()
    first, second = Scheme(1.0), Scheme(2.0)
    names = [made.named("weights", each) for each in (first, second, first)]
    assert names == ["python:Scheme", "python:Scheme#2", "python:Scheme"]
    assert len(set(made.fingerprint.values())) == 2


def test_data_of_a_residual_keep_arrays_and_are_compared_by_content() -> None:
    def fingerprint(values: list[float]) -> Any:
        made = Arguments()
        add_residual(made, None, {"scale": np.array(values), "power": np.int64(2)})
        assert type(made.tables["residual"]["data"]["scale"]) is np.ndarray
        assert type(made.tables["residual"]["data"]["power"]) is int
        return made.fingerprint

    assert fingerprint([1.0, 2.0]) == fingerprint([1.0, 2.0]) != fingerprint([1.0, 2.5])
    assert set(fingerprint([1.0])) == {"residual.data.scale"}


def test_the_text_of_the_job_is_a_job_file_that_names_the_data_as_the_caller_did() -> None:
    _, made = potentials("morse", {"D": Free(1.0)})
    made.tables["data"] = {"train": "/tmp/somewhere/train.h5"}
    made.tables["run"] = {"folder": "run"}
    lasting = made.source({"train": "all.xyz"}, {}, temporary=False)
    assert tomllib.loads(lasting.text) == {**made.tables, "data": {"train": "all.xyz"}}
    assert "run" not in tomllib.loads(made.source({}, {}, temporary=True).text)
    assert lasting.tables["data"]["train"] == "/tmp/somewhere/train.h5"


def test_values_are_those_of_a_toml_file() -> None:
    given = {"a": (1, np.int32(2)), "b": np.arange(2.0), "c": None, "d": {"e": Path("x")}, 5: Free(1.0)}
    assert plain_values(given) == {"a": [1, 2], "b": [0.0, 1.0], "d": {"e": "x"}, "5": {"initial": 1.0}}


def bond(r, D, r0=2.5, fade=None):  # type: ignore[no-untyped-def]
    x = np.exp(r0 - r) + 0.125 * (r - r0) ** 2
    return D * (x**2 - x)


def test_a_function_is_written_as_the_formula_that_it_stands_for() -> None:
    table = {"pair": bond, "cutoff": lambda rc=4.5: rc - 0.5, "let": {"k": lambda r, a: a * r}, "site": "E"}
    (written,), _ = potentials(table, {"D": Free(0.5), "a": 2.0})
    assert written == {
        "pair": "D*(bond_1**2 - bond_1)",
        "cutoff": "rc - 0.5",
        "let": {"k": "a*r", "bond_1": "exp(r0 - r) + 0.125*(r - r0)**2"},
        "site": "E",
        "parameters": {"D": {"initial": 0.5}, "a": 2.0, "r0": 2.5, "rc": 4.5},
        "species": ["Si"],
    }
    densities = {"rho": {"formula": lambda r, b=3.0: -b * r, "cutoff": lambda rc: rc}, "mu": lambda r: 1 / r}
    (written,), _ = potentials({"density": densities, "embedding": lambda rho, mu_squared: rho - mu_squared})
    assert written["density"] == {"rho": {"formula": "-b*r", "cutoff": "rc"}, "mu": "1/r"}
    assert written["embedding"] == "rho - mu_squared"
    assert written["parameters"] == {"b": 3.0}


def test_values_that_are_given_come_before_the_defaults_of_functions() -> None:
    def angle(r1, r2, costheta, k=1.0, g1=2.0, g2=2.0):  # type: ignore[no-untyped-def]
        return k * costheta**2 * np.exp(-g1 * r1 - g2 * r2)

    given = {"k": Free(3.0), "Si-C": {"g": 4.0}}
    (written,), _ = potentials({"triplet": angle, "cutoff": 3.0}, given, ("Si", "C"))
    assert written["parameters"] == {"k": {"initial": 3.0}, "Si-C": {"g": 4.0}, "g": 2.0}


def test_a_function_that_cannot_be_traced_is_told_with_its_line() -> None:
    def step(r, A):  # type: ignore[no-untyped-def]
        return A if r < 3 else 0

    with pytest.raises(JobError) as refusal:
        potentials([{"pair": step, "cutoff": 4.0}])
    line = step.__code__.co_firstlineno + 1
    assert str(refusal.value).startswith("fit(): potential[0].pair: ")
    assert f"test_arguments.py:{line}: a branch cannot depend on a variable or parameter." in str(
        refusal.value
    )
