"""CUDA C of folding by Householder reflections. Constants besides those of `sums_source`:

    LANE_ROWS  rows of a panel for each of a warp's 32 lanes
    WARPS      warps of a block
    PACKED     1 if the running triangle is in shared memory, 0 if it is where it is written to

A panel of rows is in shared memory column by column. A warp has a column in its registers while it takes
the product with the reflection and applies it, so that each number is read once and written once. What every
warp needs of the pivot column it computes itself: the same numbers in the same order, so that all agree.

All lanes must agree as well, since the square of the column decides whether they go on. It is added by fma in
so many words: a product left to the compiler could become part of the first sum over lanes, where each lane
would round the other one's product and not its own. Shuffles order no memory, so there is a barrier before a
lane writes what the others have read.
"""

from __future__ import annotations

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
            square = fma(own[r], own[r], square);
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
            __syncwarp();
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
extern "C" __global__ void __launch_bounds__(32 * WARPS, 2) fold_spans(
    const double *predictions, long long rows, const long long *source, const double *weight,
    const double *reference, const long long *span_begin, double *triangles, double *facts)
{
    extern __shared__ double shared[];
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
                    if (column == WIDTH - 1) squares = fma(x, x, squares);
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
    __syncthreads();
    if (lane == 0) panel[warp] = bad;
    __syncthreads();
    write_triangle(triangle, out);
    double *own = facts + (long long)blockIdx.x * (WIDTH + 2);
    if (warp == (WIDTH - 1) % WARPS) {
        squares = warp_sum(squares);
        if (lane == 0) own[0] = squares;
    }
    if (threadIdx.x == 0) {
        bad = 0.0;
        for (int w = 0; w < WARPS; w++) bad += panel[w];
        own[1] = bad;
    }
    for (int i = threadIdx.x; i < WIDTH; i += 32 * WARPS) own[2 + i] = largest[i];
}

/* Triangles [group[b], group[b + 1]) to one for each block b, (n_groups, WIDTH, WIDTH). */
extern "C" __global__ void __launch_bounds__(32 * WARPS, 2) merge_spans(
    const long long *group, const double *triangles, double *merged)
{
    extern __shared__ double shared[];
    double *panel = shared;
    double *out = merged + (long long)blockIdx.x * WIDTH * WIDTH;
    double *triangle = PACKED ? panel + WIDTH * PANEL + WIDTH : out;
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    long long first_triangle = group[blockIdx.x], last_triangle = group[blockIdx.x + 1];
    const double *start = triangles + first_triangle * WIDTH * WIDTH;
    for (int i = threadIdx.x; i < WIDTH * WIDTH; i += 32 * WARPS) {
        int k = i / WIDTH, j = i % WIDTH;
        if (!PACKED || k <= j) triangle[AT(k, j)] = start[i];
    }
    for (long long first = (first_triangle + 1) * WIDTH; first < last_triangle * WIDTH; first += PANEL) {
        __syncthreads();
        for (int column = warp; column < WIDTH; column += WARPS)
            for (int r = 0; r < LANE_ROWS; r++) {
                long long i = first + lane + 32 * r;
                double x = i < last_triangle * WIDTH ? triangles[i * WIDTH + column] : 0.0;
                panel[column * PANEL + lane + 32 * r] = x;
            }
        __syncthreads();
        fold_panel(panel, triangle);
    }
    __syncthreads();
    write_triangle(triangle, out);
}

/* Fold triangle pairs[2 b + 1] into triangle pairs[2 b], for each block b. */
extern "C" __global__ void __launch_bounds__(32 * WARPS, 2) merge_pairs(
    const long long *pairs, double *triangles)
{
    extern __shared__ double shared[];
    double *panel = shared, *kept = triangles + pairs[2 * blockIdx.x] * WIDTH * WIDTH;
    const double *other = triangles + pairs[2 * blockIdx.x + 1] * WIDTH * WIDTH;
    double *triangle = PACKED ? panel + WIDTH * PANEL + WIDTH : kept;
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    if (PACKED)
        for (int i = threadIdx.x; i < WIDTH * WIDTH; i += 32 * WARPS)
            if (i / WIDTH <= i % WIDTH) triangle[AT(i / WIDTH, i % WIDTH)] = kept[i];
    for (int first = 0; first < WIDTH; first += PANEL) {
        __syncthreads();
        for (int column = warp; column < WIDTH; column += WARPS)
            for (int r = 0; r < LANE_ROWS; r++) {
                int i = first + lane + 32 * r;
                panel[column * PANEL + lane + 32 * r] = i < WIDTH ? other[i * WIDTH + column] : 0.0;
            }
        __syncthreads();
        fold_panel(panel, triangle);
    }
    __syncthreads();
    write_triangle(triangle, kept);
}
"""
