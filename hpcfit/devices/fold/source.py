"""CUDA C of the folding. Constants come first, as `#define`:

    WIDTH      columns of [J | r]
    SPAN       rows of a span
    LANE_ROWS  rows of a panel for each of a warp's 32 lanes
    WARPS      warps of a block
    PACKED     1 if the running triangle is in shared memory, 0 if it is where it is written to

The first two are those of all kernels, the others those of HOUSEHOLDER.

A panel of rows is in shared memory column by column. A warp has a column in its registers while it takes
the product with the reflection and applies it, so that each number is read once and written once. What every
warp needs of the pivot column it computes itself: the same numbers in the same order, so that all agree.
No sum depends on how many blocks there are.
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
            squares += x * x;
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
        squares += x * x;
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

HOUSEHOLDER = r"""
#define PANEL (32 * LANE_ROWS)
/* Where columns have magnitudes of 1e-85 and more (others are folded elsewhere), squares below this are what
   rounding has left where there are fewer rows than columns; further on, their inverse would overflow. */
#define NOTHING 1e-220
#if PACKED
#define AT(k, j) ((j) * ((j) + 1) / 2 + (k))
#define TRIANGLE_SIZE (WIDTH * (WIDTH + 1) / 2)
#else
#define AT(k, j) ((k) * WIDTH + (j))
#define TRIANGLE_SIZE (WIDTH * WIDTH)
#endif

/* Fold a panel into the triangle: one reflection I - w w^T/(norm (norm + |t|)) for each column, with
   w = (t + sign(t) norm, column), as in linalg/householder.py. */
__device__ void fold_panel(double *panel, double *triangle)
{
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    for (int k = 0; k < WIDTH; k++) {
        double own[LANE_ROWS], square = 0.0;
        for (int r = 0; r < LANE_ROWS; r++) {
            own[r] = panel[k * PANEL + lane + 32 * r];
            square += own[r] * own[r];
        }
        square = warp_sum(square);
        if (square < NOTHING) continue;
        double corner = triangle[AT(k, k)];
        double norm = sqrt(corner * corner + square);
        double with_sign = corner >= 0.0 ? norm : -norm;
        double head = corner + with_sign, factor = 1.0 / (norm * (norm + fabs(corner)));
        for (int j = k + 1 + warp; j < WIDTH; j += WARPS) {
            double other[LANE_ROWS], product = 0.0, above = triangle[AT(k, j)];
            for (int r = 0; r < LANE_ROWS; r++) {
                other[r] = panel[j * PANEL + lane + 32 * r];
                product += own[r] * other[r];
            }
            double along = factor * (head * above + warp_sum(product));
            if (lane == 0) triangle[AT(k, j)] = above - along * head;
            for (int r = 0; r < LANE_ROWS; r++) panel[j * PANEL + lane + 32 * r] = other[r] - along * own[r];
        }
        __syncthreads();
        if (threadIdx.x == 0) triangle[AT(k, k)] = -with_sign;
    }
}

__device__ void write_triangle(const double *triangle, double *out)
{
    for (int i = threadIdx.x; i < WIDTH * WIDTH; i += 32 * WARPS) {
        int k = i / WIDTH, j = i % WIDTH;
        if (PACKED || k > j) out[i] = k <= j ? triangle[AT(k, j)] : 0.0;
    }
}

/* Triangles (n_spans, WIDTH, WIDTH) and, of each span, cost, entries that are not finite, and the largest
   magnitude of each column (n_spans, WIDTH + 2). */
extern "C" __global__ void __launch_bounds__(32 * WARPS) fold_spans(
    const double *predictions, long long rows, const long long *source, const double *weight,
    const double *reference, const long long *span_begin, double *triangles, double *facts)
{
    extern __shared__ double shared[];
    __shared__ double counts[WARPS];
    double *panel = shared, *largest = panel + WIDTH * PANEL;
    double *out = triangles + (long long)blockIdx.x * WIDTH * WIDTH;
    double *triangle = PACKED ? largest + WIDTH : out;
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    long long begin = span_begin[blockIdx.x], end = span_begin[blockIdx.x + 1];
    double squares = 0.0, bad = 0.0;
    for (int i = threadIdx.x; i < TRIANGLE_SIZE; i += 32 * WARPS) triangle[i] = 0.0;
    for (int i = threadIdx.x; i < WIDTH; i += 32 * WARPS) largest[i] = 0.0;
    for (long long first = begin; first < end; first += PANEL) {
        __syncthreads();
        for (int column = warp; column < WIDTH; column += WARPS) {
            double most = 0.0;
            for (int r = 0; r < LANE_ROWS; r++) {
                long long i = first + lane + 32 * r;
                double x = 0.0;
                if (i < end) {
                    x = entry(predictions, rows, source, weight, reference, column, i);
                    bad += fabs(x) <= LARGEST ? 0.0 : 1.0;
                    if (column == WIDTH - 1) squares += x * x;
                    most = fmax(most, fabs(x));
                }
                panel[column * PANEL + lane + 32 * r] = x;
            }
            most = warp_max(most);
            if (lane == 0) largest[column] = fmax(largest[column], most);
        }
        __syncthreads();
        fold_panel(panel, triangle);
    }
    bad = warp_sum(bad);
    if (lane == 0) counts[warp] = bad;
    __syncthreads();
    write_triangle(triangle, out);
    double *own = facts + (long long)blockIdx.x * (WIDTH + 2);
    if (warp == (WIDTH - 1) % WARPS) {
        squares = warp_sum(squares);
        if (lane == 0) own[0] = squares;
    }
    if (threadIdx.x == 0) {
        bad = 0.0;
        for (int w = 0; w < WARPS; w++) bad += counts[w];
        own[1] = bad;
    }
    for (int i = threadIdx.x; i < WIDTH; i += 32 * WARPS) own[2 + i] = largest[i];
}

/* The triangles of each chunk's spans to one, (n_chunks, WIDTH, WIDTH). */
extern "C" __global__ void __launch_bounds__(32 * WARPS) merge_spans(
    const long long *chunk_span, const double *triangles, double *merged)
{
    extern __shared__ double shared[];
    double *panel = shared;
    double *out = merged + (long long)blockIdx.x * WIDTH * WIDTH;
    double *triangle = PACKED ? panel + WIDTH * PANEL + WIDTH : out;
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    long long first_span = chunk_span[blockIdx.x], last_span = chunk_span[blockIdx.x + 1];
    const double *start = triangles + first_span * WIDTH * WIDTH;
    for (int i = threadIdx.x; i < WIDTH * WIDTH; i += 32 * WARPS) {
        int k = i / WIDTH, j = i % WIDTH;
        if (!PACKED || k <= j) triangle[AT(k, j)] = start[i];
    }
    for (long long first = (first_span + 1) * WIDTH; first < last_span * WIDTH; first += PANEL) {
        __syncthreads();
        for (int column = warp; column < WIDTH; column += WARPS)
            for (int r = 0; r < LANE_ROWS; r++) {
                long long i = first + lane + 32 * r;
                double x = i < last_span * WIDTH ? triangles[i * WIDTH + column] : 0.0;
                panel[column * PANEL + lane + 32 * r] = x;
            }
        __syncthreads();
        fold_panel(panel, triangle);
    }
    __syncthreads();
    write_triangle(triangle, out);
}
"""
