/* A tick: neurons take what has arrived and move; whoever spikes, source or neuron, adds its row of
 * weights to the ring buffers of the ticks to come. Neurons are run stage by stage through a chunk
 * of ticks, see net.h.
 */

#include "deliver.h"
#include "neurons.h"
#include "run.h"

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
