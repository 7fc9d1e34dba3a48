"""The mlearn JSON: total energies as they are, stress turned from VASP's form into ours."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hpcfit.data import ReadOptions, ReadReport, Source
from hpcfit.data.readers.mlearn import MlearnReader
from hpcfit.errors import DataError
from hpcfit.units import GPA

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "mlearn"


def entry(**outputs):
    site = {"species": [{"element": "Si", "occu": 1}], "xyz": [0.0, 0.0, 0.0], "abc": [0, 0, 0]}
    return {
        "structure": {"lattice": {"matrix": np.diag([3.0, 3.0, 3.0]).tolist()}, "sites": [site]},
        "group": "Elastic",
        "description": "strain 0.1",
        "outputs": {"energy": -5.0, "forces": [[0, 0, 0]], "virial_stress": [1, 2, 3, 4, 5, 6], **outputs},
    }


def read(tmp_path, entries, options=None):
    path = tmp_path / "data.json"
    path.write_text(json.dumps(entries))
    assert MlearnReader().sniff(path)
    return list(MlearnReader().read(Source(path, "data.json"), options or ReadOptions(), ReadReport()))


def test_an_entry_becomes_a_configuration(tmp_path):
    (made,) = read(tmp_path, [entry()])
    assert (made.identifier, made.tag, made.energy) == ("Elastic: strain 0.1", "Elastic", -5.0)
    assert made.pbc.all()
    # VASP: kbar, compression positive, xx yy zz xy yz zx.
    np.testing.assert_allclose(made.stress, -0.1 / GPA * np.array([1, 2, 3, 5, 6, 4]), rtol=1e-15)


def test_targets_can_be_left_out_or_missing(tmp_path):
    (made,) = read(tmp_path, [entry(energy=None)], ReadOptions(leave_out=frozenset(["stress"])))
    assert (made.energy, made.stress) == (None, None)
    assert made.forces is not None


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([entry(virial_stress=[1, 2])], "entry 0: outputs virial_stress has 2 numbers instead of 6."),
        (
            [entry(), entry(energy="?")],
            "entry 1: outputs energy is not made of finite numbers; use --no-energy",
        ),
        ([{"structure": {}, "outputs": {}}], "entry 0: not as mlearn writes it (KeyError: 'sites')."),
        ([entry(forces=[[0, 0]])], "forces have shape (1, 2) instead of (1, 3)."),
    ],
)
def test_what_is_not_as_mlearn_writes_it_is_refused(tmp_path, entries, expected):
    with pytest.raises(DataError) as caught:
        read(tmp_path, entries)
    assert expected in str(caught.value)


def test_a_cut_off_file_is_refused(tmp_path):
    path = tmp_path / "data.json"
    path.write_text(json.dumps([entry()])[:-30])
    with pytest.raises(DataError, match="not valid JSON"):
        list(MlearnReader().read(Source(path, ""), ReadOptions(), ReadReport()))


@pytest.mark.skipif(not SHARED.exists(), reason="the mlearn data are not here")
def test_stress_of_compressed_silicon_is_negative_and_of_its_shear_has_the_strain_sign():
    source = Source(SHARED / "Si" / "training.json", "")
    made = {c.identifier: c for c in MlearnReader().read(source, ReadOptions(), ReadReport())}
    assert len(made) == 214
    squeezed = made["Elastic: Si 2x2x2 cell, mode 0, strain -0.1"]
    assert squeezed.stress[:3].max() < 0
    stretched = made["Elastic: Si 2x2x2 cell, mode 0, strain 0.1"]
    assert stretched.stress[:3].min() > 0
    # Modes 3, 4, 5 shear the cell; the stress is in the plane in which the metric tensor is sheared.
    for mode, component, pair in ((3, 5, (0, 1)), (4, 4, (0, 2)), (5, 3, (1, 2))):
        sheared = made[f"Elastic: Si 2x2x2 cell, mode {mode}, strain 0.08"]
        assert np.argmax(np.abs(sheared.stress[3:])) + 3 == component, pair
