/* Synapses into matrices and rows; see net.h. */

#include "packing.h"

/* Where synapses of one sender and block go: neighbours often have these in common. */
typedef struct {
    int64_t pre, row, planes;
    int32_t first, n, wide;
    uint16_t *matrices;
} target;

INLINE int is_same(const target *to, const nd_wires *w, int64_t k) {
    return w->pre[k] == to->pre && (uint64_t)(w->post[k] - to->first) < (uint64_t)to->n;
}

INLINE target target_of(const nd_packing *p, const nd_wires *w, int64_t k) {
    int32_t b = p->block_of[w->post[k]];
    const nd_block *block = &p->net->blocks[b];
    int64_t sender = w->pre[k] + w->first_row - block->low;
    int64_t skip = block->matrix + sender * block->n_matrices * block->wide;
    return (target){
        .pre = w->pre[k],
        .row = block->row + sender,
        .planes = (int64_t)b * nd_planes(p->net),
        .first = block->first,
        .n = block->n,
        .wide = block->wide,
        .matrices = p->net->matrix ? p->net->matrix + skip : NULL,
    };
}

INLINE int is_mine(const nd_part *part, const nd_wires *w, int64_t k) {
    int64_t sender = w->pre[k] + w->first_row;
    return sender >= part->low && sender < part->high;
}

/* Count the synapses of each row, and of each plane of each block. */
void nd_count(const nd_packing *p, nd_part *part) {
    for (int32_t s = 0; s < p->n_sets; s++) {
        const nd_wires *w = &p->sets[s];
        for (int64_t k = 0; k < w->n;) {
            if (!is_mine(part, w, k)) {
                k++;
                continue;
            }
            const target to = target_of(p, w, k);
            int64_t first = k, plane = nd_plane_of(w, k), since = k;
            while (++k < w->n && is_same(&to, w, k)) {
                if (nd_plane_of(w, k) == plane) continue;
                part->planes[to.planes + plane] += (uint32_t)(k - since);
                plane = nd_plane_of(w, k);
                since = k;
            }
            part->planes[to.planes + plane] += (uint32_t)(k - since);
            p->next[to.row] += (uint32_t)(k - first);
        }
    }
}

/* Decide which planes are matrices, and where rows begin: each has room for all its synapses,
 * in matrices or not. */
int nd_decide_matrices(nd_packing *p) {
    nd_net *net = p->net;
    int32_t n_planes = nd_planes(net);
    for (int32_t b = 0; b < net->n_blocks; b++) {
        nd_block *block = &net->blocks[b];
        int64_t size = (int64_t)(block->high - block->low) * block->wide;
        block->matrix = net->n_matrix;
        for (int32_t plane = 0; plane < n_planes; plane++) {
            int64_t at = (int64_t)b * n_planes + plane, n = 0;
            for (int32_t k = 0; k < p->n_parts; k++) n += p->parts[k].planes[at];
            int is = n && n * DENSE_WASTE >= size && plane <= INT16_MAX;
            p->matrix_of[at] = is ? (int16_t)block->n_matrices : -1;
            if (!is) continue;
            net->matrix_plane[(int64_t)b * n_planes + block->n_matrices++] = (uint16_t)plane;
            net->n_matrix += size;
        }
    }
    net->matrix = nd_zeros(net->n_matrix, sizeof *net->matrix);
    uint32_t sum = 0;
    for (int64_t r = 0; r <= net->n_rows; r++) {
        uint32_t n = p->next[r];
        net->rows[r].sparse = p->next[r] = sum;
        sum += n;
    }
    return net->matrix ? 0 : -1;
}

/* The weights of a sender in a plane, or null if it is no matrix. */
INLINE uint16_t *weights_of(const nd_packing *p, const target *to, int64_t plane) {
    int64_t matrix = p->matrix_of[to->planes + plane];
    return matrix < 0 ? NULL : to->matrices + matrix * to->wide;
}

INLINE void place(const nd_packing *p, const target *to, uint16_t *weights, int64_t plane,
                  int64_t neuron, uint32_t weight) {
    if (weights && weights[neuron] + weight <= FULL) {
        weights[neuron] = (uint16_t)(weights[neuron] + weight);
        return;
    } /* twins that are too much for one weight stay apart */
    uint32_t at = p->next[to->row]++;
    p->net->where[at] = (uint32_t)(plane * to->wide + neuron);
    p->net->weight[at] = (uint16_t)weight;
}

void nd_place(const nd_packing *p, const nd_part *part) {
    for (int32_t s = 0; s < p->n_sets; s++) {
        const nd_wires *w = &p->sets[s];
        for (int64_t k = 0; k < w->n;) {
            if (!is_mine(part, w, k)) {
                k++;
                continue;
            }
            const target to = target_of(p, w, k);
            int64_t plane = -1;
            uint16_t *weights = NULL;
            do {
                if (nd_plane_of(w, k) != plane) {
                    plane = nd_plane_of(w, k);
                    weights = weights_of(p, &to, plane);
                }
                place(p, &to, weights, plane, w->post[k] - to.first, (uint32_t)w->weight[k]);
            } while (++k < w->n && is_same(&to, w, k));
        }
    }
}
