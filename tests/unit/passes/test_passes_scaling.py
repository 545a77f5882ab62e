"""Cells, voltage scale and ring-buffer shifts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DT_S, Case, cases, chain, li, lif, linear, random_layer, random_raster

from neurodeploy import ideal
from neurodeploy.errors import InputError, LoweringError, VerifyError
from neurodeploy.importer import Timing, import_graph
from neurodeploy.ir.network import RECEPTORS
from neurodeploy.passes import PIPELINE, Settings, WeightScale
from neurodeploy.passes.choose_cells import choose_cells
from neurodeploy.passes.peaks import receptor_peaks, worst_case
from neurodeploy.passes.quantise import quantise
from neurodeploy.passes.scale_weights import scale_weights, summed_nA
from neurodeploy.target.weight_scale import WEIGHT_MAX


def lowered(net, settings, last=quantise):
    for step in PIPELINE[: PIPELINE.index(last) + 1]:
        net = step(net, settings)
    return net


def room_nA(shift):
    """Return what a ring buffer of that shift holds."""
    return 2.0 ** (shift + 1) * WEIGHT_MAX / 65536


@given(cases(), st.floats(1.0, 3.0))
def test_calibrated_scale_holds_all_that_was_seen(case, margin):
    net = case.network()
    raster = random_raster(np.random.default_rng(3), 8, 12, net.inputs.size)
    seen = ideal.peaks(net, raster)
    settings = Settings(peaks=seen, weight_scale=WeightScale(margin=margin))
    out = lowered(net, settings)
    for pop in out.neurons:
        for shift, units in zip(
            pop.ring_shift, (seen[pop.name].excitatory, seen[pop.name].inhibitory), strict=True
        ):
            assert room_nA(shift) >= margin * np.max(units * pop.cell.gain_nA) * (1 - 1 / 65536)


@given(cases())
def test_safe_scale_never_saturates(case):
    net = case.network()
    out = lowered(net, Settings())
    for pop in out.neurons:
        for receptor, shift in zip(RECEPTORS, pop.ring_shift, strict=True):
            total = np.zeros(pop.size)
            for proj in out.incoming(pop.name):
                if proj.receptor == receptor:
                    np.add.at(total, proj.post_index, proj.weight)
            assert total.max() <= room_nA(shift)


def one_layer():
    return Case((random_layer(np.random.default_rng(4), "lif", 5, 4),)).network()


def test_without_sample_data_the_policy_is_safe():
    out = lowered(one_layer(), Settings(weight_scale=WeightScale("calibrated")))
    assert any(note.startswith("scale_weights: safe,") for note in out.notes)


def test_explicit_sums_go_before_the_policy():
    scale = WeightScale(explicit_nA={"n0": (50000.0, 0.0)})
    net = one_layer()
    settings = Settings(weight_scale=scale)
    out = lowered(net, settings, scale_weights)
    pop = out.population("n0")
    assert summed_nA(out, pop, "excitatory", settings) == 50000.0
    # Shift 15 holds just under 65536 nA in one tick, shift 14 only half of it.
    assert pop.ring_shift[0] == 15


def test_a_single_weight_always_fits():
    """An explicit sum of 0 would cut every weight; the shift is kept large enough."""
    out = lowered(one_layer(), Settings(weight_scale=WeightScale(explicit_nA={"n0": (0.0, 0.0)})))
    assert all(p.quantisation.clipped == 0 for p in out.projections)


def test_unknown_population():
    settings = Settings(weight_scale=WeightScale(explicit_nA={"nobody": (1.0, 1.0)}))
    with pytest.raises(InputError, match=r"--weight-scale: no such population.*nobody.*n0"):
        lowered(one_layer(), settings)


def test_parse_weight_scale():
    found = WeightScale.parse(("safe", "a=1.5,2", "b.c=0,65535"))
    assert found.policy == "safe"
    assert found.explicit_nA == {"a": (1.5, 2.0), "b.c": (0.0, 65535.0)}
    assert WeightScale.parse(()) == WeightScale()


@pytest.mark.parametrize(
    "text", ["", "unsafe", "a=1", "a=1,2,3", "=1,2", "a=x,y", "a=-1,2", "a=1,65536", "a=nan,1"]
)
def test_parse_refuses(text):
    with pytest.raises(InputError, match=r"--weight-scale: not understood.*calibrated \| safe"):
        WeightScale.parse((text,))


def test_worst_case_adds_all_of_one_sign():
    net = import_graph(
        chain(linear([[1.0, -2.0, 3.0], [0.0, -0.5, -1.0]]), lif(2), n_inputs=3, n_outputs=2),
        Timing(DT_S, "nir", "hard"),
    )
    peaks = worst_case(net, net.population("b"))
    np.testing.assert_array_equal(peaks.excitatory, [4.0, 0.0])
    np.testing.assert_array_equal(peaks.inhibitory, [2.0, 1.5])


def test_peaks_of_the_policy_include_its_margin():
    net = one_layer()
    pop = net.population("n0")
    seen = ideal.Peaks(np.arange(4.0), np.arange(4.0) + 10)
    settings = Settings(peaks={"n0": seen}, weight_scale=WeightScale(margin=1.5))
    found = receptor_peaks(net, pop, settings)
    np.testing.assert_array_equal(found.excitatory, 1.5 * seen.excitatory)
    np.testing.assert_array_equal(found.inhibitory, 1.5 * seen.inhibitory)
    safe = receptor_peaks(net, pop, Settings())
    np.testing.assert_array_equal(safe.inhibitory, worst_case(net, pop).inhibitory)


def test_biases_are_part_of_the_peaks():
    graph = chain(linear([[1.0], [1.0]], [0.5, -0.25]), lif(2), n_inputs=1, n_outputs=2)
    net = import_graph(graph, Timing(DT_S, "nir", "hard"))
    seen = ideal.peaks(net, np.ones((1, 3, 1), dtype=np.uint8))["b"]
    np.testing.assert_array_equal(seen.excitatory, [1.5, 1.0])
    np.testing.assert_array_equal(seen.inhibitory, [0.0, 0.25])


def test_peaks_are_the_largest_sums_of_a_step():
    net = import_graph(
        chain(linear([[1.0, -2.0, 3.0]]), lif(1), n_inputs=3, n_outputs=1),
        Timing(DT_S, "nir", "hard"),
    )
    raster = np.array([[[1, 1, 0], [0, 0, 1]], [[0, 1, 0], [0, 2, 0]]], dtype=np.uint8)
    seen = ideal.peaks(net, raster)["b"]
    assert (seen.excitatory[0], seen.inhibitory[0]) == (3.0, 4.0)


@given(cases(resets=("hard",)))
def test_machine_gain_is_the_trained_gain(case):
    """One spike of weight w lifts the membrane by w times the trained gain, in mV."""
    net = case.network()
    settings = Settings()
    out = lowered(net, settings, choose_cells)
    for pop in out.neurons:
        step = net.population(pop.name).dynamics.step(net.timestep_ms)
        cell = pop.cell
        kept = np.exp(-1 / cell.parameters["tau_m"])
        if cell.kind == "IF_curr_exp":
            tau = cell.parameters["tau_syn_E"]
            arrives = tau * -np.expm1(-1 / tau)
        else:
            arrives = 1.0
        lift = cell.gain_nA * arrives * (1 - kept)
        # The integers of the board round the factors to some 1e-4.
        wanted = step.syn_gain * step.mem_gain * cell.mV_per_unit
        leaky = cell.parameters["tau_m"] < 1000
        np.testing.assert_allclose(lift[leaky], wanted[leaky], rtol=2e-2)


def test_cell_types_follow_the_synapse():
    rng = np.random.default_rng(5)
    case = Case(tuple(random_layer(rng, kind, 2, 2) for kind in ("lif", "cubalif", "if")))
    out = lowered(case.network(), Settings())
    kinds = [p.cell.kind for p in out.neurons]
    assert kinds == ["IF_curr_delta", "IF_curr_exp", "IF_curr_delta"]
    assert all(np.all(p.cell.parameters["tau_refrac"] == 0) for p in out.neurons)


def test_delayed_reset_is_one_tick_refractory():
    case = Case((random_layer(np.random.default_rng(6), "lif", 2, 2),), reset="hard_delayed")
    out = lowered(case.network(), Settings())
    np.testing.assert_array_equal(out.neurons[0].cell.parameters["tau_refrac"], [1.0, 1.0])


def test_readout_never_reaches_its_threshold():
    graph = chain(linear(np.ones((2, 3))), li(2), n_inputs=3, n_outputs=2)
    out = lowered(import_graph(graph, Timing(DT_S, "snntorch", "hard")), Settings())
    assert np.all(out.population("b").cell.parameters["v_thresh"] == 65000.0)


def test_threshold_is_one_step_of_the_number_above():
    """Training spikes above the threshold, the board at it."""
    graph = chain(linear(np.ones((1, 1))), lif(1, threshold=0.75), n_inputs=1, n_outputs=1)
    out = lowered(import_graph(graph, Timing(DT_S, "snntorch", "hard")), Settings())
    cell = out.population("b").cell
    assert cell.parameters["v_thresh"][0] == 0.75 * cell.mV_per_unit + 2.0**-15


def test_voltage_scale_shrinks_for_large_currents():
    def mV(weight):
        graph = chain(linear([[weight]]), lif(1, r=10.0), n_inputs=1, n_outputs=1)
        net = import_graph(graph, Timing(DT_S, "snntorch", "hard"))
        return lowered(net, Settings()).population("b").cell.mV_per_unit

    assert mV(1.0) == 64.0
    assert mV(1e4) < 64.0
    assert np.log2(mV(1e4)) == np.rint(np.log2(mV(1e4)))


@pytest.mark.parametrize("level", [{"v_leak": 1100.0}, {"reset": -1100.0}, {"threshold": 1100.0}])
def test_levels_stay_inside_the_number_range(level):
    graph = chain(linear([[1.0]]), lif(1, tau_s=1.0, **level), n_inputs=1, n_outputs=1)
    out = lowered(import_graph(graph, Timing(DT_S, "snntorch", "hard")), Settings())
    cell = out.population("b").cell
    for name in ("v_rest", "v_reset", "v_thresh"):
        assert abs(cell.parameters[name][0]) < 65536


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (lif(1, r=0.0), "b: gain must be above 0"),
        (lif(1, threshold=-1.0, reset=-2.0), "b: a threshold below 0 spikes at rest"),
        (lif(1, tau_s=1.2e-3, v_leak=1e3), "b: v_leak leaves no resting start"),
    ],
)
def test_neurons_that_cannot_be_lowered(node, text):
    graph = chain(linear([[1.0]]), node, n_inputs=1, n_outputs=1)
    with pytest.raises(LoweringError) as caught:
        lowered(import_graph(graph, Timing(DT_S, "snntorch", "hard")), Settings())
    assert text in str(caught.value)


def test_passes_out_of_order_are_named():
    with pytest.raises(VerifyError, match="needs a receptor and a weight scale"):
        quantise(one_layer(), Settings())
    with pytest.raises(VerifyError, match="n0: needs corrected dynamics"):
        choose_cells(one_layer(), Settings())


def test_weights_that_become_zero_are_counted():
    graph = chain(linear([[1.0, 1e-9, -1.0]]), lif(1), n_inputs=3, n_outputs=1)
    out = lowered(import_graph(graph, Timing(DT_S, "snntorch", "hard")), Settings())
    (exc, inh) = out.projections
    assert (exc.quantisation.zeroed, exc.n_synapses) == (1, 1)
    assert (inh.quantisation.zeroed, inh.n_synapses) == (0, 1)


def test_quantise_clips_and_counts():
    settings = Settings()
    net = lowered(one_layer(), settings, scale_weights)
    pop = replace(net.population("n0"), ring_shift=(0, 0))
    out = quantise(net.with_population(pop), settings)
    for proj in out.projections:
        assert proj.weight.max() == min(WEIGHT_MAX / 2**15, proj.weight.max())
    assert sum(p.quantisation.clipped for p in out.projections) > 0
