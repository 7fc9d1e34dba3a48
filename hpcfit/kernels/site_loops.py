"""Compiled loops over the atoms of configurations that assemble what a site function gives.

With g_x = dE_i/dD_x of the bond x from atom i to atom j, and D_x its vector, each bond adds g_x to
the force on i, takes it from the force on j, and adds D_x (x) g_x to the virial. Atoms, then bonds,
come in the one order of the geometry, whatever else is computed with them.
"""

# numba's compiler has no types.
# mypy: allow-untyped-calls, disable-error-code="no-untyped-def"

from __future__ import annotations

from functools import cache
from typing import Any

import numba
import numpy as np

from hpcfit.kernels.site_calls import OPTIONS, SiteCalls

#: of all loops: which configurations, their bonds, and the numbers of the potential
_GEOMETRY = (
    "int64, int64, int64[::1], int64[::1], int32[::1], float64[::1], int64[::1], int32[::1], "
    "float64[:, ::1], float64[::1], float64[:, ::1], float64[::1], "
)
_DIFFERENCES = "boolean[::1], float64[:, :, ::1], float64[:, ::1], int64[::1], "


@numba.njit(**OPTIONS)
def _bonds_within(atom, kind_of, species, first_bond, neighbor, vector, distance, cutoff, bonds, near, v, r):
    """Take the bonds of an atom that the potential has, up to its cutoff; their number."""
    count = np.uintp(0)
    centre = kind_of[species[atom]]
    alone = len(kind_of) == 1
    within = cutoff[centre, 0]
    other = np.int64(0)
    for b in range(np.uintp(first_bond[atom]), np.uintp(first_bond[atom + 1])):
        if not alone:
            other = kind_of[species[np.uintp(neighbor[b])]]
            within = cutoff[centre, other] if other >= 0 else 0.0
        # Written even if it is not wanted, and then over: that is faster than to ask first.
        bonds[count], near[count], r[count] = b, other, distance[b]
        v[count, 0], v[count, 1], v[count, 2] = vector[b, 0], vector[b, 1], vector[b, 2]
        count += np.uintp(1) if distance[b] < within else np.uintp(0)
    return np.int64(count)


@numba.njit(**OPTIONS)
def _most_bonds(first_atom, first_bond, first, last):
    most = 0
    for atom in range(first_atom[first], first_atom[last]):
        most = max(most, first_bond[atom + 1] - first_bond[atom])
    return most


@numba.njit(**OPTIONS)
def _add_site(
    column, energy, gradients, atom, begin, row, stress_row, volume, bonds, count, neighbor, vector
):
    """Add an atom's energy and the gradients by its bonds to a column of predictions.

    `row` is that of the energy, `stress_row` the first of the stress or -1, `begin` the first atom.
    """
    column[row] += energy
    first = np.uintp(row + 1 - 3 * begin)  # of the forces, if atoms were counted from 0
    fx = fy = fz = 0.0
    for x in range(np.uintp(count)):
        gx, gy, gz = gradients[x, 0], gradients[x, 1], gradients[x, 2]
        fx, fy, fz = fx + gx, fy + gy, fz + gz
        other = first + np.uintp(3) * np.uintp(neighbor[bonds[x]])
        column[other] -= gx
        column[other + np.uintp(1)] -= gy
        column[other + np.uintp(2)] -= gz
    own = first + np.uintp(3) * np.uintp(atom)
    column[own] += fx
    column[own + np.uintp(1)] += fy
    column[own + np.uintp(2)] += fz
    if stress_row >= 0:
        _add_virial(column, gradients, stress_row, volume, bonds, count, vector)


