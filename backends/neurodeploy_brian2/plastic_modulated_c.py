"""The rules of `plastic_modulated` in C, to stand among those of `plastic_c`."""

from neurodeploy_brian2.plastic_memory import COARSE, COARSEST, HISTORY

MODULATED = f"""
static inline void nd_gain(
    const int64_t *m, int64_t *w, int64_t *eligible, int64_t since, int64_t dopamine
) {{
    int64_t faded = nd_fallen(m, ND_C, since, {COARSEST});
    int64_t share = (int16_t)(nd_mul11(faded, nd_fallen(m, ND_D, since, {COARSE})) - 2048);
    int64_t gain = ND_MUL(*eligible, ND_NUMBER(ND_MODULATED_FACTOR));
    if (dopamine != 0)
        *w = ND_WRAP(*w + ND_MUL(ND_MUL(gain, dopamine * 16), share * 16));
    *eligible = ND_MUL(*eligible, faded * 16);
}}

static inline int64_t nd_modulated(
    int64_t *m, int64_t y, int64_t now, int64_t at, int64_t w, int64_t other
) {{
    int64_t *held = ND_PART(ND_ELIGIBILITY) + y;
    int64_t shift = ND_PART(ND_SHIFT)[y], lag = ND_PART(ND_LAG)[y], row = ND_PART(ND_ROW)[y];
    int64_t last = ND_PART(ND_LAST)[y], trace = ND_PART(ND_TRACE)[y], corrected = last;
    int64_t n = ND_PART(ND_N_SPIKES)[row], end = now > lag ? now - lag : 0;
    const int64_t *time = ND_PART(ND_TIME) + row * {HISTORY};
    const int64_t *first = ND_PART(ND_POST_TRACE) + row * {HISTORY};
    const int64_t *second = ND_PART(ND_POST_TRACE_2) + row * {HISTORY};
    const int64_t *dose = ND_PART(ND_DOPAMINE) + row * {HISTORY};
    const int64_t *mark = ND_PART(ND_IS_DOSE) + row * {HISTORY};
    int64_t eligible = ND_WRAP(*held << shift), dopamine = 0, n_later = 0, k;
    if (at > 0)
        dopamine = (int16_t)nd_mul11(dose[at], nd_fallen(m, ND_D, last - time[at], {COARSE}));
    for (k = n; k > at && time[k] > end; k--)
        n_later++;
    for (k = at + 1; k <= n - n_later; k++) {{
        int64_t arrival = time[k] + lag;
        nd_gain(m, &w, &eligible, arrival - corrected, dopamine);
        if (!mark[k + n_later])
            eligible = nd_at_post(
                m, eligible, trace, arrival - last, arrival - time[at], second[k]);
        dopamine = dose[k];
        corrected = arrival;
        at = k;
    }}
    if (at > 0) {{
        nd_gain(m, &w, &eligible, now - corrected, dopamine);
        eligible = nd_at_pre(m, eligible, first[at], now - time[at] - lag, other);
    }}
    *held = (eligible >> shift) & 0xFFFF;
    w = w > ND_NUMBER(ND_MODULATED_MIN) ? w : ND_NUMBER(ND_MODULATED_MIN);
    return w < ND_NUMBER(ND_MODULATED_MAX) ? w : ND_NUMBER(ND_MODULATED_MAX);
}}
"""

__all__ = ["MODULATED"]
