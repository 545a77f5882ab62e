/* See kernel.h. A tick: neurons take what has arrived and move; whoever spikes, source or
 * neuron, adds its row of weights to the ring buffers of the ticks to come. Neurons are run
 * stage by stage through a chunk of ticks, see net.h.
 */

#include <stdlib.h>
#include <string.h>

#include "move.h"
#include "move_wide.h"
#include "net.h"
#include "send.h"
#include "wide.h"

enum { CHUNK = 128, PIECE = 512, AHEAD = 4, FAR = 16 };

/* Spikes of one stage in a chunk: those of its t-th tick are begin[t] to begin[t + 1]. */
typedef struct {
    int64_t begin[CHUNK + 1];
    int64_t room;
    int32_t *neuron;
} spikes;

/* Recorded neurons, block by block: columns begin[block] to begin[block + 1]. */
typedef struct {
    int64_t *begin, *column;
} seen_list;

struct nd_run {
    const nd_net *net;
    const nd_cells *cells;
    const nd_task *task;
    uint32_t *ring;
    nd_moving now;
    int32_t n_stages;
    int32_t *span_of; /* the first span of each block */
    seen_list seen[3];
    nd_list *lists, senders;
    spikes *stages, fired;
    int32_t *n_fired; /* of each block of the stage and tick, where blocks run on their own */
    int64_t n_spikes, room, *spike_tick;
    int32_t *spike_index;
    uint8_t flags[PIECE + 8];
};

static void *zeros(int64_t n, size_t size) { return calloc(n > 0 ? (size_t)n : 1, size); }

static uint32_t *plane_at(const nd_run *run, const nd_block *block, int64_t tick, int32_t receptor) {
    int64_t plane = tick % run->net->n_slots * RECEPTORS + receptor;
    return run->ring + block->ring + plane * block->wide;
}

/* ------------------------------------------------------------------ neurons */

static int reserve(spikes *list, int64_t needed) {
    if (needed <= list->room) return 0;
    int64_t room = 2 * needed + 1024;
    int32_t *neuron = realloc(list->neuron, sizeof *neuron * (size_t)room);
    if (!neuron) return -1;
    list->neuron = neuron;
    list->room = room;
    return 0;
}

INLINE int64_t collect(const uint8_t *flags, int32_t low, int32_t n, int32_t *to) {
    int64_t found = 0;
    for (int32_t i = 0; i < n; i += 8) {
        uint64_t eight;
        memcpy(&eight, flags + i, sizeof eight);
        if (!eight) continue;
        for (int32_t k = i; k < i + 8; k++)
            if (flags[k]) to[found++] = low + k;
    }
    return found;
}

/* Some neurons of one span and block; those that spike are listed. */
INLINE uint32_t move_plainly(nd_run *run, const nd_span *span, const uint32_t *exc,
                             const uint32_t *inh, int32_t low, int32_t n, int first,
                             int32_t **to) {
    const nd_cells *c = run->cells;
    uint8_t *flags = run->flags;
    uint32_t full;
    if (first || !span->tame)
        full = move(c, &run->now, exc, inh, low, n, first, span->delta, 0, !span->tame, flags);
    else if (span->delta)
        full = move(c, &run->now, exc, inh, low, n, 0, 1, 0, 0, flags);
    else if (span->uniform)
        full = move(c, &run->now, exc, inh, low, n, 0, 0, 1, 0, flags);
    else
        full = move(c, &run->now, exc, inh, low, n, 0, 0, 0, 0, flags);
    memset(flags + n, 0, 8);
    *to += collect(flags, low, n, *to);
    return full;
}

INLINE void move_span(nd_run *run, const nd_span *span, uint32_t *exc, uint32_t *inh, int32_t low,
                      int32_t n, int first, int32_t **to, int is_wide) {
    int32_t done = 0;
    if (is_wide && !first && span->room) {
        done = n / 8 * 8;
        move_8(run->cells, &run->now, exc, inh, low, done, to, span->room);
    }
    for (int32_t m; done < n; done += m) {
        m = n - done > PIECE ? PIECE : n - done;
        if (move_plainly(run, span, exc + done, inh + done, low + done, m, first, to)) {
            count_full(&run->now, exc + done, 0, low + done, m);
            count_full(&run->now, inh + done, 1, low + done, m);
        }
        memset(exc + done, 0, sizeof *exc * (size_t)m);
        memset(inh + done, 0, sizeof *inh * (size_t)m);
    }
}