@numba.njit(**OPTIONS)
def _add_virial(column, gradients, stress_row, volume, bonds, count, vector):
    xx = yy = zz = yz = xz = xy = 0.0
    for x in range(np.uintp(count)):
        dx, dy, dz = vector[bonds[x], 0], vector[bonds[x], 1], vector[bonds[x], 2]
        gx, gy, gz = gradients[x, 0], gradients[x, 1], gradients[x, 2]
        xx, yy, zz = xx + dx * gx, yy + dy * gy, zz + dz * gz
        yz, xz, xy = yz + dy * gz + dz * gy, xz + dx * gz + dz * gx, xy + dx * gy + dy * gx
    column[stress_row] += xx / volume
    column[stress_row + 1] += yy / volume
    column[stress_row + 2] += zz / volume
    column[stress_row + 3] += 0.5 * yz / volume
    column[stress_row + 4] += 0.5 * xz / volume
    column[stress_row + 5] += 0.5 * xy / volume


@numba.njit(**OPTIONS)
def _end_configuration(column, stress_row, volume):
    """Without a volume there is no stress, bonds or not."""
    if stress_row >= 0:
        for axis in range(6):
            column[stress_row + axis] += 0.0 / volume


@numba.njit(**OPTIONS)
def _weights_of_bonds(
    weights, atom, begin, row, stress_row, volume, bonds, count, neighbor, vector, gradient_weights
):
    """The weight of each gradient in a sum of weighted rows: the transpose of `_add_site`."""
    own = row + 1 + 3 * (atom - begin)
    for x in range(count):
        other = row + 1 + 3 * (neighbor[bonds[x]] - begin)
        for axis in range(3):
            gradient_weights[x, axis] = weights[own + axis] - weights[other + axis]
        if stress_row >= 0:
            d = vector[bonds[x]]
            for axis in range(3):
                stretch, shear = weights[stress_row + axis], 0.5 * weights[stress_row + 3 + axis]
                a, b = (axis + 1) % 3, (axis + 2) % 3
                if stretch != 0.0:  # what has no weight takes no part, nor has it to be a number
                    gradient_weights[x, axis] += d[axis] * stretch / volume
                if shear != 0.0:
                    gradient_weights[x, a] += d[b] * shear / volume
                    gradient_weights[x, b] += d[a] * shear / volume


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
        most = _most_bonds(first_atom, first_bond, first, last)
        bonds, near = np.empty(most, np.uintp), np.empty(most, np.int64)
        v, r, gradients = np.empty((most, 3)), np.empty(most), np.empty((most, 3))
        row = 0
        for configuration in range(first, last):
            begin, end = first_atom[configuration], first_atom[configuration + 1]
            stress_row = row + 1 + 3 * (end - begin) if stress else -1
            for atom in range(begin, end):
                if kind_of[species[atom]] < 0:
                    continue
                n = _bonds_within(
                    atom, kind_of, species, first_bond, neighbor, vector, distance, cutoff, bonds, near, v, r
                )
                gradients[:n] = 0.0
                at[0] = atom
                energy = energy_of(
                    v[:n], r[:n], near[:n], kind_of[species[atom]], parameters, place, gradients[:n]
                )
                _add_site(
                    out, energy, gradients, atom, begin, row, stress_row, volume[configuration],
                    bonds, n, neighbor, vector,
                )  # fmt: skip
            _end_configuration(out, stress_row, volume[configuration])
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
        most, slots = _most_bonds(first_atom, first_bond, first, last), len(slot_columns)
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
                n = _bonds_within(
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
                        _add_site(
                            out[slot_columns[k]], d_energy[k], d_gradients[k], atom, begin, row, stress_row,
                            volume[configuration], bonds, n, neighbor, vector,
                        )  # fmt: skip
                _add_site(
                    out[-1], energy, gradients, atom, begin, row, stress_row, volume[configuration],
                    bonds, n, neighbor, vector,
                )  # fmt: skip
            for column in range(len(out)):
                _end_configuration(out[column], stress_row, volume[configuration])
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
        most = _most_bonds(first_atom, first_bond, first, last)
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
                n = _bonds_within(
                    atom, kind_of, species, first_bond, neighbor, vector, distance, cutoff, bonds, near, v, r
                )
                _weights_of_bonds(
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
