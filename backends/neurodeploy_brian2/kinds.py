"""Kinds of neurons: what one tick does to each, composed of a few parts.

As in sPyNNaker, a neuron is a synapse shape, an input type, a membrane, a threshold and what
is added to it; a kind is one choice of each, and its tick is their Brian2 code in a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from neurodeploy_brian2.chance_parts import (
    BY_CHANCE,
    GATED,
    SOFT,
    STOC_EXP,
    STOC_EXP_STABLE,
    STOC_SIGMA,
    STOCHASTIC,
    SUMMED,
)
from neurodeploy_brian2.parts import (
    ADAPTIVE,
    ALPHA,
    CONDUCTANCE,
    CONDUCTANCE_DUAL,
    CURRENT,
    EXPONENTIAL,
    IZHIKEVICH,
    LEAKY,
    NOTHING,
    PLAIN,
    THRESHOLD,
    TRUNCATED,
    Part,
)

SEEN = ("v_seen", "exc_seen", "inh_seen", "exc_seen", "inh_seen", "prob_seen")
"""What a recording of the tick shows, in the order of `plan.WATCHED`."""


@dataclass(frozen=True)
class Kind:
    """One choice of parts.

    Parameters
    ----------
    membrane : Part
    receptors : tuple of {'exc', 'inh', 'gate'}
        Which sum each ring buffer goes to; a gate goes to none.
    shape, input_type, added, threshold : Part
    mixed : Part
        What receptors do to each other before they are summed.
    forgetful : bool
        Whether loading the state after a pause drops the input of the tick it stopped in.
    """

    membrane: Part
    receptors: tuple[str, ...] = ("exc", "inh")
    shape: Part = EXPONENTIAL
    input_type: Part = CURRENT
    added: Part = PLAIN
    threshold: Part = THRESHOLD
    mixed: Part = NOTHING
    forgetful: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts but the shape, in the order of an update."""
        return (self.mixed, self.added, self.input_type, self.membrane, self.threshold)

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the constants of a neuron."""
        shared = [name for part in self.parts for name in part.constants]
        return (*shared, *self._each(self.shape.constants))

    @property
    def state(self) -> tuple[str, ...]:
        """Names of the state of a neuron."""
        shared = [name for part in self.parts for name in part.state]
        return (*shared, *self._each(self.shape.state))

    @property
    def takes_current(self) -> bool:
        """Whether current sources reach it."""
        return "i_offset" in self.constants

    @property
    def draws(self) -> bool:
        """Whether it takes numbers from the generator that its core's neurons share."""
        return "draw_at" in self.state

    @property
    def has_seed(self) -> bool:
        """Whether it has a generator of its own, made valid whenever it is loaded."""
        return "seed3" in self.state

    @property
    def is_conductance(self) -> bool:
        """Whether weights are conductances."""
        return self.input_type in (CONDUCTANCE, CONDUCTANCE_DUAL)

    def _each(self, names: tuple[str, ...]) -> Iterator[str]:
        for r in range(len(self.receptors)):
            yield from (name.format(r=r) for name in names)

    def tick(self, n_steps: int, *, waves: bool, counted: str = "", gathered: bool = False) -> str:
        """Return the Brian2 code of one tick.

        Parameters
        ----------
        n_steps : int
            Updates in a tick.
        waves : bool
            Whether neurons receive current from sources.
        counted : {'', 'membrane', 'all'}
            Where updates with a word that does not fit 32 bits are counted, in `wrapped`.
        gathered : bool
            Whether input has been added up over synapse cores; see `split_build`.
        """
        lines = [*self._restore(), *(self._entries() if gathered else self._rings())]
        if counted == "all" and self.shape.overflow:
            lines += self._receptors(f"odd_{{r}} = {self.shape.overflow}")
        lines += self._receptors(self.shape.first)
        lines += [part.first for part in self.parts]
        if waves:
            lines.append("phase = nd_phase(t_in_timesteps, stride)")
        for k in range(n_steps):
            wave = f"nd_sum(i_offset, nd_wave(phase, {k}, wave))" if waves else "i_offset"
            lines += [f"offset = {wave}"] * self.takes_current
            lines += self._update(k, counted)
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

    def _entries(self) -> Iterator[str]:
        yield from self._receptors("in_{r} = nd_entry(sum_{r}, carry_{r})")

    def _receptors(self, text: str, k: int = 0) -> Iterator[str]:
        yield from (text.format(r=r, k=k) for r in range(len(self.receptors)))

    def _update(self, k: int, counted: str) -> Iterator[str]:
        yield from self._receptors(self.shape.step, k)
        value = "nd_conductance(out_{r}_{k})" if self.is_conductance else "out_{r}_{k}"
        yield from self._receptors(f"value_{{r}}_{{k}} = {value}", k)
        yield self.mixed.step.format(k=k)
        for side in ("exc", "inh"):
            yield from self._side(side, k)
        for part in self.parts[1:]:
            if counted and part is self.membrane:
                yield from self._count(k, counted == "all")
            yield part.step.format(k=k)
        # Every update that reaches the threshold sends a packet of its own.
        yield "fired = now_0" if k == 0 else f"fired = fired + now_{k}"
        for part in self.parts:
            yield part.last.format(k=k)
        yield from self._receptors(self.shape.last, k)

    def _count(self, k: int, with_input: bool) -> Iterator[str]:
        """Count the update if a word of it does not fit 32 bits; its input counts once a tick."""
        yield "odd = " + self.membrane.overflow.format(k=k)
        flags = [self.input_type.overflow.format(k=k)] * (
            with_input and bool(self.input_type.overflow)
        )
        if k == 0 and with_input and self.shape.overflow:
            flags += [f"odd_{r}" for r in range(len(self.receptors))]
        yield from (f"odd = nd_either(odd, {flag})" for flag in flags)
        yield "wrapped = nd_count(wrapped, odd, live)"

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


def _stochastic(membrane: Part) -> Kind:
    """Return a kind whose spikes are all by chance, and which takes no current."""
    return Kind(
        membrane,
        shape=SUMMED,
        input_type=NOTHING,
        added=NOTHING,
        threshold=STOCHASTIC,
        forgetful=True,
    )


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
    "lif_current_gated": Kind(LEAKY, ("gate", "exc", "inh"), mixed=GATED),
    "lif_conductance_soft": Kind(LEAKY, input_type=CONDUCTANCE, threshold=SOFT),
    "lif_current_chance": Kind(LEAKY, threshold=BY_CHANCE),
    "stoc_exp": _stochastic(STOC_EXP),
    "stoc_exp_stable": _stochastic(STOC_EXP_STABLE),
    "stoc_sigma": _stochastic(STOC_SIGMA),
}
"""Kinds by name."""

__all__ = ["KINDS", "SEEN", "Kind", "rings"]
