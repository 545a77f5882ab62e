/* move() for eight neurons at a time: those with exponential synapses, alike, after their first
 * tick. Compilers make half as many vectors of the products of 32 x 32 bits. Eight of which one
 * may leave 32 bits, or has a buffer that was full, are left to move().
 */

#ifndef ND_MOVE_WIDE_H
#define ND_MOVE_WIDE_H

#include "move.h"

#if CAN_BE_WIDE

typedef __m256i eight;

WIDE INLINE eight load_8(const void *from) { return _mm256_loadu_si256((const eight *)from); }
WIDE INLINE void store_8(void *to, eight value) { _mm256_storeu_si256((eight *)to, value); }
WIDE INLINE eight all_8(int32_t value) { return _mm256_set1_epi32(value); }

/* mul() with one constant for all. */
WIDE INLINE eight mul_8(eight a, eight b) {
    eight even = _mm256_srli_epi64(_mm256_mul_epi32(a, b), 15);
    eight odd = _mm256_slli_epi64(_mm256_mul_epi32(_mm256_srli_epi64(a, 32), b), 17);
    return _mm256_blend_epi32(even, odd, 0xAA);
}

/* mul(); `whole`: by a whole number, which needs no more than the lower half of the product. */
WIDE INLINE eight scale_8(eight a, eight by, int whole) {
    return whole ? _mm256_mullo_epi32(a, by) : mul_8(a, by);
}

/* dec() of what is not below 0, with one constant for all. */
WIDE INLINE eight dec_8(eight a, eight b) {
    eight even = _mm256_srli_epi64(_mm256_mul_epu32(a, b), 32);
    return _mm256_blend_epi32(even, _mm256_mul_epu32(_mm256_srli_epi64(a, 32), b), 0xAA);
}

/* `yes` where the bits of `where` are set, else `no`. */
WIDE INLINE eight choose_8(eight where, eight yes, eight no) {
    return _mm256_blendv_epi8(no, yes, where);
}

/* The constants of one receptor, the same for all neurons. */
typedef struct {
    __m128i shift;
    eight decay, init;
} receptor_8;

WIDE INLINE receptor_8 receptor_of(int32_t shift, int32_t decay, int32_t init) {
    return (receptor_8){_mm_cvtsi32_si128(shift), all_8(decay), all_8(init)};
}

/* What is held decays and takes what has arrived. */
WIDE INLINE eight receive_8(eight held, eight sum, const receptor_8 *of) {
    return _mm256_add_epi32(dec_8(held, of->decay),
                            dec_8(_mm256_sll_epi32(sum, of->shift), of->init));
}

/* Words whose bits beyond so many must be 0, so that all words behind a move fit. */
typedef struct {
    eight synapse;
    __m128i shift_v; /* takes the limit of v to that of synapses */
} room_8;

WIDE INLINE room_8 room_of(int32_t bits) {
    return (room_8){all_8((int32_t)(~(uint32_t)0 << bits)), _mm_cvtsi32_si128(V_BITS - bits)};
}

WIDE INLINE eight or_8(eight a, eight b) { return _mm256_or_si256(a, b); }

WIDE INLINE int fits_8(const room_8 *room, eight synapses, eight v, eight sums) {
    eight words = or_8(synapses, _mm256_srl_epi32(_mm256_abs_epi32(v), room->shift_v));
    eight odd = or_8(_mm256_and_si256(words, room->synapse), _mm256_andnot_si256(all_8(FULL), sums));
    return _mm256_testz_si256(odd, odd);
}

/* Eight neurons with nothing left out. */
WIDE static void move_slowly(const nd_cells *c, const nd_moving *of, uint32_t *ring_exc,
                             uint32_t *ring_inh, int32_t low, int32_t **to) {
    uint8_t fired[8];
    move(c, of, ring_exc, ring_inh, low, 8, 0, 0, 1, 1, fired);
    count_full(of, ring_exc, 0, low, 8);
    count_full(of, ring_inh, 1, low, 8);
    for (int32_t i = 0; i < 8; i++)
        if (fired[i]) *(*to)++ = low + i;
}

