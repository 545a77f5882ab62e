/* The steps from columns to a network, and what becomes of it; see net.h. */

#include "packing.h"

static int fits(const nd_net *net, const nd_wires *w, int64_t k) {
    int64_t row = w->pre[k] + w->first_row, limit = (int64_t)net->n_sources + net->n_neurons;
    return row >= 0 && row < limit && w->post[k] >= 0 && w->post[k] < net->n_neurons &&
           w->weight[k] >= 0 && w->weight[k] <= FULL && w->delay[k] >= 1 &&
           w->delay[k] <= net->n_slots && w->receptor[k] >= 0 && w->receptor[k] < RECEPTORS;
}

/* Senders in order, as many in each part as have an equal share of the synapses. */
static void share_senders(nd_packing *p) {
    int32_t n = p->net->n_sources + p->net->n_neurons, part = 0;
    int64_t seen = 0;
    p->parts[0].low = 0;
    for (int32_t i = 0; i < n; i++) {
        if (part < p->n_parts - 1 && seen * p->n_parts >= p->n_synapses * (part + 1)) {
            p->parts[part].high = i;
            p->parts[++part].low = i;
        }
        for (int32_t k = 0; k < p->n_parts; k++) seen += p->parts[k].senders[i];
    }
    p->parts[part].high = n;
    while (++part < p->n_parts) p->parts[part].low = p->parts[part].high = n;
}

static void listen(const nd_packing *p, int32_t number) {
    const nd_net *net = p->net;
    nd_part *part = &p->parts[number];
    int64_t before = 0;
    for (int32_t i = 0; i < net->n_neurons; i++) part->neurons[i] = (nd_hears){INT32_MAX, 0, -1, 0};
    for (int32_t s = 0; s < p->n_sets; s++) {
        const nd_wires *w = &p->sets[s];
        int64_t end = w->n * (number + 1) / p->n_parts;
        for (int64_t k = w->n * number / p->n_parts; k < end; k++) {
            if (!fits(net, w, k)) {
                part->wrong = before + k;
                return;
            }
            nd_hears *one = &part->neurons[w->post[k]];
            int32_t sender = (int32_t)(w->pre[k] + w->first_row);
            int32_t neuron = sender - net->n_sources;
            one->low = sender < one->low ? sender : one->low;
            one->high = sender >= one->high ? sender + 1 : one->high;
            one->back = neuron >= w->post[k] && neuron > one->back ? neuron : one->back;
            one->n++;
            part->senders[sender]++;
        }
        before += w->n;
    }
}

/* Put together what the threads heard. */
static void join(nd_packing *p) {
    p->neurons = p->parts[0].neurons;
    for (int32_t k = 1; k < p->n_parts; k++)
        for (int32_t i = 0; i < p->net->n_neurons; i++) {
            nd_hears *one = &p->neurons[i];
            const nd_hears *other = &p->parts[k].neurons[i];
            one->low = other->low < one->low ? other->low : one->low;
            one->high = other->high > one->high ? other->high : one->high;
            one->back = other->back > one->back ? other->back : one->back;
            one->n += other->n;
        }
}

static int make_room(nd_packing *p) {
    nd_net *net = p->net;
    int64_t n_planes = (int64_t)net->n_blocks * nd_planes(net);
    net->rows = nd_zeros(net->n_rows + 1, sizeof *net->rows);
    net->where = malloc(sizeof *net->where * (size_t)(p->n_synapses + 1));
    net->weight = malloc(sizeof *net->weight * (size_t)(p->n_synapses + 1));
    net->matrix_plane = nd_zeros(n_planes, sizeof *net->matrix_plane);
    p->next = nd_zeros(net->n_rows + 1, sizeof *p->next);
    p->matrix_of = nd_zeros(n_planes, sizeof *p->matrix_of);
    if (p->matrix_of) memset(p->matrix_of, -1, sizeof *p->matrix_of * (size_t)n_planes);
    int failed = !net->rows || !net->where || !net->weight || !net->matrix_plane || !p->next ||
                 !p->matrix_of;
    for (int32_t k = 0; k < p->n_parts; k++) {
        p->parts[k].planes = nd_zeros(n_planes, sizeof *p->parts[k].planes);
        failed |= !p->parts[k].planes;
    }
    return failed ? -1 : 0;
}

