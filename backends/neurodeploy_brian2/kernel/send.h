/* A spike adds a row of weights to the ring buffers of the ticks to come.
 *
 * The board's ring buffers hold 16 bits and stick at 65535. Sums only grow, so adding up in 32
 * bits and cutting off when the sum is read is the same, and needs no test for each synapse.
 */

#ifndef ND_SEND_H
#define ND_SEND_H

#include "net.h"
#include "wide.h"

enum { LIST = 64 };

/* Dense rows that wait to be added to one plane together. */
typedef struct {
    int32_t n;
    const uint16_t *rows[LIST];
} nd_list;

/* Where spikes of one tick go: the ring goes on at its beginning after `room` planes. */
typedef struct {
    const nd_net *net;
    const nd_block *block;
    uint32_t *ring;
    int32_t plane, room;
    nd_list *lists;
    const uint16_t *dense; /* the block's first dense row, which is `first_dense` of all */
    int64_t first_dense;
    nd_list *senders; /* rows of the matrices */
    const uint16_t *matrix, *matrix_plane;
    int has_rows, is_far; /* rows so long that they are fetched beforehand */
    int splits;           /* whether a row may reach beyond the end of the ring */
} nd_target;

/* Multiples are cut off just above FULL, where more makes no difference. */
INLINE uint32_t repeated(uint16_t weight, int32_t times) {
    uint64_t sum = (uint64_t)weight * (uint32_t)times;
    return sum > FULL ? FULL + 1u : (uint32_t)sum;
}

/* `skip`: how far the weights meant are from the beginnings of the rows. */
static void add_exactly(uint32_t *restrict ring, const nd_list *list, int64_t skip, int32_t n) {
    for (int32_t k = 0; k < list->n; k++)
        for (int32_t i = 0; i < n; i++) ring[i] += list->rows[k][skip + i];
}

#if CAN_BE_WIDE
/* Sums of 16 bits that stick at FULL, several vectors at a time; a sum that may have stuck is
 * added up again in 32 bits. */
WIDE INLINE void add_strip(uint32_t *ring, const nd_list *list, int64_t skip, const int n_vectors) {
    __m256i sum[4];
    for (int v = 0; v < n_vectors; v++) sum[v] = _mm256_setzero_si256();
    for (int32_t k = 0; k < list->n; k++) {
        const __m256i *row = (const __m256i *)(const void *)(list->rows[k] + skip);
        for (int v = 0; v < n_vectors; v++)
            sum[v] = _mm256_adds_epu16(sum[v], _mm256_loadu_si256(row + v));
    }
    __m256i stuck = _mm256_setzero_si256();
    for (int v = 0; v < n_vectors; v++)
        stuck = _mm256_or_si256(stuck, _mm256_cmpeq_epi16(sum[v], _mm256_set1_epi16(-1)));
    if (_mm256_movemask_epi8(stuck)) {
        add_exactly(ring, list, skip, n_vectors * LANES);
        return;
    }
    for (int v = 0; v < n_vectors; v++) {
        __m256i *to = (__m256i *)(void *)(ring + v * LANES);
        __m256i low = _mm256_cvtepu16_epi32(_mm256_castsi256_si128(sum[v]));
        __m256i high = _mm256_cvtepu16_epi32(_mm256_extracti128_si256(sum[v], 1));
        _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), low));
        _mm256_storeu_si256(to + 1, _mm256_add_epi32(_mm256_loadu_si256(to + 1), high));
    }
}

WIDE static void add_list_wide(uint32_t *ring, const nd_list *list, int64_t skip, int32_t wide) {
    int32_t from = 0;
    for (; from + 4 * LANES <= wide; from += 4 * LANES) add_strip(ring + from, list, skip + from, 4);
    for (; from < wide; from += LANES) add_strip(ring + from, list, skip + from, 1);
}
#else
#define add_list_wide add_exactly
#endif

INLINE uint32_t *plane_of(const nd_target *to, int32_t plane) {
    int32_t at = plane < to->room ? to->plane + plane : plane - to->room;
    return to->ring + (int64_t)at * to->block->wide;
}

INLINE void add_list(uint32_t *ring, const nd_list *list, int64_t skip, int32_t wide, int is_wide) {
    if (is_wide)
        add_list_wide(ring, list, skip, wide);
    else
        add_exactly(ring, list, skip, wide);
}

INLINE void flush_plane(const nd_target *to, int32_t plane, int is_wide) {
    nd_list *list = &to->lists[plane];
    if (list->n) add_list(plane_of(to, plane), list, 0, to->block->wide, is_wide);
    list->n = 0;
}

INLINE void flush_matrices(const nd_target *to, int is_wide) {
    for (int32_t m = 0; m < to->block->n_matrices; m++) {
        uint32_t *ring = plane_of(to, to->matrix_plane[m]);
        add_list(ring, to->senders, (int64_t)m * to->block->wide, to->block->wide, is_wide);
    }
    to->senders->n = 0;
}

