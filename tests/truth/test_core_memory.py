"""DTCM and instructions of a core are those of the shipped programs as they run."""

from dataclasses import replace

import numpy as np
import pytest
from strategies import Case, random_layer

from neurodeploy.compiler import compile_network
from neurodeploy.target.layout import lay_out
from neurodeploy.target.memory import dtcm_bytes
from neurodeploy.target.spec import TargetSpec
from neurodeploy.target.spinnaker import SPINN5
from neurodeploy.target.work import tick_instructions

unicorn = pytest.importorskip("unicorn", reason="not run: unicorn is missing")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is missing")

from oracle.neuron_core import Matrix, NeuronCore, Synapse, pack_static_row  # noqa: E402
from oracle.regions import Fields  # noqa: E402

ONE = 1 << 15
HEAP = 0x4C
DTCM = 0x400000
CELLS = {"IF_curr_exp": ("cubalif", {"tau_syn_E", "tau_syn_I"}), "IF_curr_delta": ("lif", set())}
PARAMETERS = {
    "v": 0, "v_rest": 0, "v_reset": 0, "v_thresh": 10 * ONE, "tau_m": 20 * ONE, "cm": ONE,
    "i_offset": 0, "tau_refrac": ONE, "tau_syn_E": 5 * ONE, "tau_syn_I": 5 * ONE,
}  # fmt: skip


def program(kind, n, *, rows=1, synapses=1, matrices=1, slots=2, recorded=False):
    """Return a core that has started, with rows of so many synapses each."""
    fields = Fields(n, 2, slots)
    row = pack_static_row([Synapse(k % n, 100, 1, k % 2) for k in range(synapses)], fields)
    others = {"tau_syn_E", "tau_syn_I"} - CELLS[kind][1]
    words = {name: value for name, value in PARAMETERS.items() if name not in others}
    return NeuronCore(
        kind, n, params=words, shifts=(3, 3), max_delay=slots,
        matrices=[Matrix(k << 24, [row] * rows) for k in range(1, matrices + 1)],
        rates={"v": int(recorded), "gsyn_exc": 0, "gsyn_inh": 0},
    )  # fmt: skip


def layout_of(kind, n, *, matrices=1, slots=2):
    """Return the layout of a population of so many neurons with so many sources."""
    layer = random_layer(np.random.default_rng(0), CELLS[kind][0], 1, n, biased=False)
    net = compile_network(
        Case((layer,)).network(), TargetSpec("null", "nothing", True, True, ("null",))
    )
    first = net.projections[0]
    names = [f"s{k}" for k in range(matrices)]
    sources = tuple(replace(net.inputs, name=name) for name in names)
    links = tuple(replace(first, name=k, pre=k, delay_ms=float(slots)) for k in names)
    neurons = tuple(p for p in net.populations if p.kind == "neurons")
    return lay_out(replace(net, populations=(*sources, *neurons), projections=links))


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize(
    ("n", "matrices", "slots"), [(1, 1, 2), (2, 3, 8), (33, 1, 16), (100, 2, 4), (256, 1, 32)]
)
@pytest.mark.parametrize("recorded", [False, True])
def test_data_memory(kind, n, matrices, slots, recorded):
    core = program(kind, n, matrices=matrices, slots=slots, recorded=recorded).core
    first_free = core.word(core.word(HEAP)) - DTCM
    layout = layout_of(kind, n, matrices=matrices, slots=slots)
    got = dtcm_bytes(layout, layout.block("n0"), membranes=recorded)
    # Blocks of the heap are whole pairs of words.
    assert abs(got - first_free) <= 16
    assert core.word(core.word(HEAP) + 8) - DTCM == SPINN5.dtcm_bytes


def instructions(core, n_ticks, spikes):
    """Return the instructions of a tick."""
    count = 0

    def one_more(*_):
        nonlocal count
        count += 1

    core.core.uc.hook_add(unicorn.UC_HOOK_CODE, one_more)
    core.run(n_ticks, spikes)
    return count / n_ticks


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize(
    ("n", "packets", "synapses"), [(1, 0, 1), (256, 0, 1), (64, 40, 1), (64, 16, 64), (256, 8, 256)]
)
def test_instructions_of_a_tick(kind, n, packets, synapses):
    core = program(kind, n, rows=max(1, packets), synapses=synapses, slots=16)
    ticks = 4
    got = instructions(core, ticks, {tick: list(range(packets)) for tick in range(ticks)})
    expected = tick_instructions(n, packets, packets * synapses)
    assert got == pytest.approx(expected, rel=0.05, abs=200)
