/* Synapses on their way from columns into blocks and rows; see net.h.
 *
 * Threads share the work: of the columns while senders are looked at, of the senders from then
 * on, so that no two of them write to the same row.
 */

#ifndef ND_PACKING_H
#define ND_PACKING_H

#include "net.h"
#include "wide.h"

#include <stdlib.h>
#include <string.h>

/* What is kept with zeros may have three of them for each synapse. */
enum { DENSE_WASTE = 4 };

/* What is found out about a neuron's synapses: senders from low to high - 1, the highest neuron
 * behind it, or itself, that it hears, and how many there are. */
typedef struct {
    int32_t low, high, back, n;
} nd_hears;

/* What one thread found out. `planes`: synapses of each plane of each block. */
typedef struct {
    nd_hears *neurons;
    int64_t *senders;
    uint32_t *planes;
    int64_t wrong;
    int32_t low, high; /* its senders */
} nd_part;

struct nd_packing {
    nd_net *net;
    const nd_wires *sets;
    int32_t n_sets, n_parts;
    nd_part *parts;
    nd_hears *neurons;
    int32_t *block_of;
    int16_t *matrix_of; /* of each block and plane; -1 if it is none */
    uint32_t *next;     /* where the next synapse of a row goes */
    int64_t n_synapses;
};

static inline void *nd_zeros(int64_t n, size_t size) { return calloc(n > 0 ? (size_t)n : 1, size); }

static inline int64_t nd_plane_of(const nd_wires *w, int64_t k) {
    return (w->delay[k] - 1) * RECEPTORS + w->receptor[k];
}

/* 0, or -1 if memory ran out. */
int nd_lay_out(nd_packing *p);
int nd_decide_matrices(nd_packing *p);
void nd_count(const nd_packing *p, nd_part *part);
void nd_place(const nd_packing *p, const nd_part *part);
int nd_pack_rows(nd_packing *p);

#endif
