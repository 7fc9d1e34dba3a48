"""The kernels around a site function that a plugin gives as CUDA C: `site_energy`, called for every atom."""

from __future__ import annotations

#: what a plugin's source must define
FUNCTION = "site_energy"
#: threads of a block
BLOCK = 64

#: after the plugin's text; `points` are sets of parameters, evaluated beside each other
_KERNELS = """
extern "C" __global__ void __launch_bounds__(64) sites(
    long long n_atoms, long long n_bonds, long long n_values, const int *first_bond, const int *centre,
    const int *species, const double *vectors, const double *distances, const double *parameters,
    const int *place, double *gradients, double *sums) {
    const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x, point = blockIdx.y;
    if (i >= n_atoms) return;
    const int begin = first_bond[i], n = first_bond[i + 1] - begin;
    double *own = gradients + 3 * (point * n_bonds + begin);
    for (int k = 0; k < 3 * n; k++) own[k] = 0.0;
    double energy = 0.0;
    if (centre[i] >= 0)
        energy = site_energy(n, vectors + 3 * (long long)begin, distances + begin, species + begin, centre[i],
                             parameters + point * n_values, place, own);
    sums[7 * point * n_atoms + i] = energy;
}

extern "C" __global__ void __launch_bounds__(64) forces(
    long long n_atoms, long long n_bonds, long long n_rows, long long stress, const int *first_bond,
    const int *first_incoming, const int *incoming, const int *row, const double *vectors,
    const double *gradients, double *sums, double *predictions) {
    const long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x, point = blockIdx.y;
    if (i >= n_atoms) return;
    const double *all = gradients + 3 * point * n_bonds;
    double force[3] = {0.0, 0.0, 0.0}, virial[6] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    for (int b = first_bond[i]; b < first_bond[i + 1]; b++) {
        const double *g = all + 3 * (long long)b, *d = vectors + 3 * (long long)b;
        for (int axis = 0; axis < 3; axis++) {
            const int second = (axis + 1) % 3, third = (axis + 2) % 3;
            force[axis] += g[axis];
            virial[axis] += d[axis] * g[axis];
            virial[3 + axis] += 0.5 * (d[second] * g[third] + d[third] * g[second]);
        }
    }
    for (int k = first_incoming[i]; k < first_incoming[i + 1]; k++)
        for (int axis = 0; axis < 3; axis++) force[axis] -= all[3 * (long long)incoming[k] + axis];
    for (int axis = 0; axis < 3; axis++) predictions[point * n_rows + row[i] + axis] = force[axis];
    if (stress)
        for (int part = 0; part < 6; part++) sums[(7 * point + 1 + part) * n_atoms + i] = virial[part];
}

extern "C" __global__ void __launch_bounds__(64) totals(
    long long n_configurations, long long n_atoms, long long n_rows, long long parts, const int *first_atom,
    const int *first_row, const double *volume, const double *sums, double *predictions) {
    const long long thread = blockIdx.x * (long long)blockDim.x + threadIdx.x, point = blockIdx.y;
    const long long c = thread / parts, part = thread % parts;
    if (c >= n_configurations) return;
    const double *values = sums + (7 * point + part) * n_atoms;
    double sum = 0.0;
    for (int i = first_atom[c]; i < first_atom[c + 1]; i++) sum += values[i];
    const long long row = part ? first_row[c + 1] - 7 + part : first_row[c];
    predictions[point * n_rows + row] = part ? sum / volume[c] : sum;
}
"""


def site_source(given: str) -> str:
    """The whole text for a plugin's source."""
    return f"{given}\n{_KERNELS}"
