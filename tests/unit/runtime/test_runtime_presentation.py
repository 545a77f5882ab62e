"""Samples one after the other: the gap that is proved, replicas, resets, and going on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Case, random_layer, random_raster

import neurodeploy as nd
from neurodeploy.cli import main
from neurodeploy.deployment import MACHINE_BATCH, Interrupted, compile, deploy
from neurodeploy.describe import Model
from neurodeploy.encode import Encoder
from neurodeploy.errors import TargetError
from neurodeploy.planning import Pace
from neurodeploy.presentation import LONGEST_GAP_TICKS, Presentation, _Decay, apart
from neurodeploy.runtime import runner
from neurodeploy.runtime.arrangement import Arrangement, arrange
from neurodeploy.runtime.backend import MachineOptions
from neurodeploy.runtime.options import RunOptions
from neurodeploy.runtime.runner import run_batches
from neurodeploy.schedule import Schedule, schedule
from neurodeploy.target.layout import lay_out

RESTORED, APART, RESET = Presentation("restored"), Presentation("apart"), Presentation("reset")


@pytest.fixture(scope="module")
def digits(project_root):
    model = nd.load(project_root / "models" / "digits")
    compiled = compile(model, "emulator")
    rng = np.random.default_rng(1)
    raster = rng.integers(0, 2, (6, model.encoder.steps, 64), dtype=np.uint8)
    return compiled, raster


def recording(digits, presentation):
    compiled, raster = digits
    options = RunOptions(presentation=presentation, engine="numpy")
    (found,) = run_batches(compiled, raster, batch=len(raster), options=options)
    return found


def assert_same(first, second):
    assert first.spikes.keys() == second.spikes.keys()
    for name, spikes in first.spikes.items():
        assert spikes.total
        for part in ("sample", "step", "index"):
            np.testing.assert_array_equal(
                getattr(spikes, part), getattr(second.spikes[name], part), err_msg=name
            )


@pytest.mark.parametrize(
    "presentation",
    [APART, RESET, Presentation("apart", 2), Presentation("reset", 4), Presentation(replicas=3)],
    ids=repr,
)
def test_every_presentation_gives_the_same_spikes(digits, presentation):
    assert_same(recording(digits, RESTORED), recording(digits, presentation))


def test_without_a_gap_samples_see_each_other(digits):
    compiled, raster = digits
    target = replace(compiled.target, restores_state=False)
    steps = raster.shape[1]
    plan = schedule(compiled.network, steps)
    found = arrange(compiled.network, plan, target, Presentation())
    assert not found.restored
    assert found.plan.sample_ticks > plan.sample_ticks + 100
    assert found.plan.flush_tick < found.plan.sample_ticks


@given(
    v=st.floats(1.0, 1e5),
    i=st.floats(0.0, 1e5),
    b=st.floats(0.0, 0.99),
    d=st.floats(0.0, 0.99),
    limit=st.floats(1e-5, 100.0),
)
def test_the_bound_holds_for_every_later_tick(v, i, b, d, limit):
    ticks = _Decay(v, i, b, d).ticks_until(limit)
    voltage, current = v, i
    for tick in range(1, ticks + 50):
        voltage = b * voltage + (1.0 - b) * current
        current *= d
        assert tick < ticks or voltage < limit * (1 + 1e-9)


def looped(net):
    """Return the network with its first population of neurons feeding itself."""
    first = net.neurons[0].name
    own = replace(net.projections[0], name="loop", pre=first, post=first)
    return replace(net, projections=(*net.projections, own))


def test_loops_are_reset(digits):
    compiled, raster = digits
    net = looped(compiled.network)
    plan = schedule(net, raster.shape[1])
    assert apart(net, plan) is None
    target = replace(compiled.target, restores_state=False)
    assert arrange(net, plan, target, Presentation()).per_run == 1
    with pytest.raises(TargetError, match="loops"):
        arrange(net, plan, target, APART)
    with pytest.raises(TargetError, match="does not restore"):
        arrange(net, plan, target, RESTORED)


@pytest.mark.parametrize(("thresholds", "longer"), [(0.9, False), (40.0, True)])
def test_a_reset_far_below_rest_is_waited_for(digits, thresholds, longer):
    """A late spike then takes the voltage farther away than any input before it."""
    net, raster = digits[0].network, digits[1]

    def gap(below):
        populations = []
        for pop in net.populations:
            if pop.cell is not None:
                values = dict(pop.cell.parameters)
                reset = values["v_rest"] - below * (values["v_thresh"] - values["v_rest"])
                cell = replace(pop.cell, parameters=values | {"v_reset": reset})
                pop = replace(pop, cell=cell)
            populations.append(pop)
        changed = replace(net, populations=tuple(populations))
        _, plan = apart(changed, schedule(changed, raster.shape[1]))
        return plan.flush_tick

    assert (gap(thresholds) > gap(0.0)) == longer


def test_long_memories_are_reset(digits):
    compiled, raster = digits
    net = compiled.network
    slow = net.neurons[0]
    parameters = dict(slow.cell.parameters)
    parameters["tau_m"] = np.full_like(parameters["tau_m"], LONGEST_GAP_TICKS)
    cell = replace(slow.cell, parameters=parameters)
    populations = [replace(p, cell=cell) if p is slow else p for p in net.populations]
    net = replace(net, populations=tuple(populations))
    assert apart(net, schedule(net, raster.shape[1])) is None


@given(
    n=st.integers(1, 40),
    replicas=st.integers(1, 7),
    per_run=st.none() | st.integers(1, 5),
)
def test_every_sample_runs_once(n, replicas, per_run):
    seats = Arrangement(None, Schedule(1, {}, 1), False, per_run, replicas).runs(n)
    runs = [[seat.tolist() for seat in run] for run in seats]
    assert sorted(sum((seat for run in runs for seat in run), [])) == list(range(n))
    assert all(len(run) == replicas for run in runs)
    assert per_run is None or all(len(seat) <= per_run for run in runs for seat in run)


def broken(digits, after):
    """Return a progress function that presses Ctrl-C."""
    calls = []

    def progress(share):
        calls.append(share)
        if share >= after:
            raise KeyboardInterrupt

    return progress


def test_a_run_that_broke_off_goes_on(digits, tmp_path, monkeypatch):
    compiled, _ = digits
    model = compiled.model
    x = np.random.default_rng(2).random((7, 64))
    monkeypatch.setattr("neurodeploy.deployment.BATCH", 2)
    common = {"target": "emulator", "journal": tmp_path / "batches"}
    with pytest.raises(Interrupted) as stop:
        deploy(model, x, **common, progress=broken(digits, 0.5))
    kept = sorted((tmp_path / "batches").iterdir())
    assert len(kept) == stop.value.report.n_samples // 2 == 1
    ran = []
    report = deploy(model, x, **common, resume=True, progress=ran.append)
    assert report.n_samples == 7
    assert min(ran) > 0.25
    assert not (tmp_path / "batches").exists()
    np.testing.assert_array_equal(report.predictions, deploy(model, x).predictions)


@pytest.mark.parametrize("change", ["samples", "file"])
def test_batches_of_something_else_are_not_taken(digits, tmp_path, change):
    compiled, raster = digits
    from neurodeploy.runtime.journal import Journal

    journal = Journal(tmp_path)
    (found,) = run_batches(compiled, raster, batch=6, options=RunOptions(journal=journal))
    assert journal.kept(0, compiled, raster) is not None
    if change == "samples":
        raster = 1 - raster
    else:
        (path,) = tmp_path.iterdir()
        path.write_bytes(path.read_bytes()[:200])
    assert journal.kept(0, compiled, raster) is None
    assert found.n_samples == 7


def test_findings_are_errors_in_a_strict_deployment(project_root):
    model = nd.load(project_root / "models" / "digits")
    x = np.ones((2, 64))
    small = nd.WeightScale.parse(["hidden=1,1"])
    assert any("full" in text for text in deploy(model, x, weight_scale=small).warnings)
    with pytest.raises(TargetError, match="hidden"):
        deploy(model, x, weight_scale=small, strict=True)


def test_as_many_replicas_as_a_machine_holds(digits):
    compiled, raster = digits
    machine = replace(compiled, target=replace(compiled.target, restores_state=False))
    small, large = (
        runner._replicas(machine, Pace(), MachineOptions(version=version)) for version in (3, 5)
    )
    cores = lay_out(compiled.network, {}).cores + 1
    assert small * cores <= 64 < (small + 1) * cores
    assert large > 10 * small
    assert runner._replicas(compiled, Pace(), MachineOptions()) == 1
    plan = schedule(compiled.network, raster.shape[1])
    many = Presentation("apart", None)
    assert arrange(compiled.network, plan, compiled.target, many, fit=small).replicas == small
    assert_same(recording(digits, RESTORED), recording(digits, many))


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_no_number_of_replicas_is_refused(project_root, capsys, text):
    model = str(project_root / "models" / "digits")
    assert main(["deploy", model, "--replicas", text]) == 2
    assert "--replicas: is no number of networks" in capsys.readouterr().err


def test_little_is_lost_of_a_machine(digits, monkeypatch):
    compiled, _ = digits
    sizes = []

    def run(compiled, raster, *, batch, options):
        sizes.append(batch)
        raise KeyboardInterrupt

    monkeypatch.setattr("neurodeploy.deployment.run_batches", run)
    machine = replace(compiled.target, restores_state=False)
    for spec in (compiled.target, machine):
        monkeypatch.setattr("neurodeploy.deployment.target_spec", lambda name, spec=spec: spec)
        with pytest.raises(KeyboardInterrupt):
            deploy(compiled.model, np.ones((500, 64)))
    assert sizes == [500, MACHINE_BATCH]


def test_a_folder_of_a_cassette_that_cannot_be_is_refused_before_the_run(project_root, capsys):
    model = str(project_root / "models" / "digits")
    assert main(["deploy", model, "--cassette", "/proc/no/run.npz"]) == 2
    assert "/proc/no: cannot be written" in (said := capsys.readouterr().err)
    assert said.rstrip().endswith("choose another --cassette")


def subtracting(kind):
    """Return a compiled network with a reset by subtraction, and samples."""
    rng = np.random.default_rng(11)
    layers = tuple(random_layer(rng, kind, n, m, biased=False) for n, m in ((8, 12), (12, 5)))
    case = Case(layers, reset="subtract")
    model = Model("soft", case.graph(), case.timing, Encoder("events", 20), "spike_count")
    raster = random_raster(rng, 5, 20, 8)
    return compile(model, "emulator", calibration=raster), raster


@pytest.mark.parametrize("presentation", [APART, RESET], ids=repr)
def test_subtraction_in_every_presentation(presentation):
    soft = subtracting("lif")
    assert_same(recording(soft, RESTORED), recording(soft, presentation))


def test_neurons_that_never_forget_are_reset():
    compiled, raster = soft = subtracting("if")
    target = replace(compiled.target, restores_state=False)
    plan = schedule(compiled.network, raster.shape[1])
    assert arrange(compiled.network, plan, target, Presentation()).per_run == 1
    with pytest.raises(TargetError, match="remembers too long; use --presentation reset"):
        arrange(compiled.network, plan, target, APART)
    assert_same(recording(soft, RESTORED), recording(soft, RESET))
