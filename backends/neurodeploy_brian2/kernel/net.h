/* How synapses are kept.
 *
 * Neurons are cut into stages: stretches that hear only sources, earlier stages and, if they
 * must, themselves. Stages are cut further into blocks, few enough neurons that their state and
 * their synapses stay in the cache. A stage that does not hear itself is run block by block, each
 * through many ticks on its own. Each block has rows of its own, one a sender.
 *
 * A ring buffer has `n_slots` slots of RECEPTORS x `wide` sums for each block.
 */

#ifndef ND_NET_H
#define ND_NET_H

#include <stdint.h>
#include <stddef.h>

#include "kernel.h"

enum { RECEPTORS = 2, FULL = 0xFFFF, LANES = 16, QUAD = 4, V_BITS = 30 };

/* Senders low to high - 1, sources before neurons, have rows. `row`: the first of its
 * entries in `rows`, one more than it has rows. */
typedef struct {
    int32_t first, n, wide, low, high, n_matrices;
    int64_t row, weight, matrix, ring;
} nd_block;

/* Where a sender's synapses on a block begin, and those of the one before end. A quad holds the
 * weights of four neurons side by side, zeros included: convolutions have such.
 * A dense row holds a weight for each of `wide` neurons, zeros included, as additions in vectors
 * beat scattered ones; its plane is `dense_plane[k]`, its weights come after those of dense row
 * k - 1 of the block. */
typedef struct {
    uint32_t sparse, dense, quad;
} nd_row;

typedef struct {
    int32_t first, end, block, end_block, hears_itself;
} nd_stage;

/* Planes of a block that most senders feed densely are matrices: of each sender, its weights in
 * matrix 0, 1, ... `matrix_plane[b * n_planes + m]` is the plane of block b's matrix m.
 * `where` = plane x wide + neuron of the block, with plane = (delay - 1) x RECEPTORS + receptor
 * ascending within a row: the distance from the beginning of the next tick's slot. */
struct nd_net {
    int32_t n_sources, n_neurons, n_slots, n_stages, n_blocks;
    nd_stage *stages;
    nd_block *blocks;
    int64_t n_rows, n_ring;
    int64_t n_dense_weights, n_matrix;
    nd_row *rows;
    uint32_t *where, *quad_where; /* of a quad, that of its first neuron */
    uint16_t *weight, *quad_weight, *dense_weight;
    uint16_t *dense_plane, *matrix, *matrix_plane;
};

static inline int32_t nd_planes(const nd_net *net) { return net->n_slots * RECEPTORS; }

#endif
