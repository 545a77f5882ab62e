import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies import cases, rasters

from neurodeploy.compiler import compile_network
from neurodeploy.schedule import schedule, source_ticks
from neurodeploy.target.spec import TargetSpec

BOARD = TargetSpec("null", "nothing", True, True, ("null",))


@given(st.data(), cases())
def test_every_spike_is_sent_once_in_its_samples_ticks(data, case):
    raster = data.draw(rasters(case.n_inputs))
    net = compile_network(case.network(), BOARD)
    plan = schedule(net, raster.shape[1])
    sent = source_ticks(net, plan, raster)
    tick, index = sent["input"]
    found = np.zeros((len(raster) * plan.sample_ticks, case.n_inputs), dtype=int)
    np.add.at(found, (tick, index), 1)
    per_sample = found.reshape(len(raster), plan.sample_ticks, case.n_inputs)
    np.testing.assert_array_equal(per_sample[:, : plan.steps], raster)
    assert per_sample[:, plan.steps :].sum() == 0
    for tick, index in sent.values():
        order = np.lexsort((tick, index))
        np.testing.assert_array_equal(order, np.arange(order.size))


@given(cases(), st.integers(1, 30))
def test_a_sample_is_long_enough_for_its_deepest_layer(case, steps):
    net = compile_network(case.network(), BOARD)
    plan = schedule(net, steps)
    last = max(plan.start_tick[p.name] for p in net.neurons) + steps - 1
    # The membrane of the last step is recorded one tick later.
    assert plan.sample_ticks == last + 2
