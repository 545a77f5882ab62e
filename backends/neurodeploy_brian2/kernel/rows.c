/* Rows in order: what of them is kept as quads, dense rows and single synapses; see net.h. */

#include "packing.h"

/* A row is dense from so many synapses, and if at most three weights of four are zeros. */
enum { DENSE_SYNAPSES = 8 };
/* Quads are looked for from one synapse in so many places on. */
enum { PLACES = 256 };
/* They may take so many bytes for each synapse. */
enum { QUAD_BYTES = 12, QUAD_BYTES_A_SYNAPSE = 7 };

/* Room for one row while it is sorted by plane or, where `is_there` has a bit for each place, by
 * place; and for quads and dense rows. */
typedef struct {
    uint32_t *where, *begin;
    uint16_t *weight, *at;
    uint64_t *is_there;
    int64_t n_weights, room_dense, room_weights, n_dense, n_quads, room_quads, room_fours;
} packer;

static void *grow(void *old, int64_t *room, int64_t needed, size_t size) {
    if (needed <= *room) return old;
    *room = needed + needed / 2 + 64;
    return realloc(old, (size_t)*room * size);
}

static uint16_t *add_dense(nd_net *net, packer *to, const nd_block *block, uint32_t plane) {
    int64_t at = to->n_weights;
    uint16_t *planes = grow(net->dense_plane, &to->room_dense, to->n_dense + 1, sizeof *planes);
    if (planes) net->dense_plane = planes;
    uint16_t *weight =
        grow(net->dense_weight, &to->room_weights, at + block->wide, sizeof *weight);
    if (weight) net->dense_weight = weight;
    if (!planes || !weight) return NULL;
    memset(weight + at, 0, (size_t)block->wide * sizeof *weight);
    planes[to->n_dense++] = (uint16_t)plane;
    to->n_weights += block->wide;
    return weight + at;
}

/* Take the row at `from` to `to->where`, in ascending order. Returns 0 if it has twins. */
static int sort_places(const nd_net *net, packer *to, int64_t from, int64_t n, uint32_t wide) {
    int64_t n_words = (int64_t)nd_planes(net) * wide / 64 + 1, found = 0;
    int twins = 0;
    for (int64_t k = from; k < from + n; k++) {
        uint64_t bit = (uint64_t)1 << (net->where[k] % 64), *word = &to->is_there[net->where[k] / 64];
        twins |= (*word & bit) != 0;
        *word |= bit;
        to->at[net->where[k]] = net->weight[k];
    }
    for (int64_t word = 0; word < n_words; word++) {
        for (uint64_t left = to->is_there[word]; left && !twins; left &= left - 1) {
            uint32_t where = (uint32_t)(word * 64 + lowest_bit(left));
            to->where[found] = where;
            to->weight[found++] = to->at[where];
        }
        to->is_there[word] = 0;
    }
    if (twins) return 0;
    memset(to->begin, 0, sizeof *to->begin * (size_t)(nd_planes(net) + 2));
    for (int64_t k = 0; k < n; k++) to->begin[to->where[k] / wide + 1]++;
    for (int32_t plane = 0; plane < nd_planes(net); plane++)
        to->begin[plane + 1] += to->begin[plane];
    return 1;
}

/* Take the row at `from` to `to->where`, plane by plane: `begin[plane]`. */
static void sort_row(const nd_net *net, packer *to, int64_t from, int64_t n, uint32_t wide) {
    int32_t planes = nd_planes(net);
    memset(to->begin, 0, sizeof *to->begin * (size_t)(planes + 2));
    for (int64_t k = 0; k < n; k++) to->begin[net->where[from + k] / wide + 2]++;
    for (int32_t plane = 0; plane < planes; plane++) to->begin[plane + 2] += to->begin[plane + 1];
    for (int64_t k = 0; k < n; k++) {
        uint32_t at = to->begin[net->where[from + k] / wide + 1]++;
        to->where[at] = net->where[from + k];
        to->weight[at] = net->weight[from + k];
    }
}

/* Four weights from place `where` on, still 0. */
static uint16_t *add_quad(nd_net *net, packer *to, uint32_t where) {
    int64_t n = to->n_quads + 1;
    uint32_t *places = grow(net->quad_where, &to->room_quads, n, sizeof *places);
    if (places) net->quad_where = places;
    uint16_t *fours = grow(net->quad_weight, &to->room_fours, n, QUAD * sizeof *fours);
    if (fours) net->quad_weight = fours;
    if (!places || !fours) return NULL;
    places[to->n_quads] = where;
    return memset(fours + QUAD * to->n_quads++, 0, QUAD * sizeof *fours);
}

static int is_dense(const nd_block *block, uint32_t n, uint32_t plane) {
    return n >= DENSE_SYNAPSES && (int64_t)n * DENSE_WASTE >= block->wide && plane <= UINT16_MAX;
}

/* Keep one plane of a row, dense if it is; of twins, one is. Returns how many stay sparse. */
static int64_t keep_plane(nd_net *net, packer *to, const nd_block *block, uint32_t plane,
                          int64_t kept) {
    uint32_t low = to->begin[plane], n = to->begin[plane + 1] - low;
    uint16_t *row = NULL;
    if (is_dense(block, n, plane)) {
        row = add_dense(net, to, block, plane);
        if (!row) return -1;
    }
    for (uint32_t k = low; k < low + n; k++) {
        uint32_t neuron = to->where[k] - plane * (uint32_t)block->wide;
        if (row && !row[neuron]) {
            row[neuron] = to->weight[k];
            continue;
        }
        net->where[kept] = to->where[k];
        net->weight[kept++] = to->weight[k];
    }
    return kept;
}