WIDE INLINE void move_all_8(const nd_cells *c, const nd_moving *of, uint32_t *ring_exc,
                            uint32_t *ring_inh, int32_t low, int32_t n, int32_t **to,
                            int32_t room_bits, const int whole) {
    const receptor_8 of_exc = receptor_of(c->shift_exc[low], c->decay_exc[low], c->init_exc[low]);
    const receptor_8 of_inh = receptor_of(c->shift_inh[low], c->decay_inh[low], c->init_inh[low]);
    const room_8 room = room_of(room_bits);
    const eight resistance = all_8(whole ? c->resistance[low] >> 15 : c->resistance[low]);
    const eight leak = all_8(c->leak[low]), v_rest = all_8(c->v_rest[low]);
    const eight v_reset = all_8(c->v_reset[low]), v_thresh = all_8(c->v_thresh[low]);
    const eight refractory = all_8(c->refractory[low]), none = _mm256_setzero_si256();
    int32_t *v = of->v + low, *exc = of->exc + low, *inh = of->inh + low, *hold = of->hold + low;
    const int32_t *offset = of->offset + low;
    for (int32_t i = 0; i + 8 <= n; i += 8) {
        eight sum_e = load_8(ring_exc + i), sum_h = load_8(ring_inh + i);
        eight old_e = load_8(exc + i), old_h = load_8(inh + i);
        eight was = load_8(v + i), held = load_8(hold + i);
        eight e = receive_8(old_e, sum_e, &of_exc), h = receive_8(old_h, sum_h, &of_inh);
        if (!fits_8(&room, or_8(or_8(old_e, old_h), or_8(e, h)), was, or_8(sum_e, sum_h))) {
            move_slowly(c, of, ring_exc + i, ring_inh + i, low + i, to);
            store_8(ring_exc + i, none);
            store_8(ring_inh + i, none);
            continue;
        }
        store_8(ring_exc + i, none);
        store_8(ring_inh + i, none);
        store_8(exc + i, e);
        store_8(inh + i, h);
        eight drive = _mm256_add_epi32(_mm256_sub_epi32(e, h), load_8(offset + i));
        eight target = _mm256_add_epi32(scale_8(drive, resistance, whole), v_rest);
        eight moved = _mm256_sub_epi32(target, mul_8(_mm256_sub_epi32(target, was), leak));
        eight waits = _mm256_cmpgt_epi32(held, none); /* -1 where so */
        moved = choose_8(waits, was, moved);
        eight stays = _mm256_cmpgt_epi32(v_thresh, moved);
        store_8(v + i, choose_8(stays, moved, v_reset));
        store_8(hold + i, choose_8(stays, _mm256_add_epi32(held, waits), refractory));
        uint32_t fires = ~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(stays)) & 0xFF;
        for (; fires; fires &= fires - 1) *(*to)++ = low + i + lowest_bit(fires);
    }
}

/* Moves n / 8 x 8 neurons, clears their ring buffers, and lists those that spike at `to`, which
 * moves on. */
WIDE static void move_8(const nd_cells *c, const nd_moving *of, uint32_t *ring_exc,
                        uint32_t *ring_inh, int32_t low, int32_t n, int32_t **to, int32_t room) {
    int32_t *next = *to;
    if (c->resistance[low] & 0x7FFF)
        move_all_8(c, of, ring_exc, ring_inh, low, n, &next, room, 0);
    else
        move_all_8(c, of, ring_exc, ring_inh, low, n, &next, room, 1);
    *to = next;
}

#else
static void move_8(const nd_cells *c, const nd_moving *of, uint32_t *ring_exc, uint32_t *ring_inh,
                   int32_t low, int32_t n, int32_t **to, int32_t room) {
    (void)c, (void)of, (void)ring_exc, (void)ring_inh, (void)low, (void)n, (void)to, (void)room;
}
#endif

#endif
