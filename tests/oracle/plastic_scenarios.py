"""Random small cores with plastic synapses, and two ways to run them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kinds import KINDS, encode
from .models import CORE_SEED, MODELS, make_neuron
from .plastic_reference import (
    Amplitudes,
    PlasticSynapse,
    Post,
    Pre,
    Rule,
    exp_table,
    next_trace,
    next_weight,
)
from .scenarios import SATURATED, Scenario, draw_scenario

RULES = {
    ("pair", "additive"): "pair_additive",
    ("pair", "multiplicative"): "pair_multiplicative",
    ("nearest", "additive"): "nearest_pair_additive",
    ("nearest", "multiplicative"): "nearest_pair_multiplicative",
    ("triplet", "additive"): "pfister_triplet_additive",
    ("vogels", "additive"): "vogels_2011_additive",
}
"""Rules of which a program ships for IF_curr_exp, with its name."""

Rows = list[list[PlasticSynapse]]


@dataclass(frozen=True)
class PlasticScenario:
    """A core with static and plastic synapses.

    Attributes
    ----------
    plain : Scenario
        Neurons, static synapses, and the spikes of sources 0 to n, all of them plastic too.
    rule : Rule
    rows : rows of plastic synapses of the same sources
    own : rows of plastic synapses of the core's own neurons
    """

    plain: Scenario
    rule: Rule
    rows: Rows
    own: Rows

    @property
    def binary(self) -> str:
        """Program that runs it."""
        suffix = RULES[self.rule.timing, self.rule.weight]
        return f"{KINDS[self.plain.kind].binary}_stdp_mad_{suffix}"


@dataclass(frozen=True)
class PlasticWords:
    """What a run gave.

    Attributes
    ----------
    records : (n_ticks, n_neurons, n_channels) int array
    spikes : (n_ticks, n_neurons) int array
    weights : list of lists of int
        Of every row, sources first, then the core's own neurons.
    pres : list of Pre
        Of every row.
    n_updates : int
    """

    records: NDArray[np.int64]
    spikes: NDArray[np.int64]
    weights: list[list[int]]
    pres: list[Pre]
    n_updates: int = 0


def draw_rule(timing: str, weight: str, dt_us: int, rng: random.Random, scale: int = 1) -> Rule:
    """Draw a rule whose steps are large enough to reach the bounds."""
    dt_ms = dt_us / 1000
    tables = {name: exp_table(dt_ms, rng.uniform(3, 25)) for name in ("plus", "minus")}
    if timing == "vogels":
        tables["minus"] = tables["plus"]
    tables |= {name: exp_table(dt_ms, rng.uniform(3, 25), 2) for name in ("x", "y")}
    low, high = rng.uniform(0, 0.5), rng.uniform(2, 6)
    steps = [rng.uniform(0, 0.5) for _ in range(4)]
    words = [encode(round(value, 4) * scale, 15) for value in (low, high, *steps)]
    backprop = rng.random() < 0.7
    return Rule(timing, weight, Amplitudes(*words), tables, backprop, rng.randint(0, 800))


def draw_plastic(
    timing: str,
    weight: str,
    dt_us: int,
    seed: int,
    *,
    kind: str = "IF_curr_exp",
    n_steps: int = 1,
    n_ticks: int = 150,
    rate: float = 0.06,
) -> PlasticScenario:
    """Draw a core with a rule, synapses and spikes at random."""
    rng = random.Random(f"{kind} {timing} {weight} {dt_us} {n_steps} {seed}")
    plain = draw_scenario(kind, dt_us, n_steps, seed, n_neurons=6, n_ticks=n_ticks)
    plain.params["i_offset"][:] = [encode(rng.uniform(1, 4), 15) for _ in range(6)]
    rule = draw_rule(timing, weight, dt_us, rng, 1024 if "cond" in kind else 1)

    def row() -> list[PlasticSynapse]:
        return [
            PlasticSynapse(
                post,
                rng.randint(0, 30000),
                rng.randint(1, 15),
                rng.randrange(len(plain.shifts)),
            )
            for post in range(6)
            if rng.random() < 0.7
        ]

    rows = [row() for _ in plain.rows]
    own = [row() for _ in range(6)]
    for tick in plain.spikes:
        plain.spikes[tick][:] = [i for i in range(len(rows)) if rng.random() < rate]
        plain.spikes[tick].extend(rng.sample(plain.spikes[tick], len(plain.spikes[tick]) // 3))
    return PlasticScenario(plain, rule, rows, own)


class Network:
    """The reference network of a scenario, one tick after the other."""

    def __init__(self, s: PlasticScenario) -> None:
        self.s, plain = s, s.plain
        self.rows = [[PlasticSynapse(**vars(y)) for y in row] for row in (*s.rows, *s.own)]
        self.pres = [Pre() for _ in self.rows]
        self.posts = [Post() for _ in range(plain.n_neurons)]
        shape = (plain.n_ticks + plain.max_delay + 1, plain.n_neurons, len(plain.shifts))
        self.ring = np.zeros(shape, np.int64)
        self.n_updates = 0

    def packet(self, tick: int, number: int) -> None:
        """Let a packet of a row's source arrive."""
        static = self.s.plain.rows
        for y in static[number] if number < len(static) else ():
            self._add(tick + y.delay, y.post, y.receptor, y.weight)
        pre, rule = self.pres[number], self.s.rule
        new = next_trace(rule, pre, tick)
        for y in self.rows[number]:
            shift = self.s.plain.shifts[y.receptor]
            lag = y.delay % self.s.plain.max_delay  # as stored
            post = self.posts[y.post]
            y.weight = next_weight(rule, (y.weight, lag), pre, post, tick, new, shift)
            if lag:
                self._add(tick + lag, y.post, y.receptor, y.weight)
            self.n_updates += 1
        self.pres[number] = Pre(tick, new)

    def _add(self, tick: int, post: int, receptor: int, weight: int) -> None:
        at = (tick, post, receptor)
        self.ring[at] = min(self.ring[at] + weight, SATURATED)


