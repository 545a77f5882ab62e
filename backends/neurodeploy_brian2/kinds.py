"""Kinds of neurons: what one tick does to each, composed of a few parts.

As in sPyNNaker, a neuron is a synapse shape, an input type, a membrane and what is added to
it; a kind is one choice of each, and its tick is Brian2 code over the steps of `steps`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SEEN = ("v_seen", "exc_seen", "inh_seen")
"""What a recording of the tick shows."""


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
        What comes after the membrane in every update.
    """

    constants: tuple[str, ...]
    state: tuple[str, ...]
    first: str = ""
    step: str = ""
    last: str = ""


EXPONENTIAL = Part(
    constants=("shift_{r}", "init_{r}", "decay_{r}"),
    state=("syn_{r}",),
    first="syn_{r} = nd_arrive(syn_{r}, in_{r}, shift_{r}, init_{r})",
    step="out_{r}_{k} = syn_{r}",
    last="syn_{r} = nd_decay(syn_{r}, decay_{r})",
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
)
"""`factor` turns synaptic state into current; 1 but for a delta synapse."""

CONDUCTANCE = Part(
    constants=("e_exc", "e_inh"),
    state=(),
    step="drive_{k} = nd_pull(exc_{k}, inh_{k}, e_exc, e_inh, v, offset_{k})",
)

CONDUCTANCE_DUAL = Part(
    constants=("e_exc", "e_inh"),
    state=(),
    step="""
second_{k} = nd_scale(value_1_{k}, nd_difference(e_exc, v))
drive_{k} = nd_sum(nd_pull(value_0_{k}, inh_{k}, e_exc, e_inh, v, offset_{k}), second_{k})
""",
)
"""Each conductance is multiplied, and so cut off, on its own."""

LEAKY = Part(
    constants=("resistance", "leak", "v_rest", "v_reset", "v_thresh", "refractory_ticks"),
    state=("v", "hold"),
    step="""
v = nd_membrane(v, drive_{k}, hold, resistance, leak, v_rest)
now_{k} = nd_fires(v, v_thresh, live)
v = nd_pick_each(now_{k}, v_reset, v)
hold = nd_hold(hold, now_{k}, refractory_ticks)
""",
)

TRUNCATED = Part(
    constants=("resistance", "v_reset", "v_thresh", "refractory_ticks"),
    state=("v", "hold"),
    step="""
v = nd_integrate(v, drive_{k}, hold, resistance, v_reset)
now_{k} = nd_fires(v, v_thresh, live)
v = nd_pick_each(now_{k}, v_reset, v)
hold = nd_hold(hold, now_{k}, refractory_ticks)
""",
)

IZHIKEVICH = Part(
    constants=("a", "b", "v_reset", "u_jump", "v_thresh", "h_usual", "h_after_spike"),
    state=("v", "u", "h"),
    step="""
beta_{k} = nd_izk_beta(v, u, h, a, b)
middle_{k} = nd_izk_middle(v, nd_izk_slope(v, u, drive_{k}), h)
v_{k} = nd_izk_v(v, u, h, drive_{k}, middle_{k}, beta_{k})
u_{k} = nd_izk_u(u, h, a, b, middle_{k}, beta_{k})
now_{k} = nd_fires(v_{k}, v_thresh, live)
v = nd_pick_each(now_{k}, v_reset, v_{k})
u = nd_jump(now_{k}, u_{k}, u_jump)
h = nd_pick_each(now_{k}, h_after_spike, h_usual)
""",
)

PLAIN = Part(constants=(), state=(), step="offset_{k} = offset")

ADAPTIVE = Part(
    constants=("calcium_decay", "calcium_jump"),
    state=("calcium",),
    step="""
calcium = nd_scale(calcium, calcium_decay)
offset_{k} = nd_difference(offset, calcium)
""",
    last="calcium = nd_jump(now_{k}, calcium, calcium_jump)",
)