/* Returns how many spiked; they are put at `to`. */
INLINE int64_t move_block(nd_run *run, const nd_block *block, int64_t tick, int first, int32_t *to,
                          int is_wide) {
    int32_t end = block->first + block->n;
    int32_t *next = to;
    uint32_t *exc = plane_at(run, block, tick, 0), *inh = plane_at(run, block, tick, 1);
    const nd_span *span = run->cells->spans + run->span_of[block - run->net->blocks];
    for (int32_t low = block->first, high; low < end; low = high, span++) {
        high = span->end < end ? span->end : end;
        int32_t at = low - block->first, n = high - low;
        move_span(run, span, exc + at, inh + at, low, n, first, &next, is_wide);
    }
    return next - to;
}

/* ------------------------------------------------------------------ sending */

INLINE void send_stage(const nd_target *to, const spikes *list, const nd_stage *stage, int64_t t,
                       int is_wide) {
    int32_t sources = to->net->n_sources;
    if (stage->end + sources <= to->block->low || stage->first + sources >= to->block->high) return;
    const int32_t *one = list->neuron + list->begin[t], *end = list->neuron + list->begin[t + 1];
    for (; to->is_far && end - one > 2 * AHEAD; one++) {
        fetch_row(to, one[2 * AHEAD] + sources);
        fetch(to, one[AHEAD] + sources);
        send(to, *one + sources, 1, is_wide);
    }
    for (; one < end; one++) send(to, *one + sources, 1, is_wide);
}

INLINE void send_sources(const nd_target *to, const nd_task *task, int64_t tick, int is_wide) {
    for (int64_t k = task->begin[tick]; k < task->begin[tick + 1]; k++)
        send(to, task->source[k], task->times ? task->times[k] : 1, is_wide);
}

/* Send what spikes in the t-th tick of a chunk to a block. */
INLINE void send_block(nd_run *run, const nd_block *block, const nd_stage *end, int64_t tick,
                       int64_t t, int is_wide) {
    const nd_net *net = run->net;
    int32_t plane = (int32_t)((tick + 1) % net->n_slots) * RECEPTORS;
    const nd_row *rows = net->rows + block->row, *end_row = rows + (block->high - block->low);
    int has_dense = rows->dense < end_row->dense;
    int64_t n_rows = end_row - rows, n_sparse = end_row->sparse - rows->sparse;
    int64_t n_quads = end_row->quad - rows->quad;
    nd_target to = {
        .net = net,
        .block = block,
        .ring = run->ring + block->ring,
        .plane = plane,
        .room = nd_planes(net) - plane,
        .lists = run->lists,
        .dense = net->dense_weight + block->weight,
        .first_dense = rows->dense,
        .senders = &run->senders,
        .matrix = net->matrix + block->matrix,
        .matrix_plane = net->matrix_plane + (block - net->blocks) * (int64_t)nd_planes(net),
        .has_rows = has_dense || n_sparse || n_quads,
        .is_far = n_sparse + n_quads * QUAD >= FAR * n_rows,
        .splits = plane > 0,
    };
    send_sources(&to, run->task, tick, is_wide);
    for (const nd_stage *stage = net->stages; stage < end; stage++)
        send_stage(&to, &run->stages[stage - net->stages], stage, t, is_wide);
    if (run->senders.n) flush_matrices(&to, is_wide);
    for (int32_t k = 0; has_dense && k < nd_planes(net); k++) flush_plane(&to, k, is_wide);
}

/* ------------------------------------------------------------------ ticks */

