/* The state of one thread. */

#ifndef ND_RUN_H
#define ND_RUN_H

#include <stdlib.h>
#include <string.h>

#include "move.h"
#include "net.h"
#include "send.h"

/* Stages go through so many ticks at a time, and neurons that are not moved eight at a time in
 * pieces of so many. */
enum { CHUNK = 128, PIECE = 512 };

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

static inline void *zeros(int64_t n, size_t size) { return calloc(n > 0 ? (size_t)n : 1, size); }

static inline uint32_t *plane_at(const nd_run *run, const nd_block *block, int64_t tick, int32_t receptor) {
    int64_t plane = tick % run->net->n_slots * RECEPTORS + receptor;
    return run->ring + block->ring + plane * block->wide;
}

/* Makes room for so many; 0, or -1 if memory ran out. */
static inline int reserve(spikes *list, int64_t needed) {
    if (needed <= list->room) return 0;
    int64_t room = 2 * needed + 1024;
    int32_t *neuron = realloc(list->neuron, sizeof *neuron * (size_t)room);
    if (!neuron) return -1;
    list->neuron = neuron;
    list->room = room;
    return 0;
}

#endif
