"""Random small cores, and both ways to run them: the program itself and the reference."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kinds import KINDS, SEEDS, to_words
from .models import CORE_SEED, MODELS, make_neuron
from .neuron_core import SPIKE_KEY, Matrix, NeuronCore, Synapse, pack_static_row
from .regions import Fields

SATURATED = 0xFFFF


@dataclass(frozen=True)
class Scenario:
    """A core with static synapses and what its sources send.

    Attributes
    ----------
    params : dict of str to list of int
        Words, one per neuron.
    rows : list of list of Synapse
        Per source.
    spikes : dict of int to list of int
        Sources that send in a tick.
    recurrent : tuple of list of Synapse
        Per neuron, or nothing.
    """

    kind: str
    dt_us: int
    n_steps: int
    params: dict[str, list[int]]
    shifts: list[int]
    rows: list[list[Synapse]]
    spikes: dict[int, list[int]]
    n_ticks: int
    max_delay: int = 16
    recurrent: tuple[list[Synapse], ...] = ()

    @property
    def n_neurons(self) -> int:
        """Neurons on the core."""
        return len(next(iter(self.params.values())))


@dataclass(frozen=True)
class Words:
    """Recorded words and spikes.

    Attributes
    ----------
    records : (n_ticks, n_neurons, n_channels) int array
    spikes : (n_ticks, n_neurons) int array
        Packets sent.
    """

    records: NDArray[np.int64]
    spikes: NDArray[np.int64]


def make_core(s: Scenario, **more: Any) -> NeuronCore:
    """Build the core of a scenario."""
    kind = KINDS[s.kind]
    fields = Fields(s.n_neurons, kind.n_types, s.max_delay)
    matrices = [Matrix(0x1000, [pack_static_row(row, fields) for row in s.rows])]
    if s.recurrent:
        own = [pack_static_row(row, fields) for row in s.recurrent]
        matrices.append(Matrix(SPIKE_KEY, own))
    return NeuronCore(
        s.kind,
        s.n_neurons,
        params=s.params,
        shifts=s.shifts,
        dt_us=s.dt_us,
        n_steps=s.n_steps,
        matrices=matrices,
        max_delay=s.max_delay,
        n_ticks=s.n_ticks,
        **more,
    )


def run_program(s: Scenario, pauses: Sequence[int] = (), **more: Any) -> Words:
    """Run the shipped program, in pieces that end at `pauses`."""
    core = make_core(s, **more)
    outs = []
    for end in (*pauses, s.n_ticks):
        outs.append(core.run(end - core.time, s.spikes))
    sent = np.array([[tick.count(i) for i in range(s.n_neurons)] for o in outs for tick in o.sent])
    if not np.array_equal(sent > 0, np.concatenate([o.spikes for o in outs])):
        raise AssertionError("recorded spikes are not the packets sent")
    joined = [np.concatenate([o.records[name] for o in outs]) for name in KINDS[s.kind].channels]
    return Words(np.stack(joined, axis=2).astype(np.int64), sent)


class Ring:
    """What the ring buffers hold when they are emptied, per (tick, neuron, receptor)."""

    def __init__(self, s: Scenario) -> None:
        n_types = KINDS[s.kind].n_types
        shape = (s.n_ticks + s.max_delay + 1, s.n_neurons, n_types)
        self.words = np.zeros(shape, np.int64)
        for tick in sorted(s.spikes):
            for source in s.spikes[tick]:
                self.add(tick, s.rows[source])

    def add(self, tick: int, row: Sequence[Synapse]) -> None:
        """Let a row arrive."""
        for y in row:
            at = (tick + y.delay, y.post, y.receptor)
            self.words[at] = min(self.words[at] + y.weight, SATURATED)


def run_reference(
    s: Scenario, pauses: Sequence[int] = (), waves: Sequence[Sequence[int]] | None = None
) -> Words:
    """Run the reference, in pieces that end at `pauses`."""
    model = MODELS[s.kind]
    ring = Ring(s)
    records = np.zeros((s.n_ticks, s.n_neurons, len(KINDS[s.kind].channels)), np.int64)
    spikes = np.zeros((s.n_ticks, s.n_neurons), np.int64)
    seed = list(CORE_SEED)
    neurons = [
        make_neuron(s.kind, {n: v[i] for n, v in s.params.items()}, s.dt_us, s.n_steps, seed)
        for i in range(s.n_neurons)
    ]
    for tick in range(s.n_ticks):
        for i, neuron in enumerate(neurons):
            values = zip(ring.words[tick, i].tolist(), s.shifts, strict=True)
            model.receive(neuron, [w << shift for w, shift in values])
            if tick in pauses:  # the slot was emptied before the pause
                model.reload(neuron)
            sample = model.advance(neuron, waves[i][tick] if waves else 0)
            records[tick, i] = sample.recorded
            spikes[tick, i] = sample.spikes
        for i, row in enumerate(s.recurrent):
            for _packet in range(spikes[tick, i]):
                ring.add(tick, row)
    return Words(records, spikes)


Ranges = Mapping[str, tuple[float, float]]
LIF_RANGES: Ranges = {
    "v": (-80, -40),
    "v_rest": (-80, -50),
    "cm": (0.1, 3),
    "tau_m": (2, 50),
    "i_offset": (-0.5, 2),
    "v_reset": (-90, -55),
    "v_thresh": (-56, -45),
    "tau_refrac": (0, 5),
}
SYNAPSE_RANGES: Ranges = {
    "tau_syn_E": (0.3, 20),
    "tau_syn_E2": (0.3, 20),
    "tau_syn_I": (0.3, 20),
    "isyn_exc": (-1, 1),
    "isyn_exc2": (-1, 1),
    "isyn_inh": (-1, 1),
    "e_rev_E": (-20, 20),
    "e_rev_I": (-90, -60),
    "tau_ca2": (5, 100),
    "i_ca2": (0, 1),
    "i_alpha": (0, 0.5),
}
OTHER_RANGES: Ranges = {
    "du_th": (0.2, 3),
    "tau_th": (1, 40),
    "p_thresh": (0, 1),
    "multiplicator": (0, 2),
    "exc2_old": (0, 1),
    "scaling_factor": (0.1, 3),
}
IZH_RANGES: Ranges = {
    "a": (0.01, 0.2),
    "b": (0.1, 0.3),
    "c": (-70, -45),
    "d": (0.5, 10),
    "v": (-75, -60),
    "u": (-20, -10),
    "i_offset": (-5, 15),
    "v_thresh": (30, 30),
}
TRUNC_RANGES: Ranges = {
    "v": (0, 1),
    "v_reset": (-1, 0),
    "v_thresh": (1, 5),
    "i_offset": (-0.2, 0.5),
}


SPECIAL_RANGES: dict[str, Ranges] = {
    "IF_trunc_delta": TRUNC_RANGES,
    "IF_cond_exp_stoc": {"v_thresh": (-60, -50)},
}
STOC_RANGES: Ranges = {
    "v_init": (-8, 0),
    "v_reset": (-9, -4),
    "tau": (0.02, 20),
    "alpha": (-2, 3),
    "tau_refrac": (1, 5),
    "bias": (-5, 4),
    "refract_init": (0, 3),
}
SEED_RANGES: Ranges = {name: (0, 0xFFFFFFFF) for name in SEEDS}


WILD = {
    *("v", "v_rest", "v_reset", "v_thresh", "i_offset", "e_rev_E", "e_rev_I"),
    *("isyn_exc", "isyn_exc2", "isyn_inh", "i_ca2", "i_alpha"),
    *("multiplicator", "exc2_old", "scaling_factor", "v_init", "bias", "alpha"),
    *("a", "b", "c", "d", "u"),
}


def ranges_of(kind: str) -> Ranges:
    """Ranges from which the parameters of a kind are drawn."""
    own = IZH_RANGES if kind.startswith("IZK") else LIF_RANGES
    shared = {**SYNAPSE_RANGES, **OTHER_RANGES, **SEED_RANGES}
    ranges = {**shared, **own, **SPECIAL_RANGES.get(kind, {})}
    if kind.startswith("stoc"):
        ranges = {**STOC_RANGES, **SEED_RANGES}
    names = {name for fields in KINDS[kind].structs for name in fields}
    return {name: ends for name, ends in ranges.items() if name in names}


def draw_wild(kind: str, dt_us: int, n_steps: int, seed: int) -> Scenario:
    """Draw a core whose state and weights leave every range, so that words wrap."""
    plain = draw_scenario(kind, dt_us, n_steps, seed)
    rng = random.Random(f"wild {kind} {dt_us} {n_steps} {seed}")
    params = {name: list(values) for name, values in plain.params.items()}
    for name in set(params) & WILD:
        bits = rng.choice((18, 24, 31))
        params[name] = [rng.randrange(-(1 << bits), 1 << bits) for _ in params[name]]
    shifts = [rng.randint(0, 15) for _ in plain.shifts]
    return replace(plain, params=params, shifts=shifts)


def draw_recurrent(kind: str, dt_us: int, n_steps: int, seed: int) -> Scenario:
    """Draw a core whose neurons excite and inhibit each other."""
    plain = draw_scenario(kind, dt_us, n_steps, seed)
    rng = random.Random(f"recurrent {kind} {dt_us} {n_steps} {seed}")
    rows = tuple(
        [
            Synapse(
                post, rng.randint(1, 20000), rng.randint(1, 16), rng.randrange(len(plain.shifts))
            )
            for post in range(plain.n_neurons)
            if rng.random() < 0.5
        ]
        for _ in range(plain.n_neurons)
    )
    return replace(plain, recurrent=rows)


def draw_scenario(
    kind: str,
    dt_us: int,
    n_steps: int,
    seed: int,
    *,
    n_neurons: int = 8,
    n_ticks: int = 150,
) -> Scenario:
    """Draw a core with parameters, synapses and spikes at random."""
    rng = random.Random(f"{kind} {dt_us} {n_steps} {seed}")
    drawn = {
        name: [round(rng.uniform(*ends), 4) for _ in range(n_neurons)]
        for name, ends in ranges_of(kind).items()
    }
    n_types = KINDS[kind].n_types
    shift = 7 if "cond" in kind else 3
    shifts = [max(0, shift + rng.randint(-2, 1)) for _ in range(n_types)]
    rows = [
        [
            Synapse(post, rng.randint(1, 30000), rng.randint(1, 16), rng.randrange(n_types))
            for post in range(n_neurons)
            if rng.random() < 0.7
        ]
        for _ in range(6)
    ]
    spikes = {t: [i for i in range(6) if rng.random() < 0.06] for t in range(n_ticks)}
    params = to_words(KINDS[kind], drawn)
    return Scenario(kind, dt_us, n_steps, params, shifts, rows, spikes, n_ticks)
