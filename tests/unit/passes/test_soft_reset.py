"""Resets by subtraction: what is lowered still computes what was trained."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DT_S, Case, cases, chain, lif, linear, random_layer, random_raster

from neurodeploy import ideal
from neurodeploy.errors import LoweringError, VerifyError
from neurodeploy.importer import Timing, import_graph
from neurodeploy.ir.verify import verify
from neurodeploy.passes import PIPELINE, SHAPING, Settings
from neurodeploy.passes.soft_reset import soft_reset

SUBTRACTIONS = ("subtract", "subtract_delayed")


def shaped(net, settings=Settings()):  # noqa: B008
    for step in SHAPING:
        net = verify(step(net, settings))
    return net


def assert_same_spikes(one, other, names):
    for name in names:
        for part in ("sample", "step", "index"):
            np.testing.assert_array_equal(
                getattr(one.spikes[name], part), getattr(other.spikes[name], part), err_msg=name
            )


@given(cases(kinds=("lif", "if"), resets=SUBTRACTIONS), st.integers(0, 99))
def test_the_lowered_network_computes_what_was_trained(case, seed):
    net = case.network()
    raster = random_raster(np.random.default_rng(seed), 3, 25, case.n_inputs)
    out = shaped(net)
    assert not any(p.dynamics.subtracts for p in out.neurons)
    names = [p.name for p in net.neurons]
    assert_same_spikes(ideal.run(net, raster), ideal.run(out, raster), names)


@pytest.mark.parametrize(("kind", "factor"), [("subtract", 0.8), ("subtract_delayed", 1.0)])
def test_weights_of_the_self_inhibition(kind, factor):
    """One unit of input moves the potential by r dt / tau, so the threshold is that many units."""
    node = lif(2, tau_s=5 * DT_S, r=2.0, threshold=3.0)
    graph = chain(linear(np.eye(2)), node, n_inputs=2, n_outputs=2)
    out = shaped(import_graph(graph, Timing(DT_S, "snntorch", kind)))
    own = out.projections[-1]
    assert (own.pre, own.post, own.recurrent) == ("b", "b", True)
    np.testing.assert_array_equal(own.pre_index, own.post_index)
    np.testing.assert_allclose(own.weight, [-factor * 3.0 / (2.0 / 5)] * 2, rtol=1e-12)


def test_cells_have_no_memory_but_their_current():
    case = Case((random_layer(np.random.default_rng(1), "lif", 3, 2),), reset="subtract")
    net = case.network()
    for step in PIPELINE:
        net = verify(step(net, Settings(steps=10)))
    cell = net.population("n0").cell
    assert cell.kind == "IF_curr_exp"
    np.testing.assert_array_equal(cell.parameters["tau_m"], 1 / 16)
    tau_ms = -1 / np.log(case.layers[0].beta)
    np.testing.assert_allclose(cell.parameters["tau_syn_E"], tau_ms)
    np.testing.assert_allclose(cell.parameters["tau_syn_I"], tau_ms)
    (own,) = [p for p in net.projections if p.pre == "n0"]
    assert (own.receptor, own.delay_ms) == ("inhibitory", 1.0)


def test_a_current_without_leak_adds_up_over_a_sample():
    """However long the sample, full ring buffers stay inside S16.15."""
    case = Case((random_layer(np.random.default_rng(2), "if", 3, 2),), reset="subtract")
    scales = []
    for steps in (10, 1000, 100_000):
        net = case.network()
        for step in PIPELINE:
            net = verify(step(net, Settings(steps=steps)))
        pop = net.population("n0")
        assert pop.cell.sample_ticks == steps + 3
        full_nA = 2.0 ** (max(pop.ring_shift) + 1)
        assert full_nA * pop.cell.held_ticks.max() <= 65536 or max(pop.ring_shift) == 0
        scales.append(pop.cell.mV_per_unit)
    assert scales[0] > scales[1] > scales[2]


def test_hard_resets_are_left_alone():
    net = Case((random_layer(np.random.default_rng(3), "lif", 3, 2),)).network()
    assert soft_reset(net, Settings()) is net


def test_a_leak_potential_is_refused():
    graph = chain(linear(np.eye(2)), lif(2, v_leak=0.25), n_inputs=2, n_outputs=2)
    with pytest.raises(LoweringError, match=r"b: .*needs v_leak 0.*got 0\.25.*fold the leak"):
        shaped(import_graph(graph, Timing(DT_S, "snntorch", "subtract")))


def test_an_input_that_moves_nothing_is_refused():
    graph = chain(linear(np.eye(2)), lif(2, r=0.0), n_inputs=2, n_outputs=2)
    with pytest.raises(LoweringError, match="b: gain must be above 0"):
        shaped(import_graph(graph, Timing(DT_S, "snntorch", "subtract")))


def test_uncorrected_dynamics_are_a_mistake():
    net = Case((random_layer(np.random.default_rng(4), "lif", 3, 2),), reset="subtract").network()
    with pytest.raises(VerifyError, match="corrected"):
        soft_reset(net, Settings())


def test_the_readout_needs_no_reset():
    net = Case((random_layer(np.random.default_rng(5), "lif", 3, 2),), reset="subtract").network()
    pop = net.population("n0")
    silent = net.with_population(replace(pop, dynamics=replace(pop.dynamics, threshold=None)))
    assert soft_reset(silent, Settings()) is silent
