/* Stages and blocks; see net.h. */

#include "packing.h"

/* As many neurons in a block as have so many synapses, within limits. */
enum { BLOCK_SYNAPSES = 1024 * 1024, LEAST_BLOCK = 64, MOST_BLOCK = 2048 };
/* Blocks are wider where rows would else be so short that finding them takes longest. */
enum { SYNAPSES_A_ROW = 128 };

/* Where the loop that neuron `i` is in ends. */
static int32_t loop_end(const nd_packing *p, int32_t i) {
    int32_t end = i + 1;
    for (int32_t k = i; k < end; k++)
        if (p->neurons[k].back >= end) end = p->neurons[k].back + 1;
    return end;
}

static void add_stage(nd_net *net, int32_t first, int32_t end, int32_t hears_itself) {
    net->stages[net->n_stages++] = (nd_stage){first, end, 0, 0, hears_itself};
}

/* Cut where no later neuron is heard. Neurons in no loop are a stage together as long as none of
 * them hears another: `high` of each is no more than where the stage began. */
static void cut_stages(nd_packing *p) {
    nd_net *net = p->net;
    int32_t begin = 0, n = net->n_neurons;
    net->n_stages = 0;
    for (int32_t i = 0; i < n;) {
        int32_t end = loop_end(p, i), loops = p->neurons[i].back >= i;
        if (loops || p->neurons[i].high > net->n_sources + begin) {
            if (i > begin) add_stage(net, begin, i, 0);
            begin = i;
        }
        if (loops) {
            add_stage(net, i, end, 1);
            begin = end;
        }
        i = end;
    }
    if (n > begin) add_stage(net, begin, n, 0);
    /* Stages of few neurons help no one. */
    if (net->n_stages > 8 + n / 64) {
        net->n_stages = 0;
        add_stage(net, 0, n, 1);
    }
}

static int32_t block_size(const nd_packing *p, const nd_stage *stage) {
    int64_t n = 0, low = INT32_MAX, high = 0, neurons = stage->end - stage->first;
    for (int32_t i = stage->first; i < stage->end; i++) {
        const nd_hears *one = &p->neurons[i];
        n += one->n;
        low = one->low < low ? one->low : low;
        high = one->high > high ? one->high : high;
    }
    int64_t each = n / neurons + 1, size = BLOCK_SYNAPSES / each / LEAST_BLOCK * LEAST_BLOCK;
    size = size < LEAST_BLOCK ? LEAST_BLOCK : size > MOST_BLOCK ? MOST_BLOCK : size;
    int64_t least = high > low ? (high - low) * SYNAPSES_A_ROW / each : 0;
    size = least > size ? least : size;
    return (int32_t)(size > neurons ? neurons : size);
}

static nd_block block_from(const nd_packing *p, int32_t first, int32_t n) {
    nd_block made = {.first = first, .n = n, .wide = (n + LANES - 1) / LANES * LANES};
    made.low = INT32_MAX;
    for (int32_t i = first; i < first + n; i++) {
        const nd_hears *one = &p->neurons[i];
        made.low = one->low < made.low ? one->low : made.low;
        made.high = one->high > made.high ? one->high : made.high;
    }
    if (made.low > made.high) made.low = made.high;
    return made;
}

/* Returns how many blocks there are; they are stored if there is where. */
static int32_t cut_blocks(nd_packing *p, nd_block *blocks) {
    nd_net *net = p->net;
    int32_t n = 0;
    for (nd_stage *stage = net->stages; stage < net->stages + net->n_stages; stage++) {
        int32_t size = block_size(p, stage);
        stage->block = n;
        for (int32_t first = stage->first; first < stage->end; first += size, n++) {
            int32_t end = stage->end - first > size ? first + size : stage->end;
            if (blocks) blocks[n] = block_from(p, first, end - first);
        }
        stage->end_block = n;
    }
    return n;
}

int nd_lay_out(nd_packing *p) {
    nd_net *net = p->net;
    net->stages = nd_zeros(net->n_neurons, sizeof *net->stages);
    if (!net->stages) return -1;
    cut_stages(p);
    net->n_blocks = cut_blocks(p, NULL);
    net->blocks = nd_zeros(net->n_blocks, sizeof *net->blocks);
    p->block_of = nd_zeros(net->n_neurons, sizeof *p->block_of);
    if (!net->blocks || !p->block_of) return -1;
    cut_blocks(p, net->blocks);
    for (int32_t b = 0; b < net->n_blocks; b++) {
        nd_block *block = &net->blocks[b];
        block->row = net->n_rows;
        block->ring = net->n_ring;
        net->n_rows += block->high - block->low + 1;
        net->n_ring += (int64_t)block->wide * nd_planes(net);
        for (int32_t i = block->first; i < block->first + block->n; i++) p->block_of[i] = b;
    }
    return 0;
}
