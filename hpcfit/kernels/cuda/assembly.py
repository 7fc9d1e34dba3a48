"""The kernels that are the same for every model: forces from gradients of bonds, and sums of configurations.

Force on atom i: its own bonds pull with their gradients, and the bonds that end at it, the reverse ones, push
with theirs. Nothing is scattered, so the order of every sum is fixed. Sums over the atoms of a configuration
are made in two steps, over *pieces* of at most PIECE atoms and then over the pieces; a group of LANES threads
does one sum.
"""

from __future__ import annotations

from hpcfit.kernels.cuda import frame
from hpcfit.kernels.cuda.text import CudaText

#: atoms of one configuration that are summed by one group of threads
PIECE = 256
LANES = 8

_REDUCE = """
extern "C" __global__ void clear(index_t size, double *to) {
    const index_t i = blockIdx.x * (index_t)blockDim.x + threadIdx.x;
    if (i < size) to[i] = 0.0;
}

__device__ __forceinline__ double sum_between(const double *values, int begin, int end) {
    double sum = 0.0;
    for (int i = begin + (int)(threadIdx.x % LANES); i < end; i += LANES) sum += values[i];
    return sum_of_lanes(sum, LANES);
}

extern "C" __global__ void __launch_bounds__(128) sum_pieces(
    index_t n_pieces, index_t n_atoms, const int *__restrict__ piece, const double *__restrict__ sums,
    double *__restrict__ partial) {
    const index_t p = (blockIdx.x * (index_t)blockDim.x + threadIdx.x) / LANES;
    const bool inside = p < n_pieces;
    const double *values = sums + blockIdx.y * n_atoms;
    const double sum = sum_between(values, inside ? piece[p] : 0, inside ? piece[p + 1] : 0);
    if (inside && threadIdx.x % LANES == 0) partial[blockIdx.y * n_pieces + p] = sum;
}

extern "C" __global__ void __launch_bounds__(128) finish(
    index_t n_configurations, index_t n_pieces, index_t n_rows, index_t first_slot, index_t first_column,
    index_t value_column, const int *__restrict__ first_piece, const int *__restrict__ first_row,
    const double *__restrict__ volume, const double *__restrict__ partial, double *__restrict__ predictions) {
    const index_t c = (blockIdx.x * (index_t)blockDim.x + threadIdx.x) / LANES;
    const bool inside = c < n_configurations;
    const int slot = (int)first_slot + blockIdx.y / PARTS, part = blockIdx.y % PARTS;
    const double *values = partial + ((index_t)slot * 7 + part) * n_pieces;
    const double sum = sum_between(values, inside ? first_piece[c] : 0, inside ? first_piece[c + 1] : 0);
    if (!inside || threadIdx.x % LANES) return;
    const index_t column = slot ? first_column + slot - 1 : value_column;
    const int row = part ? first_row[c + 1] - 7 + part : first_row[c];
    predictions[column * n_rows + row] = part ? sum / volume[c] : sum;
}
"""


def reduction(stress: bool) -> str:
    """Kernels that sum over the atoms of configurations."""
    return _REDUCE.replace("LANES", str(LANES)).replace("PARTS", "7" if stress else "1")


def write_gather(text: CudaText, n_species: int, stress: bool) -> None:
    """The kernel that makes forces, and energies and virials of atoms, of the gradients of bonds."""
    with frame.kernel(text, "gather", ("sums", "predictions")):
        frame.one_of(text, "atom", "n_atoms")
        text.add("const double *own = gradient + 4 * (index_t)slot * n_bonds;")
        text.add("double energy = 0.0, fx = 0.0, fy = 0.0, fz = 0.0;")
        if stress:
            text.add("double xx = 0.0, yy = 0.0, zz = 0.0, yz = 0.0, xz = 0.0, xy = 0.0;")
        text.add(f"const int end = segment[{n_species} * (atom + 1)];")
        with text.block(f"for (int b = segment[{n_species} * atom]; b < end; b++)"):
            text.add("const double *g = own + 4 * (index_t)b, *h = own + 4 * (index_t)reverse[b];")
            text.add("const double gx = g[0], gy = g[1], gz = g[2];")
            text.add("energy += g[3];", "fx += gx - h[0];", "fy += gy - h[1];", "fz += gz - h[2];")
            if stress:
                text.add(
                    "const double dx = vector[b], dy = vector[n_bonds + b], dz = vector[2 * n_bonds + b];"
                )
                text.add(*(f"{a}{b} += d{a} * g{b};" for a, b in ("xx", "yy", "zz", "yz", "xz", "xy")))
        text.add("double *force = predictions + (slot ? column : value_column) * n_rows + row[atom];")
        text.add("force[0] += fx;", "force[1] += fy;", "force[2] += fz;")
        text.add("double *to = sums + (index_t)slot * 7 * n_atoms + atom;", "to[0] += energy;")
        if stress:
            parts = enumerate(("xx", "yy", "zz", "yz", "xz", "xy"), start=1)
            text.add(*(f"to[{k} * n_atoms] += {name};" for k, name in parts))
