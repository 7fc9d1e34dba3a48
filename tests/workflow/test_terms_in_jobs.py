"""Formulas are looked at before anything is fitted: poles are refused, jumps told, long cutoffs weighed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.data import configuration, write_dataset
from hpcfit.errors import JobError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.check import check_job
from hpcfit.workflow.room import machine_memory
from hpcfit.workflow.run import run_job

JOB = """
[data]
train = "train.h5"
[[potential]]
species = ["Si", "C"]
cutoff = "rc"
pair = "A*(r - rc)**2/(r - r0)"
[potential.parameters]
A = { initial = 1.0 }
r0 = 0.3
rc = 3.5
[targets]
forces = false
"""
NAMED = """
[data]
train = "train.h5"
[[potential]]
name = "lennard-jones"
species = ["Si", "C"]
truncation = "none"
[potential.parameters]
epsilon = { initial = 0.1 }
sigma = 1.9
rc = 3.5
[targets]
forces = false
"""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes a job beside data in which Si and C come as close as 1.1 angstrom."""
    monkeypatch.chdir(tmp_path)
    positions = np.array([[0, 0, 0], [1.1, 0, 0], [3.4, 0, 0], [3.4, 2.5, 0]])
    write_dataset(
        tmp_path / "train.h5",
        [configuration("one", [14, 6, 14, 14], positions, np.zeros((3, 3)), False, energy=-1.0)],
    )

    def write(text: str) -> Path:
        path = Path("job.toml")
        path.write_text(text)
        return path

    return write


def refused(path: Path) -> tuple[str, ...]:
    with pytest.raises(JobError) as by_check:
        check_job(path, 1)
    with pytest.raises(JobError) as by_run:
        run_job(SerialCommunicator(), path)
    assert by_check.value.problems == by_run.value.problems
    return by_check.value.problems


def test_a_pole_between_the_closest_atoms_and_the_cutoff_is_refused(job: Any) -> None:
    assert refused(job(JOB.replace("r0 = 0.3", "r0 = 2.25"))) == (
        "job.toml:7: potential[0].pair: divides by zero at r = 2.25 angstrom, inside the cutoff, at the "
        "initial values. Change the formula, or the values.",
    )


def test_atoms_are_as_close_as_the_data_say_or_their_elements_let_expect(job: Any) -> None:
    # Of Si and C at least 0.75 of the sum of their covalent radii would be expected, 1.4 angstrom.
    (fault,) = refused(job(JOB.replace("r0 = 0.3", "r0 = 1.2")))
    assert fault.startswith("job.toml:7: potential[0].pair: divides by zero at r = 1.2 angstrom (")
    check_job(job(JOB.replace("r0 = 0.3", "r0 = 0.9")), 1)


@pytest.mark.parametrize("cutoff", ["0", "-3.0"])
def test_a_cutoff_that_leaves_no_neighbours_is_refused(job: Any, cutoff: str) -> None:
    with pytest.raises(JobError) as caught:
        check_job(job(JOB.replace("rc = 3.5", f"rc = {cutoff}")), 1)
    assert str(caught.value) == (
        f"job.toml:6: potential[0].cutoff: at the initial values it is {float(cutoff):g} angstrom, so that "
        "no atom has a neighbour. Give values, or write the cutoff, so that it is a length above 0."
    )


@pytest.mark.parametrize(("first", "second"), [("4", "3"), ("r0", "3.3")])
def test_a_switch_with_its_limits_reversed_is_refused(job: Any, first: str, second: str) -> None:
    pair = f"A*exp(-r)*switch(r, {first}, {second})*(r - rc)**2 + r0"
    begin, end = {"r0": "5", "4": "4"}[first], second
    assert refused(job(JOB.replace("A*(r - rc)**2/(r - r0)", pair).replace("r0 = 0.3", "r0 = 5"))) == (
        f"job.toml:7: potential[0].pair: switch begins at {begin} and ends at {end}, at the initial values. "
        "Write its two limits the other way round, or change their values.",
    )


ZBL = """
[data]
train = "train.h5"
[[potential]]
name = "zbl"
species = ["Si", "C"]
[potential.parameters]
inner = { initial = 2.5 }
outer = 2.5
[targets]
forces = false
"""


