"""Packets decided one by one: what is said, when, and what the report makes of it."""

from dataclasses import replace

import numpy as np
import pytest
from strategies import Case, random_layer

import neurodeploy as nd
from neurodeploy import packets
from neurodeploy.describe import Model
from neurodeploy.describe.model import PacketInput
from neurodeploy.encode import Encoder
from neurodeploy.errors import InputError, ModelError, TargetError
from neurodeploy.inputs import from_capture
from neurodeploy.packets import Arrival, feature_names
from neurodeploy.packets.records import read_records
from neurodeploy.passes import WeightScale
from neurodeploy.presentation import Presentation
from neurodeploy.runtime.backend import MachineOptions
from neurodeploy.runtime.options import RunOptions
from neurodeploy.runtime.registry import find

STEPS, N = 12, 12
SAFE = WeightScale("safe")


class Queue:
    """Packets that have come already."""

    name = "queue"

    def __init__(self, records):
        self.records, self.taken = records, 0

    def __iter__(self):
        for record in self.records:
            self.taken += 1
            yield Arrival(record, 0.0)

    def lost(self):
        return 0


@pytest.fixture(scope="module")
def records(project_root):
    """A few packets of different protocols."""
    return read_records(project_root / "models/packet-apps/sample.pcap")[::200][:N]


def model(readout, ports="none"):
    """Return a network of random weights that spikes for packets."""
    rng = np.random.default_rng(5)
    n = len(feature_names(ports=ports))
    hidden = random_layer(rng, "lif", n, 12, biased=False)
    hidden = replace(hidden, weight=hidden.weight * 0.06)
    graph = Case((hidden, random_layer(rng, "lif", 12, 4, biased=False)))
    return Model(
        "random",
        graph.graph(),
        graph.timing,
        Encoder("rate", STEPS),
        readout,
        classes=("a", "b", "c", "d"),
        packets=PacketInput(ports),
    )


def run(some_model, records, limit=None, labels=None, **more):
    queue = Queue(records)
    with nd.live(some_model, weight_scale=SAFE, **more) as deployed:
        said = list(deployed.decisions(queue, limit))
    return said, deployed.report(labels)


@pytest.fixture(scope="module")
def batch(records):
    """Return what a batch of the same packets gives, by readout."""

    def deployed(some_model):
        samples = from_capture(some_model, packets.take_apart("queue", records), "queue")
        return nd.deploy(some_model, samples, weight_scale=SAFE)

    return deployed


@pytest.mark.parametrize("readout", ["spike_count", "first_spike"])
def test_certain_decisions_are_those_of_a_batch_and_early(records, batch, readout):
    said, report = run(model(readout), records)
    whole = batch(model(readout))
    assert len(set(whole.predictions)) > 1, "the test would say little"
    np.testing.assert_array_equal(report.predictions, whole.predictions)
    np.testing.assert_array_equal([one.prediction for one in said], whole.predictions)
    assert report.live.changed == 0
    assert report.live.document()["early"] > 0
    assert min(one.steps for one in said) < STEPS
    assert report.agreement == whole.agreement


@pytest.mark.parametrize("presentation", ["restored", "apart"])
def test_the_whole_sample_is_recorded_after_an_early_decision(records, batch, presentation):
    options = RunOptions(presentation=Presentation(presentation))
    _, report = run(model("first_spike"), records, options=options)
    whole = batch(model("first_spike")).recording
    assert report.recording.spikes.keys() == whole.spikes.keys()
    for name, spikes in whole.spikes.items():
        assert spikes.total
        for part in ("sample", "step", "index"):
            np.testing.assert_array_equal(
                getattr(report.recording.spikes[name], part), getattr(spikes, part), err_msg=name
            )


def test_the_end_waits(records):
    said, report = run(model("spike_count"), records[:3], confidence=nd.Confidence("end"))
    assert [one.steps for one in said] == [STEPS] * 3
    assert report.live.document()["early"] == 0


