"""What a run reports: each rule with a case on both sides, and what is an error if strict."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.api import Finding, InputError, SessionOptions, TargetError
from neurodeploy.records import Recording, concatenate
from neurodeploy.target.fixed_point import ONE
from neurodeploy_brian2 import brian2_device, kernel
from neurodeploy_brian2.delays import delay_slots
from neurodeploy_brian2.overflow import may_wrap
from neurodeploy_brian2.overflow_steps import OVERFLOW_STEPS
from neurodeploy_brian2.simulator import Simulator

TIGHT = {"max_expected_summed_weight": [7.1, 0.0]}
EVERY = [float(t) for t in range(1, 30)]


def network(cell="IF_curr_exp", weight=5.0, delay=1.0, n=4, planning=None, engine="numpy", **how):
    """Return a simulator and a population that three sources drive in every tick."""
    options = SessionOptions(how.pop("timestep", 1.0), None, engine, None, how.pop("strict", False))
    sim = Simulator(options)
    source = sim.Population(3, sim.SpikeSourceArray(spike_times=[EVERY] * 3))
    make = getattr(sim, cell, None) or getattr(sim.extra_models, cell)
    pop = sim.Population(n, make(**how), label="cells", **(planning or {}))
    pop.record("spikes")
    sim.Projection(source, pop, sim.AllToAllConnector(), sim.StaticSynapse(weight, delay))
    return sim, pop


def kinds(sim, *, without=("silent",)):
    return [one.kind for one in sim.findings if one.kind not in without]


def test_a_plain_run_reports_nothing(caplog):
    sim, _ = network()
    sim.run(30.0)
    assert sim.findings == ()
    assert not caplog.records


def test_full_ring_buffers_are_counted(caplog):
    sim, pop = network(weight=7.0, planning=TIGHT)
    sim.run(30.0)
    (found,) = [one for one in sim.findings if one.kind == "saturation"]
    assert (found.who, found.count, found.of) == ("cells", 28 * 4, 30 * 4 * 2)
    assert found.count == pop.saturations
    assert sum("ring buffers were full" in r.getMessage() for r in caplog.records) == 1


@pytest.mark.parametrize(("weak", "lost"), [(1e-4, 3), (0.1, 0), (0.0, 0)])
def test_weights_that_become_zero(weak, lost):
    sim, pop = network(weight=100.0)
    source = sim.Population(3, sim.SpikeSourceArray(spike_times=[1.0]))
    rows = [(0, 0, 3 * weak), (0, 1, weak), (1, 1, weak), (2, 2, weak)]
    sim.Projection(source, pop, sim.FromListConnector([(*row, 1.0) for row in rows]), label="weak")
    sim.run(5.0)
    found = [one for one in sim.findings if one.kind == "zero weights"]
    assert [(one.who, one.count, one.of) for one in found] == ([("weak", 4, 4)] if lost else [])


@pytest.mark.parametrize(
    ("cell", "timestep", "given", "want"),
    [
        ("IF_curr_exp", 1.0, {}, []),
        ("IF_curr_exp", 1.0, {"tau_m": 0.05}, ["no memory"]),
        ("IF_curr_exp", 1.0, {"tau_syn_E": 0.05}, ["no memory"]),
        ("IF_curr_exp", 1.0, {"tau_m": 1 / 16}, []),
        ("IF_curr_exp", 1.0, {"tau_m": 20000.0}, ["tau"]),
        ("IF_curr_exp", 0.1, {"tau_syn_E": 5000.0}, ["tau"]),
        ("IF_curr_exp", 0.1, {"tau_m": 1000.0}, ["tau"]),
        ("IF_curr_exp", 0.1, {"tau_m": 300.0}, []),
        ("IF_curr_delta", 1.0, {}, []),
        ("IF_curr_alpha", 1.0, {}, ["tau", "tau"]),
        ("IF_curr_alpha", 1.0, {"tau_syn_E": 2.0, "tau_syn_I": 2.0}, []),
        ("Izhikevich", 1.0, {}, []),
    ],
)
def test_time_constants(cell, timestep, given, want):
    sim, _ = network(cell, timestep=timestep, **given)
    sim.run(1.0)
    found = kinds(sim, without=("silent", "wrap-around", "saturation"))
    assert found == want


def test_delays_past_the_slots_need_an_extension_and_past_nine_are_refused():
    sim, pop = network(delay=32.0, n=256)
    assert delay_slots(pop) == 32
    sim.run(1.0)
    assert kinds(sim) == []
    sim, _ = network(delay=33.0, n=256)
    sim.run(1.0)
    (found,) = [one for one in sim.findings if one.kind == "delay"]
    assert (found.count, found.of) == (768, 768)
    sim, _ = network(delay=288.0, n=256)
    sim.run(1.0)
    sim, _ = network(delay=289.0, n=256)
    with pytest.raises(InputError, match="got 289 ticks, expected at most 288, 9 x 32"):
        sim.run(1.0)


def test_fewer_neurons_and_more_receptors_change_the_slots():
    assert delay_slots(network(n=64)[1]) == 128
    assert delay_slots(network(n=300, planning={"neurons_per_core": 64})[1]) == 128
    assert delay_slots(network("IF_curr_dual_exp", n=64)[1]) == 64


WILD = {"v_thresh": 60000.0, "tau_m": 2000.0, "weight": 2000.0}


@pytest.mark.parametrize("engine", ["kernel", "numpy", "cython", "cpp_standalone"])
def test_wraps_of_v_are_counted_alike_on_every_engine(engine):
    if engine == "kernel" and not kernel.available():
        pytest.skip("not run: the C kernel was not built")
    if brian2_device.missing_compiler(engine):
        pytest.skip("not run: no C++ compiler")
    sim, _ = network(engine=engine, **WILD)
    sim.run(20.0)
    (found,) = [one for one in sim.findings if one.kind == "wrap-around"]
    assert (found.who, found.count, found.of) == ("cells", 18 * 4, 20 * 4)


@pytest.mark.parametrize(
    ("cell", "given", "risk"),
    [
        ("IF_curr_exp", {}, False),
        ("IF_curr_exp", {"tau_m": 30000.0}, True),
        ("IF_cond_exp", {"weight": 0.1}, False),
        ("IF_cond_exp", {"v_thresh": 65000.0}, True),
        ("IFCurrExpCa2Adaptive", {}, False),
        ("Izhikevich", {}, True),
    ],
)
def test_a_counter_is_compiled_only_where_v_could_wrap(cell, given, risk):
    sim, _ = network(cell, **given)
    sim.run(2.0)
    assert may_wrap(sim.plan) == (risk,)
    assert "wrap-around" not in kinds(sim)


words = st.integers(-(1 << 31), (1 << 31) - 1)


def fits(*exact):
    return all(-(1 << 31) <= value < 1 << 31 for value in exact)


def flag(name, *values):
    step = OVERFLOW_STEPS[name].python
    return bool(step(*(np.array([value], dtype=np.int64) for value in values))[0])


@given(words, words, st.integers(0, 1), words, words)
def test_the_leaky_counter_is_exact(v, drive, held, resistance, rest):
    target = (drive * resistance >> 15) + rest
    assert flag("nd_over_leaky", v, drive, held, resistance, rest) == (
        not held and not fits(target, target - v)
    )


@given(words, words, words, words)
def test_the_drive_counter_is_exact(exc, inh, factor, offset):
    total = (exc * factor >> 15) - (inh * factor >> 15) + offset
    assert flag("nd_over_drive", exc, inh, factor, offset) == (not fits(total))


calm = st.integers(-200 * ONE, 200 * ONE)


@given(
    st.tuples(
        st.integers(-100 * ONE, 30 * ONE),
        calm,
        st.integers(0, 60620),
        calm,
        st.integers(-ONE, ONE),
        st.integers(-ONE, ONE),
    )
)
def test_a_glance_at_izhikevich_neurons_hides_nothing(values):
    assert not flag("nd_over_izk", *values, 0)


def test_neurons_that_never_fire(caplog):
    sim, pop = network(n=3)
    pop[2:3].set(v_thresh=20000.0)
    with caplog.at_level(logging.INFO):
        sim.run(30.0)
    (found,) = sim.findings
    assert (found.kind, found.count, found.of) == ("silent", 1, 3)
    assert [r.levelname for r in caplog.records if "never fired" in r.getMessage()] == ["INFO"]
    sim.run(1.0)
    assert [one.count for one in sim.findings] == [1]  # all since the reset
    pop[2:3].set(v_thresh=-60.0)
    sim.run(30.0)
    assert sim.findings == ()


class TestStrict:
    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"weight": 7.0, "planning": TIGHT}, "ring buffers were full"),
            ({"tau_m": 20000.0}, "instead of 2e.04 ms"),
            ({"weight": 1e-6}, "stored as 0"),
            (WILD, "wrapped"),
        ],
    )
    def test_findings_are_errors(self, given, text):
        sim, _ = network(strict=True, **given)
        with pytest.raises(TargetError, match=text):
            sim.run(30.0)

    def test_silence_long_delays_and_no_memory_are_not(self):
        sim, _ = network(strict=True, n=256, delay=100.0, tau_syn_E=0.05, v_thresh=1000.0)
        sim.run(30.0)
        assert kinds(sim, without=()) == ["no memory", "delay", "silent"]

    def test_setup_decides(self):
        assert Simulator(SessionOptions(strict=True)).strict
        sim = Simulator()
        assert not sim.strict
        sim.setup(1.0, strict=True)
        assert sim.strict


def test_findings_of_batches_are_merged():
    wraps = [Finding("wrap-around", "a", k, 10, f"of {k}", adds=True) for k in (1, 2)]
    same = Finding("delay", "b", 3, 4, "long")
    parts = [Recording(1, {}, findings=(one, same)) for one in wraps]
    found = concatenate(parts).findings
    assert [(one.kind, one.count, one.of) for one in found] == [
        ("wrap-around", 3, 20),
        ("delay", 3, 4),
    ]


def test_a_script_reads_the_findings_of_its_last_run():
    import neurodeploy_brian2.pynn as sim

    sim.setup()
    pop = sim.Population(2, sim.IF_curr_exp(), label="quiet")
    pop.record("spikes")
    sim.run(5.0)
    assert [(one.kind, one.who, one.count) for one in sim.findings] == [("silent", "quiet", 2)]
    sim.end()
