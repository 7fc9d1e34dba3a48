"""A fit of a site function in CUDA C, beside a formula of the same energy; a stand-in for the device."""

from __future__ import annotations

from typing import Any

import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow import run
from hpcfit.workflow.devices import Devices, RankDevice

pytestmark = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))

FILE = '''
from hpcfit.formula.potential import ParameterSpec
from hpcfit.kernels import SiteFunction

SOURCE = """
__device__ double site_energy(int n, const double *vectors, const double *distances, const int *species,
                              int centre, const double *parameters, const int *place, double *gradients)
{
    double energy = 0.0;
    for (int x = 0; x < n; x++) {
        const double shorter = 4.0 - distances[x];
        energy += 0.5 * parameters[0] * shorter * shorter * shorter;
        for (int axis = 0; axis < 3; axis++)
            gradients[3 * x + axis] =
                -1.5 * parameters[0] * shorter * shorter / distances[x] * vectors[3 * x + axis];
    }
    return energy;
}
"""


def never(distances, parameters, gradients):
    raise ValueError("the processor is not asked")


SPRING = SiteFunction("spring", (ParameterSpec("k", "shared", 0.2),), 4.0, never, cuda=SOURCE)
'''
JOB = """
[data]
train = "train.h5"
[[potential]]
POTENTIAL
species = ["Si"]
parameters = { k = { initial = 0.2 } }
[[potential]]
pair = "A*(4 - r)**4"
cutoff = 4.0
species = ["Si"]
parameters = { A = { initial = 0.1 } }
[run]
device = "cuda"
"""


def test_it_fits_as_the_formula_and_the_log_says_what_is_copied(
    silicon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (silicon.folder / "spring.py").write_text(FILE)
    found = []
    for potential in ('name = "spring.py:SPRING"', 'pair = "k*(4 - r)**3"\ncutoff = 4.0'):
        silicon.path.write_text(JOB.replace("POTENTIAL", potential))
        devices = Devices((RankDevice("emulated", "here"),), HostDevice())
        monkeypatch.setattr(run, "choose_devices", lambda *_, found=devices: found)
        assert run.run_job(SerialCommunicator(), silicon.path, restart=True) == 0
        found.append([each["value"] for each in silicon.result()["parameters"]])
        log = (silicon.run / "log.txt").read_text()
        copied = "note: the sum of potentials is computed on the CPU: from the devices come " in log
        assert copied == ("spring" in potential)
    assert found[0] == pytest.approx(found[1], rel=1e-7)
