"""Bad input: exit code 2, one message that says where and what to do, and nothing written over.

Every case is run on two ranks with --restart, which must not cost the results of an earlier run either, and
by one process: by `hpcfit check` where it can be known without computing, or else (and for one case of each
stage) by `hpcfit run`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

Silicon = Any
Launch = Callable[..., Any]

OWN_POTENTIAL = (
    'name = "stillinger-weber-kim"\nspecies = ["Si"]\n',
    'species = ["Si"]\ncutoff = "rc"\npair = "(A*r**-4 - B)*exp(gamma/(r - rc))*log(lambda*r)"\n',
)
EARLIER = "the result of an earlier run"


def change(folder: Path, name: str, place: Any, value: float) -> None:
    """Overwrite a part of an array of train.h5."""
    with h5py.File(folder / "train.h5", "r+") as file:
        file[name][place] = value


@pytest.fixture
def refused(hpcfit: Launch, silicon: Silicon) -> Callable[..., None]:
    """refused(message, by=) holds that the silicon job is refused with exactly this message."""
    silicon.run.mkdir()
    (silicon.run / "result.json").write_text(EARLIER)
    (silicon.run / "events.jsonl").write_text(EARLIER)

    def hold(message: str, by: tuple[str, ...] = ("check",)) -> None:
        before = content(silicon.folder)
        for arguments, ranks in ((["run", "--restart"], 2), *(([command], 1) for command in by)):
            finished = hpcfit(*arguments, "job.toml", ranks=ranks, folder=silicon.folder)
            assert finished.code == 2, finished.err
            # What one rank finds in its share of the data begins with the rank.
            assert re.sub(r"^rank \d of \d: ", "", finished.err) == message + "\n"
            assert finished.out == ""
            assert content(silicon.folder) == before

    return hold


def content(folder: Path) -> dict[Path, bytes]:
    """All files, but for the lock of the run folder."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".lock")]
    return {path.relative_to(folder): path.read_bytes() for path in files}


@pytest.mark.mpi
def test_all_faults_of_a_job_file_are_told_at_once(silicon: Silicon, refused: Callable[..., None]) -> None:
    silicon.write(
        ('train = "train.h5"', 'train = "nowhere.h5"'),
        ("energy = true", 'energy = "yes"'),
        ("forces = true", "forces = true\nstres = true"),
        ('"stillinger-weber-kim"', '"stilinger-weber"'),
        ("energy = 10.0", "energy = -1.0"),
        ("[run]", '[residual]\nname = "mine.py:crack"\n\n[optimizer]\nmax_iterations = -1\n\n[run]'),
    )
    refused(
        "job.toml:2: data.train: there is no file nowhere.h5. Make it with `hpcfit import`; paths are "
        "relative to the job file.\n"
        "job.toml:5: targets.energy: true or false is expected, not 'yes'.\n"
        "job.toml:7: targets.stres is not a known key. Did you mean stress?\n"
        "job.toml:10: potential[0].name: unknown potential 'stilinger-weber'. Did you mean "
        "stillinger-weber?\n"
        "job.toml:20: weights.energy: must be at least 0.0, not -1.0. It is: factor of energy residuals.\n"
        f"job.toml:23: residual.name: mine.py cannot be read ({silicon.folder / 'mine.py'}: No such file or "
        "directory).\n"
        "job.toml:26: optimizer.max_iterations: must be at least 0, not -1. It is: trials of a step, "
        "accepted or rejected, before giving up.",
        by=("run", "check"),
    )


