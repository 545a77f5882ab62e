/* See kernel.h. A tick: neurons take what has arrived and move; whoever spikes, source or
 * neuron, adds its row of weights to the ring buffers of the ticks to come.
 *
 * The board's ring buffers hold 16 bits and stick at 65535. Sums only grow, so adding up in 32
 * bits and cutting off when the sum is read is the same, and needs no test for each synapse.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

/* The same C twice, for the processor it is built for and for AVX2, chosen when it runs. */
#if defined(__GNUC__) && defined(__x86_64__)
#define INLINE static inline __attribute__((always_inline))
#define WIDE __attribute__((target("avx2")))
#define HAS_WIDE __builtin_cpu_supports("avx2")
#else
#define INLINE static inline
#define WIDE
#define HAS_WIDE 0
#endif

enum { RECEPTORS = 2, BLOCK = 256, FULL = 0xFFFF };

/* A stretch of ring buffer with enough targets that all of it is kept, zeros included: plain
 * vector additions beat scattered ones, and 2 bytes x 3 beat 4 + 2. */
enum { DENSE_SYNAPSES = 32, DENSE_GAP = 32, DENSE_WASTE = 3 };

typedef struct {
    uint32_t where, n;
    int64_t first;
} stretch;

/* Rows: synapses of one sender. `where` = ((delay - 1) * RECEPTORS + receptor) * n + neuron, the
 * distance from the beginning of the next tick's slot, ascending within a row. */
struct nd_net {
    int32_t n_sources, n_neurons, n_slots;
    int64_t n_rows, n_dense;
    int64_t *row, *dense_row;
    uint32_t *where;
    uint16_t *weight, *dense_weight;
    stretch *dense;
};

struct nd_run {
    const nd_net *net;
    const nd_cells *cells;
    const nd_task *task;
    uint32_t *ring;
    int32_t *v, *exc, *inh, *hold, *offset, *fired;
    int64_t n_fired, *saturated;
    int64_t n_spikes, room, *spike_tick;
    int32_t *spike_index;
};

static void *zeros(int64_t n, size_t size) { return calloc(n > 0 ? (size_t)n : 1, size); }

/* ------------------------------------------------------------------ rows of synapses */

typedef struct {
    int64_t n_dense_weights, room_stretches, room_weights;
    uint64_t *keys;
} packing;

static int fits(const nd_net *net, const nd_wires *w, int64_t k) {
    int64_t row = w->pre[k] + w->first_row;
    return row >= 0 && row < net->n_rows && w->post[k] >= 0 && w->post[k] < net->n_neurons &&
           w->weight[k] >= 0 && w->weight[k] <= FULL && w->delay[k] >= 1 &&
           w->delay[k] <= net->n_slots && w->receptor[k] >= 0 && w->receptor[k] < RECEPTORS;
}

/* Count, then place: `row[r + 1]` first holds how many there are, then where the next one goes. */
static int64_t place(nd_net *net, int32_t n_sets, const nd_wires *sets) {
    int64_t total = 0;
    for (int32_t s = 0; s < n_sets; s++)
        for (int64_t k = 0; k < sets[s].n; k++, total++) {
            if (!fits(net, &sets[s], k)) return total;
            net->row[sets[s].pre[k] + sets[s].first_row + 1]++;
        }
    net->where = malloc(sizeof *net->where * (size_t)(total + 1));
    net->weight = malloc(sizeof *net->weight * (size_t)(total + 1));
    int64_t *next = zeros(net->n_rows, sizeof *next);
    if (!net->where || !net->weight || !next) return free(next), -1;
    for (int64_t r = 0; r < net->n_rows; r++) {
        next[r] = net->row[r];
        net->row[r + 1] += net->row[r];
    }
    for (int32_t s = 0; s < n_sets; s++)
        for (int64_t k = 0; k < sets[s].n; k++) {
            const nd_wires *w = &sets[s];
            int64_t to = next[w->pre[k] + w->first_row]++;
            int64_t slot = (w->delay[k] - 1) * RECEPTORS + w->receptor[k];
            net->where[to] = (uint32_t)(slot * net->n_neurons + w->post[k]);
            net->weight[to] = (uint16_t)w->weight[k];
        }
    free(next);
    return -2;
}

