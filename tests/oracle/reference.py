"""The neuron kinds in plain integers, one neuron at a time, as docs/numerics.md writes them.

A neuron is a dict of words with the names of `kinds.KINDS`; state changes in place. Made for
comparison with the programs and with the emulator, not for speed. `models` puts the parts together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .arithmetic import (
    ONE,
    UNSIGNED,
    decay,
    divide,
    divide_by,
    exp_factor,
    exp_word,
    kiss64,
    mul,
    validate_seed,
    wrap,
)
from .kinds import SEEDS

Words = dict[str, int]
SATURATION = 26214  # 0.8


@dataclass
class Sample:
    """What one neuron did in one tick: recorded words, and the steps of the tick that spiked."""

    recorded: tuple[int, ...]
    spikes: int


@dataclass
class Neuron:
    """One neuron: its words, and what is derived from them at load.

    Attributes
    ----------
    words : dict of str to int
        Parameters and state.
    ts : int
        Length of a step, S16.15 ms.
    derived : dict of str to int
        Constants, and state that is not written back.
    seed, core_seed : list of int
        State of the neuron's own random numbers, and of those that the core's neurons share.
    """

    words: Words
    dt: int
    n_steps: int
    derived: Words = field(default_factory=dict)
    seed: list[int] = field(default_factory=list)
    core_seed: list[int] = field(default_factory=list)

    @property
    def ts(self) -> int:
        return divide_by(self.dt, self.n_steps)


# Synapses ------------------------------------------------------------------------------------


def load_exponential(n: Neuron, names: Sequence[tuple[str, str]]) -> None:
    """Decay factor and the share of a weight that is added, per synapse type."""
    for tau, x in names:
        d = exp_factor(-divide(n.ts, n.words[tau]))
        n.derived[f"decay_{x}"] = d
        n.derived[f"init_{x}"] = divide(n.words[tau], n.ts) * (UNSIGNED - d) >> 15 & UNSIGNED


TWO = (("tau_syn_E", "isyn_exc"), ("tau_syn_I", "isyn_inh"))
THREE = (TWO[0], ("tau_syn_E2", "isyn_exc2"), TWO[1])


class Exponential:
    """Exponential synapses; the last type inhibits, the others excite."""

    names: Sequence[tuple[str, str]] = TWO

    def load(self, n: Neuron) -> None:
        load_exponential(n, self.names)

    def add(self, n: Neuron, receptor: int, value: int) -> None:
        x = self.names[receptor][1]
        n.words[x] = wrap(n.words[x] + decay(value, n.derived[f"init_{x}"]))

    def shape(self, n: Neuron) -> None:
        for _tau, x in self.names:
            n.words[x] = decay(n.words[x], n.derived[f"decay_{x}"])

    def excitatory(self, n: Neuron) -> list[int]:
        return [n.words[x] for _tau, x in self.names[:-1]]

    def inhibitory(self, n: Neuron) -> list[int]:
        return [n.words[self.names[-1][1]]]


class Dual(Exponential):
    """Two excitatory types and an inhibitory one."""

    names = THREE


class Delta(Exponential):
    """Input that lasts one step."""

    def load(self, n: Neuron) -> None:
        pass

    def add(self, n: Neuron, receptor: int, value: int) -> None:
        x = self.names[receptor][1]
        n.words[x] = wrap(n.words[x] + value)

    def shape(self, n: Neuron) -> None:
        for _tau, x in self.names:
            n.words[x] = 0


class Semd(Exponential):
    """The second excitatory type's output, times what the first was when the second began."""

    names = THREE
    LEAST = 32  # 0.001

    def excitatory(self, n: Neuron) -> list[int]:
        w = n.words
        second = w["isyn_exc2"]
        if second < self.LEAST:
            w["multiplicator"] = 0
        elif w["multiplicator"] == 0 and w["exc2_old"] == 0:
            w["multiplicator"] = w["isyn_exc"]
        w["exc2_old"] = second
        return [0, mul(mul(second, w["scaling_factor"]), w["multiplicator"])]


