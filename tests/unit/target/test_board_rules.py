"""Every rule: what is at its limit fits, one more does not, and says so."""

from dataclasses import replace

import numpy as np
import pytest
from strategies import Case, random_layer

from neurodeploy.compiler import compile_network
from neurodeploy.ir.network import Projection, Quantisation
from neurodeploy.target.ideal import IDEAL
from neurodeploy.target.layout import lay_out
from neurodeploy.target.machine_rules import (
    chips_fit_machine,
    core_fits_chip,
    core_fits_memory,
    cores_fit_machine,
    keeps_up,
)
from neurodeploy.target.mapping_rules import (
    delay_within_reach,
    delayed_rows_are_found,
    keys_fit,
    one_length_of_stage,
    rows_fit,
    sources_fit,
)
from neurodeploy.target.memory import Recorded
from neurodeploy.target.number_rules import (
    currents_in_range,
    divisors_above_zero,
    parameters_in_range,
    weights_fit,
)
from neurodeploy.target.rules import RULES, Design, design_of, violations
from neurodeploy.target.spec import TargetSpec
from neurodeploy.target.spinnaker import BOARDS, SOURCES, SPINN5, Limits

BOARD = TargetSpec("null", "nothing", True, True, ("null",))


def lowered(n=4):
    layer = random_layer(np.random.default_rng(1), "cubalif", 3, n)
    return compile_network(Case((layer,)).network(), BOARD)


def with_first(net, **changes):
    return replace(net, projections=(replace(net.projections[0], **changes), *net.projections[1:]))


def resized(net, name, n):
    """Give a population another size and the first projection one synapse."""
    net = net.with_population(replace(net.population(name), size=n))
    zero = np.zeros(1, dtype=np.int32)
    only = replace(net.projections[0], pre_index=zero, post_index=zero, weight=np.ones(1))
    return replace(net, projections=(only,))


def test_small_network_fits():
    assert violations(design_of(lowered())) == ()


def test_ideal_lowers_nothing():
    net = Case((random_layer(np.random.default_rng(1), "lif", 3, 2),)).network()
    assert compile_network(net, IDEAL) is net


def test_delay_out_of_reach():
    net = lowered(4)
    # Four neurons take 2 bits and the receptors 1 of 14: 2048 slots and eight extensions.
    limit = 2048 * 9
    assert not list(delay_within_reach(design_of(with_first(net, delay_ms=float(limit)))))
    (found,) = delay_within_reach(design_of(with_first(net, delay_ms=float(limit + 1))))
    assert (found.got, found.limit) == (limit + 1, limit)


def test_fewer_neurons_on_a_core_reach_further():
    net = lowered(300)
    far = with_first(net, delay_ms=289.0)
    assert list(delay_within_reach(design_of(far)))
    assert not list(delay_within_reach(design_of(far, {"n0": 128})))


def two_targets(first_ms, second_ms, sizes=(256, 128)):
    """Return a network whose input has delayed synapses on two populations."""
    net = resized(lowered(), "n0", sizes[0])
    other = replace(net.population("n0"), name="n1", size=sizes[1])
    proj = net.projections[0]
    both = (
        replace(proj, name="a", delay_ms=first_ms),
        replace(proj, name="b", post="n1", delay_ms=second_ms),
    )
    return replace(net, populations=(*net.populations, other), projections=both)


def test_an_extension_has_stages_of_one_length():
    # 256 neurons have 32 slots, 128 have 64.
    (found,) = one_length_of_stage(design_of(two_targets(40.0, 100.0)))
    assert (found.who, found.got) == ("input", 2)
    assert not list(one_length_of_stage(design_of(two_targets(40.0, 60.0))))
    assert not list(one_length_of_stage(design_of(two_targets(40.0, 64.0, (256, 256)))))


def test_rows_of_several_stages():
    def found(delay_ms, n_inputs, n=256):
        net = resized(lowered(), "n0", n)
        net = net.with_population(replace(net.inputs, size=n_inputs))
        return list(delayed_rows_are_found(design_of(with_first(net, delay_ms=delay_ms))))

    assert not found(64.0, 20)
    (violation,) = found(65.0, 20)
    assert violation.got == 2
    assert "at most 64 ms" in violation.todo
    assert not found(65.0, 256)
    assert found(65.0, 512)


def test_row_that_is_too_long():
    net = lowered(300)
    name = net.projections[0].name

    def row(n, first=0):
        post = np.arange(first, first + n, dtype=np.int32) % 256
        zeros = np.zeros(n, dtype=np.int32)
        return with_first(net, pre_index=zeros, post_index=post, weight=np.ones(n))

    assert not list(rows_fit(design_of(row(256))))
    (found,) = rows_fit(design_of(row(257)))
    assert (found.who, found.got, found.limit) == (name, 257, 256)


def test_rows_of_two_cores_are_counted_apart():
    net = lowered(300)
    post = np.arange(300, dtype=np.int32)
    whole = with_first(net, pre_index=0 * post, post_index=post, weight=np.ones(300))
    assert not list(rows_fit(design_of(whole)))


def test_source_of_too_many_neurons():
    assert not list(sources_fit(design_of(resized(lowered(), "input", 65_535))))
    (found,) = sources_fit(design_of(resized(lowered(), "input", 65_536)))
    assert (found.who, found.got) == ("input", 65_536)


def test_keys_of_too_many_bits():
    net = resized(lowered(), "input", 2**28)
    assert not list(keys_fit(design_of(net)))
    (found,) = keys_fit(design_of(resized(lowered(), "input", 2**28 + 1)))
    assert (found.got, found.limit) == (33, 32)


