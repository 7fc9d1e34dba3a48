"""Potentials from files in jobs: as they are beside what is fitted, as splines to fit; changed files."""

from __future__ import annotations

import shutil

import eam_files
import numpy as np
import pytest

from hpcfit.errors import JobError, RunError
from hpcfit.job import open_job
from hpcfit.use import open_potential
from hpcfit.use.predict import predict

FILE = "CuNi.eam.alloy"
TABLE = f"""
[data]
train = "train.h5"
[[potential]]
name = "eam-table"
species = ["Cu", "Ni"]
file = "{FILE}"
"""
REPULSION = """
[[potential]]
species = ["Cu", "Ni"]
cutoff = 4.0
pair = "A*exp(-b*r)*switch(r, 3.0, 4.0)"
[potential.parameters]
A = { initial = $A }
b = 2.0
"""


@pytest.fixture
def alloy(make_crystal):
    return [make_crystal("fcc", a, [29, 28], seed=k) for k, a in enumerate((3.5, 3.6, 3.7))]


@pytest.fixture
def table(laboratory):
    return eam_files.write_setfl(laboratory.folder / FILE, "alloy")


def test_a_table_stays_as_it_is_beside_what_is_fitted(laboratory, table, alloy):
    done = laboratory.recover(TABLE + REPULSION, {"A": 50.0}, {"A": 20.0}, alloy)
    assert done.code == 0
    assert done.values()["A"] == pytest.approx(50.0, rel=1e-9)


def test_splines_of_a_table_are_fitted_back_to_it(laboratory, table, alloy):
    template = (
        TABLE
        + """
        knots = 8
        [potential.parameters]
        Cu-Ni.phi_2 = { initial = $phi }
        Cu.F_3 = { initial = $F }
        """
    )
    done = laboratory.recover(template, {"phi": 0.2, "F": -4.0}, {"phi": 0.25, "F": -4.2}, alloy)
    assert done.code == 0
    found = done.values()
    assert found["Cu-Ni.phi_2"] == pytest.approx(0.2, rel=1e-8)
    assert found["Cu.F_3"] == pytest.approx(-4.0, rel=1e-8)


def refused(laboratory, text):
    with pytest.raises(JobError) as error:
        open_job(laboratory.job(text, {}))
    return str(error.value).replace(f"{laboratory.folder}/", "")


def test_a_table_that_is_not_there_or_is_none_is_refused_with_its_line(laboratory, table):
    job = TABLE + REPULSION.replace("$A", "5.0")
    laboratory.write("train.h5", [])
    assert refused(laboratory, job.replace(FILE, "Cu.fs")) == (
        "job.toml:7: potential[0].file: there is no file Cu.fs. Paths are relative to the job file."
    )
    table.write_text(table.read_text().replace("29 63.55 3.6 fcc", "copper"))
    assert refused(laboratory, job) == (
        "job.toml:7: potential[0].file: CuNi.eam.alloy:6: atomic number, mass, lattice constant and lattice "
        "of Cu are expected, not 'copper'. Are Nrho and Nr in line 5 right?"
    )


def test_species_that_a_table_lacks_are_refused(laboratory, table):
    laboratory.write("train.h5", [])
    job = TABLE.replace('"Ni"]', '"Fe"]') + REPULSION.replace("$A", "5.0")
    assert refused(laboratory, job) == (
        "job.toml:6: potential[0].species: eam-table is for Cu, Ni here, not for Fe. Take another file or "
        "other species."
    )


def test_a_run_whose_table_has_changed_is_another_one(laboratory, table, alloy):
    template = TABLE + REPULSION
    laboratory.recover(template, {"A": 50.0}, {"A": 20.0}, alloy)
    table.write_text(table.read_text().replace("functions", "changed", 1))
    with pytest.raises(RunError, match=r"content of potential\[0\]\.file"):
        laboratory.fit(template, {"A": 20.0})


def test_a_result_is_used_with_its_table_or_asks_for_it(laboratory, table, alloy, tmp_path_factory):
    laboratory.recover(TABLE + REPULSION, {"A": 50.0}, {"A": 20.0}, alloy)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(laboratory.folder / "run", elsewhere / "run")
    with pytest.raises(RunError) as error:
        open_potential(elsewhere / "run")
    assert f"its potentials need {FILE}, not in" in str(error.value)
    shutil.copy(table, elsewhere / "run")
    energies = [
        predict(None, open_potential(folder / "run"), alloy).energy
        for folder in (elsewhere, laboratory.folder)
    ]
    np.testing.assert_array_equal(*energies)