def run_plastic_reference(s: PlasticScenario) -> PlasticWords:
    """Run the reference."""
    plain, network = s.plain, Network(s)
    model, n = MODELS[plain.kind], plain.n_neurons
    records = np.zeros((plain.n_ticks, n, len(KINDS[plain.kind].channels)), np.int64)
    spikes = np.zeros((plain.n_ticks, n), np.int64)
    seed = list(CORE_SEED)
    neurons = [
        make_neuron(
            plain.kind, {k: v[i] for k, v in plain.params.items()}, plain.dt_us, plain.n_steps, seed
        )
        for i in range(n)
    ]
    for tick in range(plain.n_ticks):
        for i, neuron in enumerate(neurons):
            pairs = zip(network.ring[tick, i].tolist(), plain.shifts, strict=True)
            model.receive(neuron, [w << shift for w, shift in pairs])
            sample = model.advance(neuron, 0)
            records[tick, i], spikes[tick, i] = sample.recorded, sample.spikes
            for _ in range(sample.spikes):
                network.posts[i].spike(s.rule, tick)
        for source in plain.spikes.get(tick, ()):
            network.packet(tick, source)
        for i in np.repeat(np.arange(n), spikes[tick]):
            network.packet(tick, len(s.rows) + int(i))
    weights = [[y.weight for y in row] for row in network.rows]
    return PlasticWords(records, spikes, weights, network.pres, network.n_updates)


def run_plastic_program(s: PlasticScenario, pauses: Sequence[int] = ()) -> PlasticWords:
    """Run the shipped program, in pieces that end at `pauses`."""
    core = _make_core(s)
    outs: list[Any] = []
    for end in (*pauses, s.plain.n_ticks):
        outs.append(core.run(end - core.time, s.plain.spikes))
    n = s.plain.n_neurons
    sent = np.array([[tick.count(i) for i in range(n)] for out in outs for tick in out.sent])
    channels = KINDS[s.plain.kind].channels
    joined = [np.concatenate([out.records[name] for out in outs]) for name in channels]
    weights, pres = _read_rows(s, outs[-1].rows)
    return PlasticWords(np.stack(joined, axis=2).astype(np.int64), sent, weights, pres)


def _make_core(s: PlasticScenario) -> Any:
    from .neuron_core import SPIKE_KEY, Matrix, NeuronCore
    from .plastic_reference import pack_row
    from .regions import Fields, pack_static_row

    class PlasticCore(NeuronCore):
        def read_ring(self) -> NDArray[np.uint16]:  # a table can be as large as the buffers
            return np.zeros((0, 0, 0), np.uint16)

    plain = s.plain
    fields = Fields(plain.n_neurons, len(plain.shifts), plain.max_delay)
    # One row can hold both: static synapses come after the plastic ones.
    rows = []
    for plastic, static in zip(s.rows, plain.rows, strict=True):
        row, fixed = pack_row(s.rule, plastic, fields), pack_static_row(static, fields)
        at = row[0] + 1
        rows.append([*row[:at], fixed[1], row[at + 1], *fixed[3:], *row[at + 2 :]])
    own = [pack_row(s.rule, row, fields) for row in s.own]
    return PlasticCore(
        plain.kind,
        plain.n_neurons,
        params=plain.params,
        shifts=plain.shifts,
        dt_us=plain.dt_us,
        n_steps=plain.n_steps,
        matrices=[Matrix(0x1000, rows), Matrix(SPIKE_KEY, own)],
        max_delay=plain.max_delay,
        binary=s.binary,
        dynamics=s.rule.pack(len(plain.shifts)),
        n_ticks=plain.n_ticks,
    )


def _read_rows(s: PlasticScenario, matrices: Any) -> tuple[list[list[int]], list[Pre]]:
    from .plastic_reference import read_header, read_weights

    read = [*matrices[0], *matrices[1]]
    rows = [*s.rows, *s.own]
    weights = [read_weights(s.rule, words, len(row)) for words, row in zip(read, rows, strict=True)]
    return weights, [read_header(s.rule, words) for words in read]