@pytest.mark.mpi
def test_a_formula_that_cannot_be_read_is_refused(silicon: Silicon, refused: Callable[..., None]) -> None:
    silicon.write(OWN_POTENTIAL, ("log(lambda*r)", "lnn(lambda*r)"), ("gamma  = {", "rc = 3.7\ngama = {"))
    refused(
        'job.toml:11: potential[0].pair: unknown function lnn in "(A*r**-4 - B)*exp(gamma/(r - rc))'
        '*lnn(lambda*r)" (column 35). Known: abs, acos, asin, atan, bspline, cos, cosh, erf, erfc, exp, log, '
        "max, min, sin, sinh, sqrt, switch, switch_cosine, switch_tersoff, tan, tanh, where"
    )


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (
            "(A*r**-4 - B",
            'job.toml:11: potential[0].pair: cannot read the expression in "(A*r**-4 - B" (column 1). Look '
            "for a missing operator or bracket there",
        ),
        ("A*r^-4", 'job.toml:11: potential[0].pair: unexpected character ^ in "A*r^-4" (column 4). For a '
         "power write **"),
        (
            "(A*r**-4 - B)*exp(gama/(r - rc))*lambda",
            "job.toml:16: potential[0].parameters.gamma: no formula uses this name. Did you mean gama?",
        ),
    ],
)  # fmt: skip
def test_check_tells_what_is_wrong_with_a_formula(
    silicon: Silicon, hpcfit: Launch, formula: str, message: str
) -> None:
    pair = ("(A*r**-4 - B)*exp(gamma/(r - rc))*log(lambda*r)", formula)
    silicon.write(OWN_POTENTIAL, pair, ("gamma  =", "rc = 3.7\ngamma  ="))
    finished = hpcfit("check", "job.toml", folder=silicon.folder)
    assert (finished.code, finished.out) == (2, "")
    assert message in finished.err.splitlines()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "job.toml: the job file cannot be read: No such file or directory."),
        ("[data\n", "job.toml:1: not valid TOML: Expected ']' at the end of a table declaration (column 6)."),
    ],
)
def test_a_job_file_that_cannot_be_read_is_refused(
    silicon: Silicon, hpcfit: Launch, text: str | None, message: str
) -> None:
    if text is not None:
        silicon.path.write_text(text)
    finished = hpcfit("run", "job.toml", folder=silicon.folder)
    assert (finished.code, finished.out, finished.err) == (2, "", message + "\n")


@pytest.mark.mpi
def test_species_without_a_potential_are_refused(silicon: Silicon, refused: Callable[..., None]) -> None:
    change(silicon.folder, "atoms/number", -1, 32)
    silicon.write()
    refused(
        "job.toml:8: potential: the data hold Ge, but no potential is for it; the potentials are for Si. Add "
        "the species to a [[potential]], or choose other configurations by data.tags."
    )


@pytest.mark.mpi
def test_a_target_that_the_data_lack_is_refused(silicon: Silicon, refused: Callable[..., None]) -> None:
    change(silicon.folder, "configurations/stress", slice(None), np.nan)
    silicon.write(("forces = true", "forces = true\nstress = true"))
    refused(
        "job.toml:7: targets.stress: no selected configuration of train.h5 has a reference for it. Write "
        "stress = false, or import data that have it."
    )


@pytest.mark.mpi
def test_an_empty_selection_is_refused(silicon: Silicon, refused: Callable[..., None]) -> None:
    silicon.write(('train = "train.h5"', 'train = "train.h5"\ntags = ["surface"]'))
    refused("job.toml:3: data.tags: train.h5: no configuration has the tag 'surface'. Did you mean Surface?")


SURFACE = "train.h5: configuration Surface: Si_surface_mp/Si_mp-149_(3_3_1)"


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [
        (
            "atoms/position",
            (70, 1),
            np.nan,
            "positions contain NaN or infinity; correct the source and import it again.",
        ),
        (
            "configurations/energy",
            1,
            np.inf,
            "energy is infinite; leave it out (NaN) if it is not known.",
        ),
        (
            "atoms/force",
            (70, 1),
            np.nan,
            "forces are NaN for some atoms; give all of them or none (all NaN).",
        ),
        (
            "configurations/cell",
            (1, 2),
            0.0,
            "periodic, but the lattice vectors of its periodic directions span no volume; give a cell.",
        ),
    ],
)
def test_impossible_data_are_refused(
    silicon: Silicon, refused: Callable[..., None], name: str, place: Any, value: float, message: str
) -> None:
    change(silicon.folder, name, place, value)
    silicon.write()
    refused(f"{SURFACE}: {message}")


