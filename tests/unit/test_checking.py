"""check: what is counted, what is chosen from it, and what is said."""

import json
import math

import numpy as np
import pytest
from strategies import chain, lif, linear

import neurodeploy as nd
from neurodeploy.checking import Machine, ProjectionNeeds, check_compiled
from neurodeploy.checking.figures import routing_entries, warnings_of
from neurodeploy.compiler import compile_model
from neurodeploy.describe import Model
from neurodeploy.encode import Encoder
from neurodeploy.errors import InputError
from neurodeploy.importer import Timing
from neurodeploy.planning import Pace, choose_pace, core_load, count_traffic
from neurodeploy.planning.pace import MARGIN
from neurodeploy.target.layout import lay_out
from neurodeploy.target.rules import Design
from neurodeploy.target.spec import TargetSpec
from neurodeploy.target.spinnaker import BOARDS
from neurodeploy.target.work import factor_of, tick_instructions

BOARD = TargetSpec("null", "nothing", True, True, ("null",))
STEPS = 4


def dense(n_inputs, *sizes, weight=0.1):
    """Return a model of fully connected layers that pass every spike on."""
    nodes = []
    for pre, post in zip((n_inputs, *sizes), sizes, strict=False):
        nodes += [linear(np.full((post, pre), weight)), lif(post)]
    graph = chain(*nodes, n_inputs=n_inputs, n_outputs=sizes[-1])
    timing = Timing(1e-3, "snntorch", "hard")
    return Model("dense", graph, timing, Encoder("events", STEPS), "spike_count")


def compiled(model):
    return compile_model(model, BOARD)


def raster_of(*active, n_inputs, steps=STEPS):
    """Return one sample in which so many inputs spike in each step."""
    raster = np.zeros((1, steps, n_inputs), dtype=np.uint8)
    for step, n in enumerate(active):
        raster[0, step, :n] = 1
    return raster


def test_packets_and_events_are_counted_in_the_tick_in_which_they_are_sent():
    model = compiled(dense(50, 20))
    traffic = count_traffic(model, raster_of(5, 30, 7, n_inputs=50))
    name = model.network.output
    assert traffic.packets(name) == 30
    assert traffic.events(name, 20) == 30 * 20
    assert traffic.events(name, 8) == 30 * 8
    assert traffic.peak("input") == 30
    assert traffic.per_sample() >= 42


def test_chunks_count_as_the_whole_does(monkeypatch):
    model = compiled(dense(50, 20))
    traffic = count_traffic(model, raster_of(5, 30, 7, n_inputs=50))
    whole = traffic.events(model.network.output, 20)
    monkeypatch.setattr("neurodeploy.planning.traffic.CHUNK", 1)
    assert traffic.events(model.network.output, 20) == whole


def test_a_busy_population_is_spread_over_cores_before_the_machine_is_slowed():
    model = compiled(dense(100, 256))
    traffic = count_traffic(model, raster_of(40, n_inputs=100))
    name = model.network.output
    pace = choose_pace(model.network, traffic, cores=759)
    # 40 x 128 events are too many for one core; 40 x 64 are not.
    assert (pace.time_scale_factor, pace.per_core) == (1, {name: 64})
    assert pace.loads[name] == core_load(traffic, name, 64)
    few = choose_pace(model.network, traffic, cores=3)
    assert few.time_scale_factor > 1
    asked = choose_pace(model.network, traffic, cores=759, time_scale_factor=2)
    assert (asked.time_scale_factor, asked.per_core) == (2, {name: 128})


def test_what_is_chosen_keeps_up_and_the_next_faster_does_not():
    model = compiled(dense(300, 200, 30))
    net = model.network
    traffic = count_traffic(model, raster_of(300, 150, n_inputs=300))
    pace = choose_pace(net, traffic, cores=759)
    needed = [factor_of(v.events, v.instructions, net.timestep_ms) for v in pace.loads.values()]
    assert max(needed) <= pace.time_scale_factor
    # 300 packets in a tick take more than a millisecond on any number of cores.
    assert pace.time_scale_factor > 1
    name = net.neurons[0].name
    faster = core_load(traffic, name, 8)
    least = factor_of(faster.events, faster.instructions, 1.0)
    assert pace.time_scale_factor == math.ceil(MARGIN * least) > least


def test_load_of_a_core():
    model = compiled(dense(50, 20))
    traffic = count_traffic(model, raster_of(30, n_inputs=50))
    load = core_load(traffic, model.network.output, 256)
    spikes = traffic.peak(model.network.output)
    assert load.instructions == tick_instructions(20, 30, 600, spikes)


def test_nothing_is_chosen_without_samples():
    found = check_compiled(compiled(dense(5, 4)))
    assert (found.time_scale_factor, found.loads, found.warnings) == (None, {}, ())
    assert "input_burst" not in found.figures


