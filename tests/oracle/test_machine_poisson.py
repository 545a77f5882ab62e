"""Poisson trains against the Poisson program of the boards, spike by spike."""

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy_brian2.machine.kiss64 import host_seed
from neurodeploy_brian2.machine.poisson import PoissonCore
from neurodeploy_brian2.machine.rates import Clock, Phase

from .machine_poisson import PoissonProgram

RATES_PER_TICK = (0, 1e-4, 0.004, 0.0099, 0.01, 0.02, 0.3, 1.7, 9.99, 10, 14, 300)


def draw_sources(rng, n, timestep_us, n_phases):
    sources = []
    for _ in range(n):
        rates = rng.choice(RATES_PER_TICK, n_phases) * 1e6 / timestep_us
        rates = rates * rng.uniform(0.9, 1.1, n_phases)
        starts = np.sort(rng.uniform(0, 100, n_phases)) * timestep_us / 1000
        if rng.integers(2):
            starts[0] = 0
        phases = []
        for rate, start in zip(rates.tolist(), starts.tolist(), strict=True):
            forever = bool(rng.integers(2))
            duration = float(rng.uniform(0, 60)) * timestep_us / 1000
            phases.append(Phase(rate, start) if forever else Phase(rate, start, duration))
        sources.append(phases)
    return sources


def triples(counts):
    return list(zip(counts.ticks, counts.sources, counts.numbers, strict=True))


@pytest.mark.parametrize("timestep_us", [1000, 100, 700])
@pytest.mark.parametrize("n_phases", [1, 3])
def test_trains_are_the_core_s(timestep_us, n_phases):
    rng = np.random.default_rng([timestep_us, n_phases])
    seeds, n_spikes = np.random.RandomState(timestep_us + n_phases), 0
    for _ in range(6):
        sources = draw_sources(rng, int(rng.integers(1, 30)), timestep_us, n_phases)
        seed = host_seed(seeds)
        model = PoissonCore(sources, seed, Clock(timestep_us))
        program = PoissonProgram(sources, seed, timestep_us)
        found = program.run(120)
        assert triples(model.run(120)) == found
        n_spikes += sum(number for *_, number in found)
    assert n_spikes > 1000


def test_pause_and_new_rates_are_the_core_s():
    rng, seeds, n_spikes = np.random.default_rng(9), np.random.RandomState(9), 0
    for _ in range(6):
        n = int(rng.integers(5, 30))
        sources = draw_sources(rng, n, 1000, 2)
        seed = host_seed(seeds)
        model = PoissonCore(sources, seed, Clock(1000))
        program = PoissonProgram(sources, seed, 1000)
        assert triples(model.run(40)) == program.run(40)
        model.resume()
        assert triples(model.run(40)) == program.run(40)
        others = draw_sources(rng, n, 1000, 2)
        program.set_phases(others)
        model.resume(others)
        found = program.run(40)
        assert triples(model.run(40)) == found
        n_spikes += sum(number for *_, number in found)
    assert n_spikes > 300


def test_very_fast_rates_are_the_core_s():
    rng, seed = np.random.default_rng(3), host_seed(np.random.RandomState(3))
    rates = np.exp(rng.uniform(np.log(10_000), np.log(65_535_000 / 1000), 400))
    sources = [[Phase(float(rate))] for rate in rates]
    found = PoissonProgram(sources, seed, 1000).run(10)
    assert triples(PoissonCore(sources, seed, Clock(1000)).run(10)) == found
    assert len(found) > 3900


def test_a_reset_repeats_the_train():
    seed = host_seed(np.random.RandomState(4))
    sources = [[Phase(rate)] for rate in (5, 20, 300, 3000, 12000, 0, 7)]
    model, program = PoissonCore(sources, seed, Clock(1000)), PoissonProgram(sources, seed, 1000)
    first = program.run(50)
    program.tick = 0
    again = program.run(50)
    assert triples(model.run(50)) == first
    model.reset()
    assert triples(model.run(50)) == again == first
    assert len(first) > 100
