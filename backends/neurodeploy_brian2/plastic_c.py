"""The rules of `plastic` in C, for the engines that compile.

One text for all rules and networks, so that it is compiled once; what differs is in the
memory that it is given.
"""

from neurodeploy_brian2.plastic_changed_c import CHANGED
from neurodeploy_brian2.plastic_memory import COARSE, HISTORY, PARTS, TIMINGS
from neurodeploy_brian2.plastic_modulated_c import MODULATED

_NAMES = "enum { " + ", ".join(f"ND_{name.upper()}" for name in PARTS) + " };\n"
_TIMINGS = "enum { " + ", ".join(f"ND_IS_{name.upper()}" for name in TIMINGS) + " };\n"

_RULES = """
#define ND_PART(name) (m + m[2 * name])
#define ND_NUMBER(name) (*ND_PART(name))
#define ND_WRAP(x) ((int64_t)(int32_t)(x))
#define ND_MUL(a, b) ND_WRAP(((a) * (b)) >> 15)

static inline int64_t nd_fallen(const int64_t *m, int table, int64_t ticks, int coarse) {
    int64_t index = ticks >> coarse;
    return index >= 0 && index < m[2 * table + 1] ? ND_PART(table)[index] : 0;
}

static inline int64_t nd_mul11(int64_t a, int64_t b) {
    return ((int64_t)(int16_t)a * (int64_t)(int16_t)b) >> 11;
}

static inline int64_t nd_move(const int64_t *m, int64_t w, int up, int64_t a, int64_t b) {
    int64_t sign = up ? 1 : -1;
    int64_t amplitude = ND_NUMBER((up ? ND_A_PLUS : ND_A_MINUS));
    int64_t bound = ND_NUMBER((up ? ND_W_MAX : ND_W_MIN));
    if (ND_NUMBER(ND_MULTIPLICATIVE)) {
        int64_t room = ND_WRAP((bound - w) * sign);
        return ND_WRAP(w + sign * ND_MUL(ND_MUL(room, amplitude), a * 16));
    }
    w = ND_WRAP(w + sign * ND_MUL(amplitude, a * 16));
    if (ND_NUMBER(ND_TIMING) == ND_IS_TRIPLET) {
        amplitude = ND_NUMBER((up ? ND_A3_PLUS : ND_A3_MINUS));
        w = ND_WRAP(w + sign * ND_MUL(amplitude, b * 16));
    }
    if (up)
        return w < bound ? w : bound;
    return w > bound ? w : bound;
}

static inline int64_t nd_at_post(
    const int64_t *m, int64_t w, int64_t trace, int64_t since, int64_t gap, int64_t other
) {
    int64_t timing = ND_NUMBER(ND_TIMING);
    int64_t a;
    if (since <= 0 && timing != ND_IS_VOGELS)
        return w;
    a = nd_fallen(m, ND_PLUS, since, 0);
    if (timing == ND_IS_NEAREST)
        a = since <= gap ? a : 0;
    else
        a = nd_mul11(trace, a);
    return nd_move(m, w, 1, a, nd_mul11(a, other));
}

static inline int64_t nd_at_pre(
    const int64_t *m, int64_t w, int64_t trace, int64_t since, int64_t other
) {
    int64_t timing = ND_NUMBER(ND_TIMING);
    int64_t a = nd_fallen(m, ND_MINUS, since, 0);
    if (timing != ND_IS_NEAREST)
        a = nd_mul11(trace, a);
    if (timing == ND_IS_VOGELS)
        return nd_move(m, w, 1, a - ND_NUMBER(ND_ALPHA), 0);
    return nd_move(m, w, 0, a, nd_mul11(a, other));
}
"""

_REMEMBER = f"""
static inline void nd_append(int64_t *m, int64_t now, int64_t row, int is_dose, int64_t amount) {{
    int64_t timing = ND_NUMBER(ND_TIMING);
    int64_t *n = ND_PART(ND_N_SPIKES) + row;
    int64_t *time = ND_PART(ND_TIME) + row * {HISTORY};
    int64_t *first = ND_PART(ND_POST_TRACE) + row * {HISTORY};
    int64_t *second = ND_PART(ND_POST_TRACE_2) + row * {HISTORY};
    int64_t *dopamine = ND_PART(ND_DOPAMINE) + row * {HISTORY};
    int64_t *mark = ND_PART(ND_IS_DOSE) + row * {HISTORY};
    int64_t before = time[*n], since = now - time[*n];
    int64_t a = 0, b = 0, c, k;
    if (timing != ND_IS_NEAREST)
        a = (int16_t)(nd_mul11(first[*n], nd_fallen(m, ND_MINUS, since, 0)) + (is_dose ? 0 : 2048));
    if (timing == ND_IS_TRIPLET && before != 0)
        b = nd_mul11(second[*n] + 2048, nd_fallen(m, ND_Y, since, {COARSE}));
    c = (int16_t)(nd_mul11(dopamine[*n], nd_fallen(m, ND_D, since, {COARSE})) + amount);
    if (*n == {HISTORY - 1})
        for (k = 1; k < {HISTORY - 1}; k++) {{
            time[k] = time[k + 1];
            first[k] = first[k + 1];
            second[k] = second[k + 1];
            dopamine[k] = dopamine[k + 1];
            mark[k] = mark[k + 1];
        }}
    else
        *n += 1;
    time[*n] = now;
    first[*n] = a;
    second[*n] = b;
    dopamine[*n] = c;
    mark[*n] = is_dose;
}}

static inline int64_t nd_remember(int64_t *m, int64_t tick, int64_t cell, int64_t times) {{
    int64_t row = ND_PART(ND_ROW_OF)[cell], k;
    if (row >= 0 && ND_NUMBER(ND_TIMING) != ND_IS_CHANGE)
        for (k = 0; k < times; k++)
            nd_append(m, tick + ND_NUMBER(ND_FIRST_TICK), row, 0, 0);
    return times;
}}

static inline int64_t nd_dose(
    int64_t *m, int64_t tick, int64_t row, int64_t amount, int64_t of, int64_t times
) {{
    int64_t k;
    for (k = 0; k < times; k++)
        if (ND_NUMBER(ND_TIMING) == ND_IS_CHANGE)
            nd_note(m, row, amount, of);
        else
            nd_append(m, tick + ND_NUMBER(ND_FIRST_TICK), row, 1, amount);
    return times;
}}
"""