static int arrange(nd_packing *p) {
    join(p);
    share_senders(p);
    return nd_lay_out(p) || make_room(p) ? -1 : 0;
}

nd_packing *nd_packing_new(int32_t n_sources, int32_t n_neurons, int32_t n_slots, int32_t n_sets,
                           const nd_wires *sets, int32_t n_parts) {
    nd_packing *p = nd_zeros(1, sizeof *p);
    nd_net *net = nd_zeros(1, sizeof *net);
    nd_part *parts = nd_zeros(n_parts, sizeof *parts);
    if (!p || !net || !parts) return free(p), free(net), free(parts), NULL;
    *p = (nd_packing){.net = net, .sets = sets, .n_sets = n_sets, .n_parts = n_parts, .parts = parts};
    net->n_sources = n_sources;
    net->n_neurons = n_neurons;
    net->n_slots = n_slots;
    int failed = 0;
    for (int32_t s = 0; s < n_sets; s++) p->n_synapses += sets[s].n;
    for (int32_t k = 0; k < n_parts; k++) {
        parts[k].wrong = -1;
        parts[k].neurons = nd_zeros(n_neurons, sizeof *parts[k].neurons);
        parts[k].senders = nd_zeros((int64_t)n_sources + n_neurons, sizeof *parts[k].senders);
        failed |= !parts[k].neurons || !parts[k].senders;
    }
    if (failed || p->n_synapses >= UINT32_MAX) return nd_packing_free(p), NULL;
    return p;
}

int32_t nd_packing_do(nd_packing *p, int32_t step, int32_t part) {
    switch (step) {
    case 0: listen(p, part); return p->parts[part].wrong < 0 ? 0 : -1;
    case 1: return arrange(p);
    case 2: nd_count(p, &p->parts[part]); return 0;
    case 3: return nd_decide_matrices(p);
    case 4: nd_place(p, &p->parts[part]); return 0;
    default: return nd_pack_rows(p);
    }
}

int64_t nd_packing_wrong(const nd_packing *p) {
    for (int32_t k = 0; k < p->n_parts; k++)
        if (p->parts[k].wrong >= 0) return p->parts[k].wrong;
    return -1;
}

nd_net *nd_packing_take(nd_packing *p) {
    nd_net *net = p->net;
    p->net = NULL;
    return net;
}

void nd_packing_free(nd_packing *p) {
    if (!p) return;
    for (int32_t k = 0; k < p->n_parts; k++) {
        free(p->parts[k].neurons);
        free(p->parts[k].senders);
        free(p->parts[k].planes);
    }
    free(p->parts);
    free(p->block_of);
    free(p->matrix_of);
    free(p->next);
    nd_net_free(p->net);
    free(p);
}

int64_t nd_net_bytes(const nd_net *net) {
    const nd_row *end = &net->rows[net->n_rows];
    return end->sparse * (int64_t)(sizeof *net->where + sizeof *net->weight) +
           end->quad * (int64_t)(sizeof *net->where + QUAD * sizeof *net->weight) +
           end->dense * (int64_t)sizeof *net->dense_plane +
           (net->n_dense_weights + net->n_matrix) * (int64_t)sizeof *net->matrix +
           (net->n_rows + 1) * (int64_t)sizeof *net->rows +
           net->n_blocks * (int64_t)sizeof *net->blocks;
}

void nd_net_free(nd_net *net) {
    if (!net) return;
    free(net->stages);
    free(net->blocks);
    free(net->rows);
    free(net->where);
    free(net->weight);
    free(net->quad_where);
    free(net->quad_weight);
    free(net->dense_weight);
    free(net->dense_plane);
    free(net->matrix);
    free(net->matrix_plane);
    free(net);
}
