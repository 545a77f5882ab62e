"""The split that must not leak, the trainer, and the stored models held to their figures."""

import csv
import hashlib
import io
from pathlib import Path

import dpkt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy import packets
from neurodeploy.errors import InputError, ModelError
from tools import nir_export
from tools.nir_export import Dense
from tools.packet_apps import dataset, evaluate, scores, split
from tools.packet_apps.dataset import Source

MODELS = Path(__file__).parents[3] / "models"
DATA = Path(__file__).parents[4] / "shared" / "data" / "packets" / "apps"
STORED = {"packet-apps": "service", "packet-apps-noports": "none"}


@pytest.fixture(scope="module")
def data():
    if not (DATA / "index.csv").is_file():
        pytest.skip("the captures of packets/apps are not beside the checkout")
    return DATA


@pytest.fixture(scope="module")
def listed(data):
    sources = dataset.read_index(data)
    return sources, split.group_captures(data, sources)


def segment(seq=1 << 20, ack=1 << 21, ttl=64, sport=40000, payload=b"data", vlan=False):
    tcp = dpkt.tcp.TCP(sport=sport, dport=80, seq=seq, ack=ack, flags=0x18, data=payload)
    body = bytes(dpkt.ip.IP(src=b"\n\0\0\1", dst=b"\n\0\0\2", p=6, ttl=ttl, data=tcp))
    tag = b"\x81\0\0\x05" if vlan else b""
    return bytes(12) + tag + b"\x08\0" + body


def pcap(*frames):
    out = io.BytesIO()
    writer = dpkt.pcap.Writer(out, snaplen=65535)
    for frame in frames:
        writer.writepkt(frame, ts=1.0)
    return out.getvalue()


def write_folder(folder, captures):
    """Write captures {file: (label, bytes)} with their index."""
    rows = []
    for file, (label, content) in captures.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        rows.append([file, label, digest, "zeek/zeek", f"traces/{file}"])
    with (folder / "index.csv").open("w", newline="") as index:
        writer = csv.writer(index)
        writer.writerow(["file", "label", "sha256", "origin_repo", "origin_path"])
        writer.writerows(rows)
    return folder


def sources_of(sizes):
    """Made-up captures: so many of each label."""
    return [
        Source(f"{label}/{n}", str(label), hashlib.sha256(f"{label} {n}".encode()).hexdigest(), "")
        for label, size in enumerate(sizes)
        for n in range(size)
    ]


# --- split ----------------------------------------------------------------------------------


def marks_of(tmp_path, frame, name):
    (tmp_path / name).write_bytes(pcap(frame))
    return split.packet_marks(tmp_path / name)


@pytest.mark.parametrize(
    ("other", "meets"),
    [
        ({}, True),
        ({"ttl": 3}, True),
        ({"vlan": True}, True),
        ({"payload": b"other", "sport": 5}, True),
        ({"payload": b"other", "seq": 1 << 22}, False),
    ],
)
def test_the_same_packet_or_connection_is_found_again(tmp_path, other, meets):
    first = marks_of(tmp_path, segment(), "a")
    assert bool(first & marks_of(tmp_path, segment(**other), "b")) == meets


def test_small_made_up_sequence_numbers_mean_nothing(tmp_path):
    first = marks_of(tmp_path, segment(seq=1, ack=1), "a")
    assert not first & marks_of(tmp_path, segment(seq=1, ack=1, payload=b"other"), "b")


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("OISF/suricata-verify/tests/bug-6207-1/input.pcap", "oisf/suricata-verify/tests/bug-6207"),
        ("OISF/suricata-verify/tests/bug-3519/input.pcap", "oisf/suricata-verify/tests/bug-3519"),
        ("zeek/zeek/Traces/ntp/ntp2.pcap", "zeek/zeek/traces/ntp/ntp"),
        ("zeek/zeek/Traces/ntp/ntp.pcap", "zeek/zeek/traces/ntp/ntp"),
    ],
)
def test_numbered_variants_are_one_origin_test(origin, name):
    assert split.origin_test(Source("f", "NTP", "0", origin)) == name


@given(st.lists(st.sets(st.integers(0, 12), max_size=4), min_size=1, max_size=12))
def test_groups_are_the_connected_parts(marks):
    groups = split.groups_of(marks)
    reach = np.array([[a is b or bool(a & b) for b in marks] for a in marks])
    for _ in marks:
        reach = reach @ reach
    assert np.array_equal(groups[:, None] == groups, reach)


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    seed=st.integers(0, 99),
    n_groups=st.integers(1, 40),
)
def test_no_group_is_on_both_sides(sizes, seed, n_groups):
    sources = sources_of(sizes)
    groups = np.random.default_rng(seed).integers(0, n_groups, len(sources))
    for is_test in (
        split.fixed_split(sources, groups),
        split.random_split(sources, groups, seed),
    ):
        for group in np.unique(groups):
            assert len(np.unique(is_test[groups == group])) == 1


