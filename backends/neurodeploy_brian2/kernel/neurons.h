/* The neurons of a block in a tick, in spans of one kind. */

#ifndef ND_NEURONS_H
#define ND_NEURONS_H

#include "move_wide.h"
#include "run.h"

INLINE int64_t collect(const uint8_t *flags, int32_t low, int32_t n, int32_t *to) {
    int64_t found = 0;
    for (int32_t i = 0; i < n; i += 8) {
        uint64_t eight;
        memcpy(&eight, flags + i, sizeof eight);
        if (!eight) continue;
        for (int32_t k = i; k < i + 8; k++)
            if (flags[k]) to[found++] = low + k;
    }
    return found;
}

/* Some neurons of one span and block; those that spike are listed. */
INLINE uint32_t move_plainly(nd_run *run, const nd_span *span, const uint32_t *exc,
                             const uint32_t *inh, int32_t low, int32_t n, int first,
                             int32_t **to) {
    const nd_cells *c = run->cells;
    uint8_t *flags = run->flags;
    uint32_t full;
    if (first || !span->tame)
        full = move(c, &run->now, exc, inh, low, n, first, span->delta, 0, !span->tame, flags);
    else if (span->delta)
        full = move(c, &run->now, exc, inh, low, n, 0, 1, 0, 0, flags);
    else if (span->uniform)
        full = move(c, &run->now, exc, inh, low, n, 0, 0, 1, 0, flags);
    else
        full = move(c, &run->now, exc, inh, low, n, 0, 0, 0, 0, flags);
    memset(flags + n, 0, 8);
    *to += collect(flags, low, n, *to);
    return full;
}

INLINE void move_span(nd_run *run, const nd_span *span, uint32_t *exc, uint32_t *inh, int32_t low,
                      int32_t n, int first, int32_t **to, int is_wide) {
    int32_t done = 0;
    if (is_wide && !first && span->room) {
        done = n / 8 * 8;
        move_8(run->cells, &run->now, exc, inh, low, done, to, span->room);
    }
    for (int32_t m; done < n; done += m) {
        m = n - done > PIECE ? PIECE : n - done;
        if (move_plainly(run, span, exc + done, inh + done, low + done, m, first, to)) {
            count_full(&run->now, exc + done, 0, low + done, m);
            count_full(&run->now, inh + done, 1, low + done, m);
        }
        memset(exc + done, 0, sizeof *exc * (size_t)m);
        memset(inh + done, 0, sizeof *inh * (size_t)m);
    }
}

/* Returns how many spiked; they are put at `to`. */
INLINE int64_t move_block(nd_run *run, const nd_block *block, int64_t tick, int first, int32_t *to,
                          int is_wide) {
    int32_t end = block->first + block->n;
    int32_t *next = to;
    uint32_t *exc = plane_at(run, block, tick, 0), *inh = plane_at(run, block, tick, 1);
    const nd_span *span = run->cells->spans + run->span_of[block - run->net->blocks];
    for (int32_t low = block->first, high; low < end; low = high, span++) {
        high = span->end < end ? span->end : end;
        int32_t at = low - block->first, n = high - low;
        move_span(run, span, exc + at, inh + at, low, n, first, &next, is_wide);
    }
    return next - to;
}

#endif
