"""Parts of neurons: synapse shapes, input types, membranes, thresholds and what is added.

Each is Brian2 code over the steps of `steps`, with the constants and the state it needs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Code with the constants and the state that it needs; `{r}` is a receptor.

    Parameters
    ----------
    constants, state : tuple of str
    first : str
        What the tick's input does, once a tick.
    step : str
        What an update does.
    last : str
        What comes after the threshold in every update.
    overflow : str
        Whether a word does not fit 32 bits in `first` or `step`; see `overflow`.
    """

    constants: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    first: str = ""
    step: str = ""
    last: str = ""
    overflow: str = ""


EXPONENTIAL = Part(
    constants=("shift_{r}", "init_{r}", "decay_{r}"),
    state=("syn_{r}",),
    first="syn_{r} = nd_arrive(syn_{r}, in_{r}, shift_{r}, init_{r})",
    step="out_{r}_{k} = syn_{r}",
    last="syn_{r} = nd_decay(syn_{r}, decay_{r})",
    overflow="nd_over_arrive(syn_{r}, in_{r}, shift_{r}, init_{r})",
)
"""A delta synapse is the case decay 0, init 1."""

ALPHA = Part(
    constants=("shift_{r}", "decay_{r}", "gain_{r}"),
    state=("lin_{r}", "exp_{r}", "last_{r}"),
    first="""
arrived_{r} = nd_input(in_{r}, shift_{r})
last_{r} = nd_pick_each(nd_fires(arrived_{r}, 1, 1), arrived_{r}, last_{r})
exp_{r} = nd_alpha_exp(exp_{r}, arrived_{r}, decay_{r})
lin_{r} = nd_alpha_lin(lin_{r}, arrived_{r}, gain_{r}, exp_{r})
""",
    step="out_{r}_{k} = nd_scale(lin_{r}, exp_{r})",
    last="""
lin_{r} = nd_alpha_ramp(lin_{r}, last_{r}, gain_{r})
exp_{r} = nd_decay(exp_{r}, decay_{r})
""",
)

CURRENT = Part(
    constants=("factor",),
    state=(),
    step="drive_{k} = nd_drive(exc_{k}, inh_{k}, factor, offset_{k})",
    overflow="nd_over_drive(exc_{k}, inh_{k}, factor, offset_{k})",
)
"""`factor` turns synaptic state into current; 1 but for a delta synapse."""

CONDUCTANCE = Part(
    constants=("e_exc", "e_inh"),
    state=(),
    step="drive_{k} = nd_pull(exc_{k}, inh_{k}, e_exc, e_inh, v, offset_{k})",
    overflow="nd_over_pull(exc_{k}, 0, inh_{k}, e_exc, e_inh, v, offset_{k})",
)

CONDUCTANCE_DUAL = Part(
    constants=("e_exc", "e_inh"),
    state=(),
    step="""
second_{k} = nd_scale(value_1_{k}, nd_difference(e_exc, v))
drive_{k} = nd_sum(nd_pull(value_0_{k}, inh_{k}, e_exc, e_inh, v, offset_{k}), second_{k})
""",
    overflow="nd_over_pull(value_0_{k}, value_1_{k}, inh_{k}, e_exc, e_inh, v, offset_{k})",
)
"""Each conductance is multiplied, and so cut off, on its own."""

_REFRACTORY = """
v = nd_pick_each(now_{k}, v_reset, v)
hold = nd_hold(hold, now_{k}, refractory_ticks)
"""

LEAKY = Part(
    constants=("resistance", "leak", "v_rest", "v_reset", "refractory_ticks"),
    state=("v", "hold"),
    step="v = nd_membrane(v, drive_{k}, hold, resistance, leak, v_rest)",
    last=_REFRACTORY,
    overflow="nd_over_leaky(v, drive_{k}, hold, resistance, v_rest)",
)

TRUNCATED = Part(
    constants=("resistance", "v_reset", "refractory_ticks"),
    state=("v", "hold"),
    step="v = nd_integrate(v, drive_{k}, hold, resistance, v_reset)",
    last=_REFRACTORY,
    overflow="nd_over_truncated(v, drive_{k}, hold, resistance)",
)

IZHIKEVICH = Part(
    constants=("a", "b", "v_reset", "u_jump", "h_usual", "h_after_spike"),
    state=("v", "u", "h"),
    step="""
beta_{k} = nd_izk_beta(v, u, h, a, b)
middle_{k} = nd_izk_middle(v, nd_izk_slope(v, u, drive_{k}), h)
v = nd_izk_v(v, u, h, drive_{k}, middle_{k}, beta_{k})
u = nd_izk_u(u, h, a, b, middle_{k}, beta_{k})
""",
    last="""
v = nd_pick_each(now_{k}, v_reset, v)
u = nd_jump(now_{k}, u, u_jump)
h = nd_pick_each(now_{k}, h_after_spike, h_usual)
""",
    overflow="nd_over_izk(v, u, h, drive_{k}, a, b, usual)",
)

THRESHOLD = Part(constants=("v_thresh",), step="now_{k} = nd_fires(v, v_thresh, live)")

PLAIN = Part(constants=("i_offset",), step="offset_{k} = offset")

ADAPTIVE = Part(
    constants=("i_offset", "calcium_decay", "calcium_jump"),
    state=("calcium",),
    step="""
calcium = nd_scale(calcium, calcium_decay)
offset_{k} = nd_difference(offset, calcium)
""",
    last="calcium = nd_jump(now_{k}, calcium, calcium_jump)",
)

NOTHING = Part()

__all__ = [
    "ADAPTIVE", "ALPHA", "CONDUCTANCE", "CONDUCTANCE_DUAL", "CURRENT", "EXPONENTIAL",
    "IZHIKEVICH", "LEAKY", "NOTHING", "PLAIN", "THRESHOLD", "TRUNCATED", "Part",
]  # fmt: skip
