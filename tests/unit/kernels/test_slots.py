"""Which columns of a model the densities of each species respond to."""

from __future__ import annotations

from hpcfit.kernels.slots import ResponseTable


def test_each_species_lists_the_columns_of_its_own_bonds_once_and_in_order() -> None:
    table = ResponseTable(potential=0, first=0, n_species=2)
    rows = [-1] * (5 + 8 + 2)
    # Two names of bonds for the kinds 00, 01, 10, 11; one name for species 0 and 1.
    bonds = [[7, 3], [3, -1], [9, 3], [-1, -1]]
    table.fill(rows, [(5, bonds), (13, [[1], [-1]])])
    width, (n0, at0), (n1, at1) = rows[0], rows[1:3], rows[3:5]
    assert width == 8
    assert rows[at0 : at0 + n0] == [1, 3, 7]
    assert rows[at1 : at1 + n1] == [3, 9]
    assert rows[5:13] == [2, 1, 1, -1, 1, 0, -1, -1]
    assert rows[13:15] == [0, -1]


def test_the_width_is_the_longest_list_in_eights() -> None:
    table = ResponseTable(potential=0, first=0, n_species=1)
    for count, width in ((0, 0), (1, 8), (8, 8), (9, 16)):
        rows = [-1] * (3 + count)
        table.fill(rows, [(3, [list(range(count))])])
        assert rows[0] == width