class Alpha:
    """Alpha-shaped synapses."""

    names = (
        ("exc_response", "exc_exp_response", "q_exc", "tau_syn_E"),
        ("inh_response", "inh_exp_response", "q_inh", "tau_syn_I"),
    )

    def load(self, n: Neuron) -> None:
        for lin, _exp, _q, tau in self.names:
            t = n.words[tau]
            n.derived[f"decay_{lin}"] = exp_factor(-divide(n.ts, t))
            n.derived[f"gain_{lin}"] = divide(n.ts, mul(t, t)) & 0x7FFF

    def add(self, n: Neuron, receptor: int, value: int) -> None:
        lin, exp, q, _tau = self.names[receptor]
        if value <= 0:
            return
        w = n.words
        w[q] = value
        w[exp] = wrap(decay(w[exp], n.derived[f"decay_{lin}"]) + ONE)
        grown = wrap(w[lin] + mul(value, n.derived[f"gain_{lin}"]))
        w[lin] = mul(grown, ONE - divide(ONE, w[exp]))

    def shape(self, n: Neuron) -> None:
        w = n.words
        for lin, exp, q, _tau in self.names:
            w[lin] = wrap(w[lin] + mul(w[q], n.derived[f"gain_{lin}"]))
            w[exp] = decay(w[exp], n.derived[f"decay_{lin}"])

    def excitatory(self, n: Neuron) -> list[int]:
        return [mul(n.words["exc_response"], n.words["exc_exp_response"])]

    def inhibitory(self, n: Neuron) -> list[int]:
        return [mul(n.words["inh_response"], n.words["inh_exp_response"])]


# Inputs --------------------------------------------------------------------------------------


class Current:
    """The synapses' output is a current."""

    def load(self, n: Neuron) -> None:
        pass

    def value(self, x: int) -> int:
        return x

    def excitatory(self, n: Neuron, values: Sequence[int], _v: int) -> int:
        return sum(values)

    def inhibitory(self, n: Neuron, values: Sequence[int], _v: int) -> int:
        return sum(values)


class DeltaInput(Current):
    """The synapses' output is a charge: divided by the step."""

    def load(self, n: Neuron) -> None:
        n.derived["per_step"] = divide(ONE, n.ts)

    def excitatory(self, n: Neuron, values: Sequence[int], _v: int) -> int:
        return sum(mul(x, n.derived["per_step"]) for x in values)

    inhibitory = excitatory


class Conductance(Current):
    """The synapses' output is a conductance, weights having been multiplied by 1024."""

    def value(self, x: int) -> int:
        return x >> 10

    def excitatory(self, n: Neuron, values: Sequence[int], v: int) -> int:
        return sum(mul(x, wrap(n.words["e_rev_E"] - v)) for x in values)

    def inhibitory(self, n: Neuron, values: Sequence[int], v: int) -> int:
        return sum(mul(wrap(-x), wrap(n.words["e_rev_I"] - v)) for x in values)


# Membranes -----------------------------------------------------------------------------------


def load_refractory(n: Neuron) -> None:
    """Input resistance and refractory steps."""
    n.derived["R"] = divide(n.words["tau_m"], n.words["cm"])
    q = divide(n.words["tau_refrac"], n.ts)
    n.derived["T"] = (q >> 15) + (1 if q & 0x7FFF else 0)


class Lif:
    """Leaky integrate and fire."""

    def load(self, n: Neuron) -> None:
        load_refractory(n)
        n.derived["E"] = exp_word(-divide(n.ts, n.words["tau_m"]))

    def update(self, n: Neuron, current: int) -> None:
        w = n.words
        if w["refract_timer"] > 0:
            w["refract_timer"] -= 1
            return
        self.integrate(n, wrap(current + w["i_offset"]))

    def integrate(self, n: Neuron, current: int) -> None:
        w = n.words
        alpha = wrap(mul(current, n.derived["R"]) + w["v_rest"])
        w["v"] = wrap(alpha - mul(n.derived["E"], wrap(alpha - w["v"])))

    def reset(self, n: Neuron) -> None:
        n.words["v"] = n.words["v_reset"]
        n.words["refract_timer"] = n.derived["T"]


class Truncated(Lif):
    """Integrate and fire without leak, never below the reset voltage."""

    def load(self, n: Neuron) -> None:
        load_refractory(n)

    def integrate(self, n: Neuron, current: int) -> None:
        w = n.words
        w["v"] = max(wrap(mul(current, n.derived["R"]) + w["v"]), w["v_reset"])


class Izhikevich:
    """Izhikevich neuron: one second-order step, longer after a spike."""

    M, HALF, FIVE, C140, LONGER = 1311, 0x4000, 5 << 15, 140 << 15, 60620

    def load(self, n: Neuron) -> None:
        n.derived["h0"] = n.ts

    def update(self, n: Neuron, current: int) -> None:
        w = n.words
        v, u, h = w["v"], w["u"], w["next_h"]
        pre = wrap(self.C140 + current + w["i_offset"] - u)
        al = wrap(pre + mul(wrap(self.FIVE + mul(self.M, v)), v))
        eta = wrap(v + mul(mul(h, al), self.HALF))
        ah = mul(w["a"], h)
        beta = mul(mul(wrap(mul(w["b"], v) - u), ah), self.HALF)
        slope = mul(wrap(self.FIVE + mul(self.M, eta)), eta)
        w["v"] = wrap(v + mul(h, wrap(pre - beta + slope)))
        w["u"] = wrap(u + mul(ah, wrap(mul(w["b"], eta) - u - beta)))
        w["next_h"] = n.derived["h0"]

    def reset(self, n: Neuron) -> None:
        w = n.words
        w["v"] = w["c"]
        w["u"] = wrap(w["u"] + w["d"])
        w["next_h"] = mul(n.derived["h0"], self.LONGER)