@given(sizes=st.lists(st.integers(1, 14), min_size=1, max_size=5), seed=st.integers(0, 99))
def test_every_fourth_capture_by_hash_is_test_whatever_the_order(sizes, seed):
    sources = sources_of(sizes)
    order = np.random.default_rng(seed).permutation(len(sources))
    shuffled = [sources[n] for n in order]
    chosen = split.fixed_split(shuffled, np.arange(len(sources)))
    for label, size in enumerate(sizes):
        own = [s.sha256 for s in sources if s.label == str(label)]
        fourth = {s.sha256 for s, t in zip(shuffled, chosen, strict=True) if t} & set(own)
        assert fourth == set(sorted(own)[3::4])
        assert len(fourth) == size // 4


def test_a_group_with_a_test_capture_is_test():
    sources = sources_of([8])
    first, fourth = (sorted(range(8), key=lambda n: sources[n].sha256)[n] for n in (0, 3))
    groups = np.arange(8)
    groups[first] = groups[fourth]
    assert split.fixed_split(sources, groups)[[first, fourth]].all()


def test_random_splits_differ_and_test_every_label():
    sources = sources_of([5, 9])
    groups = np.arange(14)
    one, two = (split.random_split(sources, groups, seed) for seed in (1, 2))
    assert not np.array_equal(one, two)
    assert one[:5].any()
    assert one[5:].sum() == 3


# --- data and scores ------------------------------------------------------------------------


def test_loading_keeps_ip_packets_in_order(tmp_path):
    arp = bytes(12) + b"\x08\x06" + bytes(28)
    folder = write_folder(
        tmp_path,
        {"B/x": ("B", pcap(arp, segment())), "A/x": ("A", pcap(segment(payload=b""), segment(3)))},
    )
    loaded = dataset.load(folder, dataset.read_index(folder), ports="none")
    assert loaded.classes == ("A", "B")
    assert (loaded.y.tolist(), loaded.capture.tolist()) == ([1, 0, 0], [0, 1, 1])
    assert loaded.has_payload.tolist() == [True, False, True]
    assert (loaded.n_not_ip, loaded.x.shape[1]) == (1, len(packets.feature_names(ports="none")))


def test_a_changed_or_missing_file_is_refused(tmp_path):
    folder = write_folder(tmp_path, {"A/x": ("A", pcap(segment()))})
    (folder / "A/x").write_bytes(pcap(segment(3)))
    with pytest.raises(InputError, match="A/x: is another file than the index says"):
        dataset.read_index(folder)
    with pytest.raises(InputError, match=r"index\.csv: is not there"):
        dataset.read_index(folder / "A")


def test_scores_by_hand():
    made = dataset.Dataset(
        sources=(),
        classes=("a", "b"),
        x=np.zeros((6, 1), np.uint8),
        y=np.array([0, 0, 0, 0, 1, 1]),
        capture=np.array([0, 0, 0, 3, 1, 1]),
        has_payload=np.array([True, True, False, False, True, True]),
        n_not_ip=0,
    )
    found = scores.score(made, np.arange(6), np.array([0, 0, 1, -1, 0, 1]))
    assert found == scores.Scores(3 / 6, (2 / 4 + 1 / 2) / 2, 3 / 4, (1 + 1 / 2) / 2, 1 / 3)
    assert scores.mean([found, scores.Scores(0, 0, 0, 0, 1)]).vote == pytest.approx(2 / 3)


# --- network --------------------------------------------------------------------------------