def with_parameter(name, value):
    net = lowered()
    pop = net.population("n0")
    cell = replace(pop.cell, parameters=dict(pop.cell.parameters) | {name: np.full(4, value)})
    return design_of(net.with_population(replace(pop, cell=cell)))


def test_parameters_that_cannot_be_written():
    assert not list(parameters_in_range(with_parameter("v_reset", -65_535.9)))
    (found,) = parameters_in_range(with_parameter("v_reset", -65_536.0))
    assert (found.who, found.got) == ("n0", 65_536.0)


@pytest.mark.parametrize("name", ["tau_m", "cm", "tau_syn_E", "tau_syn_I"])
def test_division_by_nothing(name):
    assert not list(divisors_above_zero(with_parameter(name, 2.0**-15)))
    # Half of the last bit is written as 0.
    (found,) = divisors_above_zero(with_parameter(name, 2.0**-16))
    assert name in found.what


def test_current_out_of_range():
    net = lowered()
    pop = replace(net.population("n0"), ring_shift=(15, 3))
    found = list(currents_in_range(design_of(net.with_population(pop))))
    assert [(v.who, v.limit) for v in found] == [("n0", 65536.0)]
    assert "excitatory" in found[0].what


def test_clipped_weights():
    net = lowered()
    record = Quantisation(1.0, 10.0, zeroed=0, clipped=3)
    (found,) = weights_fit(design_of(with_first(net, quantisation=record)))
    assert (found.got, found.limit) == (3, 0)


def test_core_beyond_its_chip():
    limit = SPINN5.sdram_bytes - SPINN5.monitor_bytes
    # Rows of one synapse take 16 bytes; spikes to send are few.
    few = Recorded(peaks={"input": 1})

    def found(n):
        return list(core_fits_chip(Design(lay_out(resized(lowered(), "n0", n)), recorded=few)))

    def beyond(n):
        net = resized(lowered(), "input", n)
        return list(core_fits_chip(Design(lay_out(net), recorded=few)))

    assert not found(256)
    assert not beyond(limit // 16 - 20_000_000 // 16)
    (violation,) = beyond(limit // 16)
    assert (violation.who, violation.limit) == ("n0", limit)


def test_data_memory_of_many_projections():
    net = resized(lowered(), "n0", 256)
    names = [f"s{k}" for k in range(400)]
    sources = tuple(replace(net.inputs, name=name) for name in names)
    first = net.projections[0]
    links = tuple(replace(first, name=name, pre=name, delay_ms=32.0) for name in names)

    def found(n):
        wide = replace(net, populations=(*net.populations, *sources), projections=links[:n])
        return list(core_fits_memory(design_of(wide)))

    assert not found(100)
    (violation,) = found(400)
    assert (violation.who, violation.limit) == ("n0", SPINN5.dtcm_bytes)


@pytest.mark.parametrize(("version", "cores"), [(3, 63), (5, 759)])
def test_too_many_cores(version, cores):
    board = BOARDS[version]
    assert board.cores == cores

    def found(n):
        # One core for each neuron and one for the input.
        layout = lay_out(resized(lowered(), "n0", n - 2), {"n0": 1})
        assert layout.cores == n
        return [v.got for v in cores_fit_machine(Design(layout, board))]

    assert found(cores) == []
    assert found(cores + 1) == [cores + 1]


def test_too_many_chips():
    board = BOARDS[3]
    # Three cores that send much fill a chip each.
    large = Recorded(peaks={"input": 25_000})

    def found(n):
        net = resized(lowered(), "input", 25_000 * n)
        layout = lay_out(net, {"input": 25_000})
        return [v.got for v in chips_fit_machine(Design(layout, board, recorded=large))]

    assert found(4) == []
    assert found(5) == [5]


def test_two_boards_hold_more():
    layout = lay_out(resized(lowered(), "n0", 1000), {"n0": 1})
    assert list(cores_fit_machine(Design(layout)))
    assert not list(cores_fit_machine(Design(layout, boards=2)))


def test_falling_behind_only_where_a_factor_was_asked_for():
    layout = lay_out(lowered())
    busy = {"events": {"n0": 16_001}, "instructions": {"n0": 400_001}}
    assert not list(keeps_up(Design(layout, **busy)))
    found = list(keeps_up(Design(layout, time_scale_factor=2, **busy)))
    assert [v.limit for v in found] == [16_000, 400_000]
    assert not list(keeps_up(Design(layout, time_scale_factor=3, **busy)))


def test_all_violations_are_reported_at_once():
    net = lowered()
    pop = replace(net.population("n0"), ring_shift=(15, 15))
    broken = with_first(net, delay_ms=1e6, quantisation=Quantisation(1.0, 1.0, 0, 1))
    found = violations(design_of(broken.with_population(pop)))
    named = {"delay_within_reach", "currents_in_range", "weights_fit"}
    assert named <= {v.rule for v in found} <= {rule.__name__ for rule in RULES}
    for v in found:
        assert v.who in str(v)
        assert v.todo in str(v)
        assert v.source


def test_every_limit_has_a_source():
    assert set(SOURCES) == set(vars(Limits()))
    assert all(SOURCES.values())


def test_empty_projection_breaks_no_rule():
    none = np.zeros(0, dtype=np.int32)
    net = lowered()
    empty = Projection("empty", "input", "n0", none, none, np.zeros(0), receptor="excitatory")
    assert violations(design_of(replace(net, projections=(*net.projections, empty)))) == ()
