"""Predicted memory against what a process really took."""

import json
import sys

import pytest

TEMPLATE = """
[data]
train = "train.h5"
[[potential]]
name = "lennard-jones"
species = ["Ar"]
[potential.parameters]
epsilon = { initial = $epsilon }
sigma = 3.4
rc = 7.0
[optimizer]
max_iterations = 2
[run]
folder = "$folder"
$limit
"""
MEBIBYTE = 2**20


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="what the allocator keeps was measured on Linux")
def test_predicted_memory_agrees_with_the_measured_peak_and_a_limit_is_kept(laboratory, make_crystal, alone):
    """60 configurations of 500 atoms with about 50 bonds each: some 140 MiB above the baseline."""
    crystals = [make_crystal("fcc", 4.9 + 0.005 * k, [18], repeat=5, seed=k) for k in range(60)]
    values = {"epsilon": 0.0104, "folder": "run", "limit": ""}
    laboratory.write("train.h5", laboratory.predict(TEMPLATE, values, crystals))

    def memory(folder, limit=None):
        line = "" if limit is None else f"memory_limit = {limit}"
        job = laboratory.job(TEMPLATE, {"epsilon": 0.005, "folder": folder, "limit": line}, f"{folder}.toml")
        done = alone("-m", "hpcfit", "run", job)
        assert done.code in (0, 1), done.err
        return json.loads((laboratory.folder / folder / "result.json").read_text())

    memory("warm")  # compiles, which takes memory of its own
    free = memory("free")
    predicted, measured = free["memory"]["predicted"], free["memory"]["measured"]
    assert measured > 300 * MEBIBYTE
    assert predicted == pytest.approx(measured, rel=0.3)
    limit = 260 * MEBIBYTE
    tight = memory("tight", limit)
    assert tight["memory"]["predicted"] <= limit
    assert tight["memory"]["measured"] < 1.15 * limit
    assert tight["loss"] == free["loss"]
    assert tight["objective_history"] == free["objective_history"]
