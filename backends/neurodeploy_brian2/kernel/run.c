/* How a run is made, and what it leaves; see kernel.h. */

#include "run.h"

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
