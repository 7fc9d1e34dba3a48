// Every load and store of the kernels comes here: g++ writes calls for them (-fsanitize=thread), and these
// are ours, not the library's. What ends a launch with a message:
//
// - an address that is in no argument of the kernel and in no shared memory, or that is not a multiple of its
//   size;
// - two threads at one number, one of them writing, with no barrier of their block (or __syncwarp of their
//   warp) between them. Between blocks there is none.

#define UNCHECKED __attribute__((no_sanitize("thread")))
extern "C" __attribute__((visibility("hidden"))) unsigned char __ehdr_start[], _end[];

namespace emulated {

// Who was at a number: a thread of a block (counted from 1; 0 is nobody), after so many barriers and at which
// of its own steps. Of readers two are enough to find one that is not the writer. Numbers of one or two bytes
// count as four.
struct Visit { unsigned block, epoch, step, thread; };
struct Visits { Visit writer, reader, other; };

const unsigned GRAIN = 4, STATIC_SHARED = MOST_ARGUMENTS, DYNAMIC_SHARED = MOST_ARGUMENTS + 1;

struct Region {
    uintptr_t begin, end;
    unsigned number;  // of the argument, or one of the above
    Visits *visits;
};

static Region regions[MOST_ARGUMENTS + 2];
static unsigned n_regions, last_region;
static uintptr_t instruction;  // that asks

UNCHECKED static void add_region(const void *begin, long long size, unsigned number) {
    if (size <= 0) return;
    uintptr_t first = (uintptr_t)begin, last = first + size;
    for (unsigned k = 0; k < n_regions;) {  // what overlaps is one
        if (regions[k].begin >= last || regions[k].end <= first) {
            k++;
            continue;
        }
        first = regions[k].begin < first ? regions[k].begin : first;
        last = regions[k].end > last ? regions[k].end : last;
        number = regions[k].number < number ? regions[k].number : number;
        regions[k] = regions[--n_regions];
        k = 0;
    }
    regions[n_regions++] = {first, last, number, nullptr};
}

UNCHECKED static size_t bytes_of_visits(const Region &region) {
    return ((region.end - region.begin) / GRAIN + 1) * sizeof(Visits);
}

UNCHECKED static void describe(char *out, size_t size, const Region &region, uintptr_t place) {
    const char *names[] = {"of static shared memory", "of dynamic shared memory"};
    unsigned long long byte = place - region.begin;
    if (region.number >= STATIC_SHARED) snprintf(out, size, "byte %llu %s", byte, names[region.number - STATIC_SHARED]);
    else snprintf(out, size, "byte %llu of argument %u", byte, region.number);
}

UNCHECKED static bool is_before(const Visit &then, const Visit &now) {
    if (then.block != now.block) return false;
    if (then.thread == now.thread || then.epoch < now.epoch) return true;
    return then.thread / LANES == now.thread / LANES && then.step <= threads[now.thread].seen[then.thread % LANES];
}

UNCHECKED static void collide(const Region &region, uintptr_t place, const Visit &then, const Visit &now) {
    char where[64];
    describe(where, sizeof where, region, place);
    if (then.block == now.block)
        snprintf(fault, sizeof fault, "threads %u and %u of a block are both at %s, one of them writes, and no barrier is between",
            then.thread, now.thread, where);
    else
        snprintf(fault, sizeof fault, "blocks %u and %u are both at %s, and one of them writes", then.block - 1, now.block - 1, where);
    give_up();
}

UNCHECKED static void visit(const Region &region, uintptr_t place, bool writes) {
    Visits &cell = region.visits[(place - region.begin) / GRAIN];
    const Thread &own = threads[current];
    Visit now = {(unsigned)block_number + 1, own.epoch, own.seen[current % LANES], current};
    if (region.number >= STATIC_SHARED)  // every block has its own
        for (Visit *each : {&cell.writer, &cell.reader, &cell.other})
            if (each->block != now.block) *each = Visit{};
    if (cell.writer.block && !is_before(cell.writer, now)) collide(region, place, cell.writer, now);
    if (!writes) {
        bool first = !cell.reader.block || is_before(cell.reader, now);
        (first ? cell.reader : cell.other) = now;
        return;
    }
    for (const Visit *each : {&cell.reader, &cell.other})
        if (each->block && !is_before(*each, now)) collide(region, place, *each, now);
    cell = {now, Visit{}, Visit{}};
}

UNCHECKED static const Region *region_of(uintptr_t place) {
    if (last_region < n_regions && regions[last_region].begin <= place && place < regions[last_region].end)
        return &regions[last_region];
    for (unsigned k = 0; k < n_regions; k++)
        if (regions[k].begin <= place && place < regions[k].end) return &regions[last_region = k];
    return nullptr;
}

UNCHECKED static bool is_own(uintptr_t place) {  // of a thread alone, or of the machinery
    uintptr_t first = (uintptr_t)stacks, image = (uintptr_t)__ehdr_start;
    return (place >= first && place < first + (uintptr_t)MOST_THREADS * STACK) || (place >= image && place < (uintptr_t)_end);
}

UNCHECKED static void touch(const void *address, size_t size, bool writes, bool whole, void *from) {
    if (!in_kernel) return;
    instruction = (uintptr_t)from - 1;
    uintptr_t place = (uintptr_t)address;
    const Region *region = region_of(place);
    if (!region && is_own(place)) return;
    in_kernel = false;
    if (!region || place + size > region->end) {
        const char *what = writes ? "writes" : "reads";
        snprintf(fault, sizeof fault, "thread %u of block %lld %s outside of all arrays", current, block_number, what);
        for (unsigned k = 0; k < n_regions; k++)  // most often just behind one
            if (place + 64 >= regions[k].begin && place < regions[k].end + 64) {
                char where[64];
                describe(where, sizeof where, regions[k], regions[k].end);
                snprintf(fault, sizeof fault, "thread %u of block %lld %s outside of all arrays, %lld bytes from %s, its end",
                    current, block_number, what, (long long)(place - regions[k].end), where);
            }
        give_up();
    }
    if (whole && place % size) {
        snprintf(fault, sizeof fault, "thread %u of block %lld is at an address that is no multiple of %zu bytes",
            current, block_number, size);
        give_up();
    }
    for (size_t k = 0; k < size; k += GRAIN) visit(*region, place + k, writes);
    in_kernel = true;
}

}  // namespace emulated

