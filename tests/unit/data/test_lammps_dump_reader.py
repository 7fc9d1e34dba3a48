"""LAMMPS dumps: boxes and coordinates of all kinds, and energies from a table."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from reading import FILES, edited, message, read

from hpcfit.data import READERS, ReadOptions
from hpcfit.data.foreign_units import UnitChoice
from hpcfit.data.importing import import_dataset
from hpcfit.data.readers.lammps_dump import LammpsDumpReader
from hpcfit.errors import DataError

READER = LammpsDumpReader()
TYPES = ReadOptions(types=("Si", "C"))
BAR = 1e-4 / 160.21766208
ORTHOGONAL = """ITEM: TIMESTEP
5
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS pp pp ff
-1 3
0 5
0 6
ITEM: ATOMS id element {columns}
1 Si {first}
2 C {second}
"""


def dump(tmp_path, columns="x y z", first="0 0 0", second="1 2 3", table=None):
    path = tmp_path / "a.dump"
    path.write_text(ORTHOGONAL.format(columns=columns, first=first, second=second))
    if table is not None:
        (tmp_path / "a.dump.energies").write_text(table)
    return path


def test_a_triclinic_dump_with_its_table_is_read():
    made, report = read(READER, FILES / "sic.lammpstrj", TYPES)
    assert [c.energy for c in made] == [-12.5, -12.25]
    assert made[0].symbols == ("Si", "Si", "C")
    # Bounds -1..5.5 with xy = 0.5, xz = -1: the edge runs from 0 to 5, as 0.25 = yz makes y end at 4.
    assert made[0].cell.tolist() == [[5, 0, 0], [0.5, 4, 0], [-1, 0.25, 4]]
    assert made[0].pbc.tolist() == [True, True, False]
    np.testing.assert_allclose(made[0].positions[2], [2.25, 2.125, 2.0], rtol=1e-14)
    np.testing.assert_allclose(made[1].positions[1], [0.99, 0.065, 1.04], rtol=1e-14)
    assert made[0].forces[2].tolist() == [0.25, 0.5, -0.75]
    # LAMMPS: bar, compression positive.
    expected = -BAR * np.array([10000, 20000, 30000, 600, 500, 400])
    np.testing.assert_allclose(made[0].stress, expected, rtol=1e-14)
    assert dict(report.keys) == {("energy", "PotEng"): 2, ("forces", "forces"): 2, ("stress", "pxx"): 2}
    assert report.also_read == [FILES / "sic.lammpstrj.energies"]


@pytest.mark.parametrize(
    ("columns", "second"), [("x y z", "1 2 3"), ("xu yu zu", "5 2 3"), ("xs ys zs", "0.5 0.4 0.5")]
)
def test_every_kind_of_coordinates_is_read(tmp_path, columns, second):
    (made,), report = read(READER, dump(tmp_path, columns, second=second))
    expected = [5, 2, 3] if "u" in columns else [1, 2, 3]
    np.testing.assert_allclose(made.positions[1], expected, rtol=1e-14)
    assert made.cell.tolist() == [[4, 0, 0], [0, 5, 0], [0, 0, 6]]
    assert made.forces is None
    assert (
        "a dump has no energies; give them with --energies TABLE, or as NAME.energies beside it"
        in report.notes
    )


def test_a_general_triclinic_box_is_read(tmp_path):
    path = dump(tmp_path, "xs ys zs", second="0.5 0.5 0.5")
    text = path.read_text().replace(
        "BOX BOUNDS pp pp ff\n-1 3\n0 5\n0 6", "BOX BOUNDS abc origin pp pp pp\n4 1 0 1\n0 4 1 2\n1 0 4 3"
    )
    path.write_text(text)
    (made,), _ = read(READER, path)
    assert made.cell.tolist() == [[4, 1, 0], [0, 4, 1], [1, 0, 4]]
    np.testing.assert_allclose(made.positions[1], [3.5, 4.5, 5.5])


def test_a_table_with_commas_is_given_by_name(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("step,energy\n5,-3.5\n6,-3.6\n")
    (made,), report = read(READER, dump(tmp_path), ReadOptions(energies=table))
    assert made.energy == -3.5
    assert report.notes == {"steps of the table have no snapshot": 1}


def test_stress_columns_are_taken_as_they_are(tmp_path):
    (made,), report = read(
        READER, dump(tmp_path, table="step energy sxx syy szz sxy sxz syz\n5 1 .1 .2 .3 .4 .5 .6\n")
    )
    assert made.stress.tolist() == [0.1, 0.2, 0.3, 0.6, 0.5, 0.4]
    assert report.keys["stress", "sxx"] == 1


def test_a_killed_run_gives_its_whole_snapshots(tmp_path):
    text = (FILES / "sic.lammpstrj").read_text()
    path = tmp_path / "a.lammpstrj"
    path.write_text(text[:-5])
    made, report = read(READER, path, TYPES)
    assert len(made) == 1
    assert report.skipped == [(f"{path}: snapshot 2", "incomplete: the file ends within this step")]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            "step energy\n6 1\n",
            "a.dump.energies: has no step 5, which a.dump:1 has; add it, or use --no-energy --no-stress.",
        ),
        (
            "5 -3.5\n",
            "a.dump.energies:1: the first line of a table of energies names its columns, "
            "as in 'step energy'; "
            "found '5 -3.5'.",
        ),
        ("step energy\n5 1 2\n", "a.dump.energies:2: expected 2 columns as the first line names, found 3."),
        (
            "step energy\n5 ****\n",
            "a.dump.energies:2: table: '****' is not a finite number (stars stand for a "
            "number too wide for its column).",
        ),
        (
            "step energy\n5 1\n5 2\n",
            "a.dump.energies:3: step 5 again, with other values than at a.dump.energies:2; remove one.",
        ),
        ("step energy\n5.5 1\n", "a.dump.energies:2: step 5.5 is not a whole number."),
        ("step energy\n", "a.dump.energies: no rows in this table of energies."),
        ("", "a.dump.energies: no rows in this table of energies."),
        (
            "step energy PotEng\n5 1 2\n",
            "a.dump:1: has both energy and PotEng, with different values. Choose with --energy-key energy or "
            "--energy-key PotEng, or --no-energy.",
        ),
        (
            "step pxx pyy pzz pxy pxz pyz sxx syy szz sxy sxz syz\n5 1 1 1 1 1 1 2 2 2 2 2 2\n",
            "a.dump:1: the table has both pressures (pxx ...) and stresses (sxx ...); "
            "choose with --stress-key "
            "pxx or --stress-key sxx, or --no-stress.",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path, table, expected):
    assert message(READER, dump(tmp_path, table=table)) == expected


@pytest.mark.parametrize(
    ("edit", "options", "expected"),
    [
        (
            ("", ""),
            ReadOptions(),
            "sic.lammpstrj:1: no column names the elements. Name the elements of types 1, "
            "2, ... with --types, "
            "as in --types Si,C.",
        ),
        (("", ""), ReadOptions(types=("Si",)), "sic.lammpstrj:1: types 1 to 2, but --types names 1: Si."),
        (
            ("", ""),
            ReadOptions(types=("Si", "Cc")),
            "sic.lammpstrj:1: 'Cc' is not the symbol of a chemical element (write it as in 'Si'). Name the "
            "elements of types 1, 2, ... with --types, as in --types Si,C.",
        ),
        (
            ("ATOMS\n3", "ATOMS\n4"),
            TYPES,
            "sic.lammpstrj:13: a new section after 3 of the 4 atoms that sic.lammpstrj:1 announces.",
        ),
        (
            ("ATOMS\n3", "ATOMS\n2"),
            TYPES,
            "sic.lammpstrj:12: expected a line beginning with ITEM:, found '2 1 0.25 0 0.25 0 0 0'.",
        ),
        (
            ("1 1 0 0 0 -0.25", "1 1 0 0 0"),
            TYPES,
            "sic.lammpstrj:11: expected 8 columns (id type xs ys zs fx fy fz), found 7.",
        ),
        (("1 1 0 0 0", "2 1 0 0 0"), TYPES, "sic.lammpstrj:1: an atom id occurs twice in this snapshot."),
        (
            ("1 1 0 0 0", "1 1 0 nan 0"),
            TYPES,
            "sic.lammpstrj:1: xs ys zs: 'nan' is not a finite number.",
        ),
        (
            ("0.0000000000000000e+00 4.0000000000000000e+00", "4 0"),
            TYPES,
            "sic.lammpstrj:8: the upper bound of the box is not above the lower one; they stand as lo hi.",
        ),
        (
            ("xy xz yz pp pp ff", "xy xz yz"),
            TYPES,
            "sic.lammpstrj:5: no boundary flags such as 'pp pp pp' after BOX BOUNDS; add those of the run.",
        ),
        (
            ("id type xs ys zs", "id type a b c"),
            TYPES,
            "sic.lammpstrj:1: no positions among the columns id type a b c fx fy fz; dump x y z, xu yu zu, "
            "xs ys zs or xsu ysu zsu.",
        ),
        (
            ("ITEM: TIMESTEP", "ITEM: UNITS\nreal\nITEM: TIMESTEP"),
            TYPES,
            "sic.lammpstrj:3: this dump says its units are real; add --energy-unit kcal/mol.",
        ),
        (("100", "abc"), TYPES, "sic.lammpstrj:14: timestep: 'abc' is not a whole number."),
        (
            ("ITEM: NUMBER", "ITEM: AMOUNT"),
            TYPES,
            "sic.lammpstrj:3: unknown section 'ITEM: AMOUNT OF ATOMS'.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path, edit, options, expected):
    assert message(READER, edited(tmp_path, "sic.lammpstrj", edit), options) == expected


def test_pressures_and_chosen_units_exclude_each_other(tmp_path):
    for name in ("sic.lammpstrj", "sic.lammpstrj.energies"):
        shutil.copy(FILES / name, tmp_path / name)
    path = tmp_path / "sic.lammpstrj"
    with pytest.raises(DataError) as caught:
        import_dataset([path], tmp_path / "x.h5", READERS, TYPES, units=UnitChoice(energy="kcal/mol"))
    assert str(caught.value) == (
        "--energy-unit: the pressures pxx ... of the table are bar, as in units metal; name columns sxx ... "
        "instead, use --no-stress, or leave the option out."
    )
    options = ReadOptions(types=("Si", "C"), leave_out=frozenset(["stress"]))
    result = import_dataset([path], tmp_path / "x.h5", READERS, options, units=UnitChoice(energy="kcal/mol"))
    assert result.configurations[0].energy == pytest.approx(-12.5 * 0.0433641, rel=1e-6)


def test_a_folder_of_dumps_takes_their_tables_along(tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    for name in ("sic.lammpstrj", "sic.lammpstrj.energies"):
        shutil.copy(FILES / name, folder / name)
    result = import_dataset([folder], tmp_path / "x.h5", READERS, TYPES)
    assert len(result.configurations) == 2
    assert result.report.skipped == [
        ("sic.lammpstrj.energies", "read together with the trajectory beside it")
    ]
