"""Compiled loops over the atoms of configurations that call a site function and assemble what it gives.

Atoms, then bonds, come in the one order of the geometry, whatever else is computed with them.
"""

# numba's compiler has no types.
# mypy: allow-untyped-calls, disable-error-code="no-untyped-def"

from __future__ import annotations

from functools import cache
from typing import Any

import numba
import numpy as np

from hpcfit.kernels.hand_written.site_assembly import (
    add_site,
    bonds_within,
    end_configuration,
    most_bonds,
    weights_of_bonds,
)
from hpcfit.kernels.hand_written.site_calls import OPTIONS, SiteCalls

#: of all loops: which configurations, their bonds, and the numbers of the potential
_GEOMETRY = (
    "int64, int64, int64[::1], int64[::1], int32[::1], float64[::1], int64[::1], int32[::1], "
    "float64[:, ::1], float64[::1], float64[:, ::1], float64[::1], "
)
_DIFFERENCES = "boolean[::1], float64[:, :, ::1], float64[:, ::1], int64[::1], "


@cache
def values_loop(calls: SiteCalls) -> Any:
    """(geometry, place, stress, at, out): add energies, forces and stress to `out` (rows,).

    `at` (1,) receives the atom that is being worked on.
    """
    energy_of = calls.energy

    @numba.njit(**OPTIONS)
    def loop(
        first, last, first_atom, kind_of, species, volume, first_bond, neighbor, vector, distance, cutoff,
        parameters, place, stress, at, out,
    ):  # fmt: skip
        most = most_bonds(first_atom, first_bond, first, last)
        bonds, near = np.empty(most, np.uintp), np.empty(most, np.int64)
        v, r, gradients = np.empty((most, 3)), np.empty(most), np.empty((most, 3))
        row = 0
        for configuration in range(first, last):
            begin, end = first_atom[configuration], first_atom[configuration + 1]
            stress_row = row + 1 + 3 * (end - begin) if stress else -1
            for atom in range(begin, end):
                if kind_of[species[atom]] < 0:
                    continue
                n = bonds_within(
                    atom, kind_of, species, first_bond, neighbor, vector, distance, cutoff, bonds, near, v, r
                )
                gradients[:n] = 0.0
                at[0] = atom
                energy = energy_of(
                    v[:n], r[:n], near[:n], kind_of[species[atom]], parameters, place, gradients[:n]
                )
                add_site(
                    out, energy, gradients, atom, begin, row, stress_row, volume[configuration],
                    bonds, n, neighbor, vector,
                )  # fmt: skip
            end_configuration(out, stress_row, volume[configuration])
            row += 1 + 3 * (end - begin) + (6 if stress else 0)

    return loop