/* State as before tick 0, and what is due from then on. */
static void start_block(nd_run *run, const nd_block *block, int64_t tick) {
    const nd_cells *c = run->cells;
    const nd_net *net = run->net;
    int32_t low = block->first;
    size_t bytes = sizeof(int32_t) * (size_t)block->n;
    memcpy(run->now.v + low, c->v_start + low, bytes);
    memcpy(run->now.hold + low, c->hold_start + low, bytes);
    memcpy(run->now.exc + low, c->exc_start + low, bytes);
    memcpy(run->now.inh + low, c->inh_start + low, bytes);
    size_t size = (size_t)nd_planes(net) * (size_t)block->wide;
    memset(run->ring + block->ring, 0, sizeof *run->ring * size);
    const uint32_t *due = run->task->pending;
    for (int32_t plane = 0; due && plane < nd_planes(net); plane++)
        memcpy(plane_at(run, block, tick + plane / RECEPTORS, plane % RECEPTORS),
               due + (int64_t)plane * c->n + low, bytes);
}

static void inject(nd_run *run, const nd_block *block, int64_t tick) {
    const nd_task *task = run->task;
    if (!task->wave) return;
    const int32_t *wave = task->wave + tick % task->period;
    for (int32_t i = block->first; i < block->first + block->n; i++)
        run->now.offset[i] = plus(run->cells->offset[i], wave[task->wave_of[i] * task->period]);
}

INLINE void show(const nd_run *run, int64_t block, int64_t tick, int k, const int32_t *values) {
    const nd_task *task = run->task;
    if (!task->n_seen[k]) return;
    for (int64_t j = run->seen[k].begin[block]; j < run->seen[k].begin[block + 1]; j++) {
        int64_t column = run->seen[k].column[j];
        task->seen[k][tick * task->n_seen[k] + column] = values[task->which[k][column]];
    }
}

static int keep_spikes(nd_run *run, int64_t tick, const int32_t *neuron, int64_t n) {
    int64_t needed = run->n_spikes + n;
    if (!run->task->keep_spikes || !n) return 0;
    if (needed > run->room) {
        int64_t room = 2 * needed + 1024;
        int64_t *ticks = realloc(run->spike_tick, sizeof *ticks * (size_t)room);
        if (ticks) run->spike_tick = ticks;
        int32_t *index = realloc(run->spike_index, sizeof *index * (size_t)room);
        if (index) run->spike_index = index;
        if (!ticks || !index) return -1;
        run->room = room;
    }
    for (int64_t k = 0; k < n; k++) run->spike_tick[run->n_spikes + k] = tick;
    memcpy(run->spike_index + run->n_spikes, neuron, sizeof *neuron * (size_t)n);
    run->n_spikes = needed;
    return 0;
}

/* One tick of a block, up to its spikes, which are added to a list. Returns how many, or -1. */
INLINE int64_t tick_block(nd_run *run, const nd_block *block, int64_t tick, spikes *list,
                          int64_t used, int is_wide) {
    int64_t number = block - run->net->blocks;
    int first = tick % run->task->period == 0;
    if (reserve(list, used + block->n)) return -1;
    if (first) start_block(run, block, tick);
    inject(run, block, tick);
    show(run, number, tick, 0, run->now.v);
    int64_t n = move_block(run, block, tick, first, list->neuron + used, is_wide);
    show(run, number, tick, 1, run->now.exc);
    show(run, number, tick, 2, run->now.inh);
    return keep_spikes(run, tick, list->neuron + used, n) ? -1 : n;
}

/* Blocks that hear each other go tick by tick together. */
INLINE int together(nd_run *run, const nd_stage *stage, int64_t tick, int64_t n, int is_wide) {
    const nd_block *first = run->net->blocks + stage->block, *end = run->net->blocks + stage->end_block;
    spikes *list = &run->stages[stage - run->net->stages];
    list->begin[0] = 0;
    for (int64_t t = 0; t < n; t++) {
        int64_t used = list->begin[t];
        for (const nd_block *block = first; block < end; block++) {
            int64_t found = tick_block(run, block, tick + t, list, used, is_wide);
            if (found < 0) return -1;
            used += found;
        }
        list->begin[t + 1] = used;
        for (const nd_block *block = first; block < end; block++)
            send_block(run, block, stage + 1, tick + t, t, is_wide);
    }
    return 0;
}

