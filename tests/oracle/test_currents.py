"""Current sources: what the shipped program adds to a neuron's input, step by step."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy_brian2.machine.variates import normal_table

from .arithmetic import ONE, wrap
from .currents import Ac, Dc, Noisy, Source, Step, pack_currents
from .neuron_core import NeuronCore

LEAST, MOST = -(1 << 31), (1 << 31) - 1
SUM_OF_INPUT = {"v": 0, "cm": ONE, "tau_m": ONE, "v_reset": LEAST, "v_thresh": MOST}
N_NEURONS = 4
TARGETS = [[0, 1], [1, 2], [0, 3], [2, 3], [2], [3]]


def draw_sources(seed: int) -> list[Source]:
    """Draw sources of every kind, with their first state."""
    rng = random.Random(seed)

    def word(most: int) -> int:
        return rng.randint(-most, most)

    noise = [rng.getrandbits(32) for _ in range(4)]
    return [
        Dc(word(99999), 3, 40),
        Ac(5, 180, word(70000), word(20000), rng.randint(0, 40000), word(200000)),
        Step([0, 0, 3, 4, 50], [word(9999) for _ in range(5)]),
        Noisy(word(9999), rng.randint(1, 30000), 2, 150, noise, normal_table().tolist()),
        Step([7, 7, 7, 9], [word(9999) for _ in range(4)]),
        Ac(0, 1000, ONE, 0, 1000, 0),
    ]


def expected(
    make: Callable[[], list[Source]], n_steps: int, runs: tuple[int, ...]
) -> NDArray[np.int64]:
    """Return what is added per tick, (n_ticks - 1, n_neurons); each run starts afresh."""
    added = np.zeros((sum(runs) - 1, N_NEURONS), np.int64)
    first = 0
    for n_ticks in runs:
        sources = make()
        order = sorted(range(len(sources)), key=lambda i: sources[i].number)
        for tick in range(first, min(first + n_ticks, len(added))):
            for neuron in range(N_NEURONS):
                for _step in range(n_steps):
                    mine = [sources[i].offset(tick) for i in order if neuron in TARGETS[i]]
                    added[tick, neuron] += wrap(sum(mine))
        first += n_ticks
    return added


@pytest.mark.parametrize("n_steps", [1, 2])
@pytest.mark.parametrize("runs", [(160,), (60, 80)])
@pytest.mark.parametrize("seed", [1, 2])
def test_sources_together(seed: int, runs: tuple[int, ...], n_steps: int) -> None:
    region = pack_currents(draw_sources(seed), TARGETS, N_NEURONS)
    core = NeuronCore(
        "IF_trunc_delta",
        N_NEURONS,
        params=SUM_OF_INPUT,
        shifts=(0, 0),
        currents=region,
        n_steps=n_steps,
    )
    v = np.concatenate([core.run(n_ticks).v for n_ticks in runs]).astype(np.int64)
    want = expected(lambda: draw_sources(seed), n_steps, runs)
    np.testing.assert_array_equal(np.diff(v, axis=0), want)


@pytest.mark.parametrize("start", [0, 65000, 400000])
def test_sine_waves(start: int) -> None:
    rng = random.Random(start)
    waves = [
        Ac(max(0, start + rng.choice([0, 20, -30])), MOST, ONE, 0, frequency, phase)
        for frequency, phase in [
            (rng.randrange(1, top), rng.randrange(-most, most))
            for top, most in ((3000, 4096), (20000, 1 << 18), (30000, 1 << 27))
            for _again in range(3)
        ]
    ]
    n = len(waves)
    region = pack_currents(waves, [[i] for i in range(n)], n)
    core = NeuronCore("IF_trunc_delta", n, params=SUM_OF_INPUT, shifts=(0, 0), currents=region)
    core.time = start
    v = core.run(1000).v.astype(np.int64)
    want = [[wave.offset(tick) for wave in waves] for tick in range(start, start + 999)]
    np.testing.assert_array_equal(np.diff(v, axis=0), want)


@pytest.mark.parametrize("kind", ["stoc_exp", "stoc_exp_stable", "stoc_sigma"])
def test_no_effect_on_the_stochastic_kinds(kind: str) -> None:
    region = pack_currents([Dc(ONE, 0, 100)], [[0]], 1)
    params = {"tau": 1 << 16, "tau_refrac": 1 << 16, "alpha": ONE}
    core = NeuronCore(kind, 1, params=params, shifts=(0, 0), currents=region)
    assert not core.run(5).v.any()