@cache
def columns_loop(calls: SiteCalls) -> Any:
    """(geometry, place, differences, stress, at, out): add derivatives and, last, predictions to `out`.

    `out` is (columns + 1, rows); slot_columns (S,) is the column of each slot, -1 for none.
    """
    energy_of, derivatives_of = calls.energy, calls.derivatives

    @numba.njit(**OPTIONS)
    def loop(
        first, last, first_atom, kind_of, species, volume, first_bond, neighbor, vector, distance, cutoff,
        parameters, place, wanted, points, coefficients, slot_columns, stress, at, out,
    ):  # fmt: skip
        most, slots = most_bonds(first_atom, first_bond, first, last), len(slot_columns)
        bonds, near = np.empty(most, np.uintp), np.empty(most, np.int64)
        v, r, gradients, work = np.empty((most, 3)), np.empty(most), np.empty((most, 3)), np.empty((most, 3))
        d_energy, room = np.empty(slots), np.empty(slots * most * 3)
        row = 0
        for configuration in range(first, last):
            begin, end = first_atom[configuration], first_atom[configuration + 1]
            stress_row = row + 1 + 3 * (end - begin) if stress else -1
            for atom in range(begin, end):
                if kind_of[species[atom]] < 0:
                    continue
                n = bonds_within(
                    atom, kind_of, species, first_bond, neighbor, vector, distance, cutoff, bonds, near, v, r
                )
                centre = kind_of[species[atom]]
                gradients[:n] = 0.0
                at[0] = atom
                energy = energy_of(v[:n], r[:n], near[:n], centre, parameters, place, gradients[:n])
                d_gradients = room[: slots * n * 3].reshape((slots, n, 3))
                d_energy[:] = 0.0
                d_gradients[:] = 0.0
                derivatives_of(
                    v[:n], r[:n], near[:n], centre, parameters, place, wanted, points, coefficients,
                    energy, gradients[:n], work[:n], d_energy, d_gradients,
                )  # fmt: skip
                for k in range(slots):
                    if slot_columns[k] >= 0:
                        add_site(
                            out[slot_columns[k]], d_energy[k], d_gradients[k], atom, begin, row, stress_row,
                            volume[configuration], bonds, n, neighbor, vector,
                        )  # fmt: skip
                add_site(
                    out[-1], energy, gradients, atom, begin, row, stress_row, volume[configuration],
                    bonds, n, neighbor, vector,
                )  # fmt: skip
            for column in range(len(out)):
                end_configuration(out[column], stress_row, volume[configuration])
            row += 1 + 3 * (end - begin) + (6 if stress else 0)

    return loop


@cache
def weighted_loop(calls: SiteCalls) -> Any:
    """(geometry, place, differences, stress, at, weights, out): add J^T w to `out` (columns,).

    `weights` (rows,) are those of the predictions.
    """
    weighted_of = calls.weighted

    @numba.njit(**OPTIONS)
    def loop(
        first, last, first_atom, kind_of, species, volume, first_bond, neighbor, vector, distance, cutoff,
        parameters, place, wanted, points, coefficients, slot_columns, stress, at, weights, out,
    ):  # fmt: skip
        most = most_bonds(first_atom, first_bond, first, last)
        bonds, near = np.empty(most, np.uintp), np.empty(most, np.int64)
        v, r, work, of_bonds = np.empty((most, 3)), np.empty(most), np.empty((most, 3)), np.empty((most, 3))
        d_sum = np.empty(len(slot_columns))
        row = 0
        for configuration in range(first, last):
            begin, end = first_atom[configuration], first_atom[configuration + 1]
            stress_row = row + 1 + 3 * (end - begin) if stress else -1
            for atom in range(begin, end):
                if kind_of[species[atom]] < 0:
                    continue
                n = bonds_within(
                    atom, kind_of, species, first_bond, neighbor, vector, distance, cutoff, bonds, near, v, r
                )
                weights_of_bonds(
                    weights, atom, begin, row, stress_row, volume[configuration], bonds, n, neighbor, vector,
                    of_bonds,
                )  # fmt: skip
                d_sum[:] = 0.0
                at[0] = atom
                weighted_of(
                    v[:n], r[:n], near[:n], kind_of[species[atom]], parameters, place, wanted, points,
                    coefficients, work[:n], weights[row], of_bonds[:n], d_sum,
                )  # fmt: skip
                for k in range(len(d_sum)):
                    if slot_columns[k] >= 0:
                        out[slot_columns[k]] += d_sum[k]
            row += 1 + 3 * (end - begin) + (6 if stress else 0)

    return loop


#: signatures of the loops
VALUES = f"void({_GEOMETRY} int64[{{place}}], boolean, int64[::1], float64[::1])"
COLUMNS = f"void({_GEOMETRY} int64[{{place}}], {_DIFFERENCES} boolean, int64[::1], float64[:, ::1])"
WEIGHTED = (
    f"void({_GEOMETRY} int64[{{place}}], {_DIFFERENCES} boolean, int64[::1], float64[::1], float64[::1])"
)
