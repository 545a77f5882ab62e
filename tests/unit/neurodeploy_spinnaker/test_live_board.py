"""A live session on a board: what is sent and told, by a simulation that is scripted."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from neurodeploy.errors import BackendFailure, TargetError
from neurodeploy_spinnaker import live
from neurodeploy_spinnaker.live import CLOCK, LiveBoard


class Connection:
    """Stands in for sPyNNaker's connection; the test plays the board."""

    local_port = 17

    def __init__(self):
        self.sent, self.hears, self.begins, self.closed = [], {}, None, False
        self.send_labels, self.receive_labels = [], []

    def add_send_label(self, label):
        self.send_labels.append(label)

    def add_receive_label(self, label):
        self.receive_labels.append(label)

    def add_receive_callback(self, label, callback):
        self.hears[label] = callback

    def add_start_resume_callback(self, _label, callback):
        self.begins = callback

    def send_spikes(self, label, neurons):
        self.sent.append((label, neurons))

    def close(self):
        self.closed = True


class Simulation:
    """Stands in for pyNN.spiNNaker: runs until it is asked to stop."""

    findings, provenance = (), {"Late spikes": 0}

    def __init__(self, error=None, starts=True):
        self.connection, self.stopped = Connection(), threading.Event()
        self.error, self.starts, self.live = error, starts, []
        self.external_devices = SimpleNamespace(
            SpynnakerLiveSpikesConnection=lambda local_port: self.connection,
            SpikeInjector=lambda database_notify_port_num: ("injector", database_notify_port_num),
            activate_live_output_for=lambda population, **more: self.live.append(population),
            request_stop=self.stopped.set,
        )

    def Population(self, size, cell, label):
        return SimpleNamespace(size=size, cell=cell, label=label)

    def IF_curr_exp(self, **parameters):
        return parameters

    def run_forever(self):
        if self.starts:
            self.connection.begins("input", self.connection)
            self.connection.hears[CLOCK](CLOCK, 0, [0])
            assert self.stopped.wait(20)
        if self.error is not None:
            raise self.error


@pytest.fixture(autouse=True)
def board_plays(monkeypatch):
    """Let a test say what the board does while the host waits for a tick."""
    script = []
    clock = SimpleNamespace(monotonic=lambda: clock.now, now=0.0)

    def sleep(seconds):
        clock.now += seconds
        if script:
            script.pop(0)()

    clock.sleep = sleep
    monkeypatch.setattr(live, "time", clock)
    return script


def started(simulation):
    board = LiveBoard(simulation, "fake", drive_s=0.001)
    handles = {
        "input": board.source(4, "input"),
        "out": simulation.Population(2, "cells", "out"),
    }
    board.start(handles, "out", membrane=False)
    return board


def test_sources_are_injectors_and_they_and_the_output_are_heard():
    simulation = Simulation()
    board = started(simulation)
    assert simulation.connection.send_labels == ["input"]
    assert simulation.connection.receive_labels == ["input", "out", CLOCK]
    assert [population.label for population in simulation.live] == ["input", "out", CLOCK]
    assert simulation.live[0].cell == ("injector", 17)
    assert board.tells == ("input", "out")
    board.close()
    assert simulation.connection.closed


def test_a_step_sends_and_ends_with_the_next_tick(board_plays):
    simulation = Simulation()
    board = started(simulation)
    hears = simulation.connection.hears
    board_plays += [
        lambda: hears["input"]("input", 5, [3, 1]),
        lambda: hears["out"]("out", 6, [0]),
        lambda: hears[CLOCK](CLOCK, 6, [0]),
        lambda: hears["out"]("out", 7, [1]),
    ]
    heard = board.step({"input": np.array([3, 1])})
    assert simulation.connection.sent == [("input", [3, 1])]
    assert (heard.until, board.now) == (6, 6)
    told = {name: tuple(part.tolist() for part in parts) for name, parts in heard.spikes.items()}
    assert told == {"input": ([5, 5], [3, 1]), "out": ([6], [0])}
    board_plays += [lambda: hears[CLOCK](CLOCK, 9, [0])]
    later = board.step({})
    assert later.until == 9
    assert later.spikes["out"][0].tolist() == [7]
    board.close()


def test_several_ticks_are_waited_for(board_plays):
    simulation = Simulation()
    board = started(simulation)
    beat = simulation.connection.hears[CLOCK]
    board_plays += [lambda tick=tick: beat(CLOCK, tick, [0]) for tick in (1, 2, 3, 4)]
    assert board.step({}, 3).until == 3
    assert len(board_plays) == 1
    board.close()


def test_a_board_of_its_own_is_waited_for():
    simulation = Simulation()
    board = LiveBoard(simulation, "fake")
    handles = {"input": board.source(4, "input"), "out": simulation.Population(2, "cells", "out")}
    board.start(handles, "out", membrane=False)
    # By a thread of the connection, as on a real board; the test's clock stands still.
    beat = threading.Timer(0.05, simulation.connection.hears[CLOCK], (CLOCK, 3, [0]))
    beat.start()
    assert board.step({}).until == 3
    beat.join()
    board.close()


def test_the_clock_is_now_whenever_it_is_asked():
    simulation = Simulation()
    board = started(simulation)
    simulation.connection.hears[CLOCK](CLOCK, 500, [0])
    assert board.now == 500
    board.close()


def test_a_board_that_falls_silent_is_an_error():
    board = started(Simulation())
    with pytest.raises(BackendFailure, match="target fake: tells no spikes .*check that UDP"):
        board.step({})
    board.close()


def test_a_board_that_is_slow_is_not_silent(board_plays, monkeypatch):
    monkeypatch.setattr(live, "_SILENCE_S", 0.005)
    simulation = Simulation()
    board = started(simulation)
    beat = simulation.connection.hears[CLOCK]
    # Ticks for longer than that altogether, each of them in time.
    board_plays += [lambda tick=1 + k // 60: beat(CLOCK, tick, [0]) for k in range(181)]
    assert board.step({}, 4).until == 4
    board.close()


def test_a_run_that_never_starts_raises_its_own_error():
    error = BackendFailure("machine", "does not answer")
    with pytest.raises(BackendFailure, match="machine: does not answer"):
        started(Simulation(error, starts=False))


def test_a_run_that_ends_by_itself_is_an_error():
    with pytest.raises(BackendFailure, match="has ended its run by itself"):
        started(Simulation(starts=False))


def test_what_a_run_says_at_its_end_is_raised_by_close():
    simulation = Simulation(BackendFailure("run", "lost spikes"))
    board = started(simulation)
    with pytest.raises(BackendFailure, match="lost spikes"):
        board.close()
    assert simulation.connection.closed
    board.close()


def test_a_membrane_cannot_be_heard():
    simulation = Simulation()
    board = LiveBoard(simulation, "fake", drive_s=0.001)
    with pytest.raises(TargetError, match="target fake: tells spikes live, and the output"):
        board.start({}, "out", membrane=True)
    board.close()


def test_a_board_does_not_go_back():
    board = LiveBoard(Simulation(), "fake")
    with pytest.raises(TargetError, match="does not restore its state"):
        board.restore()


def test_nothing_live_comes_of_mapping_only():
    machine = SimpleNamespace(runs=False)
    with pytest.raises(TargetError, match="maps only"), live.opened(None, machine, "fake"):
        pass


def test_what_the_machine_says_goes_into_the_recording():
    board = LiveBoard(Simulation(), "fake")
    assert board.said() == {
        "engine": "sPyNNaker",
        "findings": (),
        "provenance": {"Late spikes": 0},
    }
