"""What `check` and `compile` predict is what sPyNNaker's own mapping makes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurodeploy.checking import check_compiled
from neurodeploy.deployment import calibration_raster
from neurodeploy.emit.pynn import connection_list
from neurodeploy.ir.network import RECEPTORS
from neurodeploy.planning import Machine, count_traffic, plan
from neurodeploy.target.rules import RULES
from neurodeploy.target.weight_scale import choose_shift, summarise_connections
from truth.networks import compiled_model, jittered
from truth.predicted import REFUSALS, predict

SIZES = (1, 2, 3, 7, 16, 33, 100, 255, 256, 257, 300, 513, 600)
DELAYS = (1, 2, 3, 4, 5, 16, 31, 32, 33, 60, 64, 65, 130, 289, 400)


@st.composite
def requests(draw):
    """Draw a network of one to three populations, with loops, skips and long delays."""
    sizes = draw(st.lists(st.sampled_from(SIZES), min_size=1, max_size=3))
    counts = [draw(st.sampled_from(SIZES)), *sizes]
    places = st.integers(0, len(sizes))
    links = [[k, k + 1, draw(fans(counts[k + 1])), 2, 0] for k in range(len(sizes))]
    for _ in range(draw(st.integers(0, 3))):
        pre, post = draw(places), draw(st.integers(1, len(sizes)))
        ticks, receptor = draw(st.sampled_from(DELAYS)), draw(st.integers(0, 1))
        links.append([pre, post, draw(fans(counts[post])), ticks, receptor])
    request = {
        "seed": draw(st.integers(0, 2**32 - 1)),
        "inputs": counts[0],
        "sizes": sizes,
        "links": links,
        "cell": draw(st.sampled_from(["IF_curr_exp", "IF_curr_delta"])),
        "spread": draw(st.booleans()),
        "by_target": draw(st.booleans()),
    }
    if draw(st.booleans()):
        request["per_core"] = {request["cell"]: draw(st.sampled_from([5, 16, 64]))}
    if draw(st.booleans()):
        request["record"] = {"n0": draw(st.sampled_from([["spikes"], ["v"], ["spikes", "v"]]))}
    return request


def fans(n):
    """Draw synapses of one source neuron: none or few, so that a case stays small."""
    return st.integers(0, min(n, 20))


def agrees(request, answer):
    """Compare an answer with the prediction, field by field."""
    predicted = predict(request)
    if predicted.refusals:
        assert answer["refused"] in predicted.refusals, answer
        return
    assert answer["refused"] is None, answer
    assert in_order(answer["cores"]) == in_order(predicted.cores())
    assert answer["shifts"] == predicted.shifts()
    assert answer["slots"] == dict(predicted.layout.slots)
    assert answer["stages"] == dict(predicted.layout.stages)
    assert answer["chips"] == predicted.chips()
    assert answer["entries"] <= predicted.entries()
    for name, rows in answer["synapses"].items():
        if name not in predicted.lost:
            assert sorted(rows) == predicted.synapses(name)


def in_order(cores):
    return sorted(cores, key=lambda core: (core["kind"], core["population"], core["first"]))


@settings(max_examples=25)
@given(requests())
def test_random_networks(mapped, request_):
    agrees(request_, mapped(request_))


def test_every_model(mapped, model_folder):
    request = {"model": str(model_folder)}
    agrees(request, mapped(request))


def test_every_model_as_planned(mapped, model_folder):
    """With the neurons per core that `check` chooses, and its cores, chips and bytes."""
    compiled = compiled_model(str(model_folder))
    raster = calibration_raster(compiled.model)
    traffic = None if raster is None else count_traffic(compiled, raster)
    pace = plan(compiled.network, traffic, Machine())
    request = {"model": str(model_folder), "sizes_of": dict(pace.per_core)}
    answer = mapped(request)
    agrees(request, answer)
    assert check_compiled(compiled, raster).as_json()["cores"] == len(answer["cores"])


@pytest.mark.parametrize(
    ("kind", "alpha", "beta", "sizes"),
    [
        ("lif", 0.5, 0.9, [10, 300, 20]),
        ("cubalif", 0.5, 0.8, [6, 40, 10]),
        # Taps that reach behind the slots of a core, and an extension.
        ("cubalif", 0.75, 0.85, [5, 150, 20]),
        ("cubalif", 0.85, 0.75, [5, 150, 8]),
    ],
)
def test_resets_by_subtraction(mapped, kind, alpha, beta, sizes):
    case = {"kind": kind, "alpha": alpha, "beta": beta, "sizes": sizes, "seed": 3}
    agrees({"trained": case}, mapped({"trained": case}))


def test_a_delay_of_exactly_the_slots(mapped):
    """Beside a longer one it has rows in front of the extension and behind it."""
    request = {
        "seed": 5, "inputs": 40, "sizes": [200],
        "links": [[0, 1, 12, 32, 0], [0, 1, 5, 33, 0], [0, 1, 3, 2, 1]],
    }  # fmt: skip
    agrees(request, mapped(request))


@pytest.mark.parametrize("board", [3, 5])
@pytest.mark.parametrize("seed", [1, 2])
def test_both_boards(mapped, board, seed):
    request = {
        "seed": seed, "inputs": 40, "sizes": [700, 20], "board": board,
        "links": [[0, 1, 12, 2, 0], [1, 2, 3, 2, 1], [1, 1, 2, 1, 0]],
    }  # fmt: skip
    agrees(request, mapped(request))


BROKEN = {
    "delay_within_reach": {"sizes": [300], "links": [[0, 1, 5, 289, 0]]},
    "one_length_of_stage": {"sizes": [256, 128], "links": [[0, 1, 5, 40, 0], [0, 2, 5, 100, 0]]},
    "rows_fit": {"sizes": [10], "links": [[0, 1, 257, 2, 0]]},
    "sources_fit": {
        "inputs": 65_536, "sizes": [2], "links": [[0, 1, 1, 2, 0]], "spread": True,
    },
    "parameters_in_range": {
        "sizes": [4], "links": [[0, 1, 4, 2, 0]], "parameters": {"v_thresh": 65_536.0},
    },
    "core_fits_chip": {"inputs": 30_000, "sizes": [2], "links": [[0, 1, 1, 2, 0]]},
    "cores_fit_machine": {
        "sizes": [64], "links": [[0, 1, 2, 2, 0]], "per_core": {"IF_curr_exp": 1},
        "board": 3, "width": 2,
    },
}  # fmt: skip


@pytest.mark.parametrize("rule", BROKEN)
def test_what_check_refuses_is_refused(mapped, rule):
    request = {"seed": 1, "inputs": 4} | BROKEN[rule]
    predicted = predict(request)
    assert rule in {v.rule for v in predicted.violations}
    assert mapped(request)["refused"] in REFUSALS[rule]


FITS = {
    "delay_within_reach": {"sizes": [300], "links": [[0, 1, 5, 32, 0]]},
    "one_length_of_stage": {"sizes": [256, 256], "links": [[0, 1, 5, 40, 0], [0, 2, 5, 60, 0]]},
    "delayed_rows_are_found": {"inputs": 256, "sizes": [256], "links": [[0, 1, 3, 100, 0]]},
    "rows_fit": {"sizes": [10], "links": [[0, 1, 256, 2, 0]]},
    "parameters_in_range": {
        "sizes": [4], "links": [[0, 1, 4, 2, 0]], "parameters": {"v_thresh": 65_535.5},
    },
    "core_fits_chip": {"inputs": 29_950, "sizes": [2], "links": [[0, 1, 1, 2, 0]]},
    "cores_fit_machine": {
        "sizes": [62], "links": [[0, 1, 2, 2, 0]], "per_core": {"IF_curr_exp": 1},
        "board": 3, "width": 2,
    },
}  # fmt: skip


@pytest.mark.parametrize("rule", FITS)
def test_what_just_fits_is_mapped(mapped, rule):
    request = {"seed": 1, "inputs": 4} | FITS[rule]
    assert not predict(request).violations
    agrees(request, mapped(request))


def test_rows_of_several_stages_are_lost_in_silence(mapped):
    """sPyNNaker maps it and says nothing, but 16 of 20 sources have lost their synapses."""
    request = {"seed": 1, "inputs": 20, "sizes": [300], "links": [[0, 1, 5, 100, 0]]}
    predicted = predict(request)
    assert [v.rule for v in predicted.violations] == ["delayed_rows_are_found"]
    answer = mapped(request)
    assert answer["refused"] is None
    assert len(answer["synapses"]["p0"]) < 20 * 5


@pytest.mark.parametrize("by_target", [False, True])
def test_long_rows_on_several_cores(mapped, by_target):
    """600 synapses on three cores are no row of 600, in whichever order the network has them.

    sPyNNaker counts them as one in a list that is not sorted by source, and refuses it.
    """
    request = {"seed": 1, "inputs": 50, "sizes": [600], "links": [[0, 1, 600, 2, 0]]}
    agrees(request | {"by_target": by_target}, mapped(request | {"by_target": by_target}))


@settings(max_examples=8)
@given(requests())
def test_shifts_that_spynnaker_chooses(mapped, request_):
    request = request_ | {
        "own_shifts": True,
        "links": [[*k[:3], 2, k[4]] for k in request_["links"]],
    }
    net = predict(request).network
    expected = {}
    for pop in net.neurons:
        rows = {
            p.name: jittered(connection_list(p, net.timestep_ms)) for p in net.incoming(pop.name)
        }
        expected[pop.name] = [
            choose_shift(
                summarise_connections(row[:, 1].astype(int), row[:, 2], row[:, 3])
                for name, row in rows.items()
                if next(p for p in net.projections if p.name == name).receptor == receptor
            )
            for receptor in RECEPTORS
        ]
    answer = mapped(request)
    assert answer["refused"] is None, answer
    assert answer["shifts"] == expected


def test_every_refusal_belongs_to_a_rule():
    assert set(REFUSALS) <= {rule.__name__ for rule in RULES}
