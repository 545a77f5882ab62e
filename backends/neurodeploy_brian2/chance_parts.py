"""Parts of neurons that spike by chance, and of the sEMD's synapses."""

from __future__ import annotations

from neurodeploy_brian2.parts import Part

_SEED = ("seed0", "seed1", "seed2", "seed3", "carry")

_DRAW = """
seed0 = nd_kiss_x(seed0, asked_{k})
seed1 = nd_kiss_y(seed1, asked_{k})
carry = nd_kiss_c(seed2, seed3, asked_{k})
seed2 = nd_kiss_z(seed2, seed3, asked_{k})
seed3 = carry
"""
"""One word of the neuron's own generator, where `asked`."""

GATED = Part(
    constants=("scaling_factor",),
    state=("multiplicator", "exc2_old"),
    step="""
multiplicator = nd_gate(value_1_{k}, exc2_old, multiplicator, value_0_{k})
exc2_old = value_1_{k}
value_1_{k} = nd_scale(nd_scale(value_1_{k}, scaling_factor), multiplicator)
""",
)
"""The second receptor counts as much as the first had when the second came."""

SOFT = Part(
    constants=("v_thresh", "per_du", "hazard", "draws_a_tick"),
    state=("draw_at",),
    first="draw_at = draw_at + draws_a_tick",
    step="""
chance_{k} = nd_soft_chance(v, v_thresh, per_du, hazard)
now_{k} = nd_fires(chance_{k}, nd_draw(draw_at + {k}), live)
""",
)
"""Draws do not depend on the neurons, so the core's are looked up by their number."""

BY_CHANCE = Part(
    constants=("v_thresh", "chance"),
    state=_SEED,
    step=f"""
asked_{{k}} = nd_fires(v, v_thresh, live)
{_DRAW}
now_{{k}} = nd_drawn(seed0, seed1, seed2, chance, asked_{{k}})
""",
)

SUMMED = Part(
    constants=("shift_{r}",),
    step="out_{r}_{k} = nd_input(in_{r}, shift_{r})",
)
"""The input of the tick, forgotten afterwards."""

STOC_EXP = Part(
    constants=("bias", "gain"),
    state=("v", "refract"),
    step="""
held_{k} = nd_fires(refract, 1, 1)
v = nd_pick_each(held_{k}, 0, nd_sum(bias, nd_difference(exc_{k}, inh_{k})))
prob_seen = nd_pick_each(held_{k}, 0, nd_probability(gain, v))
""",
)

STOC_EXP_STABLE = Part(
    constants=("bias", "gain", "v_reset"),
    state=("v", "refract"),
    step="""
held_{k} = nd_fires(refract, 1, 1)
grown_{k} = nd_sum(v, nd_sum(bias, nd_difference(exc_{k}, inh_{k})))
v = nd_pick_each(held_{k}, v, grown_{k})
prob_seen = nd_pick_each(held_{k}, 0, nd_probability(gain, v))
""",
    last="v = nd_settle(v, held_{k}, drawn_{k}, v_reset)",
)

STOC_SIGMA = Part(
    constants=("bias", "alpha"),
    state=("v", "refract"),
    step="""
held_{k} = nd_fires(refract, 1, 1)
v = nd_pick_each(held_{k}, 0, nd_difference(nd_difference(exc_{k}, inh_{k}), bias))
prob_seen = nd_pick_each(held_{k}, 0, nd_sigma(v, alpha))
""",
)
"""The bias counts against a spike, as in the shipped program."""

STOCHASTIC = Part(
    constants=("refractory_ticks",),
    state=_SEED,
    step=f"""
v_seen = v
asked_{{k}} = nd_pick_each(held_{{k}}, 0, 1)
{_DRAW}
drawn_{{k}} = nd_drawn(seed0, seed1, seed2, prob_seen, asked_{{k}})
now_{{k}} = nd_sends(held_{{k}}, drawn_{{k}}, live)
refract = nd_rest(refract, held_{{k}}, drawn_{{k}}, refractory_ticks)
""",
)
"""A refractory neuron sends a spike in every tick."""

__all__ = [
    "BY_CHANCE", "GATED", "SOFT", "STOCHASTIC", "STOC_EXP", "STOC_EXP_STABLE", "STOC_SIGMA",
    "SUMMED",
]  # fmt: skip
