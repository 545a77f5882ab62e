"""The rules of `plastic_changed` in C, to stand among those of `plastic_c`."""

from neurodeploy_brian2.plastic_memory import HISTORY

CHANGED = f"""
static inline void nd_note(int64_t *m, int64_t row, int64_t amount, int64_t of) {{
    int64_t *n = ND_PART(ND_N_SPIKES) + row, k;
    int64_t *amounts = ND_PART(ND_DOPAMINE) + row * {HISTORY};
    int64_t *whose = ND_PART(ND_TIME) + row * {HISTORY};
    if (*n == {HISTORY})
        for (k = 1; k < {HISTORY}; k++) {{
            amounts[k - 1] = amounts[k];
            whose[k - 1] = whose[k];
        }}
    else
        *n += 1;
    amounts[*n - 1] = amount;
    whose[*n - 1] = of;
}}

static inline void nd_changed(int64_t *m, int64_t y) {{
    int64_t row = ND_PART(ND_ROW)[y], source = ND_PART(ND_PRE)[y], k = 0;
    int64_t *n = ND_PART(ND_N_SPIKES) + row, *weight = ND_PART(ND_WEIGHT) + y;
    int64_t *amounts = ND_PART(ND_DOPAMINE) + row * {HISTORY};
    int64_t *whose = ND_PART(ND_TIME) + row * {HISTORY};
    int64_t low = ND_NUMBER(ND_W_MIN), high = ND_NUMBER(ND_W_MAX);
    while (k < *n) {{
        if (whose[k] != source) {{
            k++;
            continue;
        }}
        *weight += amounts[k];
        *weight = *weight < low ? low : *weight > high ? high : *weight;
        *n -= 1;
        amounts[k] = amounts[*n];
        whose[k] = whose[*n];
    }}
}}
"""

__all__ = ["CHANGED"]
