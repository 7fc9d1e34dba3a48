"""CUDA C that all ways of folding have in common: sums over rows, and [J | r] itself.

Constants come first, as `#define`:

    WIDTH      columns of [J | r]
    SPAN       rows of a span

No sum depends on how many blocks there are. Squares are added by fma in so many words: left to the compiler,
one kernel may round a product first that another does not, and costs would not have the bits of the folding.
"""

from __future__ import annotations

SUMS = r"""
#define LARGEST 1.7976931348623157e308
#define ALL 0xffffffffu

__device__ __forceinline__ double warp_sum(double x)
{
    for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(ALL, x, step);
    return x;
}

__device__ __forceinline__ double warp_max(double x)
{
    for (int step = 16; step > 0; step /= 2) x = fmax(x, __shfl_xor_sync(ALL, x, step));
    return x;
}

/* One entry of [J | r]; `column` of the predictions, each `rows` long. */
__device__ __forceinline__ double entry(
    const double *predictions, long long rows, const long long *source, const double *weight,
    const double *reference, int column, long long i)
{
    double value = predictions[column * rows + source[i]];
    if (column == WIDTH - 1) value -= reference[i];
    return weight[i] * value;
}

/* What fold_spans tells of each span, (n_spans, WIDTH + 2), without folding. */
extern "C" __global__ void tell_spans(
    const double *predictions, long long rows, const long long *source, const double *weight,
    const double *reference, const long long *span_begin, double *facts)
{
    __shared__ double counts[32];
    double *own = facts + (long long)blockIdx.x * (WIDTH + 2), bad = 0.0;
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    for (int column = warp; column < WIDTH; column += warps) {
        double most = 0.0, squares = 0.0;
        for (long long i = span_begin[blockIdx.x] + lane; i < span_begin[blockIdx.x + 1]; i += 32) {
            double x = entry(predictions, rows, source, weight, reference, column, i);
            bad += fabs(x) <= LARGEST ? 0.0 : 1.0;
            most = fmax(most, fabs(x));
            squares = fma(x, x, squares);
        }
        most = warp_max(most);
        squares = warp_sum(squares);
        if (lane == 0) own[2 + column] = most;
        if (lane == 0 && column == WIDTH - 1) own[0] = squares;
    }
    bad = warp_sum(bad);
    if (lane == 0) counts[warp] = bad;
    __syncthreads();
    if (threadIdx.x == 0) {
        bad = 0.0;
        for (int w = 0; w < warps; w++) bad += counts[w];
        own[1] = bad;
    }
}

/* Cost and entries that are not finite of each span (n_spans, 2), by a warp, in the order of fold_spans. */
extern "C" __global__ void cost_spans(
    long long n_spans, const double *predicted, const long long *source, const double *weight,
    const double *reference, const long long *span_begin, double *sums)
{
    long long span = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    if (span >= n_spans) return;
    double squares = 0.0, bad = 0.0;
    for (long long i = span_begin[span] + lane; i < span_begin[span + 1]; i += 32) {
        double x = weight[i] * (predicted[source[i]] - reference[i]);
        squares = fma(x, x, squares);
        bad += fabs(x) <= LARGEST ? 0.0 : 1.0;
    }
    squares = warp_sum(squares);
    bad = warp_sum(bad);
    if (lane == 0) {
        sums[2 * span] = squares;
        sums[2 * span + 1] = bad;
    }
}

/* J^T r_vv of each span (n_spans, WIDTH - 1), as in problem/second_derivative.py; `moved` are the predictions
   at theta + h v. The velocity of a span is `velocity_step` numbers after that of the one before. */
extern "C" __global__ void project_spans(
    const double *predictions, long long rows, const double *moved, const long long *source,
    const double *weight, const long long *span_begin, const double *velocity, long long velocity_step,
    double h, double *out)
{
    __shared__ double second[SPAN];
    long long begin = span_begin[blockIdx.x], end = span_begin[blockIdx.x + 1];
    velocity += blockIdx.x * velocity_step;
    for (long long i = begin + threadIdx.x; i < end; i += blockDim.x) {
        long long row = source[i];
        double bend = (moved[row] - predictions[(WIDTH - 1) * rows + row]) / h;
        #pragma unroll 4
        for (int k = 0; k < WIDTH - 1; k++) bend -= velocity[k] * predictions[k * rows + row];
        second[i - begin] = weight[i] * weight[i] * bend;
    }
    __syncthreads();
    for (int k = threadIdx.x / 32; k < WIDTH - 1; k += blockDim.x / 32) {
        double total = 0.0;
        for (long long i = begin + threadIdx.x % 32; i < end; i += 32)
            total += predictions[k * rows + source[i]] * second[i - begin];
        total = warp_sum(total);
        if (threadIdx.x % 32 == 0) out[(long long)blockIdx.x * (WIDTH - 1) + k] = 2.0 / h * total;
    }
}

/* Sums (n_chunks, width) of what the spans of each chunk have (n_spans, width). */
extern "C" __global__ void sum_spans(
    long long n_chunks, long long width, const long long *chunk_span, const double *spans, double *chunks)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n_chunks * width) return;
    double total = 0.0;
    for (long long span = chunk_span[i / width]; span < chunk_span[i / width + 1]; span++)
        total += spans[span * width + i % width];
    chunks[i] = total;
}

/* [J | r] of the residuals begin, ..., begin + count - 1 as they are folded: by columns (WIDTH, count), or by
   rows (count, WIDTH). */
extern "C" __global__ void weigh_block(
    const double *predictions, long long rows, const long long *source, const double *weight,
    const double *reference, long long begin, long long count, long long by_rows, double *out)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    int column = blockIdx.y;
    if (i >= count) return;
    double x = entry(predictions, rows, source, weight, reference, column, begin + i);
    out[by_rows ? i * WIDTH + column : column * count + i] = x;
}

extern "C" __global__ void copy(long long n, const double *from, double *to)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) to[i] = from[i];
}
"""