@dataclass(frozen=True)
class Kind:
    """One choice of parts.

    Parameters
    ----------
    membrane : Part
    receptors : tuple of {'exc', 'inh'}
        Which sum each ring buffer goes to.
    shape, input_type, added : Part
    """

    membrane: Part
    receptors: tuple[str, ...] = ("exc", "inh")
    shape: Part = EXPONENTIAL
    input_type: Part = CURRENT
    added: Part = PLAIN

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts but the shape, in the order of an update."""
        return (self.added, self.input_type, self.membrane)

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the constants of a neuron."""
        shared = [name for part in self.parts for name in part.constants]
        return ("i_offset", *shared, *self._each(self.shape.constants))

    @property
    def state(self) -> tuple[str, ...]:
        """Names of the state of a neuron."""
        shared = [name for part in self.parts for name in part.state]
        return (*shared, *self._each(self.shape.state))

    @property
    def is_conductance(self) -> bool:
        """Whether weights are conductances."""
        return self.input_type in (CONDUCTANCE, CONDUCTANCE_DUAL)

    def _each(self, names: tuple[str, ...]) -> Iterator[str]:
        for r in range(len(self.receptors)):
            yield from (name.format(r=r) for name in names)

    def tick(self, n_steps: int, *, waves: bool) -> str:
        """Return the Brian2 code of one tick.

        Parameters
        ----------
        n_steps : int
            Updates in a tick.
        waves : bool
            Whether neurons receive current from sources.
        """
        lines = [*self._restore(), *self._rings()]
        lines += self._receptors(self.shape.first)
        if waves:
            lines.append("phase = nd_phase(t_in_timesteps, stride)")
        for k in range(n_steps):
            lines.append(
                f"offset = {f'nd_sum(i_offset, nd_wave(phase, {k}, wave))' if waves else 'i_offset'}"
            )
            lines += self._update(k)
        return "\n".join(line for text in lines for line in text.strip().splitlines())

    def _restore(self) -> Iterator[str]:
        yield "later = nd_later(t_in_timesteps, stride)"
        yield "live = nd_live(t_in_timesteps, stride, period, end)"
        yield from (f"{name} = nd_pick(later, {name}_init, {name})" for name in self.state)
        yield "v_seen = v"

    def _rings(self) -> Iterator[str]:
        for r in range(len(self.receptors)):
            yield f"in_{r} = nd_{'high' if r % 2 else 'low'}(later, ring_{r // 2})"
            yield f"full_{r} = full_{r} + nd_over(in_{r}, live)"
        yield from (f"{ring} = 0" for ring in rings(len(self.receptors)))

    def _receptors(self, text: str, k: int = 0) -> Iterator[str]:
        yield from (text.format(r=r, k=k) for r in range(len(self.receptors)))

    def _update(self, k: int) -> Iterator[str]:
        yield from self._receptors(self.shape.step, k)
        value = "nd_conductance(out_{r}_{k})" if self.is_conductance else "out_{r}_{k}"
        yield from self._receptors(f"value_{{r}}_{{k}} = {value}", k)
        for side in ("exc", "inh"):
            yield from self._side(side, k)
        for part in self.parts:
            yield part.step.format(k=k)
        # Every update that reaches the threshold sends a packet of its own.
        yield "fired = now_0" if k == 0 else f"fired = fired + now_{k}"
        yield self.added.last.format(k=k)
        yield from self._receptors(self.shape.last, k)

    def _side(self, side: str, k: int) -> Iterator[str]:
        """Add up what one side's receptors give; the first update's sum is recorded."""
        values = [f"value_{r}_{k}" for r, of in enumerate(self.receptors) if of == side]
        total = values[0]
        for value in values[1:]:
            total = f"nd_sum({total}, {value})"
        yield f"{side}_{k} = {total}"
        if k == 0:
            yield f"{side}_seen = {side}_0"


def rings(n_receptors: int) -> tuple[str, ...]:
    """Return the names of the variables that hold ring buffers, two buffers in each."""
    return tuple(f"ring_{k}" for k in range(-(-n_receptors // 2)))


_THREE = ("exc", "exc", "inh")

KINDS = {
    "lif_current": Kind(LEAKY),
    "lif_current_dual": Kind(LEAKY, receptors=_THREE),
    "lif_current_ca2": Kind(LEAKY, added=ADAPTIVE),
    "lif_alpha": Kind(LEAKY, shape=ALPHA),
    "lif_conductance": Kind(LEAKY, input_type=CONDUCTANCE),
    "truncated": Kind(TRUNCATED),
    "izhikevich_current": Kind(IZHIKEVICH),
    "izhikevich_conductance": Kind(IZHIKEVICH, input_type=CONDUCTANCE),
    "izhikevich_conductance_dual": Kind(IZHIKEVICH, _THREE, input_type=CONDUCTANCE_DUAL),
}
"""Kinds by name."""

__all__ = ["KINDS", "SEEN", "Kind", "Part", "rings"]