static int by_key(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sort_row(nd_net *net, int64_t first, int64_t n, uint64_t *keys) {
    int sorted = 1;
    for (int64_t k = 1; k < n; k++) sorted &= net->where[first + k - 1] <= net->where[first + k];
    if (sorted) return;
    for (int64_t k = 0; k < n; k++)
        keys[k] = (uint64_t)net->where[first + k] << 16 | net->weight[first + k];
    qsort(keys, (size_t)n, sizeof *keys, by_key);
    for (int64_t k = 0; k < n; k++) {
        net->where[first + k] = (uint32_t)(keys[k] >> 16);
        net->weight[first + k] = (uint16_t)keys[k];
    }
}

/* Where the stretch that begins at `k` ends: at a gap, at a twin, or with its slot. */
static int64_t stretch_end(const nd_net *net, int64_t k, int64_t row_end) {
    const uint32_t *at = net->where;
    uint32_t slot = (uint32_t)(RECEPTORS * net->n_neurons), mine = at[k] / slot;
    for (k++; k < row_end; k++) {
        uint32_t gap = at[k] - at[k - 1];
        if (gap == 0 || gap > DENSE_GAP || at[k] / slot != mine) break;
    }
    return k;
}

static void *grow(void *old, int64_t *room, int64_t needed, size_t size) {
    if (needed <= *room) return old;
    *room = needed + needed / 4 + 64;
    return realloc(old, (size_t)*room * size);
}

static int add_dense(nd_net *net, packing *to, int64_t k, int64_t end) {
    uint32_t first = net->where[k], n = net->where[end - 1] - first + 1;
    int64_t at = to->n_dense_weights;
    stretch *dense = grow(net->dense, &to->room_stretches, net->n_dense + 1, sizeof *dense);
    if (dense) net->dense = dense;
    uint16_t *weight = grow(net->dense_weight, &to->room_weights, at + n, sizeof *weight);
    if (weight) net->dense_weight = weight;
    if (!dense || !weight) return -1;
    memset(weight + at, 0, n * sizeof *weight);
    for (; k < end; k++) weight[at + net->where[k] - first] = net->weight[k];
    dense[net->n_dense++] = (stretch){first, n, at};
    to->n_dense_weights += n;
    return 0;
}

/* Take dense stretches out of the rows and close the gaps they leave. */
static int pack(nd_net *net, packing *to) {
    int64_t kept = 0, begin = 0;
    for (int64_t r = 0; r < net->n_rows; r++) {
        int64_t row_end = net->row[r + 1];
        sort_row(net, begin, row_end - begin, to->keys);
        net->row[r] = kept;
        net->dense_row[r] = net->n_dense;
        for (int64_t k = begin, end; k < row_end; k = end) {
            end = stretch_end(net, k, row_end);
            uint32_t span = net->where[end - 1] - net->where[k] + 1;
            if (end - k >= DENSE_SYNAPSES && span <= (uint64_t)(end - k) * DENSE_WASTE) {
                if (add_dense(net, to, k, end)) return -1;
                continue;
            }
            memmove(net->where + kept, net->where + k, sizeof *net->where * (size_t)(end - k));
            memmove(net->weight + kept, net->weight + k, sizeof *net->weight * (size_t)(end - k));
            kept += end - k;
        }
        begin = row_end;
    }
    net->row[net->n_rows] = kept;
    net->dense_row[net->n_rows] = net->n_dense;
    return 0;
}

static void *shrink(void *old, int64_t n, size_t size) {
    void *smaller = realloc(old, (size_t)(n + 1) * size);
    return smaller ? smaller : old;
}

nd_net *nd_net_new(int32_t n_sources, int32_t n_neurons, int32_t n_slots, int32_t n_sets,
                   const nd_wires *sets, int64_t *wrong) {
    nd_net *net = zeros(1, sizeof *net);
    packing to = {0};
    int64_t longest = 0;
    *wrong = -1;
    if (!net) return NULL;
    net->n_sources = n_sources;
    net->n_neurons = n_neurons;
    net->n_slots = n_slots;
    net->n_rows = (int64_t)n_sources + n_neurons;
    net->row = zeros(net->n_rows + 1, sizeof *net->row);
    net->dense_row = zeros(net->n_rows + 1, sizeof *net->dense_row);
    if (!net->row || !net->dense_row) return nd_net_free(net), NULL;
    *wrong = place(net, n_sets, sets);
    if (*wrong != -2) return nd_net_free(net), NULL;
    *wrong = -1;
    for (int64_t r = 0; r < net->n_rows; r++)
        if (net->row[r + 1] - net->row[r] > longest) longest = net->row[r + 1] - net->row[r];
    to.keys = zeros(longest, sizeof *to.keys);
    int failed = !to.keys || pack(net, &to);
    free(to.keys);
    if (failed) return nd_net_free(net), NULL;
    net->where = shrink(net->where, net->row[net->n_rows], sizeof *net->where);
    net->weight = shrink(net->weight, net->row[net->n_rows], sizeof *net->weight);
    net->dense_weight = shrink(net->dense_weight, to.n_dense_weights, sizeof *net->dense_weight);
    net->dense = shrink(net->dense, net->n_dense, sizeof *net->dense);
    return net;
}

int64_t nd_net_bytes(const nd_net *net) {
    int64_t bytes = net->row[net->n_rows] * (int64_t)(sizeof *net->where + sizeof *net->weight);
    for (int64_t k = 0; k < net->n_dense; k++)
        bytes += net->dense[k].n * (int64_t)sizeof *net->dense_weight;
    return bytes + net->n_dense * (int64_t)sizeof *net->dense +
           (net->n_rows + 1) * (int64_t)(sizeof *net->row + sizeof *net->dense_row);
}

void nd_net_free(nd_net *net) {
    if (!net) return;
    free(net->row);
    free(net->dense_row);
    free(net->where);
    free(net->weight);
    free(net->dense_weight);
    free(net->dense);
    free(net);
}

/* ------------------------------------------------------------------ sending */

/* Multiples are cut off just above FULL, where more makes no difference. */
INLINE uint32_t repeated(uint16_t weight, int32_t times) {
    uint64_t sum = (uint64_t)weight * (uint32_t)times;
    return sum > FULL ? FULL + 1u : (uint32_t)sum;
}

INLINE void add_sparse(uint32_t *ring, uint32_t minus, const uint32_t *where,
                              const uint16_t *weight, int64_t n, int32_t times) {
    if (times == 1)
        for (int64_t k = 0; k < n; k++) ring[where[k] - minus] += weight[k];
    else
        for (int64_t k = 0; k < n; k++) ring[where[k] - minus] += repeated(weight[k], times);
}

INLINE void add_dense_row(uint32_t *restrict ring, const uint16_t *restrict weight,
                                 uint32_t n, int32_t times) {
    if (times == 1)
        for (uint32_t k = 0; k < n; k++) ring[k] += weight[k];
    else
        for (uint32_t k = 0; k < n; k++) ring[k] += repeated(weight[k], times);
}

static int64_t first_not_below(const uint32_t *where, int64_t low, int64_t high, uint32_t limit) {
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (where[middle] < limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The ring ends `limit` after the next tick's slot and goes on at its beginning. */
INLINE void send(nd_run *run, int64_t tick, int64_t row, int32_t times) {
    const nd_net *net = run->net;
    uint32_t slot = (uint32_t)(RECEPTORS * net->n_neurons);
    uint32_t next = (uint32_t)((tick + 1) % net->n_slots) * slot;
    uint32_t limit = (uint32_t)net->n_slots * slot - next;
    int64_t low = net->row[row], high = net->row[row + 1], middle = high;
    if (low < high && net->where[high - 1] >= limit)
        middle = first_not_below(net->where, low, high, limit);
    add_sparse(run->ring + next, 0, net->where + low, net->weight + low, middle - low, times);
    add_sparse(run->ring, limit, net->where + middle, net->weight + middle, high - middle, times);
    for (int64_t k = net->dense_row[row]; k < net->dense_row[row + 1]; k++) {
        const stretch *one = &net->dense[k];
        uint32_t to = one->where < limit ? one->where + next : one->where - limit;
        add_dense_row(run->ring + to, net->dense_weight + one->first, one->n, times);
    }
}

/* ------------------------------------------------------------------ neurons */

/* S16.15 x S16.15, floored; which shift it is does not matter to the lower half. */
INLINE int32_t mul(int32_t a, int32_t b) {
    return (int32_t)(uint32_t)((uint64_t)((int64_t)a * b) >> 15);
}

/* S16.15 x U0.32, floored: the upper half of a signed product, `fraction` less 2**32 if that is
 * how its bits read. */
INLINE int32_t dec(int32_t value, int32_t fraction) {
    uint32_t high = (uint32_t)((uint64_t)((int64_t)value * fraction) >> 32);
    return (int32_t)(high + (uint32_t)(value & (fraction >> 31)));
}

INLINE int32_t plus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
INLINE int32_t minus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }

INLINE int32_t arrived(uint32_t sum, int32_t shift) {
    return (int32_t)((sum > FULL ? FULL : sum) << shift);
}

/* exc and inh are kept as a recording shows them and decay when the next tick begins; in the
 * first tick of a sample they stand as they are. Returns whether a ring buffer was full. */
INLINE uint32_t move(const nd_run *run, const uint32_t *restrict ring_exc,
                            const uint32_t *restrict ring_inh, int32_t low, int32_t high,
                            int first, int delta, int uniform, uint8_t *restrict fired) {
    const nd_cells *c = run->cells;
    int32_t *restrict v = run->v, *restrict exc = run->exc, *restrict inh = run->inh;
    int32_t *restrict hold = run->hold;
    const int32_t *restrict offset = run->offset;
    uint32_t over = 0;
#define EACH(name) const int32_t *restrict name##s = c->name, name##_1 = c->name[low]
#define GET(name) (uniform ? name##_1 : name##s[i])
    EACH(shift_exc); EACH(shift_inh); EACH(init_exc); EACH(init_inh);
    EACH(decay_exc); EACH(decay_inh); EACH(factor); EACH(resistance); EACH(leak);
    EACH(v_rest); EACH(v_reset); EACH(v_thresh); EACH(refractory);
    /* No array overlaps another; there are too many for the compiler to test it as it runs. */
#pragma GCC ivdep
    for (int64_t i = low; i < high; i++) {
        int32_t e = exc[i], h = inh[i];
        if (!first) {
            over |= (ring_exc[i] > FULL) | (ring_inh[i] > FULL);
            int32_t in_e = arrived(ring_exc[i], GET(shift_exc));
            int32_t in_h = arrived(ring_inh[i], GET(shift_inh));
            e = delta ? in_e : plus(dec(e, GET(decay_exc)), dec(in_e, GET(init_exc)));
            h = delta ? in_h : plus(dec(h, GET(decay_inh)), dec(in_h, GET(init_inh)));
            exc[i] = e;
            inh[i] = h;
        }
        /* Everything is loaded before it is chosen from: a choice of loads is not vectorised. */
        int32_t was = v[i], held = hold[i], reset = GET(v_reset), pause = GET(refractory);
        int32_t drive = delta ? minus(mul(e, GET(factor)), mul(h, GET(factor))) : minus(e, h);
        int32_t target = plus(mul(plus(drive, offset[i]), GET(resistance)), GET(v_rest));
        int32_t moved = minus(target, mul(GET(leak), minus(target, was)));
        int32_t waits = held > 0;
        moved = waits ? was : moved;
        int32_t fires = moved >= GET(v_thresh);
        v[i] = fires ? reset : moved;
        hold[i] = fires ? pause : held - waits;
        fired[i - low] = (uint8_t)fires;
    }
#undef EACH
#undef GET
    return over;
}

INLINE uint32_t move_span(const nd_run *run, const nd_span *span, int32_t low, int32_t high,
                          const uint32_t *ring, int first, uint8_t *fired) {
    const uint32_t *inh = ring + run->net->n_neurons;
    if (first) return move(run, ring, inh, low, high, 1, span->delta, 0, fired);
    if (span->delta) return move(run, ring, inh, low, high, 0, 1, 0, fired);
    if (span->uniform) return move(run, ring, inh, low, high, 0, 0, 1, fired);
    return move(run, ring, inh, low, high, 0, 0, 0, fired);
}

/* Count buffers that were full; rare, so it need not be fast. */
static void count_full(nd_run *run, const uint32_t *ring, int32_t low, int32_t high) {
    for (int32_t r = 0; r < RECEPTORS; r++)
        for (int32_t i = low; i < high; i++)
            run->saturated[(int64_t)i * RECEPTORS + r] += ring[r * (int64_t)run->net->n_neurons + i] > FULL;
}

INLINE void collect(nd_run *run, const uint8_t *fired, int32_t low, int32_t high) {
    for (int32_t i = low; i < high; i += 8) {
        uint64_t eight;
        memcpy(&eight, fired + (i - low), sizeof eight);
        if (!eight) continue;
        for (int32_t k = i; k < i + 8 && k < high; k++)
            if (fired[k - low]) run->fired[run->n_fired++] = k;
    }
}

INLINE void move_all(nd_run *run, uint32_t *ring, int first) {
    const nd_cells *cells = run->cells;
    uint8_t fired[BLOCK + 8] = {0};
    run->n_fired = 0;
    for (const nd_span *span = cells->spans; span < cells->spans + cells->n_spans; span++)
        for (int32_t low = span->first, high; low < span->end; low = high) {
            high = span->end - low > BLOCK ? low + BLOCK : span->end;
            if (move_span(run, span, low, high, ring, first, fired)) count_full(run, ring, low, high);
            collect(run, fired, low, high);
        }
    memset(ring, 0, sizeof *ring * RECEPTORS * (size_t)cells->n);
}

INLINE void send_all(nd_run *run, int64_t tick) {
    const nd_task *task = run->task;
    for (int64_t k = task->begin[tick]; k < task->begin[tick + 1]; k++)
        send(run, tick, task->source[k], task->times ? task->times[k] : 1);
    for (int64_t k = 0; k < run->n_fired; k++)
        send(run, tick, (int64_t)run->net->n_sources + run->fired[k], 1);
}

/* ------------------------------------------------------------------ ticks */

static uint32_t *slot_of(const nd_run *run, int64_t tick) {
    return run->ring + tick % run->net->n_slots * RECEPTORS * run->net->n_neurons;
}

/* State as before tick 0. What is due in that very tick arrives here, as nothing decays yet. */
static void start(nd_run *run, int64_t tick) {
    const nd_cells *c = run->cells;
    const nd_net *net = run->net;
    size_t bytes = sizeof(int32_t) * (size_t)c->n;
    size_t slot = (size_t)RECEPTORS * (size_t)c->n;
    memcpy(run->v, c->v_start, bytes);
    memcpy(run->hold, c->hold_start, bytes);
    memcpy(run->exc, c->exc_start, bytes);
    memcpy(run->inh, c->inh_start, bytes);
    memset(run->ring, 0, sizeof *run->ring * slot * (size_t)net->n_slots);
    if (!run->task->pending) return;
    for (int64_t d = 1; d < net->n_slots; d++)
        memcpy(slot_of(run, tick + d), run->task->pending + (size_t)d * slot, slot * sizeof *run->ring);
    const uint32_t *due = run->task->pending;
    count_full(run, due, 0, c->n);
    for (int32_t s = 0; s < c->n_spans; s++)
        for (int32_t i = c->spans[s].first; i < c->spans[s].end; i++) {
            int32_t in_exc = arrived(due[i], c->shift_exc[i]);
            int32_t in_inh = arrived(due[c->n + (int64_t)i], c->shift_inh[i]);
            int delta = c->spans[s].delta;
            run->exc[i] = plus(run->exc[i], delta ? in_exc : dec(in_exc, c->init_exc[i]));
            run->inh[i] = plus(run->inh[i], delta ? in_inh : dec(in_inh, c->init_inh[i]));
        }
}

static void inject(nd_run *run, int64_t tick) {
    const nd_task *task = run->task;
    if (!task->wave) return;
    const int32_t *now = task->wave + tick % task->period;
    for (int32_t i = 0; i < run->cells->n; i++)
        run->offset[i] = plus(run->cells->offset[i], now[task->wave_of[i] * task->period]);
}

static void show(const nd_run *run, int64_t tick, int k, const int32_t *values) {
    const nd_task *task = run->task;
    for (int64_t j = 0; j < task->n_seen[k]; j++)
        task->seen[k][tick * task->n_seen[k] + j] = values[task->which[k][j]];
}

static int keep_spikes(nd_run *run, int64_t tick) {
    int64_t needed = run->n_spikes + run->n_fired;
    if (!run->n_fired) return 0;
    if (needed > run->room) {
        int64_t room = 2 * needed + 1024;
        int64_t *ticks = realloc(run->spike_tick, sizeof *ticks * (size_t)room);
        if (ticks) run->spike_tick = ticks;
        int32_t *index = realloc(run->spike_index, sizeof *index * (size_t)room);
        if (index) run->spike_index = index;
        if (!ticks || !index) return -1;
        run->room = room;
    }
    for (int64_t k = 0; k < run->n_fired; k++) run->spike_tick[run->n_spikes + k] = tick;
    memcpy(run->spike_index + run->n_spikes, run->fired, sizeof *run->fired * (size_t)run->n_fired);
    run->n_spikes = needed;
    return 0;
}

INLINE int32_t advance(nd_run *run, int64_t tick, int64_t end) {
    for (; tick < end; tick++) {
        int first = tick % run->task->period == 0;
        if (first) start(run, tick);
        inject(run, tick);
        show(run, tick, 0, run->v);
        move_all(run, slot_of(run, tick), first);
        show(run, tick, 1, run->exc);
        show(run, tick, 2, run->inh);
        send_all(run, tick);
        if (run->task->keep_spikes && keep_spikes(run, tick)) return -1;
    }
    return 0;
}

WIDE static int32_t advance_wide(nd_run *run, int64_t first, int64_t end) {
    return advance(run, first, end);
}

int32_t nd_advance(nd_run *run, int64_t first, int64_t end) {
    return HAS_WIDE ? advance_wide(run, first, end) : advance(run, first, end);
}

nd_run *nd_run_new(const nd_net *net, const nd_cells *cells, const nd_task *task) {
    nd_run *run = zeros(1, sizeof *run);
    if (!run) return NULL;
    int64_t n = cells->n;
    run->net = net;
    run->cells = cells;
    run->task = task;
    run->ring = zeros(n * RECEPTORS * net->n_slots, sizeof *run->ring);
    run->v = zeros(n, sizeof *run->v);
    run->exc = zeros(n, sizeof *run->exc);
    run->inh = zeros(n, sizeof *run->inh);
    run->hold = zeros(n, sizeof *run->hold);
    run->offset = zeros(n, sizeof *run->offset);
    run->fired = zeros(n, sizeof *run->fired);
    run->saturated = zeros(n * RECEPTORS, sizeof *run->saturated);
    if (!run->ring || !run->v || !run->exc || !run->inh || !run->hold || !run->offset ||
        !run->fired || !run->saturated)
        return nd_run_free(run), NULL;
    memcpy(run->offset, cells->offset, sizeof *run->offset * (size_t)n);
    return run;
}

void nd_run_free(nd_run *run) {
    if (!run) return;
    free(run->ring);
    free(run->v);
    free(run->exc);
    free(run->inh);
    free(run->hold);
    free(run->offset);
    free(run->fired);
    free(run->saturated);
    free(run->spike_tick);
    free(run->spike_index);
    free(run);
}

/* ------------------------------------------------------------------ results */

void nd_state(const nd_run *run, int64_t tick, int32_t *v, int32_t *hold, int32_t *exc,
              int32_t *inh, uint32_t *ring) {
    size_t bytes = sizeof(int32_t) * (size_t)run->cells->n;
    memcpy(v, run->v, bytes);
    memcpy(hold, run->hold, bytes);
    memcpy(exc, run->exc, bytes);
    memcpy(inh, run->inh, bytes);
    size_t slot = (size_t)RECEPTORS * (size_t)run->cells->n;
    for (int64_t d = 0; d < run->net->n_slots; d++)
        memcpy(ring + (size_t)d * slot, slot_of(run, tick + d), slot * sizeof *ring);
}

int64_t nd_n_spikes(const nd_run *run) { return run->n_spikes; }

void nd_take_spikes(nd_run *run, int64_t *tick, int32_t *index) {
    if (run->n_spikes) {
        memcpy(tick, run->spike_tick, sizeof *tick * (size_t)run->n_spikes);
        memcpy(index, run->spike_index, sizeof *index * (size_t)run->n_spikes);
    }
    run->n_spikes = 0;
}

const int64_t *nd_saturated(const nd_run *run) { return run->saturated; }

int32_t nd_by_neuron(int64_t n, const int64_t *tick, const int32_t *index, int32_t n_neurons,
                     int64_t *tick_out, int64_t *index_out) {
    int64_t *next = zeros((int64_t)n_neurons + 1, sizeof *next);
    if (!next) return -1;
    for (int64_t k = 0; k < n; k++) next[index[k] + 1]++;
    for (int32_t i = 0; i < n_neurons; i++) next[i + 1] += next[i];
    for (int64_t k = 0; k < n; k++) {
        int64_t to = next[index[k]]++;
        tick_out[to] = tick[k];
        index_out[to] = index[k];
    }
    free(next);
    return 0;
}