@pytest.mark.parametrize("outer", ["2.5", "2"])
def test_lengths_in_another_order_than_a_potential_wants_are_refused(job: Any, outer: str) -> None:
    assert refused(job(ZBL.replace("outer = 2.5", f"outer = {outer}"))) == (
        f"job.toml:8: potential[0].parameters.inner is 2.5 and must be below outer, which is {outer}, at the "
        "initial values. Change one of them.",
    )


def test_an_onset_behind_the_cutoff_is_refused(job: Any) -> None:
    text = NAMED.replace('"none"', '"smooth"').replace("rc = 3.5", '"Si-C".ro = 4.0\nrc = 3.5')
    assert refused(job(text)) == (
        "job.toml:8: potential[0].parameters.ro is 4 for Si-C and must be below the cutoff, which is 3.5, at "
        "the initial values. Change one of them.",
    )
    check_job(job(NAMED.replace('"none"', '"smooth"').replace("rc = 3.5", "rc = 0")), 1)  # of 3 sigma


def test_a_cutoff_beyond_all_lengths_is_refused(job: Any) -> None:
    with pytest.raises(JobError, match=r"\.cutoff: at the initial values it is 1e\+300 angstrom\. Give"):
        check_job(job(JOB.replace("rc = 3.5", "rc = 1e300")), 1)


def test_a_triplet_that_depends_on_the_order_of_the_bonds_is_refused_with_its_line(job: Any) -> None:
    with pytest.raises(JobError) as caught:
        check_job(job(JOB.replace('pair = "A*(r - rc)**2/(r - r0)"', 'triplet = "A*(r1 - rc)**2*r0*r2"')), 1)
    assert str(caught.value) == (
        "job.toml:7: potential[0].triplet: not symmetric, exchanging the neighbours 1 and 2 changes the "
        "energy. Write a formula in which both play the same part"
    )


def test_a_smooth_formula_is_not_warned_of(job: Any) -> None:
    assert "warning" not in check_job(job(JOB), 1)