/* Where the quad of the k-th synapse begins, within its plane; `next`: the first beyond it. */
static uint32_t quad_from(const packer *to, uint32_t k, uint32_t end, uint32_t last, uint32_t *next) {
    uint32_t first = to->where[k] < last ? to->where[k] : last;
    for (*next = k + 1; *next < end && to->where[*next] < first + QUAD;) ++*next;
    return first;
}

/* Keep one plane of a row whose places ascend in quads, if most hold two synapses or more. */
static int64_t keep_quads(nd_net *net, packer *to, const nd_block *block, uint32_t plane,
                          int64_t kept) {
    uint32_t low = to->begin[plane], end = to->begin[plane + 1], n = 0, next;
    uint32_t last = (plane + 1) * (uint32_t)block->wide - QUAD;
    for (uint32_t k = low; k < end; k = next, n++) quad_from(to, k, end, last, &next);
    if (n * QUAD_BYTES > (end - low) * QUAD_BYTES_A_SYNAPSE) return keep_plane(net, to, block, plane, kept);
    for (uint32_t k = low; k < end; k = next) {
        uint32_t first = quad_from(to, k, end, last, &next);
        uint16_t *four = add_quad(net, to, first);
        if (!four) return -1;
        for (uint32_t j = k; j < next; j++) four[to->where[j] - first] = to->weight[j];
    }
    return kept;
}

/* Take one row to pieces. Returns how many synapses are now sparse. */
static int64_t take_row(nd_net *net, packer *to, const nd_block *block, int64_t from, int64_t n,
                        int64_t kept) {
    uint32_t wide = (uint32_t)block->wide;
    /* Where neighbours are rare, there are hardly quads, and looking for places takes long. */
    int ascends = n * PLACES >= (int64_t)nd_planes(net) * wide && n > 1 &&
                  sort_places(net, to, from, n, wide);
    if (!ascends) sort_row(net, to, from, n, wide);
    for (uint32_t plane = 0; plane < (uint32_t)nd_planes(net) && kept >= 0; plane++) {
        uint32_t found = to->begin[plane + 1] - to->begin[plane];
        if (!found) continue;
        kept = ascends && !is_dense(block, found, plane) ? keep_quads(net, to, block, plane, kept)
                                                         : keep_plane(net, to, block, plane, kept);
    }
    return kept;
}

/* Sort each row by plane, take out what is dense, and close the gaps. */
static int take_rows(nd_packing *p, packer *to) {
    nd_net *net = p->net;
    int64_t kept = 0;
    for (nd_block *block = net->blocks; block < net->blocks + net->n_blocks; block++) {
        block->weight = to->n_weights;
        for (int64_t r = block->row; r <= block->row + block->high - block->low; r++) {
            int64_t from = net->rows[r].sparse, n = p->next[r] - from;
            net->rows[r] = (nd_row){(uint32_t)kept, (uint32_t)to->n_dense, (uint32_t)to->n_quads};
            if (n) kept = take_row(net, to, block, from, n, kept);
            if (kept < 0) return -1;
        }
    }
    net->rows[net->n_rows] = (nd_row){(uint32_t)kept, (uint32_t)to->n_dense, (uint32_t)to->n_quads};
    return 0;
}

static void *shrink(void *old, int64_t n, size_t size) {
    void *smaller = realloc(old, (size_t)(n + 1) * size);
    return smaller ? smaller : old;
}

int nd_pack_rows(nd_packing *p) {
    nd_net *net = p->net;
    packer to = {0};
    uint32_t longest = 0;
    int64_t places = 0;
    for (const nd_block *block = net->blocks; block < net->blocks + net->n_blocks; block++) {
        int64_t n = (int64_t)nd_planes(net) * block->wide;
        places = n > places ? n : places;
    }
    for (int64_t r = 0; r < net->n_rows; r++) {
        uint32_t n = p->next[r] - net->rows[r].sparse;
        longest = n > longest ? n : longest;
    }
    to.where = nd_zeros(longest, sizeof *to.where);
    to.weight = nd_zeros(longest, sizeof *to.weight);
    to.begin = nd_zeros(nd_planes(net) + 2, sizeof *to.begin);
    to.at = nd_zeros(places, sizeof *to.at);
    to.is_there = nd_zeros(places / 64 + 1, sizeof *to.is_there);
    int failed = !to.where || !to.weight || !to.begin || !to.at || !to.is_there || take_rows(p, &to);
    free(to.at);
    free(to.is_there);
    free(to.where);
    free(to.weight);
    free(to.begin);
    if (failed) return -1;
    int64_t n_sparse = net->rows[net->n_rows].sparse;
    net->where = shrink(net->where, n_sparse, sizeof *net->where);
    net->weight = shrink(net->weight, n_sparse, sizeof *net->weight);
    net->quad_where = shrink(net->quad_where, to.n_quads, sizeof *net->quad_where);
    net->quad_weight = shrink(net->quad_weight, to.n_quads, QUAD * sizeof *net->quad_weight);
    net->dense_weight = shrink(net->dense_weight, to.n_weights, sizeof *net->dense_weight);
    net->dense_plane = shrink(net->dense_plane, to.n_dense, sizeof *net->dense_plane);
    net->n_dense_weights = to.n_weights;
    return 0;
}