/* Put spikes of blocks, one block after the other, in the order of ticks. */
static int collate(nd_run *run, spikes *list, int64_t n_blocks, int64_t n) {
    memset(list->begin, 0, sizeof list->begin);
    for (int64_t b = 0; b < n_blocks; b++)
        for (int64_t t = 0; t < n; t++) list->begin[t + 1] += run->n_fired[b * CHUNK + t];
    for (int64_t t = 0; t < n; t++) list->begin[t + 1] += list->begin[t];
    if (reserve(list, list->begin[n])) return -1;
    int64_t next[CHUNK];
    memcpy(next, list->begin, sizeof *next * (size_t)n);
    const int32_t *from = run->fired.neuron;
    for (int64_t b = 0; b < n_blocks; b++)
        for (int64_t t = 0; t < n; t++) {
            int32_t found = run->n_fired[b * CHUNK + t];
            for (int32_t k = 0; k < found; k++) list->neuron[next[t]++] = *from++;
        }
    return 0;
}

/* Blocks that do not hear each other go through the whole chunk, one after the other. */
INLINE int one_by_one(nd_run *run, const nd_stage *stage, int64_t tick, int64_t n, int is_wide) {
    int64_t used = 0, n_blocks = stage->end_block - stage->block;
    for (int64_t b = 0; b < n_blocks; b++) {
        const nd_block *block = run->net->blocks + stage->block + b;
        for (int64_t t = 0; t < n; t++) {
            int64_t found = tick_block(run, block, tick + t, &run->fired, used, is_wide);
            if (found < 0) return -1;
            run->n_fired[b * CHUNK + t] = (int32_t)found;
            used += found;
            send_block(run, block, stage, tick + t, t, is_wide);
        }
    }
    return collate(run, &run->stages[stage - run->net->stages], n_blocks, n);
}

INLINE int advance(nd_run *run, int64_t tick, int64_t end, int is_wide) {
    const nd_net *net = run->net;
    int64_t period = run->task->period;
    while (tick < end) {
        int64_t next = (tick / period + 1) * period;
        next = next < end ? next : end;
        next = next - tick > CHUNK ? tick + CHUNK : next;
        for (const nd_stage *stage = net->stages; stage < net->stages + net->n_stages; stage++) {
            int failed = stage->hears_itself ? together(run, stage, tick, next - tick, is_wide)
                                             : one_by_one(run, stage, tick, next - tick, is_wide);
            if (failed) return -1;
        }
        tick = next;
    }
    return 0;
}

WIDE static int advance_wide(nd_run *run, int64_t first, int64_t end) {
    return advance(run, first, end, CAN_BE_WIDE);
}

int32_t nd_advance(nd_run *run, int64_t first, int64_t end) {
    return HAS_WIDE ? advance_wide(run, first, end) : advance(run, first, end, 0);
}

/* ------------------------------------------------------------------ making */

