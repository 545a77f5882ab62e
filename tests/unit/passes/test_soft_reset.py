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
from neurodeploy.passes import PIPELINE, SHAPING, Settings, delay_taps
from neurodeploy.passes.delay_taps import powers, taps_needed
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


@given(cases(resets=SUBTRACTIONS), st.integers(0, 99))
def test_the_lowered_network_computes_what_was_trained(case, seed):
    """With so many taps that nothing is cut off, the spikes are the same."""
    net = case.network()
    raster = random_raster(np.random.default_rng(seed), 3, 25, case.n_inputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delay_taps, "NEGLIGIBLE", 1e-14)
        patch.setattr(delay_taps, "MOST_TAPS", 1000)
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


def test_taps_end_where_nothing_is_left():
    assert taps_needed(np.array([0.0, 0.0]), "n") == 1
    assert taps_needed(np.array([0.1, 0.5]), "n") == 14  # 0.5**14 < 1e-4 < 0.5**13
    with pytest.raises(LoweringError, match=r"^n: .*got 0\.96 a step in both"):
        taps_needed(np.array([0.96]), "n")


@pytest.mark.parametrize(("fast", "slow"), [(0.6, 0.85), (0.75, 0.8), (0.3, 0.95), (0.7, 0.7)])
def test_response_of_the_taps(fast, slow):
    """Through a target with the slower decay they make the response of both decays."""
    n = np.arange(200)
    wanted = (n + 1) * slow**n if fast == slow else np.cumsum((fast / slow) ** n) * slow**n
    taps = taps_needed(np.array([fast]), "n")
    weights = powers(np.array([fast]), np.array([slow]), taps)[:, 0]
    found = np.convolve(weights, slow**n)[: n.size]
    np.testing.assert_allclose(found, wanted, atol=2e-3)
    if fast != slow:
        # The last tap stands for all that were left out: in the end nothing is missing.
        np.testing.assert_allclose(found[-1], wanted[-1], rtol=1e-3)


def test_taps_of_every_synapse():
    case = Case((random_layer(np.random.default_rng(6), "cubalif", 3, 2),), reset="subtract")
    out = shaped(case.network())
    fast = np.minimum(case.layers[0].alpha, case.layers[0].beta)
    taps = taps_needed(fast, "n0")
    proj, biases = (next(p for p in out.projections if p.pre == pre) for pre in ("input", "bias"))
    assert (proj.n_synapses, biases.n_synapses) == (6 * taps, 2 * taps)
    for k in range(1, taps - 1):
        now, before = (proj.chosen(proj.lag == lag) for lag in (k, k - 1))
        np.testing.assert_allclose(now.weight / before.weight, fast[now.post_index])


@pytest.mark.parametrize("n_post", [20, 300])
def test_rows_are_split(n_post):
    """No row is too long for a core, and no projection spans the end of a window of delays."""
    rng = np.random.default_rng(8)
    layer = random_layer(rng, "cubalif", 3, n_post, biased=False)
    layer = replace(layer, alpha=np.full(n_post, 0.75), beta=np.full(n_post, 0.85))
    net = Case((layer,), reset="subtract").network()
    for step in PIPELINE:
        net = verify(step(net, Settings(steps=10)))
    parts = [p for p in net.projections if p.pre == "input"]
    assert len(parts) > 2
    for part in parts:
        row = part.pre_index.astype(int) * 2 + part.post_index // 256
        assert np.bincount(row).max() <= 256
        delays = part.delay_ms + part.lag
        assert (delays.min() - 1) // 32 == (delays.max() - 1) // 32
    pairs = [set(zip(p.lag, p.pre_index, p.post_index, strict=True)) for p in parts]
    assert len(set.union(*pairs)) == sum(map(len, pairs)) == sum(p.n_synapses for p in parts)


def test_rounding_does_not_add_up():
    """What each synapse has brought its target to is never off by more than half a word."""
    rng = np.random.default_rng(9)
    layer = random_layer(rng, "cubalif", 4, 6, biased=False)
    net = Case((layer,), reset="subtract").network()
    before = {}
    for step in PIPELINE:
        before[step.__name__] = net
        net = verify(step(net, Settings(steps=10)))
    exact = before["quantise"]
    for receptor in ("excitatory", "inhibitory"):

        def drives(some, receptor=receptor):
            found = np.zeros((120, 4, 6))
            for p in some.projections:
                if p.pre == "input" and p.receptor == receptor:
                    np.add.at(found, (p.lag, p.pre_index, p.post_index), p.weight)
            return found

        pop = net.population("n0")
        lsb_nA = next(p for p in net.projections if p.receptor == receptor).quantisation.lsb_nA
        error, worst = np.zeros((4, 6)), 0.0
        for wanted, got in zip(drives(exact), drives(net), strict=True):
            error = error * pop.cell.decay + got - wanted
            worst = max(worst, np.abs(error).max())
        assert 0 < worst <= lsb_nA / 2 * (1 + 1e-9)