_CHANGE = f"""
static inline void nd_update(int64_t *m, int64_t now, int64_t y) {{
    int64_t timing = ND_NUMBER(ND_TIMING);
    int64_t *weight = ND_PART(ND_WEIGHT) + y, *last = ND_PART(ND_LAST) + y;
    int64_t *trace = ND_PART(ND_TRACE) + y, *trace_2 = ND_PART(ND_TRACE_2) + y;
    int64_t shift = ND_PART(ND_SHIFT)[y], lag = ND_PART(ND_LAG)[y], row = ND_PART(ND_ROW)[y];
    int64_t n = ND_PART(ND_N_SPIKES)[row];
    const int64_t *time = ND_PART(ND_TIME) + row * {HISTORY};
    const int64_t *first = ND_PART(ND_POST_TRACE) + row * {HISTORY};
    const int64_t *second = ND_PART(ND_POST_TRACE_2) + row * {HISTORY};
    int64_t begin = *last > lag ? *last - lag : 0, end = now > lag ? now - lag : 0;
    int64_t a = 0, b = 0, at = n, k, w = ND_WRAP(*weight << shift);
    if (timing != ND_IS_NEAREST)
        a = (int16_t)(nd_mul11(*trace, nd_fallen(m, ND_PLUS, now - *last, 0)) + 2048);
    if (timing == ND_IS_TRIPLET && *last != 0)
        b = nd_mul11(*trace_2 + 2048, nd_fallen(m, ND_X, now - *last, {COARSE}));
    while (at > 0 && time[at] > begin)
        at--;
    if (ND_NUMBER(ND_MODULATED))
        w = nd_modulated(m, y, now, at, w, b);
    else {{
    for (k = at + 1; k <= n && time[k] <= end; k++) {{
        int64_t arrival = time[k] + lag;
        w = nd_at_post(m, w, *trace, arrival - *last, arrival - time[at], second[k]);
        at = k;
    }}
    if (at > 0)
        w = nd_at_pre(m, w, first[at], now - time[at] - lag, b);
    }}
    *weight = (w >> shift) & 0xFFFF;
    *last = now;
    *trace = a;
    *trace_2 = b;
}}

static inline int64_t nd_change(
    int64_t *m, int64_t *ring, int64_t tick, int64_t y, int64_t times
) {{
    int64_t slot = (tick + ND_PART(ND_DELAY)[y]) % ND_NUMBER(ND_N_SLOTS), k;
    int64_t *entry = ring + ND_PART(ND_RING)[y] + slot * ND_NUMBER(ND_N_CELLS);
    for (k = 0; k < times; k++) {{
        if (ND_NUMBER(ND_TIMING) == ND_IS_CHANGE)
            nd_changed(m, y);
        else if (k % ND_NUMBER(ND_EVERY) == 0)
            nd_update(m, tick + ND_NUMBER(ND_FIRST_TICK), y);
        if (ND_PART(ND_DELAY)[y])
            *entry += ND_PART(ND_WEIGHT)[y] << ND_PART(ND_HIGH)[y];
    }}
    return ND_PART(ND_WEIGHT)[y];
}}
"""

_LOOK = """
static inline int64_t nd_take_entry(
    const int64_t *m, int64_t *ring, int64_t tick, int64_t cell, int64_t pair
) {
    int64_t n = ND_NUMBER(ND_N_SLOTS);
    int64_t *entry = ring + (pair * n + tick % n) * ND_NUMBER(ND_N_CELLS) + cell;
    int64_t sum = *entry;
    *entry = 0;
    return sum;
}

static inline int64_t nd_sent(const int64_t *sent, int64_t tick, int64_t source) {
    int64_t key = tick * sent[0] + source, n = sent[1], low = 0, high = n;
    const int64_t *keys = sent + 2;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && keys[low] == key ? keys[n + low] : 0;
}

static inline int64_t nd_keep(int64_t *held, int64_t tick, int64_t cell, int64_t times) {
    held[2 + tick % held[0] * held[1] + cell] = times;
    return times;
}

static inline int64_t nd_due(const int64_t *held, int64_t tick, int64_t cell, int64_t wait) {
    return held[2 + (tick + held[0] - wait) % held[0] * held[1] + cell];
}
"""

TEXT = _NAMES + _TIMINGS + _RULES + MODULATED + CHANGED + _REMEMBER + _CHANGE + _LOOK
"""Everything, to be followed by functions that hand it the arrays."""

__all__ = ["TEXT"]