def test_a_small_margin_decides_sooner_and_says_what_it_costs(records, batch):
    margin = nd.Confidence("margin", 1.0)
    said, report = run(model("spike_count"), records, confidence=margin)
    certain, _ = run(model("spike_count"), records)
    steps, sure = ([one.steps for one in some] for some in (said, certain))
    assert all(a <= b for a, b in zip(steps, sure, strict=True))
    assert sum(steps) < sum(sure)
    wrong = np.count_nonzero(report.predictions != batch(model("spike_count")).predictions)
    assert report.live.changed == wrong


def test_decisions_come_before_the_next_packet_is_asked_for(records):
    queue = Queue(records)
    with nd.live(model("spike_count"), weight_scale=SAFE) as deployed:
        for k, decision in enumerate(deployed.decisions(queue, 3), 1):
            assert (decision.number, queue.taken) == (k, k)
    assert queue.taken == 3


def test_what_is_not_ip_is_undecided_without_the_network(records):
    arp = records[0]._replace(data=b"\xff" * 12 + b"\x08\x06" + bytes(28), length=42)
    said, report = run(model("spike_count"), [arp, records[0]])
    assert (said[0].prediction, said[0].name, said[0].steps) == (-1, None, 0)
    assert said[0].ends == ("",) * 5
    assert said[1].steps > 0
    assert report.live.document()["shown"] == 1
    assert report.decisions.undecided >= 1


def test_the_report_after_an_interruption_has_what_was_said(records):
    queue = Queue(records)
    with nd.live(model("spike_count"), weight_scale=SAFE) as deployed:
        for decision in deployed.decisions(queue):
            if decision.number == 2:
                break
    report = deployed.report(lambda capture: np.array([0, 1]), agreement=False)
    assert report.n_samples == 2
    assert report.labels.tolist() == [0, 1]
    assert report.samples.columns["steps"] == report.live.steps.tolist()


@pytest.mark.slow
def test_a_board_takes_input_in_every_step_and_decides_early(records):
    """Twelve steps of some 90 spikes each, at the pace that is planned for the board."""
    reason = find("virtual").missing()
    if reason is not None:
        pytest.skip(f"not run: {reason}")
    queue = Queue(records[2:4])
    options = RunOptions(machine=MachineOptions(version=3))
    with nd.live(model("spike_count"), "virtual", weight_scale=SAFE, options=options) as deployed:
        said = list(deployed.decisions(queue))
    report = deployed.report()
    same, emulated = run(model("spike_count"), records[2:4])
    for one, other in zip(said, same, strict=True):
        assert (one.prediction, one.steps) == (other.prediction, other.steps)
    for name in ("input", "n1"):
        found, wanted = report.recording.spikes[name], emulated.recording.spikes[name]
        assert wanted.total
        for part in ("sample", "step", "index"):
            np.testing.assert_array_equal(getattr(found, part), getattr(wanted, part))
    assert report.live.document()["early"] > 0


def test_nothing_came():
    with nd.live(model("spike_count"), weight_scale=SAFE) as deployed:
        assert list(deployed.decisions(Queue([]))) == []
    with pytest.raises(InputError, match="queue: no packet came"):
        deployed.report()


def test_only_packets_come_live(project_root):
    digits = nd.load(project_root / "models/digits")
    with pytest.raises(ModelError, match="digits: does not take packets"), nd.live(digits):
        pass


def test_targets_without_live_input_say_so():
    says = "target ideal: does not run live"
    with pytest.raises(TargetError, match=says), nd.live(model("spike_count"), "ideal"):
        pass


def test_a_network_that_needs_resets_cannot_run_live():
    looped = model("spike_count")
    rng = np.random.default_rng(1)
    layer = random_layer(rng, "lif", len(feature_names(ports="none")), 4, recurrent=True)
    looped = replace(looped, graph=Case((layer,)).graph())
    options = RunOptions(presentation=Presentation("reset"))
    says = "samples would need a reset between them"
    with pytest.raises(TargetError, match=says), nd.live(looped, options=options):
        pass
