"""CUDA C of neural networks: forward, backward and second derivatives; a thread does some units of one row.

Arrays of units are (units, n) for n rows, of which [first, last) are worked on. A thread does UNITS units of
a layer, so that what it reads of the layer before serves all of them. Sums over rows are made by a warp for
each span of rows and then in the order of the spans, so that no sum depends on how many rows there are.
"""

from __future__ import annotations

from hpcfit.formula.network import Activation

#: threads of a block, and units of a thread
BLOCK, UNITS = 128, 8

#: value, first and second derivative of each activation, as network_pass.py has them
_ACTIVATIONS: dict[Activation, str] = {
    "tanh": "*value = tanh(h); *slope = 1.0 - *value * *value; *bend = -2.0 * *value * *slope;",
    "softplus": (
        "const double small = exp(-fabs(h)), whole = 1.0 + small; *value = fmax(h, 0.0) + log1p(small); "
        "*slope = (h >= 0.0 ? 1.0 : small) / whole; *bend = small / (whole * whole);"
    ),
    "sin": "*value = sin(h); *slope = cos(h); *bend = -*value;",
}

_KERNELS = r"""
#define ROW \
    const index_t row = first + blockIdx.x * (index_t)blockDim.x + threadIdx.x; \
    if (row >= last) return;

extern "C" __global__ void scale_inputs(
    index_t first, index_t last, index_t n, const double *inputs, const double *shift, const double *scale,
    double *units)
{
    ROW
    const index_t j = blockIdx.y;
    units[j * n + row] = (inputs[j * n + row] - shift[j]) / scale[j];
}

/* The units of a layer; slopes and bends of its activations if `derivatives`. */
extern "C" __global__ void hidden_layer(
    index_t first, index_t last, index_t n, index_t before, index_t after, const double *matrix,
    const double *bias, const double *units, index_t derivatives, double *out, double *slopes, double *bends)
{
    ROW
    const index_t begin = UNITS * (index_t)blockIdx.y;
    double sums[UNITS];
    for (int u = 0; u < UNITS; u++) sums[u] = 0.0;
    for (index_t j = 0; j < before; j++) {
        const double unit = units[j * n + row];
        for (int u = 0; u < UNITS; u++)
            if (begin + u < after) sums[u] += matrix[(begin + u) * before + j] * unit;
    }
    for (int u = 0; u < UNITS; u++) {
        const index_t i = begin + u;
        if (i >= after) break;
        double value, slope, bend;
        activation(sums[u] + bias[i], &value, &slope, &bend);
        out[i * n + row] = value;
        if (derivatives) {
            slopes[i * n + row] = slope;
            bends[i * n + row] = bend;
        }
    }
}

/* Predictions: the last layer, shifted and scaled. */
extern "C" __global__ void last_layer(
    index_t first, index_t last, index_t n, index_t before, const double *matrix, const double *bias,
    const double *shift, const double *scale, const double *units, double *out)
{
    ROW
    const index_t i = blockIdx.y;
    double sum = 0.0;
    for (index_t j = 0; j < before; j++) sum += matrix[i * before + j] * units[j * n + row];
    out[i * n + row] = shift[i] + scale[i] * (sum + bias[i]);
}

/* One number for all rows. */
extern "C" __global__ void fill(index_t first, index_t last, const double *number, double *out)
{
    ROW
    out[row] = number[0];
}

/* Derivatives by the sums of a layer from those by the sums of the next one. */
extern "C" __global__ void pull_back(
    index_t first, index_t last, index_t n, index_t before, index_t after, const double *matrix,
    const double *delta, const double *slopes, double *out)
{
    ROW
    const index_t begin = UNITS * (index_t)blockIdx.y;
    double sums[UNITS];
    for (int u = 0; u < UNITS; u++) sums[u] = 0.0;
    for (index_t i = 0; i < after; i++) {
        const double own = delta[i * n + row];
        for (int u = 0; u < UNITS; u++)
            if (begin + u < before) sums[u] += matrix[i * before + begin + u] * own;
    }
    for (int u = 0; u < UNITS; u++)
        if (begin + u < before) out[(begin + u) * n + row] = sums[u] * slopes[(begin + u) * n + row];
}

/* Derivatives by the weights of a layer, `columns` of which are from `matrix_place` and `bias_place` on. If
   weights share columns, gridDim.y is 1 and they are added. */
extern "C" __global__ void weight_columns(
    index_t first, index_t last, index_t n, index_t before, index_t after, const int *columns,
    index_t matrix_place, index_t bias_place, const double *units, const double *delta, index_t size,
    index_t offset, index_t adding, double *out)
{
    ROW
    out += offset + row;
    for (index_t i = blockIdx.y; i < after; i += gridDim.y) {
        const double own = delta[i * n + row];
        for (index_t j = 0; j <= before; j++) {
            const index_t k = columns[j < before ? matrix_place + i * before + j : bias_place + i];
            if (k < 0) continue;
            const double slope = j < before ? own * units[j * n + row] : own;
            out[k * size] = adding ? out[k * size] + slope : slope;
        }
    }
}

/* Along a curve of weights with derivatives `moved`, `bent` by t: first and second derivative of a layer's
   units by t. Of the last layer, where `scale` is that of the outputs, `out_2` are those of predictions. */
extern "C" __global__ void second_layer(
    index_t first, index_t last, index_t n, index_t before, index_t after, const double *matrix,
    const double *moved, const double *bent, const double *moved_bias, const double *bent_bias,
    const double *units, const double *units_1, const double *units_2, const double *slopes,
    const double *bends, const double *scale, index_t is_last, double *out_1, double *out_2)
{
    ROW
    const index_t i = blockIdx.y;
    double sum_1 = 0.0, sum_2 = 0.0;
    for (index_t j = 0; j < before; j++) {
        const index_t w = i * before + j, place = j * n + row;
        sum_1 += moved[w] * units[place] + matrix[w] * units_1[place];
        sum_2 += bent[w] * units[place] + 2.0 * moved[w] * units_1[place] + matrix[w] * units_2[place];
    }
    sum_1 += moved_bias[i];
    sum_2 += bent_bias[i];
    const index_t place = i * n + row;
    if (is_last) {
        out_2[place] = scale[i] * sum_2;
    } else {
        out_1[place] = slopes[place] * sum_1;
        out_2[place] = bends[place] * sum_1 * sum_1 + slopes[place] * sum_2;
    }
}

/* weight^2 (f - reference), or weight^2 f, of each residual, as derivatives by the sums of the last layer. */
extern "C" __global__ void upstream(
    index_t first, index_t last, index_t n, const long long *source, const double *weight,
    const double *reference, index_t subtract, const double *scale, const double *f, double *out)
{
    ROW
    const index_t place = source[row];
    const double value = subtract ? f[place] - reference[row] : f[place];
    out[place] = weight[row] * weight[row] * value * scale[place / n];
}

/* Sums over the rows of each span of delta * unit, for each weight of a layer: (spans, n_weights). */
extern "C" __global__ void sum_weights(
    const long long *span_begin, index_t n, index_t before, index_t after, index_t n_weights,
    index_t place, const double *units, const double *delta, double *out)
{
    const index_t w = (blockIdx.x * (index_t)blockDim.x + threadIdx.x) / 32;
    if (w >= (before + 1) * after) return;
    const bool is_bias = w >= before * after;
    const index_t i = is_bias ? w - before * after : w / before, j = is_bias ? 0 : w % before;
    double sum = 0.0;
    const index_t end = span_begin[2 * blockIdx.y + 1];
    for (index_t row = span_begin[2 * blockIdx.y] + threadIdx.x % 32; row < end; row += 32)
        sum += is_bias ? delta[i * n + row] : delta[i * n + row] * units[j * n + row];
    for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
    if (threadIdx.x % 32 == 0) out[blockIdx.y * n_weights + place + w] = sum;
}

/* Sums (n_chunks, n_weights) of what the spans of each chunk have. */
extern "C" __global__ void sum_chunks(
    index_t n_chunks, index_t n_weights, const long long *first_span, const double *spans, double *out)
{
    const index_t k = blockIdx.x * (index_t)blockDim.x + threadIdx.x;
    if (k >= n_chunks * n_weights) return;
    double sum = 0.0;
    for (index_t span = first_span[k / n_weights]; span < first_span[k / n_weights + 1]; span++)
        sum += spans[span * n_weights + k % n_weights];
    out[k] = sum;
}
"""


def network_source(activation: Activation) -> str:
    """The kernels of networks with an activation; layers of any size are their arguments."""
    return (
        "// Kernels of hpcfit.\ntypedef long long index_t;\n"
        f"#define UNITS {UNITS}\n\n"
        "__device__ __forceinline__ void activation(double h, double *value, double *slope, double *bend)\n"
        f"{{\n    {_ACTIVATIONS[activation]}\n}}\n{_KERNELS}"
    )
