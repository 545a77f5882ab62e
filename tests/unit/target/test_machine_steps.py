"""The integer factors of the board stay close to the exponentials they stand for."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from neurodeploy.target import machine_steps as machine
from neurodeploy.target.spinnaker import LONGEST_TICKS, MEMORYLESS_TICKS

TAUS = st.floats(0.5, 2000.0)


@given(TAUS, st.sampled_from([0.1, 1.0]))
def test_decays_are_close_to_the_exponential(tau_ms, tick_ms):
    tau = np.array([tau_ms])
    exact = np.exp(-tick_ms / tau_ms)
    # dt/tau is a multiple of 2**-15.
    assert machine.membrane_decay(tau, tick_ms)[0] == pytest.approx(exact, abs=1e-4)
    assert machine.synapse_decay(tau, tick_ms)[0] == pytest.approx(exact, abs=1e-4)


@given(TAUS)
def test_gain_is_close_unless_it_wraps(tau_ms):
    tau = np.array([tau_ms])
    assume(not machine.gain_wraps(tau, 1.0)[0])
    exact = tau_ms * -np.expm1(-1 / tau_ms)
    assert machine.synapse_gain(tau, 1.0)[0] == pytest.approx(exact, rel=0.05)


def test_shortest_time_constant_has_no_memory():
    assert machine.membrane_decay(np.array([MEMORYLESS_TICKS]), 1.0)[0] == 0.0


def test_longest_time_constant_works():
    tau = np.array([LONGEST_TICKS])
    assert not machine.gain_wraps(tau, 1.0)[0]
    # dt/tau is one unit of 2**-15, and the exponential is floored.
    assert 1 - machine.membrane_decay(tau, 1.0)[0] == 2.0**-14


def test_arrays_are_computed_element_by_element():
    tau = np.array([20.0, 5.0, 20.0, 1.5])
    for function in (machine.membrane_decay, machine.synapse_decay, machine.synapse_gain):
        whole = function(tau, 1.0)
        assert whole.tolist() == [function(np.array([t]), 1.0)[0] for t in tau]


def test_known_factors():
    """From expk(-1638) and expulr(-1638): the bits for dt/tau = 1638/32768, tau 20 ms."""
    assert machine.membrane_decay(np.array([20.0]), 1.0)[0] == 31170 / 32768
    assert machine.synapse_decay(np.array([20.0]), 1.0)[0] == 0xF3847504 / 2**32
