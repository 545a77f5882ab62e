"""Sessions that run: sPyNNaker and its binaries for real, the board in software."""

from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from neurodeploy.api import BackendFailure, MachineOptions, SessionOptions
from neurodeploy.runtime.registry import find
from neurodeploy_spinnaker import session

TICKS = 30


@dataclass(frozen=True)
class Virtual:
    """A board of four chips in this process, as another package would describe one."""

    runs: bool = field(default=True, init=False)
    hidden: tuple[str, ...] = field(default=(), init=False)

    def settings(self):
        return {
            "machine_name": "127.0.0.2",
            "version": "3",
            "spalloc_retry": "0",
            "post_simulation_overrun_before_error": "3600",
            # Read by plain commands: how data are streamed is another test's concern.
            "enable_advanced_monitor_support": "False",
        }

    @contextmanager
    def attached(self):
        from neurodeploy_virtual.board import Board, BoardOptions
        from neurodeploy_virtual.transport.inprocess import connected

        with Board(BoardOptions(version=3, limit_s=120)) as board, connected(board.hub):
            yield lambda _log: None


@pytest.fixture
def machine(spynnaker):
    try:
        import neurodeploy_virtual.core.machine  # noqa: F401
    except ImportError as err:
        pytest.skip(f"not run: the board's C extension is not built ({err})")
    return Virtual()


@pytest.fixture
def options(tmp_path):
    def make(**machine):
        return SessionOptions(1.0, machine=MachineOptions(folder=tmp_path / "run", **machine))

    return make


def small(sim, sources=20, neurons=10, every=4, delay_ms=2.0):
    """Sources that all spike every so many ticks, onto neurons that answer."""
    rng = np.random.default_rng(5)
    rows = [
        (i, j, float(rng.integers(1, 40)) / 32, delay_ms)
        for i in range(sources)
        for j in range(neurons)
    ]
    pop = sim.Population(neurons, sim.IF_curr_exp(), label="neurons")
    times = [list(range(1 + k % every, TICKS - 5, every)) for k in range(sources)]
    source = sim.Population(sources, sim.SpikeSourceArray(spike_times=times), label="sources")
    sim.Projection(source, pop, sim.FromListConnector(rows), sim.StaticSynapse())
    pop.record(["spikes", "v"])
    sim.run(TICKS)
    spikes = pop.spinnaker_get_data("spikes")
    return spikes[np.lexsort(spikes.T)], pop.spinnaker_get_data("v", as_matrix=True)


def test_a_run_counts_and_equals_the_emulator(machine, options):
    with session.opened(options(), machine) as sim:
        spikes, v_mV = small(sim)
        counters, findings = sim.provenance, sim.findings
    assert not sim.mapped_only
    assert findings == ()
    assert counters["Total_pre_synaptic_events"] > 0
    assert counters["Number_of_late_spikes"] == counters["Skipped synapses"] == 0
    with find("emulator").session(SessionOptions(1.0)) as sim:
        expected, expected_mV = small(sim)
    assert len(spikes) > 0
    np.testing.assert_array_equal(spikes, expected)
    np.testing.assert_array_equal(v_mV, expected_mV)


def test_samples_of_other_density_between_resets(machine, options):
    """sPyNNaker alone refuses new times and silence, or sends wrongly where there are more."""
    silent = [[] for _ in range(20)]
    few = [[3] if k == 0 else [] for k in range(20)]
    many = [list(range(1, 18)) for _ in range(20)]
    rows = [(i, j, (1 + (i * j) % 7) / 8, 2.0) for i in range(20) for j in range(10)]

    def samples(sim):
        pop = sim.Population(10, sim.IF_curr_exp(tau_m=100.0), label="neurons")
        source = sim.Population(20, sim.SpikeSourceArray(spike_times=silent), label="sources")
        sim.Projection(source, pop, sim.FromListConnector(rows), sim.StaticSynapse())
        pop.record("v")
        for k, times in enumerate((silent, few, many, silent)):
            if k:
                sim.reset()
                source.set(spike_times=times)
            sim.run(20)
            yield pop.spinnaker_get_data("v", as_matrix=True)

    with session.opened(options(), machine) as sim:
        found = list(samples(sim))
        counters = sim.provenance
    assert counters["Send_multicast_packets"] == 1 + 20 * 17
    with find("emulator").session(SessionOptions(1.0)) as sim:
        expected = list(samples(sim))
    for k in range(4):
        np.testing.assert_array_equal(found[k], expected[k])
    assert not np.array_equal(found[1], found[2])


def test_an_overloaded_run_does_not_count(machine, options):
    """Synaptic events per core and tick far above what a core can do in real time."""
    much = {"sources": 100, "neurons": 200, "every": 1, "delay_ms": 1.0}
    with pytest.raises(BackendFailure, match="does not count") as caught:  # noqa: SIM117
        with session.opened(options(), machine) as sim:
            small(sim, **much)
    assert caught.value.exit_code == 3
    for name in ("Number_of_late_spikes", "Skipped synapses", "Max_backgrounds_queued"):
        assert f"{name} " in caught.value.got
    with session.opened(options(allow_loss=True), machine) as sim:
        small(sim, **much)
        lost = {finding.kind for finding in sim.findings}
    assert {"loss: Number_of_late_spikes", "loss: Skipped synapses"} <= lost