def test_every_figure_says_how_it_is_known():
    model = compiled(dense(50, 20))
    found = check_compiled(model, raster_of(30, n_inputs=50))
    said = found.as_json()
    assert json.loads(json.dumps(said, allow_nan=False)) == said | {
        "populations": json.loads(json.dumps(said["populations"]))
    }
    for figure in said["figures"].values():
        assert figure["how"] in ("exact", "upper bound", "estimate")
        assert figure["source"]
    assert said["figures"]["routing_entries"]["how"] == "upper bound"
    assert said["figures"]["core_dtcm"]["how"] == "estimate"
    assert said["figures"]["input_burst"]["value"] == 30
    (projection,) = said["projections"]
    assert (projection["longest_row"], projection["delay_ticks"]) == (20, 2)


def test_energy_counts_time_and_cores():
    model = compiled(dense(50, 20))
    found = check_compiled(model, raster_of(30, n_inputs=50))
    ticks = count_traffic(model, raster_of(30, n_inputs=50)).plan.sample_ticks
    assert found.energy.seconds == pytest.approx(ticks * found.time_scale_factor / 1000)
    assert found.energy.cores_J == pytest.approx(2 * 0.034 * found.energy.seconds)
    slower = check_compiled(model, raster_of(30, n_inputs=50), Machine(time_scale_factor=10))
    assert slower.energy.boards_J == pytest.approx(10 * found.energy.boards_J)


def test_a_burst_beyond_the_input_buffer_is_warned_of():
    model = compiled(dense(300, 4))
    found = check_compiled(model, raster_of(257, n_inputs=300))
    assert any("input buffer 256" in text for text in found.warnings)
    assert found.fits
    quiet = check_compiled(model, raster_of(200, n_inputs=300))
    assert not any("input buffer" in text for text in quiet.warnings)


def test_a_factor_that_is_too_small_is_warned_of_then_refused():
    model = compiled(dense(300, 8))

    def found(active, factor):
        return check_compiled(
            model, raster_of(active, n_inputs=300), Machine(time_scale_factor=factor)
        )

    assert found(200, 1).fits
    assert not any("fall behind" in text for text in found(100, 1).warnings)
    assert any("fall behind" in text and "2 is safe" in text for text in found(200, 1).warnings)
    assert not found(300, 2).violations


def test_a_core_with_more_than_its_clock_is_refused():
    model = compiled(dense(600, 8))
    raster = raster_of(600, n_inputs=600)
    found = check_compiled(model, raster, Machine(time_scale_factor=1))
    assert {v.rule for v in found.violations} == {"keeps_up"}
    assert check_compiled(model, raster).fits


def test_more_routing_entries_than_a_chip_has_are_warned_of():
    net = compiled(dense(2, 1030, 2)).network
    hidden = net.neurons[0].name

    def said(per_core):
        design = Design(lay_out(net, {hidden: per_core}), boards=2)
        return routing_entries(design), warnings_of(design, Pace(), ())

    assert said(1)[0] == 1031
    assert any("1031 routing entries" in text for text in said(1)[1])
    assert said(2) == (516, ())


def test_coarse_weights_are_warned_of():
    design = Design(lay_out(compiled(dense(2, 3)).network))
    good = ProjectionNeeds("good", 95, 1, 2, 0, 1.0, 20.0, 5)
    poor = ProjectionNeeds("poor", 94, 1, 2, 0, 1.0, 19.9, 6)
    exact = ProjectionNeeds("exact", 10, 1, 2, 0, 1.0, None, 0)
    found = warnings_of(design, Pace(), (good, poor, exact))
    assert [text.split(":")[0] for text in found] == ["poor", "poor"]


def test_the_small_board_holds_less():
    model = compiled(dense(3, 300))
    assert check_compiled(model, machine=Machine(5)).fits
    assert check_compiled(model, machine=Machine(3)).fits
    wide = compiled(dense(2, 64 * 256))
    found = check_compiled(wide, machine=Machine(3))
    assert {v.rule for v in found.violations} == {"cores_fit_machine", "chips_fit_machine"}
    assert check_compiled(wide, machine=Machine(5)).fits


@pytest.mark.parametrize(
    ("machine", "says"),
    [
        ({"version": 4}, "unknown version"),
        ({"version": 3, "boards": 2}, "not so many"),
        ({"boards": 0}, "not so many"),
    ],
)
def test_boards_that_there_are_not(machine, says):
    with pytest.raises(InputError, match=says):
        Machine(**machine)
    assert Machine().board == BOARDS[5]


def test_check_does_not_run_what_ideal_has_no_limits_for():
    model = dense(5, 4)
    found = nd.check(model, "ideal")
    assert (found.fits, found.figures, found.energy) == (True, {}, None)
