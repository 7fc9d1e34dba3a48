"""Files of embedded-atom tables: what is read of them, how mistakes are answered, and their interpolation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpcfit.errors import DataError
from hpcfit.potentials.eam_tables.interpolation import polynomials
from hpcfit.potentials.eam_tables.setfl import read_table

N_RHO, N_R = 7, 6
HEADER = f"{N_RHO} 0.5 {N_R} 1.0 5.0"


def numbers(first: float, count: int) -> list[str]:
    """A function's numbers, five in a line: first, first + 1, ..."""
    values = [repr(first + k) for k in range(count)]
    return [" ".join(values[k : k + 5]) for k in range(0, count, 5)]


def setfl(style: str, species: tuple[str, ...] = ("Cu", "Ni")) -> list[str]:
    """The lines of a file; function k begins with 100 k."""
    lines = ["made", "for", "tests", f"{len(species)} {' '.join(species)}", HEADER]
    count = 0

    def add(n: int) -> None:
        nonlocal count
        count += 1
        lines.extend(numbers(100.0 * count, n))

    for number in range(len(species)):
        lines.append(f"{28 + number} 60.0 3.6 fcc")
        add(N_RHO)
        for _ in species if style == "fs" else "1":
            add(N_R)
    for _ in range((3 if style == "adp" else 1) * len(species) * (len(species) + 1) // 2):
        add(N_R)
    return lines


def funcfl() -> list[str]:
    functions = [line for k, n in enumerate((N_RHO, N_R, N_R), start=1) for line in numbers(100.0 * k, n)]
    return ["Cu", "29 63.55 3.615 FCC", HEADER, *functions]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Cu.table"


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_functions_of_eam_alloy_are_by_element_and_pair(path: Path) -> None:
    table = read_table(written(path, setfl("alloy")))
    assert (table.style, table.species, table.cutoff, table.drho, table.dr) == (
        *("alloy", ("Cu", "Ni")),
        *(5.0, 0.5, 1.0),
    )
    assert table.embedding[:, 0].tolist() == [100.0, 300.0]
    assert table.embedding[1].tolist() == [300.0 + k for k in range(N_RHO)]
    assert table.density[:, :, 0].tolist() == [[200.0, 400.0], [200.0, 400.0]]  # the neighbour decides
    assert table.pair[:, :, 0].tolist() == [[500.0, 600.0], [600.0, 700.0]]
    assert table.dipole is None


def test_densities_of_eam_fs_are_by_receiver_and_donor(path: Path) -> None:
    table = read_table(written(path, setfl("fs")))
    assert table.style == "fs"
    # Blocks: Cu with its density at Cu and at Ni, then Ni likewise.
    assert table.density[:, :, 0].tolist() == [[200.0, 500.0], [300.0, 600.0]]
    assert table.pair[:, :, 0].tolist() == [[700.0, 800.0], [800.0, 900.0]]


def test_adp_goes_on_with_dipoles_and_quadrupoles(path: Path) -> None:
    table = read_table(written(path, setfl("adp")))
    assert table.style == "adp"
    assert table.dipole[:, :, 0].tolist() == [[800.0, 900.0], [900.0, 1000.0]]
    assert table.quadrupole[:, :, 0].tolist() == [[1100.0, 1200.0], [1200.0, 1300.0]]


def test_funcfl_turns_charges_into_energies(path: Path) -> None:
    table = read_table(written(path, funcfl()))
    assert (table.style, table.species) == ("funcfl", ("Cu",))
    assert table.pair[0, 0] == pytest.approx(27.2 * 0.529 * (200.0 + np.arange(N_R)) ** 2)
    assert table.density[0, 0, 0] == 300.0


def test_fortran_exponents_and_other_words_for_an_element_are_read(path: Path) -> None:
    lines = setfl("alloy", ("Cu",))
    lines[5] = "1 63.55"
    lines[6] = lines[6].replace("100.0", "1.0D+02")
    assert read_table(written(path, lines)).embedding[0, 0] == 100.0


@pytest.mark.parametrize(
    ("line", "text", "answer"),
    [
        (4, "3 Cu Ni", ":4: 3 elements are announced, but 2 named: Cu, Ni."),
        (4, "2 Cu Cu", ":4: an element is named twice: Cu, Cu."),
        (4, "2 Cu Xx", ":4: 'Xx' is not the symbol of a chemical element (write it as in 'Si')."),
        (5, "7 0.5 6 1.0", ":5: Nrho, drho, Nr, dr and the cutoff are expected, not '7 0.5 6 1.0'."),
        (5, "7.5 0.5 6 1.0 5.0", ":5: Nrho is a whole number from 5 to 1000000, not 7.5."),
        (5, "7 -0.5 6 1.0 5.0", ":5: drho must be above 0, not -0.5."),
        (5, "7 0.5 6 1.0 9.0", ":5: the cutoff 9 lies beyond the last point of the table, at 5."),
        (
            5,
            "70 0.5 60 1.0 5.0",
            ":5: Nrho = 70 and Nr = 60 of 2 element(s) make 440 numbers (eam/alloy), 560 (eam/fs) or 800 "
            "(adp), but the file has about 44. It is cut short, or this line is wrong.",
        ),
        (
            6,
            "no element",
            ":6: atomic number, mass, lattice constant and lattice of Cu are expected, not 'no element'. "
            "Are Nrho and Nr in line 5 right?",
        ),
        (7, "100.0 1o1.0 102.0 103.0 104.0", ":7: '1o1.0' in F of Cu is no number."),
        (7, "100.0 nan 102.0 103.0 104.0", ":7: 'nan' in F of Cu is not finite."),
        (
            8,
            "105.0 106.0 200.0",
            ":8: F of Cu has 7 numbers by the header, but its last line goes on. Begin each function on a "
            "line of its own.",
        ),
    ],
)
def test_mistakes_in_a_setfl_file_are_answered_with_their_line(
    path: Path, line: int, text: str, answer: str
) -> None:
    lines = setfl("alloy")
    lines[line - 1] = text
    with pytest.raises(DataError) as error:
        read_table(written(path, lines))
    assert str(error.value) == f"{path}{answer}"


def test_what_follows_a_funcfl_table_is_answered(path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_table(written(path, [*funcfl(), "1.0 2.0"]))
    assert str(error.value) == f"{path}:10: 2 words follow the density. Are Nrho and Nr in line 3 right?"


def test_a_file_that_is_cut_short_is_answered(path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_table(written(path, funcfl()[:-1]))
    assert str(error.value) == (
        f"{path}:8: the file ends in the density, after 5 of 6 numbers. It is cut short, or its header gives "
        "other numbers of points."
    )


def test_files_of_other_kinds_are_refused(path: Path) -> None:
    path.write_bytes(b"one\ntwo\n\xff\xfe")
    with pytest.raises(DataError) as error:
        read_table(path)
    assert str(error.value) == f"{path}:3: this is no text, so no table of a potential."
    with pytest.raises(DataError) as error:
        read_table(written(path, ["Ti 1", "2", "3"]))
    assert str(error.value) == (
        f"{path}: neither a setfl file (line 4: number of elements, symbols; line 5: Nrho, drho, Nr, dr, "
        "cutoff) nor a funcfl file (line 2: atomic number, mass, ...; line 3: Nrho, drho, Nr, dr, cutoff)."
    )
    with pytest.raises(DataError) as error:
        read_table(path.parent / "absent")
    assert str(error.value) == f"{path.parent / 'absent'}: cannot be read: No such file or directory."


def value(rows: np.ndarray, u: float, order: int = 0) -> float:
    """Of the pieces `polynomials` gives, at u in units of the points' distance."""
    row = min(max(int(np.floor(u)) + 1, 0), len(rows) - 1)
    piece = np.polynomial.Polynomial(rows[row])
    return float((piece.deriv(order) if order else piece)(u + 1 - row))


def test_pieces_of_a_cubic_are_the_cubic_where_five_points_say_so() -> None:
    cubic = np.polynomial.Polynomial([2.0, -1.0, 0.5, 0.1])
    rows = polynomials(cubic(np.arange(12.0)), goes_on=True)
    for u in (2.0, 2.3, 5.5, 8.99):
        for order in (0, 1, 2):
            assert value(rows, u, order) == pytest.approx(float(cubic.deriv(order)(u) if order else cubic(u)))


@pytest.mark.parametrize("goes_on", [True, False])
def test_pieces_join_with_their_slopes_and_end_as_told(goes_on: bool) -> None:
    points = np.random.default_rng(3).normal(size=9)
    rows = polynomials(points, goes_on)
    for k in range(1, 8):
        for order in (0, 1):
            assert value(rows, k - 1e-13, order) == pytest.approx(value(rows, k, order), abs=1e-11)
        assert value(rows, k) == points[k]
    slope = value(rows, 8 - 1e-13, 1) if goes_on else 0.0
    assert value(rows, 10.0) == pytest.approx(points[-1] + 2.0 * slope)
    # Before the first point its cubic goes on.
    assert value(rows, -0.5) == pytest.approx(float(np.polynomial.Polynomial(rows[1])(-0.5)))
