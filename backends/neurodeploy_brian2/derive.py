"""What a core derives from the raw parameters when it loads them.

Formulas are those of docs/numerics.md; `ts` there is the length of an update, `tick` here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neurodeploy.api import TargetError
from neurodeploy.target.fixed_point import (
    ONE,
    S1615_MAX,
    Ints,
    each,
    encode_s1615,
    expk,
    expulr,
    kdivk,
    kdivui,
    mul,
)
from neurodeploy_brian2.parameters import U1616

Bits = Mapping[str, Ints]

_EXACT = 1 << 32
"""1.0 in U0.32; input of a delta synapse is not scaled."""

_MAX = 0xFFFFFFFF
_IZK_THRESHOLD = 30 * ONE
_IZK_LONG_STEP = 60620  # 1.85 in S16.15, cut off
_ALPHA_GAIN_BITS = 0x7FFF  # the gain passes through an unsigned fraction


@dataclass(frozen=True)
class Loading:
    """Where and when parameters are loaded.

    Parameters
    ----------
    who : str
        The population, for errors.
    bits : {name: (n,) int64 array}
        Every parameter and initial value, encoded.
    timestep_ms : float
    n_steps : int
        Updates in a tick.
    cores : sequence of range
        Which neurons are on which core.
    """

    who: str
    bits: Bits
    timestep_ms: float
    n_steps: int
    cores: Sequence[range] = ()

    @property
    def tick(self) -> int:
        """Length of an update, S16.15."""
        return kdivui(self.whole_tick, self.n_steps)

    @property
    def whole_tick(self) -> int:
        """Length of a tick, S16.15."""
        return encode_s1615(self.timestep_ms)

    def each(self, function: Callable[..., int], *names: str) -> Ints:
        """Apply `function(tick, *parameters)` neuron by neuron."""
        columns = [self.bits[name] for name in names]
        return each(function, np.full_like(columns[0], self.tick), *columns)

    def full(self, value: int) -> Ints:
        """Return one value for every neuron."""
        return np.full_like(next(iter(self.bits.values())), value)

    def quotient(self, what: str, a: Ints, b: Ints) -> Ints:
        """Divide, and refuse what would wrap around: no one means that."""
        if np.any((a << 15) // b > S1615_MAX):
            raise TargetError(self.who, f"{what} does not fit S16.15", limit="below 65536")
        return each(kdivk, a, b)


Derived = dict[str, Ints]


def leaky(load: Loading) -> Derived:
    """Return the constants of a leaky membrane."""
    return membrane(load) | {
        "leak": load.each(lambda tick, tau: expk(-kdivk(tick, tau)), "tau_m"),
        "v_rest": load.bits["v_rest"],
    }


def membrane(load: Loading) -> Derived:
    """Return the constants that a membrane has with and without a leak."""
    bits = load.bits
    held = load.quotient("tau_refrac / timestep", bits["tau_refrac"], load.full(load.tick))
    return {
        "resistance": load.quotient("tau_m / cm", bits["tau_m"], bits["cm"]),
        "v_reset": bits["v_reset"],
        "v_thresh": bits["v_thresh"],
        "refractory_ticks": (held >> 15) + ((held & (ONE - 1)) != 0),
        "i_offset": bits["i_offset"],
    }


def izhikevich(load: Loading) -> Derived:
    """Return the constants of an Izhikevich neuron."""
    return {
        "a": load.bits["a"],
        "b": load.bits["b"],
        "v_reset": load.bits["c"],
        "u_jump": load.bits["d"],
        "v_thresh": load.full(_IZK_THRESHOLD),
        "h_usual": load.full(load.tick),
        "h_after_spike": load.full(int(mul(load.tick, _IZK_LONG_STEP))),
        "i_offset": load.bits["i_offset"],
    }


def exponential(load: Loading, taus: tuple[str, ...]) -> Derived:
    """Return the constants of exponential synapses, one time constant a receptor."""
    made: Derived = {}
    for r, tau in enumerate(taus):
        load.quotient(f"{tau} / timestep", load.bits[tau], load.full(load.tick))
        made[f"decay_{r}"] = load.each(_synaptic_decay, tau)
        made[f"init_{r}"] = load.each(_synaptic_init, tau)
    return made | {"factor": load.full(ONE)}


def delta(load: Loading, taus: tuple[str, ...]) -> Derived:
    """Return the constants of delta synapses."""
    made = {"factor": load.full(kdivk(ONE, load.tick))}
    for r in range(2):
        made |= {f"decay_{r}": load.full(0), f"init_{r}": load.full(_EXACT)}
    return made


def unscaled_delta(load: Loading, taus: tuple[str, ...]) -> Derived:
    """Return the constants of delta synapses whose current is not divided by a tick."""
    return delta(load, taus) | {"factor": load.full(ONE)}


def alpha(load: Loading, taus: tuple[str, ...]) -> Derived:
    """Return the constants of alpha synapses."""
    made: Derived = {}
    for r, tau in enumerate(taus):
        made[f"decay_{r}"] = load.each(_synaptic_decay, tau)
        made[f"gain_{r}"] = load.each(_alpha_gain, tau)
    return made | {"factor": load.full(ONE)}


def reversal(load: Loading) -> Derived:
    """Return the reversal potentials of conductances."""
    return {"e_exc": load.bits["e_rev_E"], "e_inh": load.bits["e_rev_I"]}


def calcium(load: Loading) -> Derived:
    """Return the constants of calcium adaptation."""
    return {
        "calcium_decay": load.each(lambda tick, tau: expk(-kdivk(tick, tau)), "tau_ca2"),
        "calcium_jump": load.bits["i_alpha"],
    }


def gate(load: Loading) -> Derived:
    """Return the constants of an sEMD's synapses."""
    return {"scaling_factor": load.bits["scaling_factor"]}


