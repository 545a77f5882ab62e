import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.errors import LoweringError
from neurodeploy.ir.dynamics import Dynamics, decay_per_step, tau_of_decay

FACTORS = ("syn_decay", "syn_gain", "mem_decay", "mem_gain", "leak")


def neuron(tau_mem_ms, tau_syn_ms=None, *, integrator="euler", r=3.0, jump=False):
    tau = np.atleast_1d(np.asarray(tau_mem_ms, dtype=float))
    n = tau.size
    return Dynamics(
        tau_mem_ms=tau,
        tau_syn_ms=None if tau_syn_ms is None else np.full(n, float(tau_syn_ms)),
        r=np.full(n, r),
        w_in=np.full(n, 0.7),
        v_leak=np.full(n, 0.4),
        threshold=np.ones(n),
        reset=np.zeros(n),
        integrator=integrator,
        jump=jump,
    )


def assert_same_step(one, other, tolerance=1e-12):
    for name in FACTORS:
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=tolerance, atol=tolerance, err_msg=name
        )


# dt/tau down to 1e-6: longer time constants have no leak worth the name.
@given(
    dt_ms=st.floats(1e-3, 10.0),
    mem=st.floats(1.0, 1e6),
    syn=st.none() | st.floats(1.0, 1e6),
    jump=st.booleans(),
)
def test_euler_correction_is_exact(dt_ms, mem, syn, jump):
    trained = neuron(mem * dt_ms, None if syn is None else syn * dt_ms, jump=jump)
    corrected = trained.exact(dt_ms)
    assert corrected.integrator == "exact"
    assert_same_step(trained.step(dt_ms), corrected.step(dt_ms))


@given(
    factor=st.floats(0.01, 100.0),
    mem=st.sampled_from([0.0, 1.5, 20.0, np.inf]),
    syn=st.none() | st.floats(1.0, 50.0),
)
def test_stretched_neuron_takes_the_same_steps(factor, mem, syn):
    trained = neuron(mem, syn, integrator="exact")
    assert_same_step(trained.step(1.0), trained.stretched(factor).step(factor))


@pytest.mark.parametrize(
    ("beta", "ratio"), [(0.99, 99.50), (0.9, 9.491), (0.7, 2.804), (0.5, 1.443)]
)
def test_corrected_time_constants_follow_the_closed_form(beta, ratio):
    corrected = neuron(1 / (1 - beta)).exact(1.0)
    assert corrected.tau_mem_ms[0] == pytest.approx(ratio, abs=5e-4 if ratio < 50 else 5e-3)
    assert corrected.tau_mem_ms[0] == pytest.approx(-1 / np.log(beta), rel=1e-12)


def test_exact_neuron_is_left_alone():
    trained = neuron(10.0, integrator="exact")
    assert trained.exact(1.0) is trained
    assert trained.stretched(1.0) is trained


def test_step_of_a_memoryless_neuron():
    step = neuron(0.0, integrator="exact").step(1.0)
    assert (step.mem_decay[0], step.mem_gain[0], step.leak[0]) == (0.0, 3.0, 0.4)


def test_step_of_a_neuron_without_leak():
    step = neuron(np.inf, integrator="exact").step(0.5)
    assert (step.mem_decay[0], step.mem_gain[0], step.leak[0]) == (1.0, 1.5, 0.0)


def test_jump_takes_the_whole_input():
    assert neuron(20.0, 10.0, jump=True).step(1.0).syn_gain[0] == 0.7
    assert neuron(20.0, 10.0).step(1.0).syn_gain[0] == pytest.approx(0.07)


def test_euler_step_longer_than_tau_is_refused():
    with pytest.raises(LoweringError, match=r"time constants.*dt 2\.0 ms.*check --dt"):
        neuron(1.0).step(2.0)


def test_float32_noise_in_tau_is_forgiven():
    assert decay_per_step(np.array([1.0 - 1e-8]), 1.0, "euler")[0] == 0.0


@given(st.floats(1e-6, 1 - 1e-6), st.floats(1e-3, 1e3))
def test_tau_of_decay_inverts_the_decay(decay, dt_ms):
    tau_ms = tau_of_decay(np.array([decay]), dt_ms)
    assert decay_per_step(tau_ms, dt_ms, "exact")[0] == pytest.approx(decay, rel=1e-12)


def test_tau_of_extreme_decays():
    assert list(tau_of_decay(np.array([0.0, 1.0]), 1.0)) == [0.0, np.inf]
