/* move() for eight neurons at a time: those with exponential synapses, alike, after their first
 * tick. Compilers make half as many vectors of the products of 32 x 32 bits. */

#ifndef ND_MOVE_WIDE_H
#define ND_MOVE_WIDE_H

#include "move.h"

#if CAN_BE_WIDE

typedef __m256i eight;

WIDE INLINE eight load_8(const void *from) { return _mm256_loadu_si256((const eight *)from); }
WIDE INLINE void store_8(void *to, eight value) { _mm256_storeu_si256((eight *)to, value); }
WIDE INLINE eight all_8(int32_t value) { return _mm256_set1_epi32(value); }

/* mul() and dec() with one constant for all; `low` is -1 where dec() adds the value. */
WIDE INLINE eight mul_8(eight a, eight b) {
    eight even = _mm256_srli_epi64(_mm256_mul_epi32(a, b), 15);
    eight odd = _mm256_slli_epi64(_mm256_mul_epi32(_mm256_srli_epi64(a, 32), b), 17);
    return _mm256_blend_epi32(even, odd, 0xAA);
}

WIDE INLINE eight dec_8(eight a, eight b, eight low) {
    eight even = _mm256_srli_epi64(_mm256_mul_epi32(a, b), 32);
    eight odd = _mm256_mul_epi32(_mm256_srli_epi64(a, 32), b);
    return _mm256_add_epi32(_mm256_blend_epi32(even, odd, 0xAA), _mm256_and_si256(a, low));
}

/* `yes` where the bits of `where` are set, else `no`. */
WIDE INLINE eight choose_8(eight where, eight yes, eight no) {
    return _mm256_xor_si256(no, _mm256_and_si256(where, _mm256_xor_si256(yes, no)));
}

/* The constants of one receptor, the same for all neurons. */
typedef struct {
    __m128i shift;
    eight decay, decay_low, init, init_low;
} receptor_8;

WIDE INLINE receptor_8 receptor_of(int32_t shift, int32_t decay, int32_t init) {
    return (receptor_8){_mm_cvtsi32_si128(shift), all_8(decay), all_8(decay >> 31), all_8(init),
                        all_8(init >> 31)};
}

/* What is held decays and takes what has arrived. */
WIDE INLINE eight receive_8(int32_t *held, const uint32_t *ring, const receptor_8 *of,
                            eight *seen) {
    eight sum = load_8(ring);
    *seen = _mm256_or_si256(*seen, sum);
    sum = _mm256_sll_epi32(_mm256_min_epu32(sum, all_8(FULL)), of->shift);
    eight left = dec_8(load_8(held), of->decay, of->decay_low);
    eight now = _mm256_add_epi32(left, dec_8(sum, of->init, of->init_low));
    store_8(held, now);
    return now;
}

/* Moves n / 8 x 8 neurons and lists those that spike at `to`, which moves on. Returns whether a
 * ring buffer was full. */
WIDE static uint32_t move_8(const nd_cells *c, const nd_moving *of, const uint32_t *ring_exc,
                            const uint32_t *ring_inh, int32_t low, int32_t n, int32_t **to) {
    const receptor_8 of_exc = receptor_of(c->shift_exc[low], c->decay_exc[low], c->init_exc[low]);
    const receptor_8 of_inh = receptor_of(c->shift_inh[low], c->decay_inh[low], c->init_inh[low]);
    const eight resistance = all_8(c->resistance[low]), leak = all_8(c->leak[low]);
    const eight v_rest = all_8(c->v_rest[low]), v_reset = all_8(c->v_reset[low]);
    const eight v_thresh = all_8(c->v_thresh[low]), refractory = all_8(c->refractory[low]);
    const eight none = _mm256_setzero_si256();
    int32_t *v = of->v + low, *exc = of->exc + low, *inh = of->inh + low, *hold = of->hold + low;
    const int32_t *offset = of->offset + low;
    int32_t *next = *to;
    eight seen = none;
    for (int32_t i = 0; i + 8 <= n; i += 8) {
        eight e = receive_8(exc + i, ring_exc + i, &of_exc, &seen);
        eight h = receive_8(inh + i, ring_inh + i, &of_inh, &seen);
        eight was = load_8(v + i), held = load_8(hold + i);
        eight drive = _mm256_add_epi32(_mm256_sub_epi32(e, h), load_8(offset + i));
        eight target = _mm256_add_epi32(mul_8(drive, resistance), v_rest);
        eight moved = _mm256_sub_epi32(target, mul_8(_mm256_sub_epi32(target, was), leak));
        eight waits = _mm256_cmpgt_epi32(held, none); /* -1 where so */
        moved = choose_8(waits, was, moved);
        eight stays = _mm256_cmpgt_epi32(v_thresh, moved);
        store_8(v + i, choose_8(stays, moved, v_reset));
        store_8(hold + i, choose_8(stays, _mm256_add_epi32(held, waits), refractory));
        uint32_t fires = ~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(stays)) & 0xFF;
        for (; fires; fires &= fires - 1) *next++ = low + i + __builtin_ctz(fires);
    }
    *to = next;
    return !_mm256_testz_si256(seen, all_8(~FULL));
}

#else
static uint32_t move_8(const nd_cells *c, const nd_moving *of, const uint32_t *ring_exc,
                       const uint32_t *ring_inh, int32_t low, int32_t n, int32_t **to) {
    (void)c, (void)of, (void)ring_exc, (void)ring_inh, (void)low, (void)n, (void)to;
    return 0;
}
#endif

#endif
