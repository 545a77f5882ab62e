/* Who spikes in a tick adds rows to the ring buffers of a block. */

#ifndef ND_DELIVER_H
#define ND_DELIVER_H

#include "run.h"

/* Rows of so many synapses on average are fetched so many spikes ahead. */
enum { AHEAD = 4, FAR = 16 };

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

#endif
