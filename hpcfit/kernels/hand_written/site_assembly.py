"""What one site adds to predictions: compiled functions that the loops over atoms are made of.

With g_x = dE_i/dD_x of the bond x from atom i to atom j, and D_x its vector, each bond adds g_x to
the force on i, takes it from the force on j, and adds D_x (x) g_x to the virial.
"""

# numba's compiler has no types.
# mypy: allow-untyped-calls, disable-error-code="no-untyped-def"

from __future__ import annotations

import numba
import numpy as np

from hpcfit.kernels.hand_written.site_calls import INNER


@numba.njit(**INNER)
def bonds_within(atom, kind_of, species, first_bond, neighbor, vector, distance, cutoff, bonds, near, v, r):
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


@numba.njit(**INNER)
def most_bonds(first_atom, first_bond, first, last):
    most = 0
    for atom in range(first_atom[first], first_atom[last]):
        most = max(most, first_bond[atom + 1] - first_bond[atom])
    return most


@numba.njit(**INNER)
def add_site(column, energy, gradients, atom, begin, row, stress_row, volume, bonds, count, neighbor, vector):
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


@numba.njit(**INNER)
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


@numba.njit(**INNER)
def end_configuration(column, stress_row, volume):
    """Without a volume there is no stress, bonds or not."""
    if stress_row >= 0:
        for axis in range(6):
            column[stress_row + axis] += 0.0 / volume


@numba.njit(**INNER)
def weights_of_bonds(
    weights, atom, begin, row, stress_row, volume, bonds, count, neighbor, vector, gradient_weights
):
    """The weight of each gradient in a sum of weighted rows: the transpose of `add_site`."""
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
