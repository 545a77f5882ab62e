"""Cores, delay slots and stages, keys, memory and chips, on networks small enough to count."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Case, random_layer

from neurodeploy.compiler import compile_network
from neurodeploy.target.chips import boards_needed, chips_needed
from neurodeploy.target.delays import stages_needed
from neurodeploy.target.energy import energy
from neurodeploy.target.layout import lay_out, neurons_of_core
from neurodeploy.target.memory import Recorded, core_memory, dtcm_bytes, matrix_bytes
from neurodeploy.target.spec import TargetSpec
from neurodeploy.target.spinnaker import BOARDS, SPINN5, delay_slots, index_bits
from neurodeploy.target.work import tick_instructions

BOARD = TargetSpec("null", "nothing", True, True, ("null",))


def lowered(n=4):
    layer = random_layer(np.random.default_rng(1), "cubalif", 3, n)
    return compile_network(Case((layer,)).network(), BOARD)


def one_projection(net, pre, post, **changes):
    only = replace(
        net.projections[0], pre_index=np.array(pre, dtype=np.int32),
        post_index=np.array(post, dtype=np.int32), weight=np.ones(len(pre)), **changes,
    )  # fmt: skip
    return replace(net, projections=(only,))


@given(st.integers(1, 10**6))
def test_index_bits_hold_every_index(n):
    assert 2 ** index_bits(n) >= max(n, 2)
    assert n <= 2 or 2 ** (index_bits(n) - 1) < n


def test_no_neurons_take_no_bits():
    assert index_bits(0) == 0


@pytest.mark.parametrize(("n", "slots"), [(1, 4096), (2, 4096), (3, 2048), (128, 64), (256, 32)])
def test_delay_slots(n, slots):
    assert delay_slots(n) == slots


@pytest.mark.parametrize(("n", "cores", "fullest"), [(1, 1, 1), (256, 1, 256), (257, 2, 256)])
def test_cores(n, cores, fullest):
    net = lowered()
    net = one_projection(net.with_population(replace(net.population("n0"), size=n)), [0], [0])
    block = lay_out(net).block("n0")
    assert (block.cores, block.per_core) == (cores, fullest)
    assert sum(block.core_size(k) for k in range(cores)) == n


def test_a_source_is_one_core():
    big = replace(lowered().inputs, size=3000)
    assert neurons_of_core(big) == 3000
    assert neurons_of_core(big, 1000) == 1000


@given(st.integers(1, 300), st.sampled_from([1, 2, 32, 64]))
def test_stages_and_the_rest_make_the_delay(ticks, slots):
    stage = stages_needed(ticks, slots)
    assert 1 <= ticks - stage * slots <= slots


def test_slots_are_no_more_than_needed():
    net = one_projection(lowered(), [0], [0], delay_ms=5.0)
    layout = lay_out(net)
    assert (layout.slots, layout.stages) == ({"n0": 8}, {})


def test_the_delay_of_no_synapses_counts_as_one_tick():
    layout = lay_out(one_projection(lowered(), [], [], delay_ms=500.0))
    assert (layout.slots, layout.stages) == ({"n0": 2}, {})


def test_an_extension_is_a_block_of_its_own():
    net = lowered()
    net = net.with_population(replace(net.population("n0"), size=256))
    layout = lay_out(one_projection(net, [0, 2], [0, 1], delay_ms=70.0))
    assert layout.stages == {"input": 2}
    kinds = [(b.population, b.kind) for b in layout.blocks]
    assert kinds[-1] == ("input", "delay")
    assert layout.cores == len(kinds)


def test_keys_tell_every_core_apart():
    net = lowered()
    net = net.with_population(replace(net.population("n0"), size=600))
    layout = lay_out(net)
    keys = [key for block in layout.blocks for key in block.keys]
    for k, a in enumerate(keys):
        for b in keys[k + 1 :]:
            assert (a.key ^ b.key) & a.mask & b.mask
    # Nothing listens to the output.
    assert layout.block("n0").keys == ()


def test_bytes_of_rows():
    """A row for each source neuron, all as long as the longest on any core."""
    net = lowered(300)
    net = one_projection(net, [0, 0, 1, 2], [5, 6, 7, 299])
    layout = lay_out(net)
    assert layout.longest_rows == {net.projections[0].name: 2}
    assert matrix_bytes(layout, "n0") == 16 + 3 * 4 * (3 + 2)


def test_a_projection_without_synapses_has_no_rows():
    assert matrix_bytes(lay_out(one_projection(lowered(), [], [])), "n0") == 8


def test_recording_takes_memory_with_every_tick():
    layout = lay_out(lowered(40))
    block = layout.block("n0")
    silent = core_memory(layout, block)
    spikes = core_memory(layout, block, Recorded(spikes=frozenset({"n0"})))
    both = core_memory(layout, block, Recorded(frozenset({"n0"}), frozenset({"n0"})))
    assert silent.tick_bytes == 0
    assert spikes.tick_bytes == 4 + 8
    assert both.tick_bytes == 4 + 8 + 4 + 4 * 40
    assert both.planned_bytes - both.fixed_bytes == 1000 * both.tick_bytes


def test_data_memory_grows_with_neurons_and_slots():
    net = lowered(256)
    near, far = (
        dtcm_bytes(layout, layout.block("n0"))
        for layout in (lay_out(one_projection(net, [0], [0], delay_ms=d)) for d in (1.0, 32.0))
    )
    assert far - near == 2 * 256 * 2 * (32 - 2)
    assert far < SPINN5.dtcm_bytes


def test_chips():
    assert chips_needed([]) == 0
    assert chips_needed([100] * 16) == 1
    assert chips_needed([100] * 17) == 2
    whole = SPINN5.sdram_bytes - SPINN5.monitor_bytes
    assert chips_needed([whole, whole]) == 2
    assert chips_needed([whole // 2] * 4) == 2


def test_boards():
    assert boards_needed(1, 1, BOARDS[5]) == 1
    assert boards_needed(48, 760, BOARDS[5]) == 2
    assert boards_needed(49, 700, BOARDS[5]) == 2


def test_energy_is_that_of_its_parts():
    """Twice the time is twice the energy of boards and cores; packets cost what they are."""
    one, two = (energy(BOARDS[5], 1, 10, seconds, 1000.0) for seconds in (1.0, 2.0))
    assert one.boards_J == 26.84
    assert one.cores_J == pytest.approx(0.34)
    assert two.total_J - one.total_J == pytest.approx(26.84 + 0.34)
    assert one.packets_J == pytest.approx(1e-6)


def test_work_of_a_tick_adds_up():
    idle = tick_instructions(10, 0, 0)
    assert tick_instructions(10, 3, 7) - idle == 3 * (tick_instructions(10, 1, 0) - idle) + 7 * 26
