// CUDA C on the processor. Blocks run one after the other. The threads of a block run as fibers: a fiber
// goes through one thread after the other until one has to wait for others; then a further fiber goes on
// with the next thread. So kernels without barriers cost nothing, and a barrier has its true meaning.
//
// What a card would leave undefined ends with a message: threads that wait at different barriers, a
// shuffle from a lane that takes no part. Shared memory is filled with NaN before each block. With checks.h
// behind it, every load and store is looked at as well.
#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <tuple>
#include <type_traits>
#include <ucontext.h>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __restrict__ __restrict
#define __shared__ static __attribute__((section("emulated_shared")))

using std::isfinite;
using std::isinf;
using std::isnan;
using std::max;
using std::min;

struct emulated_index { unsigned int x, y, z; };
static emulated_index threadIdx, blockIdx, blockDim, gridDim;
static const int warpSize = 32;
static unsigned char *emulated_dynamic_shared;
extern "C" __attribute__((weak, visibility("hidden"))) unsigned char __start_emulated_shared[], __stop_emulated_shared[];

// ---------------------------------------------------------------- fibers
namespace emulated {

const unsigned MOST_THREADS = 1024, LANES = 32, STACK = 1 << 18, MOST_ARGUMENTS = 64;
const bool CHECKED = EMULATED_CHECKED;
enum State { READY, AT_BLOCK_BARRIER, AT_WARP_BARRIER, DONE };

// `epoch` counts barriers of the block. `seen` are the steps up to which a thread knows what the lanes of its
// warp did, its own step among them; __syncwarp makes them known to others, a shuffle does not.
struct Thread {
    State state;
    int line;
    unsigned mask, partners, parity, epoch, seen[LANES];
    bool orders;
    int64_t given[2];
    jmp_buf place;
};

static Thread threads[MOST_THREADS];
static unsigned started, current, block_size;
static bool reversed_order, in_kernel;
static jmp_buf scheduler;
static char *stacks;
static char fault[256];
static void (*body)(void **);
static int64_t argument_values[MOST_ARGUMENTS];
static void *arguments[MOST_ARGUMENTS];

inline unsigned nth(unsigned k, unsigned n) { return reversed_order ? n - 1 - k : k; }

static void enter(unsigned thread) {
    current = thread;
    threadIdx.x = thread;
}

static void run_threads() {  // what a fiber does
    while (started < block_size) {
        unsigned own = nth(started++, block_size);
        enter(own);
        in_kernel = true;
        body(arguments);
        in_kernel = false;
        threads[current].state = DONE;
    }
    _longjmp(scheduler, 1);
}

static void start_fiber(size_t number) {
    if (!stacks)
        stacks = (char *)mmap(nullptr, (size_t)MOST_THREADS * STACK, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    static ucontext_t fresh;
    getcontext(&fresh);
    fresh.uc_stack.ss_sp = stacks + number * STACK;
    fresh.uc_stack.ss_size = STACK;
    fresh.uc_link = nullptr;
    makecontext(&fresh, run_threads, 0);
    if (!_setjmp(scheduler)) setcontext(&fresh);
}

__attribute__((noinline)) static void wait(State state, int line, unsigned mask, bool orders) {
    in_kernel = false;
    unsigned own = current;
    threads[own].state = state;
    threads[own].line = line;
    threads[own].mask = mask;
    threads[own].orders = orders;
    if (!_setjmp(threads[own].place)) _longjmp(scheduler, 1);
    enter(own);
    in_kernel = true;
}

// What a thread does that must not go on: another may.
__attribute__((noinline)) static void give_up() {
    in_kernel = false;
    _longjmp(scheduler, 1);
}

static void resume(unsigned thread) {
    threads[thread].state = READY;
    if (!_setjmp(scheduler)) _longjmp(threads[thread].place, 1);
}

static void exchange_steps(unsigned first, unsigned partners) {
    unsigned known[LANES] = {};
    for (unsigned lane = 0; lane < LANES; lane++)
        if (partners >> lane & 1)
            for (unsigned k = 0; k < LANES; k++) known[k] = std::max(known[k], threads[first + lane].seen[k]);
    for (unsigned lane = 0; lane < LANES; lane++)
        if (partners >> lane & 1) {
            memcpy(threads[first + lane].seen, known, sizeof known);
            threads[first + lane].seen[lane]++;
        }
}

static bool release_warp(unsigned first) {
    unsigned last = std::min(first + LANES, block_size), leader = last, mask = 0;
    for (unsigned t = first; t < last && leader == last; t++)
        if (threads[t].state == AT_WARP_BARRIER) leader = t;
    if (leader == last) return false;
    mask = threads[leader].mask;
    for (unsigned t = first; t < last; t++) {
        if (!(mask >> (t - first) & 1) || threads[t].state == DONE) continue;
        if (threads[t].state != AT_WARP_BARRIER || threads[t].mask != mask) return false;
        if (threads[t].line != threads[leader].line) {
            snprintf(fault, sizeof fault, "lanes of a warp wait at lines %d and %d", threads[leader].line, threads[t].line);
            return false;
        }
    }
    unsigned partners = 0;
    for (unsigned t = first; t < last; t++)
        if (mask >> (t - first) & 1 && threads[t].state == AT_WARP_BARRIER) partners |= 1u << (t - first);
    if (CHECKED && threads[leader].orders) exchange_steps(first, partners);
    for (unsigned k = 0; k < last - first && !fault[0]; k++) {
        unsigned t = first + nth(k, last - first);
        if (!(partners >> (t - first) & 1)) continue;
        threads[t].partners = partners;
        resume(t);
    }
    return true;
}

static bool release_block() {
    int line = 0;
    for (unsigned t = 0; t < block_size; t++) {
        if (threads[t].state == DONE) continue;
        if (threads[t].state != AT_BLOCK_BARRIER) return false;
        if (line && threads[t].line != line) {
            snprintf(fault, sizeof fault, "threads of a block wait at lines %d and %d", line, threads[t].line);
            return false;
        }
        line = threads[t].line;
    }
    if (!line) return false;
    for (unsigned k = 0; k < block_size && !fault[0]; k++) {
        unsigned t = nth(k, block_size);
        if (threads[t].state != AT_BLOCK_BARRIER || threads[t].line != line) continue;
        threads[t].epoch++;
        resume(t);
    }
    return true;
}

static void run_block() {
    started = 0;
    for (unsigned t = 0; t < block_size; t++) {
        threads[t].state = READY;
        threads[t].parity = threads[t].epoch = 0;
        if (CHECKED) memset(threads[t].seen, 0, sizeof threads[t].seen);
        threads[t].seen[t % LANES] = 1;
    }
    size_t fibers = 0;
    while (started < block_size && !fault[0]) start_fiber(fibers++);
    for (;;) {
        bool any = false;
        for (unsigned first = 0; first < block_size && !fault[0]; first += LANES) any |= release_warp(first);
        if (fault[0]) return;
        if (!any) any = release_block();
        if (fault[0]) return;
        if (any) continue;
        for (unsigned t = 0; t < block_size; t++)
            if (threads[t].state != DONE) {
                snprintf(fault, sizeof fault, "thread %u waits at line %d for threads that never come", t, threads[t].line);
                return;
            }
        return;
    }
}

template <class Value> Value from_lane(Value value, unsigned mask, unsigned lane, bool own, int line) {
    Thread &me = threads[current];
    unsigned first = current / LANES * LANES, parity = me.parity ^= 1, thread = current;
    if (!(mask >> (current - first) & 1) && !fault[0])
        snprintf(fault, sizeof fault, "line %d: lane %u is not in its own mask", line, current - first);
    static_assert(sizeof(Value) <= 8, "shuffles are of numbers");
    me.given[parity] = 0;
    memcpy(&me.given[parity], &value, sizeof value);
    wait(AT_WARP_BARRIER, line, mask, false);
    if (own) return value;
    unsigned from = first + lane;
    if (!(me.partners >> (lane & 31) & 1) || lane >= LANES) {
        if (!fault[0]) snprintf(fault, sizeof fault, "line %d: lane %u reads from lane %u, which takes no part", line, thread - first, lane);
        return value;
    }
    memcpy(&value, &threads[from].given[parity], sizeof value);
    return value;
}

inline unsigned own_lane() { return current % LANES; }

template <class V> V down(unsigned mask, V value, unsigned delta, int width, int line) {
    unsigned lane = own_lane(), end = lane / width * width + width;
    return from_lane(value, mask, lane + delta, lane + delta >= end, line);
}
template <class V> V up(unsigned mask, V value, unsigned delta, int width, int line) {
    unsigned lane = own_lane(), begin = lane / width * width;
    return from_lane(value, mask, lane - delta, lane < begin + delta, line);
}
template <class V> V exclusive(unsigned mask, V value, int with, int width, int line) {
    unsigned lane = own_lane(), other = lane ^ (unsigned)with;
    return from_lane(value, mask, other, other / width > lane / width, line);
}
template <class V> V from(unsigned mask, V value, int lane, int width, int line) {
    return from_lane(value, mask, own_lane() / width * width + (unsigned)lane % width, false, line);
}
inline unsigned votes(unsigned mask, int vote, int line) {
    unsigned first = current / LANES * LANES, parity = threads[current].parity ^= 1, found = 0;
    threads[current].given[parity] = vote != 0;
    wait(AT_WARP_BARRIER, line, mask, false);
    for (unsigned lane = 0; lane < LANES; lane++)
        if (threads[current].partners >> lane & 1)
            found |= (unsigned)threads[first + lane].given[parity] << lane;
    return found;
}

template <class... A, size_t... I> void call(void (*kernel)(A...), void **args, std::index_sequence<I...>) {
    kernel(*(std::remove_const_t<A> *)args[I]...);
}
template <class... A> void call_kernel(void (*kernel)(A...), void **args) {
    call(kernel, args, std::index_sequence_for<A...>());
}
template <class A> char letter() {
    if (std::is_same<std::remove_const_t<A>, double>::value) return 'd';
    if (std::is_same<std::remove_const_t<A>, long long>::value) return 'q';
    if (!std::is_pointer<A>::value) return '?';
    using To = std::remove_const_t<std::remove_pointer_t<A>>;
    if (std::is_same<To, double>::value) return 'D';
    if (std::is_same<To, float>::value) return 'F';
    if (std::is_same<To, int>::value) return 'I';
    if (std::is_same<To, long long>::value) return 'Q';
    return '*';
}
template <class... A> void write_letters(void (*)(A...), char *out) {
    char letters[] = {letter<A>()..., 0};
    strcpy(out, letters);
}

static long long block_number;

// `args` are numbers and addresses, of 8 bytes each.
static const char *launch(void (*run)(void **), const long long *grid, unsigned block, bool reversed,
    unsigned char *shared, long long shared_bytes, unsigned n_args, const int64_t *args) {
    fault[0] = 0;
    for (unsigned k = 0; k < n_args; k++) argument_values[k] = args[k], arguments[k] = &argument_values[k];
    body = run, block_size = block, reversed_order = reversed;
    emulated_dynamic_shared = shared;
    blockDim = {block, 1, 1};
    gridDim = {(unsigned)grid[0], (unsigned)grid[1], (unsigned)grid[2]};
    threadIdx = {0, 0, 0};
    long long count = grid[0] * grid[1] * grid[2];
    for (long long k = 0; k < count && !fault[0]; k++) {
        long long n = block_number = reversed ? count - 1 - k : k;
        blockIdx = {(unsigned)(n % grid[0]), (unsigned)(n / grid[0] % grid[1]), (unsigned)(n / grid[0] / grid[1])};
        memset(shared, 0xff, shared_bytes);
        if (__start_emulated_shared) memset(__start_emulated_shared, 0xff, __stop_emulated_shared - __start_emulated_shared);
        run_block();
    }
    return fault;
}

}  // namespace emulated

// ---------------------------------------------------------------- what kernels call
#define __syncthreads() emulated::wait(emulated::AT_BLOCK_BARRIER, __LINE__, 0, true)
#define EMULATED_WARP_1(mask) emulated::wait(emulated::AT_WARP_BARRIER, __LINE__, mask, true)
#define EMULATED_WARP_0() EMULATED_WARP_1(0xffffffffu)
#define EMULATED_PICK(_0, _1, name, ...) name
#define __syncwarp(...) EMULATED_PICK(_0, ##__VA_ARGS__, EMULATED_WARP_1, EMULATED_WARP_0)(__VA_ARGS__)
#define EMULATED_WIDTH(a, b, c, width, ...) width
#define __shfl_sync(mask, value, ...) EMULATED_SHUFFLE(from, mask, value, __VA_ARGS__, 32, 0)
#define __shfl_up_sync(mask, value, ...) EMULATED_SHUFFLE(up, mask, value, __VA_ARGS__, 32, 0)
#define __shfl_down_sync(mask, value, ...) EMULATED_SHUFFLE(down, mask, value, __VA_ARGS__, 32, 0)
#define __shfl_xor_sync(mask, value, ...) EMULATED_SHUFFLE(exclusive, mask, value, __VA_ARGS__, 32, 0)
#define EMULATED_SHUFFLE(kind, mask, value, lane, width, ...) emulated::kind(mask, value, lane, width, __LINE__)
#define __ballot_sync(mask, vote) emulated::votes(mask, vote, __LINE__)
#define __any_sync(mask, vote) (emulated::votes(mask, vote, __LINE__) != 0)
#define __all_sync(mask, vote) (emulated::votes(mask, !(vote), __LINE__) == 0)
#define __activemask() 0xffffffffu

template <class T> inline T __ldg(const T *place) { return *place; }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
inline double rcbrt(double x) { return 1.0 / std::cbrt(x); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __drcp_rn(double a) { return 1.0 / a; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline long long __double_as_longlong(double x) { long long r; memcpy(&r, &x, 8); return r; }
inline double __longlong_as_double(long long x) { double r; memcpy(&r, &x, 8); return r; }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
inline long long min(long long a, int b) { return a < b ? a : b; }
inline long long min(int a, long long b) { return a < b ? a : b; }
inline long long max(long long a, int b) { return a > b ? a : b; }
inline long long max(int a, long long b) { return a > b ? a : b; }
