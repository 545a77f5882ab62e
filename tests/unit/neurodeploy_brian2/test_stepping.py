"""A network stepped tick by tick does what it does in one run."""

from contextlib import contextmanager

import numpy as np
import pytest

from neurodeploy.api import SessionOptions
from neurodeploy.errors import NeurodeployError, TargetError
from neurodeploy_brian2 import BACKEND, kernel

N_IN, N_OUT, N_TICKS = 6, 5, 40
ENGINES = ["numpy"] + ["kernel"] * kernel.available()


def build(sim, source, weights):
    """Return sources, a layer with a loop, and a layer that only integrates."""
    cells = sim.Population(N_OUT, sim.IF_curr_exp(tau_refrac=2.0, cm=0.5), label="cells")
    deaf = sim.Population(2, sim.IF_curr_exp(v_thresh=1000.0), label="deaf")
    every = [(i, j, weights[i, j], 1.0 + (i + j) % 4) for i in range(N_IN) for j in range(N_OUT)]
    loop = [(i, (i + 1) % N_OUT, 1.5, 3.0) for i in range(N_OUT)]
    for pre, post, rows, receptor in (
        (source, cells, every, "excitatory"),
        (cells, cells, loop, "inhibitory"),
        (cells, deaf, [(i, i % 2, 2.0, 2.0) for i in range(N_OUT)], "excitatory"),
    ):
        connector = sim.FromListConnector(rows)
        sim.Projection(pre, post, connector, sim.StaticSynapse(), receptor_type=receptor)
    return {"source": source, "cells": cells, "deaf": deaf}


@pytest.fixture(scope="module")
def weights():
    return np.random.default_rng(3).uniform(1.0, 6.0, (N_IN, N_OUT))


@pytest.fixture(scope="module")
def sent():
    """Return spikes by tick; some neurons spike twice in one."""
    rng = np.random.default_rng(4)
    return [np.sort(rng.integers(0, N_IN, rng.integers(0, 4))) for _ in range(N_TICKS)]


@pytest.fixture(scope="module")
def in_one_run(weights, sent):
    """Return (tick, index) of the cells' spikes, and v of the deaf, by Brian2 in one run."""
    times = [[float(t) for t, one in enumerate(sent) for k in one if k == i] for i in range(N_IN)]
    with BACKEND.session(SessionOptions(1.0, engine="numpy")) as sim:
        source = sim.Population(N_IN, sim.SpikeSourceArray(spike_times=times))
        made = build(sim, source, weights)
        made["cells"].record("spikes")
        made["deaf"].record("v")
        sim.run(float(N_TICKS))
        spikes = made["cells"].spinnaker_get_data("spikes").astype(int)
        v = made["deaf"].spinnaker_get_data("v", as_matrix=True)
    assert len(spikes) > 20
    return sorted((t, i) for i, t in spikes.tolist()), v


def stepped(session, sent):
    spikes, v = [], []
    for one in sent:
        heard = session.step({"source": one})
        ticks, index = heard.spikes["cells"]
        assert (ticks == heard.until - 1).all()
        spikes += zip(ticks.tolist(), index.tolist(), strict=True)
        v.append(heard.membrane_mV)
    return spikes, np.array(v)


@pytest.fixture
def session(weights):
    """Return a context of a started session, by engine."""

    @contextmanager
    def started(engine):
        with BACKEND.live(SessionOptions(1.0, engine=engine)) as session:
            made = build(session.sim, session.source(N_IN, "source"), weights)
            session.start(made, "deaf", membrane=True)
            yield session

    return started


@pytest.mark.parametrize("engine", ENGINES)
def test_stepping_is_a_run(session, sent, in_one_run, engine):
    n = N_TICKS if engine == "kernel" else 8
    with session(engine) as live:
        spikes, v = stepped(live, sent[:n])
        assert live.engine_used == engine
    wanted, wanted_v = in_one_run
    assert sorted(spikes) == [one for one in wanted if one[0] < n]
    np.testing.assert_array_equal(v, wanted_v[:n])


@pytest.mark.parametrize("engine", ENGINES)
def test_restoring_forgets_everything(session, sent, engine):
    n = 12 if engine == "kernel" else 3
    with session(engine) as live:
        first = stepped(live, sent[:n])
        live.restore()
        again = stepped(live, sent[:n])
    assert [(t + n, i) for t, i in first[0]] == again[0]
    np.testing.assert_array_equal(first[1], again[1])


def test_several_ticks_at_once_are_as_many_single_ones(session, sent):
    nothing = np.zeros(0, dtype=np.int64)
    with session(ENGINES[-1]) as live:
        stepped(live, sent[:4])
        heard = live.step({"source": sent[4]}, 7)
        assert heard.until == live.now == 11
        live.restore()
        wanted, v = stepped(live, [*sent[:5], *[nothing] * 6])
    tick, index = heard.spikes["cells"]
    found = sorted(zip((tick + 11).tolist(), index.tolist(), strict=True))
    assert found == [one for one in sorted(wanted) if one[0] >= 11 + 4]
    assert found
    np.testing.assert_array_equal(heard.membrane_mV, v[-1])


def test_the_engine_that_runs_once_is_refused(session):
    says = "engine cpp_standalone: runs a network once, not live"
    with pytest.raises(NeurodeployError, match=says), session("cpp_standalone"):
        pass


def test_full_ring_buffers_are_counted(session, sent):
    with session(ENGINES[-1]) as live:
        stepped(live, sent[:5])
        assert live.said()["saturations"] == {"cells": 0, "deaf": 0}
        many = np.repeat(np.arange(N_IN), 2000)
        live.step({"source": many})
        stepped(live, [np.zeros(0, dtype=np.int64)] * 5)
        assert live.said()["saturations"]["cells"] > 0


MANY = np.repeat(np.arange(N_IN), 2000)


def test_what_is_found_is_what_a_run_finds(session, weights):
    with BACKEND.session(SessionOptions(1.0, engine=ENGINES[-1])) as sim:
        times = [[1.0] * 2000 for _ in range(N_IN)]
        build(sim, sim.Population(N_IN, sim.SpikeSourceArray(spike_times=times)), weights)
        sim.run(6.0)
        wanted = [one for one in sim.findings if one.kind != "silent"]
    with session(ENGINES[-1]) as live:
        nothing = np.zeros(0, dtype=np.int64)
        stepped(live, [nothing, MANY, *[nothing] * 4])
        found = live.said()["findings"]
    assert "saturation" in {one.kind for one in wanted}
    assert list(found) == wanted


def strictly(weights, spikes):
    """Run six ticks in a strict session; return what was found."""
    with BACKEND.live(SessionOptions(1.0, engine=ENGINES[-1], strict=True)) as live:
        live.start(build(live.sim, live.source(N_IN, "source"), weights), "deaf", membrane=True)
        live.step({"source": spikes}, 6)
    return live.said()["findings"]


def test_a_strict_session_fails_when_it_ends(weights):
    with pytest.raises(TargetError, match="cells: .* ring buffers were full"):
        strictly(weights, MANY)
    assert not strictly(weights, MANY[:1])
