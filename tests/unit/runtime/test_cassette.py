import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DT_S, chain, lif, linear

import neurodeploy as nd
from neurodeploy.deployment import target_spec
from neurodeploy.describe import Model
from neurodeploy.encode import Encoder, encode
from neurodeploy.errors import InputError, TargetError
from neurodeploy.importer import Timing
from neurodeploy.records import Finding, Recording, Spikes
from neurodeploy.runtime.cassette import load, network_digest, save, tape
from neurodeploy.runtime.replay import ReplayBackend, _picked
from neurodeploy.runtime.runner import run_batches

WEIGHT = np.linspace(-0.2, 1.0, 12).reshape(3, 4)
MODEL = Model(
    name="small",
    graph=chain(linear(WEIGHT), lif(3), n_inputs=4, n_outputs=3),
    timing=Timing(DT_S, "snntorch", "hard"),
    encoder=Encoder("rate", 6),
    readout="spike_count",
)
X = np.random.default_rng(1).random((7, 4))


def raster():
    return encode(X, MODEL.encoder, 4)


@pytest.fixture
def compiled():
    return nd.compile(MODEL, calibration=X)


@pytest.fixture
def batches(compiled):
    """Three batches of the emulator, as if of a machine: with findings and provenance."""

    def finding():
        return Finding("provenance", "sPyNNaker", 1, 1, "said something", adds=True)

    found = list(run_batches(compiled, raster(), batch=3))
    assert sum(batch.spikes[compiled.network.output].total for batch in found) > 0
    return [replace(b, findings=(finding(),), provenance={"Late spikes": 2}) for b in found]


@pytest.fixture
def file(compiled, batches, tmp_path):
    path = tmp_path / "run.npz"
    save(tape(compiled, raster(), batches, {"numpy": np.__version__}), path)
    return path


def played(compiled, path, samples, batch):
    spec = ReplayBackend(f"replay:{path}").target()
    return list(run_batches(replace(compiled, target=spec), samples, batch=batch))


def same(one, other):
    assert one.n_samples == other.n_samples
    assert one.spikes.keys() == other.spikes.keys()
    for name, spikes in one.spikes.items():
        for part in ("sample", "step", "index"):
            np.testing.assert_array_equal(
                getattr(spikes, part), getattr(other.spikes[name], part), err_msg=name
            )


def test_round_trip(compiled, batches, file):
    found = load(file)
    assert found.target == compiled.target
    assert found.network == network_digest(compiled.network)
    assert found.versions == {"numpy": np.__version__}
    assert found.model == "small"
    # Three batches of 3, 3 and 1 samples, each with a blank one.
    assert found.inputs.shape == (10, 6, 4)
    np.testing.assert_array_equal(found.inputs[[0, 1, 2, 4, 5, 6, 8]], raster())
    assert not found.inputs[[3, 7, 9]].any()
    assert found.recording.provenance == {"Late spikes": 6}
    assert [finding.count for finding in found.recording.findings] == [3]


@pytest.mark.parametrize("batch", [3, 7, 2])
def test_replay_gives_what_was_recorded(compiled, batches, file, batch):
    live = list(run_batches(compiled, raster(), batch=batch))
    again = played(compiled, file, raster(), batch)
    assert len(again) == len(live)
    for one, other in zip(live, again, strict=True):
        same(one, other)
    assert [recording.provenance for recording in again] == [
        {"Late spikes": 6},
        *([{}] * (len(again) - 1)),
    ]


def test_replay_of_some_samples_in_another_order(compiled, file):
    order = [5, 0, 3]
    (live,) = run_batches(compiled, raster()[order], batch=10)
    (again,) = played(compiled, file, raster()[order], 10)
    same(live, again)


def test_deployed_again_from_a_cassette(batches, file):
    live = nd.deploy(MODEL, X, calibration=X)
    again = nd.deploy(MODEL, X, calibration=X, target=f"replay:{file}")
    np.testing.assert_array_equal(live.predictions, again.predictions)
    np.testing.assert_array_equal(live.scores, again.scores)
    assert again.target == f"replay:{file}"
    assert again.emulates.startswith(live.emulates + ", recorded on target emulator at 20")
    assert again.agreement == live.agreement


def test_equal_samples_come_back_in_the_order_recorded(compiled, tmp_path):
    """A machine may answer the same input differently; both answers are on the cassette."""
    twice = raster()[[0, 0]]
    (found,) = run_batches(compiled, twice, batch=2)
    output = compiled.network.output
    sample = np.array([1, 1, 1], dtype=np.int64)
    other = Spikes(output, sample, sample * 2, sample * 0, found.spikes[output].timestep_ms)
    changed = replace(found, spikes={**found.spikes, output: other})
    save(tape(compiled, twice, [changed], {}), tmp_path / "run.npz")
    (again,) = played(compiled, tmp_path / "run.npz", twice, 2)
    same(changed, again)


