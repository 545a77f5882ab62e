/* What a neuron does in a tick. */

#ifndef ND_MOVE_H
#define ND_MOVE_H

#include "net.h"
#include "wide.h"

/* The upper half of a product; compilers know this form. */
INLINE int32_t upper(int32_t a, int32_t b) { return (int32_t)(((int64_t)a * b) >> 32); }

/* S16.15 x S16.15, floored; bits 15 to 46 of the product. */
INLINE int32_t mul(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)upper(a, b) << 17 | ((uint32_t)a * (uint32_t)b) >> 15);
}

/* S16.15 x U0.32, floored: the upper half of a signed product, `fraction` less 2**32 if that is
 * how its bits read. */
INLINE int32_t dec(int32_t value, int32_t fraction) {
    return (int32_t)((uint32_t)upper(value, fraction) + (uint32_t)(value & (fraction >> 31)));
}

INLINE int32_t plus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
INLINE int32_t minus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }

INLINE int32_t arrived(uint32_t sum, int32_t shift) {
    return (int32_t)((sum > FULL ? FULL : sum) << shift);
}

/* What of a run moves: arrays of all neurons; (n, RECEPTORS) how often buffers were full; and in
 * how many updates of each neuron a word did not fit 32 bits. */
typedef struct {
    int32_t *v, *exc, *inh, *hold, *offset;
    int64_t *saturated, *wrapped;
} nd_moving;

/* Count buffers that were full; rare, so it need not be fast. */
static inline void count_full(const nd_moving *of, const uint32_t *ring, int32_t receptor,
                              int32_t low, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        of->saturated[(int64_t)(low + i) * RECEPTORS + receptor] += ring[i] > FULL;
}

/* What words come to that are not cut to 32 bits. */
INLINE int64_t product(int64_t a, int64_t b) { return (a * b) >> 15; }
INLINE int is_cut(int64_t word) { return word != (int32_t)word; }

/* Whether what arrives, `after` what has decayed, leaves 32 bits; `init` as dec() takes it. */
INLINE int arrival_is_cut(int32_t after, uint32_t sum, int32_t shift, int32_t init, int delta) {
    int64_t given = (int64_t)(sum > FULL ? FULL : sum) << shift;
    return is_cut(given) || is_cut((int64_t)after + (delta ? (int32_t)given : dec((int32_t)given, init)));
}

/* Whether the current or the way to the target leaves 32 bits. */
INLINE int move_is_cut(int32_t e, int32_t h, int32_t offset, int32_t factor, int32_t resistance,
                       int32_t v_rest, int32_t was, int32_t held) {
    int64_t drive = product(e, factor) - product(h, factor) + offset;
    int64_t target = product((int32_t)drive, resistance) + v_rest;
    return is_cut(drive) || (held <= 0 && (is_cut(target) || is_cut(target - was)));
}

/* exc and inh are kept as a recording shows them and decay when the next tick begins; in the
 * first tick of a sample they have not yet. Returns whether a ring buffer was full. */
INLINE uint32_t move(const nd_cells *c, const nd_moving *of, const uint32_t *restrict ring_exc,
                     const uint32_t *restrict ring_inh, int32_t low, int32_t n, int first, int delta,
                     int uniform, int watch, uint8_t *restrict fired) {
    int32_t *restrict v = of->v + low, *restrict exc = of->exc + low;
    int32_t *restrict inh = of->inh + low, *restrict hold = of->hold + low;
    const int32_t *restrict offset = of->offset + low;
    int64_t *restrict wrapped = of->wrapped + low;
    uint32_t over = 0;
#define EACH(name) const int32_t *restrict name##s = c->name + low, name##_1 = c->name[low]
#define GET(name) (uniform ? name##_1 : name##s[i])
    EACH(shift_exc); EACH(shift_inh); EACH(init_exc); EACH(init_inh);
    EACH(decay_exc); EACH(decay_inh); EACH(factor); EACH(resistance); EACH(leak);
    EACH(v_rest); EACH(v_reset); EACH(v_thresh); EACH(refractory);
    /* No array overlaps another; there are too many for the compiler to test it as it runs. */
#pragma GCC ivdep
    for (int32_t i = 0; i < n; i++) {
        over |= (ring_exc[i] > FULL) | (ring_inh[i] > FULL);
        int32_t in_e = arrived(ring_exc[i], GET(shift_exc));
        int32_t in_h = arrived(ring_inh[i], GET(shift_inh));
        int32_t old_e = first ? exc[i] : dec(exc[i], GET(decay_exc));
        int32_t old_h = first ? inh[i] : dec(inh[i], GET(decay_inh));
        int32_t e = plus(old_e, delta ? in_e : dec(in_e, GET(init_exc)));
        int32_t h = plus(old_h, delta ? in_h : dec(in_h, GET(init_inh)));
        exc[i] = e;
        inh[i] = h;
        /* Everything is loaded before it is chosen from: a choice of loads is not vectorised. */
        int32_t was = v[i], held = hold[i], reset = GET(v_reset), pause = GET(refractory);
        int32_t drive = delta ? minus(mul(e, GET(factor)), mul(h, GET(factor))) : minus(e, h);
        int32_t target = plus(mul(plus(drive, offset[i]), GET(resistance)), GET(v_rest));
        int32_t moved = minus(target, mul(GET(leak), minus(target, was)));
        int32_t waits = held > 0;
        moved = waits ? was : moved;
        int32_t fires = moved >= GET(v_thresh);
        v[i] = fires ? reset : moved;
        hold[i] = fires ? pause : held - waits;
        fired[i] = (uint8_t)fires;
        if (watch)
            wrapped[i] += arrival_is_cut(old_e, ring_exc[i], GET(shift_exc), GET(init_exc), delta) ||
                          arrival_is_cut(old_h, ring_inh[i], GET(shift_inh), GET(init_inh), delta) ||
                          move_is_cut(e, h, offset[i], GET(factor), GET(resistance), GET(v_rest),
                                      was, held);
    }
#undef EACH
#undef GET
    return over;
}

#endif
