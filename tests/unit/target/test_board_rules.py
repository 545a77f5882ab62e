from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Case, random_layer

from neurodeploy.compiler import compile_network
from neurodeploy.ir.network import Projection, Quantisation
from neurodeploy.target.ideal import IDEAL
from neurodeploy.target.rules import (
    RULES,
    currents_in_range,
    delay_within_reach,
    longest_rows,
    machine_fits,
    n_cores,
    neurons_of_core,
    rows_fit,
    synapses_fit,
    synaptic_bytes,
    time_scale_factor,
    violations,
    weights_fit,
)
from neurodeploy.target.spec import TargetSpec
from neurodeploy.target.spinnaker import SPINN5, delay_slots, index_bits

BOARD = TargetSpec("null", "nothing", True, True, ("null",))


def lowered(n=4):
    layer = random_layer(np.random.default_rng(1), "cubalif", 3, n)
    return compile_network(Case((layer,)).network(), BOARD)


def with_first(net, **changes):
    return replace(net, projections=(replace(net.projections[0], **changes), *net.projections[1:]))


def test_small_network_fits():
    assert violations(lowered()) == ()


def test_ideal_lowers_nothing():
    net = Case((random_layer(np.random.default_rng(1), "lif", 3, 2),)).network()
    assert compile_network(net, IDEAL) is net


def test_delay_out_of_reach():
    net = lowered(4)
    # Four neurons take 2 bits and the receptors 1 of 14: 2048 slots and eight extensions.
    limit = 2048 * 9
    assert not list(delay_within_reach(with_first(net, delay_ms=float(limit))))
    (found,) = delay_within_reach(with_first(net, delay_ms=float(limit + 1)))
    assert (found.got, found.limit) == (limit + 1, limit)


def test_row_that_is_too_long():
    net = lowered(300)
    name = net.projections[0].name

    def row(n, first=0):
        post = np.arange(first, first + n, dtype=np.int32) % 256
        zeros = np.zeros(n, dtype=np.int32)
        return with_first(net, pre_index=zeros, post_index=post, weight=np.ones(n))

    assert not list(rows_fit(row(256)))
    (found,) = rows_fit(row(257))
    assert (found.who, found.got, found.limit) == (name, 257, 256)


def test_rows_of_two_cores_are_counted_apart():
    net = lowered(300)
    post = np.arange(300, dtype=np.int32)
    assert not list(
        rows_fit(with_first(net, pre_index=0 * post, post_index=post, weight=np.ones(300)))
    )


def test_current_out_of_range():
    net = lowered()
    pop = replace(net.population("n0"), ring_shift=(15, 3))
    found = list(currents_in_range(net.with_population(pop)))
    assert [(v.who, v.limit) for v in found] == [("n0", 65536.0)]
    assert "excitatory" in found[0].what


def test_clipped_weights():
    net = lowered()
    record = Quantisation(1.0, 10.0, zeroed=0, clipped=3)
    (found,) = weights_fit(with_first(net, quantisation=record))
    assert (found.got, found.limit) == (3, 0)


def test_too_many_cores():
    net = lowered()
    large = net.with_population(replace(net.population("n0"), size=256 * 48 * 15 + 1))
    (found,) = machine_fits(large)
    # One more core for the input and one for the bias.
    assert (found.got, found.limit) == (48 * 15 + 3, 720)


def test_bytes_of_synapses():
    """A row of each source neuron, all as long as the longest of that core."""
    net = lowered(300)
    pre = np.array([0, 0, 1, 2], dtype=np.int32)
    post = np.array([5, 6, 7, 299], dtype=np.int32)
    only = replace(net.projections[0], pre_index=pre, post_index=post, weight=np.ones(4))
    net = replace(net, projections=(only,))
    assert longest_rows(net, only).tolist() == [2, 1]
    assert synaptic_bytes(net, net.population("n0")).tolist() == [3 * 4 * (3 + 2), 3 * 4 * (3 + 1)]


def with_sources(net, n):
    """Give the first projection n source neurons, of which one has a synapse on one core."""
    net = net.with_population(replace(net.inputs, size=n))
    zero = np.zeros(1, dtype=np.int32)
    only = replace(net.projections[0], pre_index=zero, post_index=zero, weight=np.ones(1))
    return replace(net, projections=(only,))


def test_synapses_of_a_core_beyond_its_chip():
    # Rows of one synapse take 16 bytes.
    limit = SPINN5.sdram_bytes
    assert not list(synapses_fit(with_sources(lowered(), limit // 16)))
    (found,) = synapses_fit(with_sources(lowered(), limit // 16 + 1))
    assert (found.who, found.limit) == ("n0", limit)
    assert limit < found.got <= limit + 16


def test_synapses_of_all_cores_beyond_a_board():
    net = lowered()
    net = net.with_population(replace(net.population("n0"), size=256 * 50))
    zero = np.zeros(50, dtype=np.int32)
    ends = np.arange(50, dtype=np.int32) * 256
    only = replace(net.projections[0], pre_index=zero, post_index=ends, weight=np.ones(50))
    net = replace(net, projections=(only,))
    fits = net.with_population(replace(net.inputs, size=SPINN5.sdram_bytes // 16 * 48 // 50))
    assert not list(synapses_fit(fits))
    over = net.with_population(replace(net.inputs, size=SPINN5.sdram_bytes // 16))
    (found,) = synapses_fit(over)
    assert (found.who, found.limit) == (net.name, 48 * SPINN5.sdram_bytes)


@pytest.mark.parametrize(
    ("events", "timestep_ms", "factor"),
    [(0, 1.0, 1), (4000, 1.0, 1), (4001, 1.0, 2), (66_466, 1.0, 17), (400, 0.1, 1), (401, 0.1, 2)],
)
def test_time_scale_factor(events, timestep_ms, factor):
    assert time_scale_factor(events, timestep_ms) == factor


def test_all_violations_are_reported_at_once():
    net = lowered()
    pop = replace(net.population("n0"), ring_shift=(15, 15))
    broken = with_first(net, delay_ms=1e6, quantisation=Quantisation(1.0, 1.0, 0, 1))
    found = violations(broken.with_population(pop))
    assert {v.rule for v in found} == {"delay_within_reach", "currents_in_range", "weights_fit"}
    assert {v.rule for v in found} <= {rule.__name__ for rule in RULES}
    for v in found:
        assert v.who in str(v)
        assert v.todo in str(v)


@given(st.integers(1, 10**6))
def test_index_bits_hold_every_index(n):
    assert 2 ** index_bits(n) >= max(n, 2)
    assert n <= 2 or 2 ** (index_bits(n) - 1) < n


def test_no_neurons_take_no_bits():
    assert index_bits(0) == 0


@pytest.mark.parametrize(("n", "slots"), [(1, 4096), (2, 4096), (3, 2048), (128, 64), (256, 32)])
def test_delay_slots(n, slots):
    assert delay_slots(n) == slots


@pytest.mark.parametrize(("n", "cores", "fullest"), [(1, 1, 1), (256, 1, 256), (257, 2, 256)])
def test_cores(n, cores, fullest):
    pop = replace(lowered().population("n0"), size=n)
    assert (n_cores(pop), neurons_of_core(pop)) == (cores, fullest)
    assert SPINN5.neurons_per_core == 256


def test_empty_projection_breaks_no_rule():
    none = np.zeros(0, dtype=np.int32)
    net = lowered()
    empty = Projection("empty", "input", "n0", none, none, np.zeros(0), receptor="excitatory")
    assert violations(replace(net, projections=(*net.projections, empty))) == ()