def layers(n_features=12, n_hidden=7, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    make = [rng.normal(size=s).astype(np.float32) for s in ((n_hidden, n_features), n_hidden)]
    weight = rng.normal(size=(n_classes, n_hidden)).astype(np.float32)
    return (
        Dense("hidden", make[0], make[1] * 0.3, 0.9),
        Dense("scores", weight, None, 0.9, spiking=False),
    )


def test_numpy_semantics_of_one_neuron():
    one = (
        Dense("hidden", np.array([[1.5]]), np.array([0.3]), 0.5),
        Dense("scores", np.array([[1.0], [2.0]]), None, 0.5, spiking=False),
    )
    # Step 0: 1.8 fires and resets; then 0.3, 0.45, ... towards 0.6 under the threshold.
    sums, n_spikes = evaluate.run(one, np.array([[1], [0]], dtype=np.uint8))
    left = sum(0.5**step for step in range(8))
    assert n_spikes.tolist() == [1, 0]
    assert sums.tolist() == [[left, 2 * left], [0.0, 0.0]]
    assert evaluate.decide(sums).tolist() == [1, -1]


def test_ties_go_to_the_lowest_class():
    assert evaluate.decide(np.array([[1.0, 3.0, 3.0]])).tolist() == [1]


def test_other_graphs_are_refused():
    with pytest.raises(ModelError, match="one spiking layer"):
        evaluate.run(layers()[:1], np.zeros((1, 12), np.uint8))


def test_the_graph_round_trip_keeps_every_score(tmp_path):
    ours = layers()
    x = np.random.default_rng(1).integers(0, 2, (50, 12)).astype(np.uint8)
    nir_export.write(tmp_path / "graph.nir", ours)
    stored = nir_export.read(tmp_path / "graph.nir")
    for mine, theirs in zip(evaluate.run(ours, x), evaluate.run(stored, x), strict=True):
        assert np.array_equal(mine, theirs)


def test_torch_trains_what_numpy_runs():
    torch = pytest.importorskip("torch", reason="not run: torch is not installed")
    network = pytest.importorskip(
        "tools.packet_apps.network", reason="not run: torch is not installed"
    )
    torch.manual_seed(0)
    model = network.Network(12, 3, network.Recipe(n_hidden=40)).eval()
    x = np.random.default_rng(1).integers(0, 2, (60, 12)).astype(np.uint8)
    with torch.no_grad():
        model.hidden.weight *= 2
        logits = model(torch.tensor(x, dtype=torch.float32)).numpy()
    sums, n_spikes = evaluate.run(model.layers(), x)
    scale = sum(0.9**step for step in range(8))
    assert n_spikes.sum() > 60
    assert np.allclose(sums, logits * scale, atol=1e-4)


def test_training_is_repeatable_and_learns():
    network = pytest.importorskip(
        "tools.packet_apps.network", reason="not run: torch is not installed"
    )
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 600)
    x = (rng.random((600, 30)) < 0.1).astype(np.uint8)
    x[np.arange(600), y * 10] = 1
    x[np.arange(600), (y * 10 + 15) % 30] = 1
    recipe = network.Recipe(n_hidden=32, batch=50)
    runs = [network.train(x, y, y, 3, seed=s, recipe=recipe) for s in (0, 0, 1)]
    assert np.array_equal(runs[0][0].weight, runs[1][0].weight)
    assert not np.array_equal(runs[0][0].weight, runs[2][0].weight)
    assert (evaluate.decide(evaluate.run(runs[0], x)[0]) == y).mean() > 0.9


def test_draws_balance_captures_and_classes():
    network = pytest.importorskip(
        "tools.packet_apps.network", reason="not run: torch is not installed"
    )
    y, capture = np.array([0] * 16 + [1] * 4), np.array([0] * 16 + [1] * 4)
    weights = network.draw_weights(y, capture, network.Recipe(capture_power=-1.0, class_power=0.0))
    assert weights[:16].sum() == pytest.approx(weights[16:].sum())


def test_wrong_input_is_one_line_and_exit_code_2(tmp_path, capsys):
    pytest.importorskip("torch", reason="not run: torch is not installed")
    from tools import train_packet_apps

    assert train_packet_apps.main(["--data", str(tmp_path), "--out", str(tmp_path / "o")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# --- what ships -----------------------------------------------------------------------------


def shipped_split():
    with (MODELS / "packet-apps" / "split.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_shipped_list_is_what_the_rule_says(listed, tmp_path):
    sources, groups = listed
    is_test = split.fixed_split(sources, groups)
    split.write_split(tmp_path / "split.csv", sources, groups, is_test)
    shipped = (MODELS / "packet-apps" / "split.csv").read_text()
    assert (tmp_path / "split.csv").read_text() == shipped


def test_no_test_capture_shares_a_packet_or_an_origin_with_the_train_side(data):
    sources = {source.file: source for source in dataset.read_index(data)}
    sides = {"test": set(), "train": set()}
    for row in shipped_split():
        source = sources[row["file"]]
        marks = split.packet_marks(data / source.file) | {split.origin_test(source)}
        sides[row["side"]] |= marks
    assert all(len(marks) > 500 for marks in sides.values())
    assert not sides["test"] & sides["train"]


def test_every_class_is_on_both_sides():
    both = {(row["label"], row["side"]) for row in shipped_split()}
    assert len(both) == 2 * 33


@pytest.mark.parametrize("name", STORED)
def test_stored_graphs_fit_the_front_end(name):
    hidden, output = nir_export.read(MODELS / name / "graph.nir")
    assert hidden.weight.shape[1] == len(packets.feature_names(ports=STORED[name]))
    assert len(hidden.weight) <= 512
    assert output.weight.shape == (33, len(hidden.weight))
    assert output.bias is None
