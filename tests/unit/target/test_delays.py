"""Ring buffers and delay stages: one rule for the compiler and for the emulator."""

from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.target.delays import slots_used, stages_needed


@given(longest=st.integers(0, 5000), neurons=st.integers(1, 256), receptors=st.integers(1, 4))
def test_slots_are_a_power_of_two_that_suffices_or_all_there_are(longest, neurons, receptors):
    slots = slots_used(longest, neurons, receptors)
    everything = slots_used(1 << 20, neurons, receptors)
    assert slots & (slots - 1) == 0
    assert slots == everything or longest <= slots
    # Half of them would not do; two are the fewest of any delay.
    assert slots <= max(2, 2 * (longest - 1))


@given(ticks=st.integers(1, 1000), slots=st.sampled_from([2, 8, 32, 128]))
def test_stages_bring_what_is_left_of_a_delay_into_the_ring(ticks, slots):
    left = ticks - slots * stages_needed(ticks, slots)
    assert 1 <= left <= slots