@pytest.mark.mpi
def test_atoms_on_top_of_each_other_are_refused(silicon: Silicon, refused: Callable[..., None]) -> None:
    with h5py.File(silicon.folder / "train.h5", "r+") as file:
        file["atoms/position"][-1] = file["atoms/position"][-2] + 1e-3
    silicon.write()
    refused(
        "configuration AIMD-NVT: Snapshot 76000 of 100000 of AIMD NVT simulation for normal structure at "
        "1518 K: atoms 62 and 63 are 0.00173 angstrom apart. Remove the double atom, or check the cell and "
        "the unit of length",
        by=("run", "check"),
    )


@pytest.mark.mpi
def test_a_truncated_dataset_is_refused(silicon: Silicon, refused: Callable[..., None]) -> None:
    whole = (silicon.folder / "train.h5").read_bytes()
    (silicon.folder / "train.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OSError, match="truncated") as what:
        h5py.File(silicon.folder / "train.h5")
    silicon.write()
    message = f"train.h5: cannot be opened, damaged or truncated ({what.value}). Import it again."
    refused(message, by=("run", "check"))


@pytest.mark.mpi
def test_a_damaged_dataset_is_refused(silicon: Silicon, refused: Callable[..., None]) -> None:
    with h5py.File(silicon.folder / "train.h5") as file:
        offset = file["atoms/force"].id.get_chunk_info(0).byte_offset
    content = bytearray((silicon.folder / "train.h5").read_bytes())
    content[offset + 16] ^= 255
    (silicon.folder / "train.h5").write_bytes(content)
    with h5py.File(silicon.folder / "train.h5") as file, pytest.raises(OSError, match="filter") as what:
        file["atoms/force"][:]
    silicon.write()
    refused(f"train.h5: damaged or truncated ({what.value}). Copy or import it again.")


@pytest.mark.mpi
def test_both_datasets_are_looked_at_before_either_is_refused(
    silicon: Silicon, refused: Callable[..., None]
) -> None:
    (silicon.folder / "train.h5").write_text("step energy\n1 -5.4\n")
    with h5py.File(silicon.folder / "test.h5", "w") as file:
        file["energy"] = np.zeros(3)
    silicon.write(('train = "train.h5"', 'train = "train.h5"\ntest = "test.h5"'))
    refused(
        "train.h5: not an HDF5 file. Make a dataset of it with `hpcfit import train.h5 -o data.h5`.\n"
        'test.h5: has no format attribute, not "hpcfit-dataset"; make a dataset with `hpcfit import`.'
    )


def test_check_tells_faults_of_the_job_and_of_its_data_at_once(silicon: Silicon, hpcfit: Launch) -> None:
    change(silicon.folder, "configurations/energy", [1, 2], np.inf)
    silicon.write(("energy = 10.0", "enrgy = 10.0"))
    finished = hpcfit("check", "job.toml", folder=silicon.folder)
    assert (finished.code, finished.out) == (2, "")
    assert finished.err == (
        "job.toml:19: weights.enrgy is not a known key. Did you mean energy?\n"
        f"{SURFACE}: energy is infinite; leave it out (NaN) if it is not known.\n"
        "train.h5: configuration Surface: Si_surface_mp/Si_mp-149_(3_2_2): energy is infinite; leave it out "
        "(NaN) if it is not known.\n"
    )


@pytest.mark.mpi
def test_a_start_without_a_finite_residual_is_refused(silicon: Silicon, refused: Callable[..., None]) -> None:
    # Every pair has a finite energy, but in two configurations there are pairs with a force that is none.
    pair = " + 1e299*1e8*switch(r, 2.25, 2.3)"
    silicon.write(OWN_POTENTIAL, ("*log(lambda*r)", pair), ("lambda =", "rc = 3.7 #"))
    refused(
        "job.toml:8: potential: at the initial values, the residual or its derivatives by the free "
        "parameters are not finite in 2 of 7 configurations (Vacancy: Snapshot 4 of 32 of Vacancy AIMD NVT "
        "simulation at 300 K, AIMD-NVT: Snapshot 76000 of 100000 of AIMD NVT simulation for normal structure "
        "at 1518 K). Start from other values, or look for a root or logarithm of a negative number, "
        "a division by zero, an overflow.",
        by=("run",),
    )


@pytest.mark.mpi
def test_a_formula_without_a_value_where_atoms_can_be_is_refused(
    silicon: Silicon, refused: Callable[..., None]
) -> None:
    silicon.write(OWN_POTENTIAL, ("log(lambda*r)", "lambda/(r - 3)"), ("gamma  =", "rc = 3.7\ngamma  ="))
    refused(
        "job.toml:11: potential[0].pair: divides by zero at r = 3 angstrom, inside the cutoff, at the "
        "initial values. Change the formula, or the values."
    )


@pytest.mark.mpi
def test_a_cutoff_that_is_no_length_is_refused(silicon: Silicon, refused: Callable[..., None]) -> None:
    silicon.write(OWN_POTENTIAL, ('"rc"', '"sqrt(-rc)"'), ("gamma  =", "rc = 3.7\ngamma  ="))
    refused(
        "job.toml:10: potential[0].cutoff: at the initial values it is nan angstrom. Give values, or write "
        "the cutoff, so that it is a length."
    )


@pytest.mark.mpi
def test_a_residual_function_that_fails_at_the_first_call_is_refused(
    silicon: Silicon, refused: Callable[..., None]
) -> None:
    (silicon.folder / "mine.py").write_text(
        "def crack(identifier, natoms, weight, prediction, reference, data):\n"
        "    return data['scale'] * weight.vector * (prediction - reference)\n"
    )
    silicon.write(("[run]", '[residual]\nname = "mine.py:crack"\n\n[run]'))
    first = "Vacancy: Snapshot 4 of 32 of Vacancy AIMD NVT simulation at 300 K"
    refused(
        f"residual function mine.py:crack, configuration {first!r}: raised KeyError: 'scale' "
        f"({silicon.folder / 'mine.py'}:2).",
        by=("run",),
    )


@pytest.mark.mpi
def test_a_run_folder_that_cannot_be_written_to_is_refused(
    silicon: Silicon, refused: Callable[..., None]
) -> None:
    silicon.write(('folder = "run"', 'folder = "train.h5"'))
    refused(
        "job.toml:22: run.folder train.h5: cannot be written to (File exists). Give a folder of your own, on "
        "a file system with space left."
    )


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc, where even root may not write")
def test_a_file_system_that_takes_no_files_is_refused(silicon: Silicon, hpcfit: Launch) -> None:
    silicon.write(('folder = "run"', 'folder = "/proc/hpcfit"'))
    finished = hpcfit("run", "job.toml", folder=silicon.folder)
    assert (finished.code, finished.out) == (2, "")
    assert finished.err == (
        "job.toml:22: run.folder /proc/hpcfit: cannot be written to (No such file or directory). Give a "
        "folder of your own, on a file system with space left.\n"
    )


@pytest.mark.mpi
def test_an_mpirun_of_another_library_is_refused_once(silicon: Silicon, hpcfit: Launch) -> None:
    silicon.write()
    before = content(silicon.folder)
    started = {"OMPI_COMM_WORLD_SIZE": "2"}  # what the mpirun of Open MPI tells its processes
    for rank in ("0", "1"):
        environment = {**started, "OMPI_COMM_WORLD_RANK": rank}
        finished = hpcfit("run", "job.toml", folder=silicon.folder, environment=environment)
        assert (finished.code, finished.out) == (2, "")
        if rank == "0":
            assert re.fullmatch(
                r"the mpirun of Open MPI started 2 processes, but Python loads another MPI library "
                r"\(.*\), in which each of them is alone\. Start hpcfit with the mpirun of that library, "
                r"or make mpi4py load the library of this mpirun: load its module, set MPI4PY_LIBMPI to its "
                r"libmpi\.so, or reinstall mpi4py with it \(pip install --force-reinstall "
                r"--no-binary mpi4py mpi4py\)\.\n",
                finished.err,
            )
        else:
            assert finished.err == ""
    assert content(silicon.folder) == before