def test_a_jump_at_the_cutoff_is_told_once_by_check_and_by_run(
    job: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = job(JOB.replace("A*(r - rc)**2/(r - r0)", "A*exp(-r)*r0/0.3"))
    warning = (
        "job.toml:7: potential[0].pair does not end smoothly: at the cutoff, 3.5 angstrom, the energy jumps "
        "by 0.03 eV and the force by 0.03 eV/angstrom, at the initial values. Multiply it by switch(r, r_in, "
        "r_out), which falls from 1 to 0 between two distances."
    )
    assert check_job(path, 1).splitlines()[-1] == f"warning        {warning}"
    run_job(SerialCommunicator(), path)
    assert capsys.readouterr().out.splitlines().count(f"warning: {warning}") == 1


@pytest.mark.parametrize(
    ("truncation", "amounts"),
    [
        ("none", "the energy jumps by 0.01 eV and the force by 0.017 eV/angstrom"),
        ("shift", "the force jumps by 0.017 eV/angstrom"),
        ("force-shift", None),
        ("smooth", None),
    ],
)
def test_a_potential_truncated_on_purpose_says_how_not_to(
    job: Any, truncation: str, amounts: str | None
) -> None:
    told = check_job(job(NAMED.replace('"none"', f'"{truncation}"')), 1).splitlines()[-1]
    if amounts is None:
        assert "warning" not in told
        return
    assert told == (
        "warning        job.toml:4: potential[0].pair does not end smoothly: at the cutoff, 3.5 angstrom, "
        f'{amounts}, at the initial values. Write truncation = "force-shift" or "smooth" to avoid it.'
    )


SPLINE = """
[data]
train = "train.h5"
[[potential]]
species = ["Si", "C"]
cutoff = 3.5
pair = "bspline(r, phi, knots=9, r_min=1, r_max=3.5)"
[potential.parameters]
phi = { initial = "exp(-r)" }
[targets]
forces = false
"""


def test_a_spline_that_ends_elsewhere_than_its_bonds_is_told_what_to_write(job: Any) -> None:
    assert "warning" not in check_job(job(SPLINE), 1)
    assert check_job(job(SPLINE.replace("r_max=3.5", "r_max=6")), 1).splitlines()[-1] == (
        "warning        job.toml:7: potential[0].pair does not end smoothly: at the cutoff, 3.5 angstrom, "
        "the energy jumps by 0.031 eV and the force by 0.03 eV/angstrom, at the initial values. Write "
        "r_max=3.5 in its splines, or a cutoff of 6."
    )
    assert check_job(job(SPLINE.replace("r_max=3.5", "r_max=3")), 1).splitlines()[-1] == (
        "warning        job.toml:7: potential[0].pair ends with its splines at 3 angstrom, and its cutoff "
        "is 3.5 angstrom: bonds between the two cost time for nothing. Write r_max=3.5, or a cutoff of 3."
    )
    both = SPLINE.replace("r_max=3.5)", "r_max=3) + 1e-3*(r - 3.5)**3")
    assert "warning" not in check_job(job(both), 1)


@pytest.mark.parametrize(
    ("terms", "place", "factor"),
    [
        (
            'triplet = "A*exp(-r1 - r2)*(costheta + r0)"',
            "triplet",
            "switch(r1, r_in, r_out)*switch(r2, r_in, r_out), each of which falls from 1 to 0 between two "
            "distances.",
        ),
        (
            'pair = "A*(r - rc)**3*(zeta + r0)"\nbond_environment = "exp(-r2)"',
            "bond_environment",
            "switch(r2, r_in, r_out), which falls from 1 to 0 between two distances.",
        ),
    ],
)
def test_a_jump_is_told_with_a_switch_of_the_distances_that_there_are(
    job: Any, terms: str, place: str, factor: str
) -> None:
    told = check_job(job(JOB.replace('pair = "A*(r - rc)**2/(r - r0)"', terms)), 1).splitlines()[-1]
    assert f"potential[0].{place} does not end smoothly" in told
    assert told.endswith(f" Multiply it by {factor}")


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (
            "rc = 1",
            "job.toml:4: potential[0] reaches no neighbour: its cutoff is 1 angstrom, and the closest C-Si "
            "of the training data are 1.1 angstrom apart. It has no part in this fit; give a longer cutoff, "
            "or leave it out.",
        ),
        (
            'rc = 3.5\n[[potential]]\nname = "zbl"\nspecies = ["Si"]\n[potential.parameters]\ninner = '
            "1\nouter = 2",
            "job.toml:12: potential[1] reaches no neighbour: its cutoff is 2 angstrom, and the closest "
            "Si-Si of the training data are 2.5 angstrom apart. It has no part in this fit; give a longer "
            "cutoff, or leave it out.",
        ),
    ],
)
def test_a_potential_without_any_bond_is_told_once_by_check_and_by_run(
    job: Any, capsys: pytest.CaptureFixture[str], change: str, warning: str
) -> None:
    path = job(JOB.replace("rc = 3.5", change))
    assert check_job(path, 1).splitlines()[-1] == f"warning        {warning}"
    run_job(SerialCommunicator(), path)
    assert capsys.readouterr().out.splitlines().count(f"warning: {warning}") == 1


def test_a_potential_for_species_that_the_data_lack_is_told(job: Any) -> None:
    zbl = '[[potential]]\nname = "zbl"\nspecies = ["Ge", "Sn"]\n[targets]'
    assert check_job(job(JOB.replace("[targets]", zbl)), 1).splitlines()[-1] == (
        "warning        job.toml:14: potential[1].species: the training data hold no Ge and no Sn. The "
        "potential has no part in this fit; leave it out, or add data."
    )


def test_a_term_without_any_bond_is_told_beside_one_that_has_some(job: Any) -> None:
    text = JOB.replace(
        'cutoff = "rc"', 'cutoff = { pair = "rc", "density.a" = 1, "density.b" = 0.9 }'
    ).replace(
        'pair = "A*(r - rc)**2/(r - r0)"',
        'pair = "A*(r - rc)**2"\nembedding = "a + b*r0"\ndensity = { a = "(r - 1)**3", b = "(r - 0.9)**3" }',
    )
    assert check_job(job(text), 1).splitlines()[-1] == (
        "warning        job.toml:9: potential[0].density.a (and density.b) reach no neighbour: its cutoff "
        "is 1 angstrom, and the closest C-Si of the training data are 1.1 angstrom apart. It has no part in "
        "this fit; give a longer cutoff, or leave it out."
    )