// Before a launch: where its arguments are, sizes of numbers being 0.
extern "C" UNCHECKED void emulated_regions(
    unsigned n, const int64_t *begins, const int64_t *sizes, unsigned char *shared, long long shared_bytes) {
    using namespace emulated;
    n_regions = last_region = 0;
    for (unsigned k = 0; k < n; k++) add_region((const void *)begins[k], sizes[k], k);
    add_region(shared, shared_bytes, DYNAMIC_SHARED);
    if (__start_emulated_shared)
        add_region(__start_emulated_shared, __stop_emulated_shared - __start_emulated_shared, STATIC_SHARED);
    for (unsigned k = 0; k < n_regions; k++)
        regions[k].visits = (Visits *)mmap(nullptr, bytes_of_visits(regions[k]), PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

extern "C" UNCHECKED void emulated_done() {
    using namespace emulated;
    for (unsigned k = 0; k < n_regions; k++) munmap(regions[k].visits, bytes_of_visits(regions[k]));
    n_regions = 0;
}

// Where in the library the last fault is.
extern "C" UNCHECKED long long emulated_fault_place() { return emulated::instruction - (uintptr_t)__ehdr_start; }

// Under names of our own, since the compiler knows the others' types better than we do.
#define EMULATED_NAMED(name, arguments) \
    extern "C" void emulated_##name arguments __asm__("__tsan_" #name); \
    extern "C" UNCHECKED void emulated_##name arguments
#define EMULATED_HOOK(name, arguments, size, writes, whole) \
    EMULATED_NAMED(name, arguments) { \
        emulated::touch(place, size, writes, whole, __builtin_return_address(0)); \
    }
#define EMULATED_HOOKS(size) \
    EMULATED_HOOK(read##size, (void *place), size, false, true) \
    EMULATED_HOOK(write##size, (void *place), size, true, true) \
    EMULATED_HOOK(unaligned_read##size, (void *place), size, false, true) \
    EMULATED_HOOK(unaligned_write##size, (void *place), size, true, true)
EMULATED_HOOKS(1) EMULATED_HOOKS(2) EMULATED_HOOKS(4) EMULATED_HOOKS(8) EMULATED_HOOKS(16)
EMULATED_HOOK(read_range, (void *place, size_t size), size, false, false)
EMULATED_HOOK(write_range, (void *place, size_t size), size, true, false)
EMULATED_NAMED(func_entry, (void *)) {}
EMULATED_NAMED(func_exit, ()) {}
EMULATED_NAMED(init, ()) {}
