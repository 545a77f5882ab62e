"""Synapses that change, as plain integer arrays: what they are, and what was before."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from neurodeploy_brian2.plan_parts import Ints, Wires
from neurodeploy_brian2.plastic_memory import HISTORY, Rule


@dataclass(frozen=True)
class Sent:
    """Spikes, (n,) int64 arrays.

    Parameters
    ----------
    tick, pre
        When, and who.
    times
        How many in that tick.
    """

    tick: Ints
    pre: Ints
    times: Ints

    @staticmethod
    def none() -> Sent:
        """Return no spikes."""
        return Sent(*[np.zeros(0, dtype=np.int64)] * len(fields(Sent)))

    def chosen(self, which: Any) -> Sent:
        """Return some of them."""
        return Sent(self.tick[which], self.pre[which], self.times[which])

    def joined(self, other: Sent) -> Sent:
        """Return both, one after the other."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(Sent))
        return Sent(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class Past:
    """What plastic synapses remember; ticks count from the last reset.

    Parameters
    ----------
    last, trace, trace_2 : (n,) int64 arrays
        Of each synapse: when its source last spiked, and the traces that left, S4.11.
    post : (m,) int64 array
        The targets, each once.
    n_spikes : (m,) int64 array
        How many spikes of each target are remembered.
    time, post_trace, post_trace_2 : (m, HISTORY) int64 arrays
        When they were, oldest first after a placeholder, and the traces that they left.
    eligibility : (n,) int64 array
        Of each synapse with a modulated rule.
    dopamine, is_dose : (m, HISTORY) int64 arrays
        With a modulated rule, the concentration at each entry, S4.11, and whether the entry is
        no spike but dopamine.
    """

    last: Ints
    trace: Ints
    trace_2: Ints
    post: Ints
    n_spikes: Ints
    time: Ints
    post_trace: Ints
    post_trace_2: Ints
    eligibility: Ints
    dopamine: Ints
    is_dose: Ints

    @staticmethod
    def none(wires: Wires) -> Past:
        """Return the past of synapses and targets that have not spiked."""
        post = np.unique(wires.post)
        synapse = np.zeros(wires.n, dtype=np.int64)
        entry = np.zeros((len(post), HISTORY), dtype=np.int64)
        count = np.zeros(len(post), dtype=np.int64)
        columns = (*[synapse] * 3, post, count, *[entry] * 3, synapse, *[entry] * 2)
        return Past(**dict(zip((field.name for field in fields(Past)), columns, strict=True)))


@dataclass(frozen=True)
class Doses:
    """Synapses that bring dopamine, or changes of weights, (n,) int64 arrays.

    Parameters
    ----------
    from_sources : bool
        Whether they leave sources, else neurons.
    pre, post
        As of `Wires`.
    amount
        Dopamine in S4.11, below 0 for punishment, or a change of a stored weight.
    of
        The source whose synapses a change is for.
    """

    from_sources: bool
    pre: Ints
    post: Ints
    amount: Ints
    of: Ints


@dataclass(frozen=True)
class Plastic:
    """Synapses that change, of one rule.

    Parameters
    ----------
    wires : Wires
        Weights are those before the first tick. A synapse with a delay of 0 changes, but
        delivers nothing.
    from_sources : bool
        Whether they leave sources, else neurons.
    rule : Rule
    shift : (n,) int64 array
        Left shift of the ring buffer that each synapse feeds.
    lag_ticks : (n,) int64 array
        How late a spike of the target reaches the synapse.
    wait_ticks : (n,) int64 array
        How long a delay extension holds the spikes of each synapse's source; the delays of
        `wires` come on top.
    past : Past
    is_read_ahead : bool
        Whether a synapse core keeps them, which reads the next row before it has written the
        last one: of two spikes of one source in a tick, the second finds what the first found.
    earlier : Sent
        What was sent before the piece, as far as delay extensions hold it; ticks count from
        the start of the piece.
    doses : tuple of Doses
        What else writes to the histories of the targets, if the rule knows of it.
    """

    wires: Wires
    from_sources: bool
    rule: Rule
    shift: Ints
    lag_ticks: Ints
    wait_ticks: Ints
    past: Past
    is_read_ahead: bool = False
    earlier: Sent = Sent.none()
    doses: tuple[Doses, ...] = ()


__all__ = ["Doses", "Past", "Plastic", "Sent"]