# Thresholds and further inputs ---------------------------------------------------------------


def over(n: Neuron) -> bool:
    """Fixed threshold."""
    return n.words["v"] >= n.words["v_thresh"]


def over_by_chance(n: Neuron) -> bool:
    """Fixed threshold, above which a spike has a fixed probability."""
    if not over(n):
        return False
    return kiss64(n.seed) < n.derived["chance"]


def load_chance(n: Neuron) -> None:
    """Seed and probability of the fixed-probability threshold."""
    n.seed[:] = validate_seed([n.words[s] & UNSIGNED for s in SEEDS])
    n.derived["chance"] = (n.words["p_thresh"] & UNSIGNED) * UNSIGNED >> 16 & UNSIGNED


def load_soft(n: Neuron) -> None:
    """Constants of the soft threshold."""
    n.derived["per_du"] = divide(ONE, n.words["du_th"])
    n.derived["per_tau"] = divide(ONE, n.words["tau_th"])
    n.derived["step"] = divide(n.ts, 10 << 15)


def over_softly(n: Neuron) -> bool:
    """Soft threshold; every look at it takes a number from the core's generator."""
    r = kiss64(n.core_seed) & 0xFFFF
    excess = mul(wrap(n.words["v"] - n.words["v_thresh"]), n.derived["per_du"])
    chance = SATURATION
    if excess < 5 << 15:
        arg = mul(mul(n.derived["per_tau"], n.derived["step"]), exp_word(excess))
        chance = mul(wrap(ONE - exp_word(arg)), SATURATION) & 0x7FFFFFFF
    return chance >= r >> 1


def nothing(n: Neuron) -> int:
    """No further input."""
    return 0


def ca2(n: Neuron) -> int:
    """Calcium current, which decays before it is used."""
    c = exp_word(-divide(n.ts, n.words["tau_ca2"]))
    n.words["i_ca2"] = mul(n.words["i_ca2"], c)
    return -n.words["i_ca2"]


def ca2_spike(n: Neuron) -> None:
    """A spike makes the calcium current grow."""
    n.words["i_ca2"] = wrap(n.words["i_ca2"] + n.words["i_alpha"])


def ignore(n: Neuron) -> None:
    """Nothing happens on a spike."""


@dataclass(frozen=True)
class Model:
    """A neuron kind as the sum of its parts."""

    synapse: Exponential | Alpha
    input: Current
    membrane: Lif | Izhikevich
    threshold: Callable[[Neuron], bool] = over
    load_threshold: Callable[[Neuron], None] = ignore
    further: Callable[[Neuron], int] = nothing
    on_spike: Callable[[Neuron], None] = ignore

    def load(self, n: Neuron) -> None:
        """Derive the constants, as the program does at each start."""
        for part in (self.synapse, self.input, self.membrane):
            part.load(n)
        self.load_threshold(n)

    def reload(self, n: Neuron) -> None:
        """Go on after a pause: the constants are derived again."""
        for i, value in enumerate(n.seed):
            n.words[SEEDS[i]] = value
        self.load(n)

    def step(self, n: Neuron, source: int) -> tuple[tuple[int, ...], bool]:
        """One step: recorded words, and whether the neuron spiked."""
        v = n.words["v"]
        exc = [self.input.value(x) for x in self.synapse.excitatory(n)]
        inh = [self.input.value(x) for x in self.synapse.inhibitory(n)]
        recorded = (v, wrap(sum(exc)), wrap(sum(inh)))
        current = self.input.excitatory(n, exc, v) - self.input.inhibitory(n, inh, v)
        self.membrane.update(n, wrap(current + self.further(n) + source))
        spiked = self.threshold(n)
        if spiked:
            self.membrane.reset(n)
            self.on_spike(n)
        self.synapse.shape(n)
        return recorded, spiked

    def receive(self, n: Neuron, inputs: Sequence[int]) -> None:
        """Take what came out of the ring buffers for a tick, already shifted."""
        for receptor, value in enumerate(inputs):
            if value:
                self.synapse.add(n, receptor, wrap(value))

    def advance(self, n: Neuron, source: int = 0) -> Sample:
        """Make the steps of one tick; `source` is the current of the current sources."""
        steps = [self.step(n, source) for _ in range(n.n_steps)]
        return Sample(steps[0][0], sum(spiked for _recorded, spiked in steps))