INLINE void add_sparse(uint32_t *ring, uint32_t minus, const uint32_t *where,
                       const uint16_t *weight, int64_t n, int32_t times) {
    if (times == 1)
        for (int64_t k = 0; k < n; k++) ring[where[k] - minus] += weight[k];
    else
        for (int64_t k = 0; k < n; k++) ring[where[k] - minus] += repeated(weight[k], times);
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

INLINE void send_sparse(const nd_target *to, int64_t low, int64_t high, int32_t times) {
    const nd_net *net = to->net;
    const uint32_t wide = (uint32_t)to->block->wide, limit = (uint32_t)to->room * wide;
    uint32_t *ring = to->ring + (int64_t)to->plane * wide;
    int64_t middle = high;
    /* Planes ascend within a row, so what lies beyond the end of the ring is at its end. */
    if (to->splits && net->where[high - 1] >= limit) middle = first_not_below(net->where, low, high, limit);
    add_sparse(ring, 0, net->where + low, net->weight + low, middle - low, times);
    add_sparse(to->ring, limit, net->where + middle, net->weight + middle, high - middle, times);
}

#if CAN_BE_WIDE
WIDE static void add_quads_once(uint32_t *ring, uint32_t minus, const uint32_t *where,
                                const uint16_t *weight, int64_t n) {
    for (int64_t k = 0; k < n; k++) {
        __m128i *to = (__m128i *)(void *)(ring + (where[k] - minus));
        const __m128i *four = (const __m128i *)(const void *)(weight + QUAD * k);
        __m128i more = _mm_cvtepu16_epi32(_mm_loadl_epi64(four));
        _mm_storeu_si128(to, _mm_add_epi32(_mm_loadu_si128(to), more));
    }
}
#endif

INLINE void add_quads(uint32_t *ring, uint32_t minus, const uint32_t *where,
                      const uint16_t *weight, int64_t n, int32_t times, int is_wide) {
#if CAN_BE_WIDE
    if (is_wide && times == 1) {
        add_quads_once(ring, minus, where, weight, n);
        return;
    }
#endif
    for (int64_t k = 0; k < n; k++)
        for (int i = 0; i < QUAD; i++)
            ring[where[k] - minus + i] += repeated(weight[QUAD * k + i], times);
}

INLINE void send_quads(const nd_target *to, int64_t low, int64_t high, int32_t times, int is_wide) {
    const nd_net *net = to->net;
    const uint32_t wide = (uint32_t)to->block->wide, limit = (uint32_t)to->room * wide;
    const uint32_t *where = net->quad_where;
    const uint16_t *weight = net->quad_weight;
    uint32_t *ring = to->ring + (int64_t)to->plane * wide;
    int64_t middle = high;
    if (to->splits && where[high - 1] >= limit) middle = first_not_below(where, low, high, limit);
    add_quads(ring, 0, where + low, weight + QUAD * low, middle - low, times, is_wide);
    add_quads(to->ring, limit, where + middle, weight + QUAD * middle, high - middle, times, is_wide);
}

INLINE void add_repeated(uint32_t *ring, const uint16_t *row, int32_t wide, int32_t times) {
    for (int32_t i = 0; i < wide; i++) ring[i] += repeated(row[i], times);
}

/* Remember a dense row, to be added together with those of other spikes. */
INLINE void send_dense(const nd_target *to, int32_t plane, const uint16_t *row, int32_t times,
                       int is_wide) {
    nd_list *list = &to->lists[plane];
    if (times > LIST / 4) {
        add_repeated(plane_of(to, plane), row, to->block->wide, times);
        return;
    }
    for (int32_t k = 0; k < times; k++) {
        if (list->n == LIST) flush_plane(to, plane, is_wide);
        list->rows[list->n++] = row;
    }
}

INLINE void send_matrices(const nd_target *to, int64_t row, int32_t times, int is_wide) {
    const nd_block *block = to->block;
    const uint16_t *weights = to->matrix + row * block->n_matrices * block->wide;
    if (times > LIST / 4) {
        for (int32_t m = 0; m < block->n_matrices; m++, weights += block->wide)
            add_repeated(plane_of(to, to->matrix_plane[m]), weights, block->wide, times);
        return;
    }
    FETCH(weights);
    for (int32_t k = 0; k < times; k++) {
        if (to->senders->n == LIST) flush_matrices(to, is_wide);
        to->senders->rows[to->senders->n++] = weights;
    }
}

INLINE void send(const nd_target *to, int32_t sender, int32_t times, int is_wide) {
    const nd_net *net = to->net;
    const nd_block *block = to->block;
    if (sender < block->low || sender >= block->high) return;
    if (block->n_matrices) send_matrices(to, sender - block->low, times, is_wide);
    if (!to->has_rows) return;
    const nd_row *row = &net->rows[block->row + sender - block->low];
    if (row[0].sparse < row[1].sparse) send_sparse(to, row[0].sparse, row[1].sparse, times);
    if (row[0].quad < row[1].quad) send_quads(to, row[0].quad, row[1].quad, times, is_wide);
    for (int64_t k = row[0].dense; k < row[1].dense; k++) {
        const uint16_t *weights = to->dense + (k - to->first_dense) * block->wide;
        send_dense(to, net->dense_plane[k], weights, times, is_wide);
    }
}

/* Fetch the synapses of a sender that is soon to be sent, and where they are of one a bit later. */
INLINE void fetch(const nd_target *to, int32_t sender) {
    const nd_net *net = to->net;
    if (sender < to->block->low || sender >= to->block->high) return;
    const nd_row *row = &net->rows[to->block->row + sender - to->block->low];
    int64_t low = row[0].sparse, high = row[1].sparse;
    if (high - low > 512) high = low + 512; /* the rest the processor foresees */
    for (int64_t k = low; k < high; k += 16) FETCH(net->where + k);
    for (int64_t k = low; k < high; k += 32) FETCH(net->weight + k);
    low = row[0].quad, high = row[1].quad;
    if (high - low > 256) high = low + 256;
    for (int64_t k = low; k < high; k += 16) FETCH(net->quad_where + k);
    for (int64_t k = low; k < high; k += 8) FETCH(net->quad_weight + QUAD * k);
}

INLINE void fetch_row(const nd_target *to, int32_t sender) {
    if (sender < to->block->low || sender >= to->block->high) return;
    FETCH(&to->net->rows[to->block->row + sender - to->block->low]);
}

#endif