@pytest.mark.parametrize(
    ("term", "cutoff", "warning"),
    [
        (
            'pair = "A*(r - rc)**3*r0"',
            22,
            "job.toml:7: potential[0].pair computes about 3570 bonds of each atom within its cutoff of 22 "
            "angstrom. Give it a shorter cutoff.",
        ),
        (
            'triplet = "A*(r1 - rc)**3*(r2 - rc)**3*costheta*r0"',
            9,
            "job.toml:7: potential[0].triplet computes about 29800 triplets of each atom, of 244 neighbours "
            "within its cutoff of 9 angstrom. Give it a shorter cutoff, of its own: cutoff = { triplet = "
            "... }.",
        ),
        (
            'pair = "A*(r - 3)**3*zeta*r0"\nbond_environment = "(r2 - rc)**3"',
            16,
            "job.toml:8: potential[0].bond_environment computes about 12400 triplets of each atom, of 1370 "
            "neighbours within its cutoff of 16 angstrom. Give it a shorter cutoff, of its own: cutoff = { "
            "bond_environment = ... }.",
        ),
    ],
)
def test_an_enormous_number_of_bonds_or_triplets_is_told_with_the_term_that_has_it(
    job: Any, tmp_path: Path, term: str, cutoff: float, warning: str
) -> None:
    positions = np.random.default_rng(0).random((10, 3)) * 5.0
    crystal = configuration("crystal", [14] * 10, positions, np.eye(3) * 5.0, True, energy=-1.0)
    text = JOB.replace('pair = "A*(r - rc)**2/(r - r0)"', term).replace("rc = 3.5", f"rc = {cutoff}")
    if "zeta" in term:
        text = text.replace('cutoff = "rc"', 'cutoff = { pair = 3, bond_environment = "rc" }')
    assert "warning" not in check_job(job(text), 1)  # a few atoms without periodic images
    write_dataset(tmp_path / "train.h5", [crystal])
    assert check_job(job(text), 1).splitlines()[-1] == f"warning        {warning}"


def test_a_cutoff_beyond_what_memory_allows_is_refused(
    job: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpcfit.workflow.room.machine_memory", lambda: 2**28)
    path = job(JOB.replace("rc = 3.5", "rc = 100").replace("A*(r - rc)**2/(r - r0)", "A*exp(-r - r0)"))
    assert "warning" not in check_job(path, 1)  # a few atoms without periodic images
    positions = np.random.default_rng(0).random((10, 3)) * 5.0
    crystal = configuration("crystal", [14] * 10, positions, np.eye(3) * 5.0, True, energy=-1.0)
    write_dataset(tmp_path / "train.h5", [crystal])
    assert refused(path) == (
        "job.toml:6: potential[0].cutoff: about 335103 neighbours of each of 10 atoms are within 100 "
        "angstrom; a rank would need 0.65 GiB, and this machine has 0.25 GiB. Give a shorter cutoff, or use "
        "more ranks, or set run.memory_limit, and bonds are searched anew whenever they are needed.",
    )


def test_an_absurd_cutoff_is_told_once_and_not_for_each_configuration(job: Any, tmp_path: Path) -> None:
    path = job(JOB.replace("rc = 3.5", "rc = 30000").replace("A*(r - rc)**2/(r - r0)", "A*exp(-r - r0)"))
    positions = np.random.default_rng(0).random((10, 3)) * 5.0
    crystals = [
        configuration(f"crystal {k}", [14] * 10, positions, np.eye(3) * 5.0, True, energy=-1.0)
        for k in range(3)
    ]
    write_dataset(tmp_path / "train.h5", crystals)
    (fault,) = refused(path)
    assert fault.startswith(
        "job.toml:6: potential[0].cutoff: about 9.04779e+12 neighbours of each of 30 atoms are within 30000 "
        "angstrom; a rank would need "
    )
    assert fault.endswith(" GiB. Give a shorter cutoff.")


def test_this_machine_says_how_much_memory_it_has() -> None:
    there = machine_memory()
    assert there is None or 2**20 < there < 2**60
