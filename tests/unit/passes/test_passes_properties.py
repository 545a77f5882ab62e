"""What every pass must keep: idempotence, independence of order, bounded error."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import RESETS, Case, cases, random_layer, random_raster

from neurodeploy import ideal
from neurodeploy.ir.show import show
from neurodeploy.ir.verify import verify
from neurodeploy.passes import PIPELINE, SHAPING, Settings
from neurodeploy.passes.align_delays import align_delays
from neurodeploy.passes.bias_source import bias_source
from neurodeploy.passes.choose_cells import choose_cells
from neurodeploy.passes.correct_time_constants import correct_time_constants
from neurodeploy.passes.fold_affine import fold_affine
from neurodeploy.passes.quantise import quantise
from neurodeploy.passes.scale_weights import scale_weights
from neurodeploy.passes.split_rows import split_rows
from neurodeploy.passes.split_signs import split_signs

NAMES = [step.__name__ for step in PIPELINE]


def run_until(net, last, settings):
    """Apply the pipeline up to and including the pass `last`."""
    for step in PIPELINE[: PIPELINE.index(last) + 1]:
        net = verify(step(net, settings))
    return net


def settings_for(net, calibrated=True):
    raster = random_raster(np.random.default_rng(0), 8, 12, net.inputs.size)
    for step in SHAPING:
        net = step(net, Settings())
    return Settings(peaks=ideal.peaks(net, raster) if calibrated else None)


def lags(proj):
    return np.zeros(proj.n_synapses) if proj.lag is None else proj.lag


def synapses(net):
    """Return every synapse as a tuple, sorted."""
    return sorted(
        (p.pre, p.post, str(p.receptor), int(i), int(j), float(w), p.delay_ms, int(lag))
        for p in net.projections
        for i, j, w, lag in zip(p.pre_index, p.post_index, p.weight, lags(p), strict=True)
    )


def summed(net):
    """Return (pre, post) -> dense sum of signed weights."""
    found = {}
    for p in net.projections:
        shape = (net.population(p.post).size, net.population(p.pre).size)
        matrix = found.setdefault((p.pre, p.post), np.zeros(shape))
        sign = -1 if p.receptor == "inhibitory" else 1
        np.add.at(matrix, (p.post_index, p.pre_index), sign * p.weight)
    return found


def assert_same_sums(one, other):
    """Compare dense sums; a pair that only one has must be zero."""
    for key in one.keys() | other.keys():
        a, b = one.get(key, 0.0), other.get(key, 0.0)
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12, err_msg=str(key))


@pytest.mark.parametrize("name", NAMES)
@given(case=cases(resets=RESETS), calibrated=st.booleans())
def test_each_pass_is_idempotent(name, case, calibrated):
    step = PIPELINE[NAMES.index(name)]
    net = case.network()
    settings = settings_for(net, calibrated)
    once = run_until(net, step, settings)
    twice = verify(step(once, settings))
    assert show(once) == show(twice)
    assert synapses(once) == synapses(twice)


@given(cases(resets=RESETS))
def test_pipeline_is_idempotent(case):
    net = case.network()
    settings = settings_for(net)
    once = run_until(net, split_rows, settings)
    twice = run_until(once, split_rows, settings)
    assert show(once) == show(twice)
    assert synapses(once) == synapses(twice)


@given(cases(resets=RESETS), st.randoms(use_true_random=False))
def test_order_of_projections_does_not_matter(case, random):
    net = case.network()
    order = list(net.projections)
    random.shuffle(order)
    settings = settings_for(net)
    straight = run_until(net, split_rows, settings)
    permuted = run_until(replace(net, projections=tuple(order)), split_rows, settings)
    assert synapses(straight) == synapses(permuted)
    for pop in straight.populations:
        assert permuted.population(pop.name).ring_shift == pop.ring_shift


@given(cases(resets=RESETS))
def test_passes_leave_their_input_alone(case):
    net = case.network()
    before, weights = show(net), [p.weight.copy() for p in net.projections]
    run_until(net, split_rows, settings_for(net))
    assert show(net) == before
    for proj, weight in zip(net.projections, weights, strict=True):
        np.testing.assert_array_equal(proj.weight, weight)


@given(cases(), st.booleans())
def test_quantisation_error_is_at_most_half_a_word(case, calibrated):
    net = case.network()
    settings = settings_for(net, calibrated)
    before = run_until(net, scale_weights, settings)
    after = quantise(before, settings)
    for old, new in zip(before.projections, after.projections, strict=True):
        q = new.quantisation
        place = {(i, j): w for i, j, w in zip(new.pre_index, new.post_index, new.weight)}  # noqa: B905
        found = [place.get(pair, 0.0) for pair in zip(old.pre_index, old.post_index)]  # noqa: B905
        assert q.clipped == 0
        assert np.max(np.abs(np.array(found) - old.weight), initial=0) <= q.lsb_nA / 2
        assert q.zeroed == old.n_synapses - new.n_synapses
        words = new.weight / q.lsb_nA
        assert np.all((words == np.rint(words)) & (words >= 1) & (words <= 65535))


@given(cases())
def test_signs_are_split_without_loss(case):
    net = case.network()
    settings = settings_for(net)
    before = run_until(net, choose_cells, settings)
    after = split_signs(before, settings)
    assert {p.receptor for p in after.projections} <= {"excitatory", "inhibitory"}
    assert all(np.all(p.weight > 0) for p in after.projections)
    assert_same_sums(summed(before), summed(after))


def test_weights_that_cancel_take_no_synapse():
    layer = random_layer(np.random.default_rng(2), "lif", 3, 2)
    skip = -layer.weight
    skip[0, 0] += 1.0
    net = Case((layer,), skip=skip).network()
    out = run_until(net, split_signs, Settings())
    (found,) = [p for p in out.projections if p.pre == "input"]
    assert (found.receptor, found.n_synapses) == ("excitatory", 1)


@given(cases(), st.integers(1, 4))
def test_all_paths_of_a_step_arrive_in_one_tick(case, forward):
    net = case.network()
    settings = Settings(forward_delay_ticks=forward)
    net = run_until(net, align_delays, settings)
    for proj in net.projections:
        pre, post = net.population(proj.pre), net.population(proj.post)
        if proj.recurrent:
            assert proj.delay_ms == 1.0
        elif pre.kind == "bias":
            starts = {pre.start_ticks[k] for k in proj.pre_index}
            assert all(s + proj.delay_ms == post.start_tick for s in starts)
        else:
            assert pre.start_tick + proj.delay_ms == post.start_tick
            assert proj.delay_ms >= forward
    assert net.inputs.start_tick == 0


def test_skipping_path_waits_for_the_longest():
    rng = np.random.default_rng(1)
    layers = tuple(random_layer(rng, "lif", 2, 2, biased=False) for _ in range(3))
    net = run_until(Case(layers, skip=np.eye(2)).network(), align_delays, Settings())
    delays = {(p.pre, p.post): p.delay_ms for p in net.projections}
    assert delays == {("input", "n0"): 2, ("n0", "n1"): 2, ("n1", "n2"): 2, ("input", "n2"): 6}


@given(cases())
def test_folding_keeps_the_algebra(case):
    net = case.network()
    folded = fold_affine(net, Settings())
    assert_same_sums(summed(net), summed(folded))
    assert all(p.bias is None for p in folded.projections)
    assert len({(p.pre, p.post) for p in folded.projections}) == len(folded.projections)
    for k, layer in enumerate(case.layers):
        found = folded.population(f"n{k}").bias
        expected = np.zeros(layer.size) if layer.bias is None else layer.bias
        np.testing.assert_allclose(np.zeros(layer.size) if found is None else found, expected)


def test_parallel_maps_are_added():
    rng = np.random.default_rng(2)
    layer, skip = random_layer(rng, "lif", 3, 2), rng.normal(size=(2, 3))
    folded = fold_affine(Case((layer,), skip=skip).network(), Settings())
    (dense,) = summed(folded).values()
    np.testing.assert_allclose(dense, layer.weight + skip, rtol=1e-15)


@given(cases())
def test_bias_source_carries_the_biases(case):
    net = fold_affine(case.network(), Settings())
    out = bias_source(net, Settings())
    assert all(p.bias is None for p in out.populations)
    for pop in net.neurons:
        rows = [p for p in out.incoming(pop.name) if out.population(p.pre).kind == "bias"]
        found = np.zeros(pop.size)
        for row in rows:
            found[row.post_index] += row.weight
        np.testing.assert_array_equal(found, np.zeros(pop.size) if pop.bias is None else pop.bias)


@given(cases(sources=("snntorch",)), st.sampled_from([0.1, 0.5, 1.0, 2.0]))
def test_corrected_network_steps_as_trained(case, tick_ms):
    net = case.network()
    out = correct_time_constants(net, Settings(tick_ms=tick_ms))
    assert out.timestep_ms == tick_ms
    for pop in net.neurons:
        one, other = (
            pop.dynamics.step(net.timestep_ms),
            out.population(pop.name).dynamics.step(tick_ms),
        )
        for name in vars(one):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-11)


@given(cases(), st.integers(0, 99))
def test_ideal_runs_the_folded_network_alike(case, seed):
    net = case.network()
    raster = random_raster(np.random.default_rng(seed), 2, 10, net.inputs.size)
    folded = fold_affine(net, Settings())
    one, other = ideal.run(net, raster), ideal.run(folded, raster)
    for name in (p.name for p in net.neurons):
        assert np.array_equal(one.spikes[name].index, other.spikes[name].index)
        assert np.array_equal(one.spikes[name].step, other.spikes[name].step)
