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

/* What of a run moves: arrays of all neurons. */
typedef struct {
    int32_t *v, *exc, *inh, *hold, *offset;
} nd_moving;

/* exc and inh are kept as a recording shows them and decay when the next tick begins; in the
 * first tick of a sample they stand as they are. Returns whether a ring buffer was full. */
INLINE uint32_t move(const nd_cells *c, const nd_moving *of, const uint32_t *restrict ring_exc,
                     const uint32_t *restrict ring_inh, int32_t low, int32_t n, int first, int delta,
                     int uniform, uint8_t *restrict fired) {
    int32_t *restrict v = of->v + low, *restrict exc = of->exc + low;
    int32_t *restrict inh = of->inh + low, *restrict hold = of->hold + low;
    const int32_t *restrict offset = of->offset + low;
    uint32_t over = 0;
#define EACH(name) const int32_t *restrict name##s = c->name + low, name##_1 = c->name[low]
#define GET(name) (uniform ? name##_1 : name##s[i])
    EACH(shift_exc); EACH(shift_inh); EACH(init_exc); EACH(init_inh);
    EACH(decay_exc); EACH(decay_inh); EACH(factor); EACH(resistance); EACH(leak);
    EACH(v_rest); EACH(v_reset); EACH(v_thresh); EACH(refractory);
    /* No array overlaps another; there are too many for the compiler to test it as it runs. */
#pragma GCC ivdep
    for (int32_t i = 0; i < n; i++) {
        int32_t e = exc[i], h = inh[i];
        if (!first) {
            over |= (ring_exc[i] > FULL) | (ring_inh[i] > FULL);
            int32_t in_e = arrived(ring_exc[i], GET(shift_exc));
            int32_t in_h = arrived(ring_inh[i], GET(shift_inh));
            e = delta ? in_e : plus(dec(e, GET(decay_exc)), dec(in_e, GET(init_exc)));
            h = delta ? in_h : plus(dec(h, GET(decay_inh)), dec(in_h, GET(init_inh)));
            exc[i] = e;
            inh[i] = h;
        }
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
    }
#undef EACH
#undef GET
    return over;
}

#endif
