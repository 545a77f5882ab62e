"""Samples in one run are what they are alone, in any order and in any number of lanes."""

from dataclasses import replace

import numpy as np
import pytest
from board_reference import Net, Pop, Proj, simulate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_networks import assert_same, build, make_net, run

from neurodeploy.api import InputError
from neurodeploy_brian2.brian2_engine import execute
from neurodeploy_brian2.carry import unfold_sources
from neurodeploy_brian2.lanes import Lanes, lay_out
from neurodeploy_brian2.mapping import Network, make_plan, source_input

TICKS = 9


def plan_of(net, sample_ticks):
    sim, _ = build(net, sample_ticks=sample_ticks)
    network = Network(tuple(sim.populations), tuple(sim.projections), sim.timestep_us)
    return make_plan(network, source_input(network, net.n_ticks), net.n_ticks, sample_ticks)


def same(a, b):
    np.testing.assert_array_equal(a.spike_tick, b.spike_tick)
    np.testing.assert_array_equal(a.spike_index, b.spike_index)
    np.testing.assert_array_equal(a.saturated, b.saturated)
    for name in a.watched:
        np.testing.assert_array_equal(a.watched[name], b.watched[name])


def with_spikes(net, trains, n_ticks):
    return Net(net.dt_us, n_ticks, net.pops, net.projs, {0: trains})


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_samples_do_not_see_each_other(seed, heavy):
    net = make_net(seed, 1000, 5 * TICKS, heavy=heavy, sample_ticks=TICKS)
    assert_same(run(net, sample_ticks=TICKS), simulate(net, sample_ticks=TICKS))


@pytest.mark.parametrize("seed", [4, 7])
def test_lanes_change_nothing(seed):
    plan = plan_of(make_net(seed, 1000, 7 * TICKS, heavy=True, sample_ticks=TICKS), TICKS)
    one = execute(plan, n_lanes=1)
    assert len(one.spike_tick) > 10
    assert one.saturated.any()
    for n_lanes in (2, 3, 7, None):
        same(execute(plan, n_lanes=n_lanes), one)


def test_order_and_company_change_nothing():
    net = make_net(4, 1000, 4 * TICKS)
    rng = np.random.default_rng(0)
    samples = [
        [[int(t) for t in rng.integers(0, TICKS, 9)] for _ in range(net.pops[0].size)]
        for _ in range(4)
    ]

    def together(order):
        trains = [
            sorted(
                place * TICKS + t for place, sample in enumerate(order) for t in samples[sample][i]
            )
            for i in range(net.pops[0].size)
        ]
        return execute(plan_of(with_spikes(net, trains, len(order) * TICKS), TICKS))

    def part(outcome, place):
        mine = outcome.spike_tick // TICKS == place
        rows = slice(place * TICKS, (place + 1) * TICKS)
        return (
            (outcome.spike_tick[mine] - place * TICKS).tolist(),
            outcome.spike_index[mine].tolist(),
            {name: bits[rows].tolist() for name, bits in outcome.watched.items()},
        )

    forward, backward = together([0, 1, 2, 3]), together([3, 2, 1, 0])
    assert len(forward.spike_tick)
    for sample in range(4):
        alone = part(together([sample]), 0)
        assert part(forward, sample) == alone
        assert part(backward, 3 - sample) == alone


def test_a_spike_under_way_ends_with_its_sample():
    """A spike in a sample's last tick, through the longest delay, must never arrive."""
    pops = [Pop("source", 1), Pop("IF_curr_exp", 1, {"i_offset": 0.0}, (50.0, 1.0))]
    projs = [Proj(0, 1, "excitatory", [(0, 0, 40.0, 5.0)])]
    net = Net(1000, 3 * TICKS, pops, projs, {0: [[8.0]]})
    assert run(net, sample_ticks=TICKS)[1][0] == []
    assert run(net)[1][0] != []  # without samples it does arrive


def test_a_run_of_broken_samples_is_refused():
    sim, _ = build(make_net(4, 1000, 20), sample_ticks=TICKS)
    with pytest.raises(InputError, match="whole number of samples"):
        sim.run(20.0)


@given(st.integers(1, 9), st.integers(1, 40), st.integers(1, 9), st.integers(0, 5))
def test_lanes_map_every_tick_and_back(n, n_samples, period, dead):
    lanes = Lanes(n, n_samples, period, period + dead)
    tick = np.arange(n_samples * period)
    lane, simulated = lanes.place(tick)
    np.testing.assert_array_equal(lanes.restore(lane, simulated), tick)
    assert len(set(zip(lane.tolist(), simulated.tolist(), strict=True))) == len(tick)
    assert (simulated < lanes.ends()[lane]).all()
    assert lanes.ends().max() == lanes.n_ticks


def test_no_more_lanes_than_samples():
    plan = plan_of(make_net(5, 1000, 3 * TICKS), TICKS)
    assert lay_out(plan).n == 3
    assert lay_out(plan, 2).n == 2
    assert lay_out(replace(plan, sample_ticks=None)).n == 1


def test_several_spikes_in_a_tick_become_copies():
    net = make_net(6, 1000, 10)
    net.spikes[0][:] = [[3.0] * 5] + [[] for _ in net.spikes[0][1:]]
    plan = unfold_sources(plan_of(net, None))
    assert plan.n_sources == 2  # 5 = 1 + 4
    assert plan.spike_tick.tolist() == [3, 3]
    weights = [plan.from_sources.weight[plan.from_sources.pre == copy] for copy in (0, 1)]
    np.testing.assert_array_equal(weights[1], 4 * weights[0])