def test_sample_that_was_not_recorded(compiled, file):
    samples = raster()[:2].copy()
    samples[1, 0, 0] = 9
    with pytest.raises(InputError, match="sample 1 was not recorded"):
        played(compiled, file, samples, 2)
    with pytest.raises(InputError, match="sample 0 was not recorded"):
        played(compiled, file, raster()[:, :5], 2)


def test_another_network_is_refused(file):
    other = replace(MODEL, graph=chain(linear(WEIGHT * 2), lif(3), n_inputs=4, n_outputs=3))
    with pytest.raises(TargetError, match="recorded with another network"):
        nd.deploy(other, X, calibration=X, target=f"replay:{file}")


def test_digest_sees_what_is_emitted(compiled):
    net = compiled.network
    known = network_digest(net)
    assert network_digest(replace(net, name="other", notes=("x",))) == known
    proj = net.projections[0]
    for changed in (
        replace(proj, delay_ms=3.0),
        replace(proj, weight=proj.weight * 2),
        replace(proj, post_index=proj.post_index[::-1].copy()),
    ):
        other = replace(net, projections=(changed, *net.projections[1:]))
        assert network_digest(other) != known
    assert network_digest(replace(net, timestep_ms=0.5)) != known
    assert network_digest(net.with_population(replace(net.neurons[0], ring_shift=(1, 9)))) != known


@pytest.mark.parametrize("content", [b"", b"text", None])
def test_no_cassette(tmp_path, content):
    path = tmp_path / "x.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"x.npz: (cannot be read|is no cassette)"):
        load(path)
    with pytest.raises(InputError, match=r"x.npz"):
        target_spec(f"replay:{path}")


def altered(file, change):
    with np.load(file, allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    header = json.loads(arrays["header"].tobytes())
    change(header, arrays)
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(file, **arrays)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h, a: h.update(schema="other 9"), "is of another kind .got other 9"),
        (lambda h, a: h.pop("network"), "is no cassette"),
        (lambda h, a: h.update(findings=[{"x": 1}]), "is no cassette"),
        (lambda h, a: h.update(target=None), "is no cassette"),
        (lambda h, a: a.pop("inputs"), "is no cassette"),
        (lambda h, a: a.update(inputs=np.zeros((2, 2))), "is no cassette"),
        (lambda h, a: a.update(inputs=np.zeros((2, 2), np.uint8)), "is no cassette"),
        (lambda h, a: a.pop("spikes/0/step"), "is no cassette"),
    ],
)
def test_a_damaged_cassette(file, change, message):
    altered(file, change)
    with pytest.raises(InputError, match=message):
        load(file)


def test_a_file_of_another_kind(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    with pytest.raises(InputError) as refusal:
        load(path)
    assert str(refusal.value) == f"{path}: is no cassette (expected a file that --cassette wrote)"


def test_pickles_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, header=np.array([{"schema": 1}], dtype=object))
    with pytest.raises(InputError, match="is no cassette"):
        load(path)


def test_a_file_that_cannot_be_written_leaves_nothing(compiled, batches, tmp_path):
    cassette = tape(compiled, raster(), batches, {})
    with pytest.raises(InputError, match="cannot be written"):
        save(cassette, tmp_path / "absent" / "run.npz")
    (tmp_path / "run.npz").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        save(cassette, tmp_path / "run.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]


def test_membrane_is_kept(tmp_path):
    model = replace(MODEL, graph=chain(linear(WEIGHT), lif(3), n_inputs=4, n_outputs=3))
    compiled = nd.compile(model, calibration=X)
    none = np.zeros(0, dtype=np.int64)
    spikes = {compiled.network.output: Spikes("out", none, none, none, 1.0)}
    membrane = np.arange(2 * 6 * 3, dtype=np.float64).reshape(2, 6, 3)
    save(tape(compiled, raster()[:1], [Recording(2, spikes, membrane)], {}), tmp_path / "run.npz")
    (again,) = played(compiled, tmp_path / "run.npz", raster()[:1], 1)
    np.testing.assert_array_equal(again.membrane, membrane)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 9)), max_size=40),
    st.lists(st.integers(0, 5), max_size=8),
)
def test_picked_samples_hold_their_own_spikes(rows, order):
    sample, step, index = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3).T
    spikes = Spikes.sorted("p", sample, step, index, 1.0)
    found = _picked(spikes, np.array(order, dtype=np.int64))
    for k, was in enumerate(order):
        for one, other in zip(found.of_sample(k), spikes.of_sample(was), strict=True):
            np.testing.assert_array_equal(one, other)
    assert found.total == sum(spikes.of_sample(was)[0].size for was in order)
