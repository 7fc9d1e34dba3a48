"""potfit: energy per atom, stress with compression positive, elements by type."""

from __future__ import annotations

import numpy as np
import pytest
from reading import FILES, edited, message, read

from hpcfit.data import ReadOptions
from hpcfit.data.readers.potfit import PotfitReader

READER = PotfitReader()


def test_configurations_are_read_with_total_energies_weights_and_our_stress():
    made, report = read(READER, FILES / "crystal.config")
    assert [c.identifier for c in made] == ["crystal.config#0", "crystal.config#1"]
    assert [c.energy for c in made] == [-3.0, -3.75]
    assert made[0].symbols == ("Mg", "Zn")
    assert made[0].cell.tolist() == [[5.2, 0, 0], [0, 5.2, 0], [0, 0, 8.4]]
    assert made[0].pbc.all()
    assert made[0].forces.tolist() == [[0.1, 0.2, 0.3], [-0.1, -0.2, -0.3]]
    # potfit: eV/angstrom^3, compression positive, xx yy zz xy yz zx.
    np.testing.assert_allclose(made[0].stress, [-0.01, -0.02, -0.03, -0.002, -0.003, -0.001])
    assert made[0].weights == {"config": 10.0**0.5}
    assert made[1].weights == {}
    # The elements of the first configuration hold for the second, which has useforce 0.
    assert made[1].symbols == ("Zn", "Zn", "Mg")
    assert made[1].forces is None
    assert report.notes == {
        "forces are not used, as the 0 after #N natoms says": 1,
        "the region of contributing atoms (#B_...) is not used: all atoms count": 1,
    }


def test_the_types_can_be_named_on_import(tmp_path):
    path = edited(tmp_path, "crystal.config", ("#C Mg Zn\n", ""))
    assert message(READER, path) == (
        "crystal.config:1: no line #C names the elements of types 0, 1, ...; give them with --types, as in "
        "--types Si,C."
    )
    assert read(READER, path, ReadOptions(types=("Al", "Cu")))[0][0].symbols == ("Al", "Cu")


def test_a_file_that_is_cut_off_gives_its_whole_configurations(tmp_path):
    path = edited(tmp_path, "crystal.config", ("0   0.0   2.0   0.0   0   0   0\n", ""))
    made, report = read(READER, path)
    assert len(made) == 1
    assert report.skipped == [(f"{path}: configuration 2", "incomplete: the file ends within this step")]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            ("#N 2 1", "#N 3 1"),
            "crystal.config:13: a new header after 2 of the 3 atoms that crystal.config:1 "
            "announces; correct #N.",
        ),
        (("#N 3 0", "#N 2 0"), "crystal.config:25: expected '#N', found '0   0.0   2.0   0.0   0   0   0'."),
        (("#N 2 1", "#N 2"), "crystal.config:1: expected '#N natoms useforce'."),
        (("#N 3 0", "#N 0 0"), "crystal.config:13: #N announces 0 atoms."),
        (("#N 3 0", "#N x 0"), "crystal.config:13: #N natoms: 'x' is not a whole number."),
        (
            ("#E -1.5000000000\n", "#E -1.5\n#E -1.6\n"),
            "crystal.config:9: a second #E, not the same as the one of crystal.config:8; remove one.",
        ),
        (("#E -1.25", "#E nan"), "crystal.config:21: #E: 'nan' is not a finite number."),
        (("#S 0.01", "#S"), "crystal.config:9: expected 6 numbers for #S, found 5."),
        (
            ("#Y   0.00000000   5.20000000   0.00000000\n", ""),
            "crystal.config:1: #X, #Y and #Z, the box, are not all there.",
        ),
        (
            ("#F\n", ""),
            "crystal.config:10: expected a header line beginning with #; '#F' must end the header.",
        ),
        (
            ("1   2.6   2.6   4.2  -0.1", "1   2.6   2.6   4.2"),
            "crystal.config:12: expected 7 columns, type x y z fx fy fz, found 6.",
        ),
        (
            ("1   2.6", "2   2.6"),
            "crystal.config:1: types 0 to 2, but 2 elements (Mg Zn) are named for types 0, "
            "1, ...; correct #C or "
            "use --types.",
        ),
        (
            ("#C Mg Zn", "#C Mg zn"),
            "crystal.config:1: 'zn' is not the symbol of a chemical element (write it as in 'Si'). Name them "
            "with --types, as in --types Si,C.",
        ),
        (
            ("#W 10.000000", "#W -1"),
            "crystal.config:1: configuration crystal.config#0: weight config must be "
            "finite and not negative.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path, edit, expected):
    assert message(READER, edited(tmp_path, "crystal.config", edit)) == expected