def soft_threshold(load: Loading) -> Derived:
    """Return the constants of a threshold that is passed by chance, the sooner the higher v is."""
    bits = load.bits
    step = kdivk(load.tick, 10 * ONE)
    return {
        "v_thresh": bits["v_thresh"],
        "per_du": load.quotient("1 / du_th", load.full(ONE), bits["du_th"]),
        "hazard": load.each(lambda _, tau: int(mul(kdivk(ONE, tau), step)), "tau_th"),
        "draws_a_tick": _per_core(load, lambda cells: np.full(len(cells), len(cells))),
    }


def first_draw(load: Loading) -> Derived:
    """Return where each neuron's draws of the tick before the first one would start."""
    places = _per_core(load, lambda cells: np.arange(len(cells)) - len(cells))
    return {"draw_at": places}


def fixed_chance(load: Loading) -> Derived:
    """Return the probability, U0.32, of a spike above the threshold."""
    return {"chance": ((load.bits["p_thresh"] * _MAX) >> 16) & _MAX}


def inverse_gain(load: Loading) -> Derived:
    """Return the constants of StocExp: a probability of 1 / tau without input."""
    return {
        "bias": load.bits["bias"],
        "gain": ((1 << 32) // load.bits["tau"]) & 0xFFFF,
        "refractory_ticks": _ticks(load, "tau"),
    }


def gain(load: Loading) -> Derived:
    """Return the constants of StocExpStable: a probability of tau at v = 0."""
    return {
        "bias": load.bits["bias"],
        "gain": load.bits["tau"],
        "v_reset": load.bits["v_reset"],
        "refractory_ticks": _ticks(load, "tau_refrac"),
    }


def sigma(load: Loading) -> Derived:
    """Return the constants of StocSigma."""
    return {
        "bias": load.bits["bias"],
        "alpha": load.bits["alpha"],
        "refractory_ticks": _ticks(load, "tau_refrac"),
    }


def no_shape(load: Loading, taus: tuple[str, ...]) -> Derived:
    """Return nothing: input is used as it comes."""
    return {}


def _ticks(load: Loading, name: str) -> Ints:
    """Return how many ticks a U16.16 time takes, rounded up."""
    quotient = ((load.bits[name] << 16) // U1616.encode(load.timestep_ms)) & _MAX
    ticks: Ints = (quotient >> 16) + ((quotient & 0xFFFF) != 0)
    return ticks


def _per_core(load: Loading, of: Callable[[range], Ints]) -> Ints:
    """Return a number of draws for each neuron; without cores, one has all of them."""
    cores = load.cores or (range(len(load.full(0))),)
    draws: Ints = np.concatenate([of(cells) for cells in cores]).astype(np.int64) * load.n_steps
    return draws


def _synaptic_decay(tick: int, tau: int) -> int:
    return expulr(-kdivk(tick, tau))


def _synaptic_init(tick: int, tau: int) -> int:
    rest = 0xFFFFFFFF - _synaptic_decay(tick, tau)
    return ((kdivk(tau, tick) * rest) >> 15) & 0xFFFFFFFF


def _alpha_gain(tick: int, tau: int) -> int:
    square = int(mul(tau, tau))
    return kdivk(tick, square) & _ALPHA_GAIN_BITS if square else 0


__all__ = [
    "Loading", "alpha", "calcium", "delta", "exponential", "first_draw", "fixed_chance", "gain",
    "gate", "inverse_gain", "izhikevich", "leaky", "membrane", "no_shape", "reversal", "sigma",
    "soft_threshold", "unscaled_delta",
]  # fmt: skip