static int32_t block_with(const nd_net *net, int64_t neuron) {
    int32_t low = 0, high = net->n_blocks - 1;
    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        if (net->blocks[middle].first <= neuron)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static int list_seen(nd_run *run, int k) {
    const nd_task *task = run->task;
    const nd_net *net = run->net;
    int64_t n = task->n_seen[k], *begin = zeros(net->n_blocks + 2, sizeof *begin);
    int64_t *column = zeros(n, sizeof *column);
    run->seen[k].begin = begin;
    run->seen[k].column = column;
    if (!begin || !column) return -1;
    for (int64_t j = 0; j < n; j++) begin[block_with(net, task->which[k][j]) + 2]++;
    for (int32_t b = 0; b < net->n_blocks; b++) begin[b + 2] += begin[b + 1];
    for (int64_t j = 0; j < n; j++) column[begin[block_with(net, task->which[k][j]) + 1]++] = j;
    return 0;
}

static int make_lists(nd_run *run) {
    const nd_net *net = run->net;
    int32_t most = 0, span = 0;
    for (int32_t s = 0; s < net->n_stages; s++) {
        int32_t n = net->stages[s].end_block - net->stages[s].block;
        most = n > most ? n : most;
    }
    run->lists = zeros(nd_planes(net), sizeof *run->lists);
    run->stages = zeros(net->n_stages, sizeof *run->stages);
    run->n_fired = zeros((int64_t)most * CHUNK, sizeof *run->n_fired);
    run->span_of = zeros(net->n_blocks, sizeof *run->span_of);
    if (!run->lists || !run->stages || !run->n_fired || !run->span_of) return -1;
    for (int32_t b = 0; b < net->n_blocks; b++) {
        while (run->cells->spans[span].end <= net->blocks[b].first) span++;
        run->span_of[b] = span;
    }
    return list_seen(run, 0) || list_seen(run, 1) || list_seen(run, 2);
}

nd_run *nd_run_new(const nd_net *net, const nd_cells *cells, const nd_task *task) {
    nd_run *run = zeros(1, sizeof *run);
    if (!run) return NULL;
    int64_t n = cells->n;
    run->net = net;
    run->n_stages = net->n_stages; /* the network may be gone when this is freed */
    run->cells = cells;
    run->task = task;
    run->ring = zeros(net->n_ring, sizeof *run->ring);
    run->now.v = zeros(n, sizeof *run->now.v);
    run->now.exc = zeros(n, sizeof *run->now.exc);
    run->now.inh = zeros(n, sizeof *run->now.inh);
    run->now.hold = zeros(n, sizeof *run->now.hold);
    run->now.offset = zeros(n, sizeof *run->now.offset);
    run->now.saturated = zeros(n * RECEPTORS, sizeof *run->now.saturated);
    run->now.wrapped = zeros(n, sizeof *run->now.wrapped);
    if (!run->ring || !run->now.v || !run->now.exc || !run->now.inh || !run->now.hold ||
        !run->now.offset || !run->now.saturated || !run->now.wrapped || make_lists(run))
        return nd_run_free(run), NULL;
    memcpy(run->now.offset, cells->offset, sizeof *run->now.offset * (size_t)n);
    return run;
}

void nd_run_free(nd_run *run) {
    if (!run) return;
    free(run->ring);
    free(run->now.v);
    free(run->now.exc);
    free(run->now.inh);
    free(run->now.hold);
    free(run->now.offset);
    free(run->now.saturated);
    free(run->now.wrapped);
    free(run->span_of);
    for (int k = 0; k < 3; k++) {
        free(run->seen[k].begin);
        free(run->seen[k].column);
    }
    free(run->lists);
    for (int32_t s = 0; run->stages && s < run->n_stages; s++) free(run->stages[s].neuron);
    free(run->stages);
    free(run->fired.neuron);
    free(run->n_fired);
    free(run->spike_tick);
    free(run->spike_index);
    free(run);
}

/* ------------------------------------------------------------------ results */

void nd_state(const nd_run *run, int64_t tick, int32_t *v, int32_t *hold, int32_t *exc,
              int32_t *inh, uint32_t *ring) {
    const nd_net *net = run->net;
    int64_t n = run->cells->n;
    size_t bytes = sizeof(int32_t) * (size_t)n;
    memcpy(v, run->now.v, bytes);
    memcpy(hold, run->now.hold, bytes);
    memcpy(exc, run->now.exc, bytes);
    memcpy(inh, run->now.inh, bytes);
    for (const nd_block *block = net->blocks; block < net->blocks + net->n_blocks; block++)
        for (int32_t plane = 0; plane < nd_planes(net); plane++)
            memcpy(ring + plane * n + block->first,
                   plane_at(run, block, tick + plane / RECEPTORS, plane % RECEPTORS),
                   sizeof *ring * (size_t)block->n);
}

const int64_t *nd_saturated(const nd_run *run) { return run->now.saturated; }

const int64_t *nd_wrapped(const nd_run *run) { return run->now.wrapped; }

void nd_count_spikes(const nd_run *run, int64_t *counts) {
    for (int64_t k = 0; k < run->n_spikes; k++) counts[run->spike_index[k]]++;
}

void nd_place_spikes(const nd_run *run, int64_t *next, int64_t *tick) {
    for (int64_t k = 0; k < run->n_spikes; k++) tick[next[run->spike_index[k]]++] = run->spike_tick[k];
}
