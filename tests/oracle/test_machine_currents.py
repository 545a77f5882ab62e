"""Injected currents against a neuron program of the boards, word by word.

The neurons forget everything in a step (E = 0) and have resistance 1, so that the voltage recorded
at tick t + 1 is the current of tick t.
"""

from math import pi

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy.target.fixed_point import encode_s1615
from neurodeploy_brian2.machine.current_sources import (
    Alternating,
    Direct,
    Noisy,
    Steps,
    Window,
    summed,
)
from neurodeploy_brian2.machine.kiss64 import host_seed

from .kinds import KINDS, to_words
from .neuron_core import NeuronCore
from .regions import words

N_NEURONS = 4
SMALL = 1 / 64
NEURON = {
    **{"v": 0.0, "v_rest": 0.0, "cm": SMALL, "tau_m": SMALL, "i_offset": 0.0, "v_reset": 0.0},
    **{"tau_refrac": 0.0, "refract_timer": 0, "v_thresh": 60000.0},
    **{"tau_syn_E": 5.0, "isyn_exc": 0.0, "tau_syn_I": 5.0, "isyn_inh": 0.0},
}


def source_words(source):
    """Number of the kind and the words, in the order in which the host writes them."""
    if isinstance(source, Direct):
        window = [source.window.start, source.window.stop]
        return 1, [encode_s1615(source.amplitude_nA), *window]
    if isinstance(source, Alternating):
        numbers = [source.amplitude_nA, source.offset_nA]
        numbers += [source.frequency_Hz * 2 * pi / 1000.0, source.phase_degrees * (pi / 180.0)]
        return 2, [source.window.start, source.window.stop, *map(encode_s1615, numbers)]
    if isinstance(source, Steps):
        n = len(source.ticks)
        return 3, [n, *source.ticks, n, *map(encode_s1615, source.amplitudes_nA)]
    head = [encode_s1615(source.mean_nA), encode_s1615(source.deviation_nA)]
    return 4, [*head, source.window.start, source.window.stop, 1 << 15, *source.seed]


def pack(injected):
    """Region of sources, each with the neurons that have it."""
    numbered = sorted(((*source_words(s), who) for s, who in injected), key=lambda entry: entry[0])
    lists, counts, data = [[] for _ in range(N_NEURONS)], [0] * 5, []
    for number, content, who in numbered:
        for neuron in who:
            lists[neuron] += [number, counts[number]]
        counts[number] += 1
        data += content
    heads = [word for entry in lists for word in (len(entry) // 2, *entry)]
    return words([len(numbered), *heads, *counts[1:], *data])


def make_core(injected, n_steps=1):
    params = to_words(KINDS["IF_curr_exp"], NEURON)
    return NeuronCore(
        "IF_curr_exp",
        N_NEURONS,
        params=params,
        shifts=(0, 0),
        n_steps=n_steps,
        currents=pack(injected),
    )


def currents_of(core, n_ticks):
    """Currents of a run: voltages recorded one tick later, the last one from the state."""
    out = core.run(n_ticks)
    return np.vstack((out.v[1:], np.array([out.state["v"]], np.int32)))


def model(injected, first_tick, n_ticks, n_steps=1):
    total = np.zeros((n_ticks, N_NEURONS), np.int32)
    for source, who in injected:
        if isinstance(source, Steps | Noisy):
            wave = source.wave(first_tick, n_ticks, len(who), n_steps)[n_steps - 1 :: n_steps]
        else:
            wave = np.repeat(source.wave(first_tick, n_ticks)[:, None], len(who), 1)
        total[:, who] = summed([total[:, who], wave])
    return total


def draw_sources(rng):
    window = Window(*sorted(int(v) for v in rng.integers(0, 260, 2)))
    amplitude, offset = (float(v) for v in rng.uniform(-9, 9, 2))
    frequency, phase = float(rng.uniform(0, 2000)), float(rng.uniform(-720, 720))
    n_steps = int(rng.integers(1, 12))
    ticks = tuple(sorted(int(v) for v in rng.integers(0, 240, n_steps)))
    amplitudes = tuple(float(v) for v in rng.uniform(-5, 5, n_steps))
    seed = host_seed(np.random.RandomState(int(rng.integers(1 << 30))))
    return (
        Direct(amplitude, window),
        Alternating(amplitude, offset, frequency, phase, window),
        Steps(ticks, amplitudes),
        Noisy(offset, abs(amplitude), seed, window),
    )


@pytest.mark.parametrize("n_steps", [1, 2])
def test_all_sources_and_their_sums(n_steps):
    rng = np.random.default_rng(n_steps)
    n_words = 0
    for trial in range(10):
        sources = draw_sources(rng) + draw_sources(rng) if trial % 2 else draw_sources(rng)
        injected = []
        for source in sources:
            size = int(rng.integers(1, N_NEURONS + 1))
            injected.append((source, sorted(rng.permutation(N_NEURONS)[:size].tolist())))
        core = make_core(injected, n_steps)
        for _ in range(2):  # the second run starts the sources afresh
            expected = model(injected, core.time, 150, n_steps)
            found = currents_of(core, 150)
            np.testing.assert_array_equal(expected, found)
            n_words += found.size
    assert n_words == 12_000


def test_sine_turns_over_at_its_peak():
    source = Alternating(1.0, 0.0, 3.7, 0.0, Window(0, 1000))
    found = currents_of(make_core([(source, [0])]), 1000)[:, 0]
    np.testing.assert_array_equal(source.wave(0, 1000), found)
    true = np.sin(3.7 * 2 * pi / 1000 * np.arange(1000))
    assert np.abs(found / 32768 - true).max() > 1.9
