"""The monitor's watch over cores that do not answer."""

import pytest
from fake_machine import FakeMachine

from neurodeploy_virtual.geometry import geometry
from neurodeploy_virtual.monitor.layout import SV, State, Sv, Vcpu, vcpu
from neurodeploy_virtual.monitor.monitor import Monitor

CORE = (1, 1, 7)
ROUND_US = 17 * 10_000


@pytest.fixture
def monitor():
    made = Monitor(FakeMachine(), geometry(3))
    made.chips[1, 1].memory.set_byte(vcpu(7) + Vcpu.STATE, State.RUNNING)
    return made


def state(monitor):
    return monitor.chips[1, 1].memory.byte(vcpu(7) + Vcpu.STATE)


def wait(monitor, us):
    """Let time pass in steps of a millisecond."""
    for _ in range(us // 1000):
        monitor.machine.now_us += 1000
        monitor.run(0)


def test_a_core_is_given_up_when_it_has_missed_three_calls(monitor):
    monitor.machine.shut.add(CORE)
    wait(monitor, 2 * ROUND_US)
    assert state(monitor) == State.RUNNING
    wait(monitor, ROUND_US)
    assert state(monitor) == State.WATCHDOG
    assert monitor.machine.calls[-1] == ("stop", *CORE)
    assert monitor.chips[1, 1].control.failed() == [7]


def test_a_call_that_is_taken_makes_good_for_those_before(monitor):
    for _ in range(4):
        monitor.machine.shut.add(CORE)
        wait(monitor, 2 * ROUND_US)
        monitor.machine.shut.clear()
        wait(monitor, ROUND_US)
    assert state(monitor) == State.RUNNING


def test_cores_without_a_program_are_not_looked_at(monitor):
    monitor.chips[1, 1].memory.set_byte(vcpu(7) + Vcpu.STATE, State.IDLE)
    monitor.machine.shut.update((x, y, p) for x in (0, 1) for y in (0, 1) for p in range(18))
    wait(monitor, 4 * ROUND_US)
    assert not any(call[0] == "stop" for call in monitor.machine.calls)


def test_a_host_can_turn_the_watch_off(monitor):
    monitor.chips[1, 1].memory.set_byte(SV + Sv.WATCHDOG, 0)
    monitor.machine.shut.add(CORE)
    wait(monitor, 4 * ROUND_US)
    assert state(monitor) == State.RUNNING
