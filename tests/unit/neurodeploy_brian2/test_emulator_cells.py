import numpy as np
import pytest

from neurodeploy.api import InputError, TargetError
from neurodeploy_brian2 import cells as types
from neurodeploy_brian2.cells import IF_curr_delta, IF_curr_exp

NAN = float("nan")


def load(cell=IF_curr_exp, timestep_ms=1.0, size=1, n_steps=1, **parameters):
    return cell(**parameters).cells("pop", size, {}, timestep_ms, n_steps).constants


def test_defaults_are_those_of_sPyNNaker():
    assert {row.name: row.default for row in IF_curr_exp.rows} == {
        "tau_m": 20.0,
        "cm": 1.0,
        "v_rest": -65.0,
        "v_reset": -65.0,
        "v_thresh": -50.0,
        "tau_refrac": 0.1,
        "i_offset": 0.0,
        "tau_syn_E": 5.0,
        "tau_syn_I": 5.0,
    }
    assert set(IF_curr_exp.names()) - set(IF_curr_delta.names()) == {"tau_syn_E", "tau_syn_I"}
    assert {row.name: row.default for row in IF_curr_exp.state_rows} == {
        "v": -65.0,
        "isyn_exc": 0.0,
        "isyn_inh": 0.0,
    }


@pytest.mark.parametrize(
    ("timestep_ms", "tau_refrac", "ticks"),
    [(1.0, 0.1, 1), (1.0, 0.0, 0), (1.0, 2.0, 2), (1.0, 2.1, 3), (0.3, 3.0, 11), (0.1, 0.1, 1)],
)
def test_refractory_ticks_round_up_on_the_encoded_values(timestep_ms, tau_refrac, ticks):
    assert load(timestep_ms=timestep_ms, tau_refrac=tau_refrac)["refractory_ticks"].tolist() == [
        ticks
    ]


def test_membrane_decay_at_a_short_step():
    assert load(timestep_ms=0.1)["leak"].tolist() == [32605]


def test_very_long_synaptic_constant_has_no_memory_as_on_the_board():
    assert load(tau_syn_E=40000.0)["decay_0"].tolist() == [0]


def test_delta_synapses_pass_input_and_forget_it():
    cells = load(IF_curr_delta, timestep_ms=0.5)
    assert cells["init_0"].tolist() == cells["init_1"].tolist() == [2**32]
    assert cells["decay_0"].tolist() == [0]
    assert cells["factor"].tolist() == [2 << 15]
    assert load()["factor"].tolist() == [1 << 15]


def test_one_value_a_neuron():
    cells = load(size=3, v_rest=[-65.0, -60.0, -65.0])
    assert cells["v_rest"].tolist() == [-65 << 15, -60 << 15, -65 << 15]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"v_rest": NAN}, "pop.v_rest: is not finite"),
        ({"i_offset": float("inf")}, "pop.i_offset: is not finite"),
        ({"v_thresh": 70000.0}, "pop.v_thresh: does not fit S16.15"),
        ({"tau_m": 0.0}, "pop.tau_m: must be at least"),
        ({"tau_m": -1.0}, "pop.tau_m: must be at least"),
        ({"tau_syn_E": 0.0}, "pop.tau_syn_E: must be at least"),
        ({"cm": 1e-9}, "pop.cm: must be at least"),
        ({"tau_refrac": -1.0}, "pop.tau_refrac: must not be negative"),
        ({"tau_m": 1000.0, "cm": 0.001}, "tau_m / cm does not fit"),
    ],
)
def test_what_would_break_the_core_is_refused(parameters, message):
    with pytest.raises(TargetError, match=message):
        load(**parameters)


def test_what_would_overflow_at_a_short_step_is_refused():
    with pytest.raises(TargetError, match="tau_syn_I / timestep"):
        load(timestep_ms=0.1, tau_syn_I=7000.0)


@pytest.mark.parametrize("value", ["-65", [1.0, 2.0], [[1.0]], [1.0, "x", 2.0], {}])
def test_what_is_not_a_number_a_neuron_is_refused(value):
    with pytest.raises(InputError, match="pop.v_rest"):
        load(size=3, v_rest=value)


def test_unknown_parameters_are_refused():
    with pytest.raises(InputError, match="no parameter tau_syn_E"):
        IF_curr_delta(tau_syn_E=1.0)


def test_equal_time_constants_are_no_special_case():
    cells = load(tau_m=5.0, tau_syn_E=5.0)
    np.testing.assert_array_equal(cells["decay_0"], load()["decay_0"])


NEURONS = [
    value
    for value in vars(types).values()
    if isinstance(value, type) and issubclass(value, types.NeuronType) and hasattr(value, "kind")
]


@pytest.mark.parametrize("cell", NEURONS)
@pytest.mark.parametrize("n_steps", [1, 3])
def test_every_cell_type_gives_its_kind_all_it_needs(cell, n_steps):
    made = cell().cells("pop", 2, {}, 0.5, n_steps)
    kind = types.KINDS[cell.kind]
    assert set(made.constants) == set(kind.constants)
    assert set(made.state) == set(kind.state)
    assert len(cell.receptors) == len(kind.receptors)
    assert all(len(column) == 2 for column in (*made.constants.values(), *made.state.values()))


def test_a_shorter_update_decays_less():
    assert load(n_steps=4)["leak"] > load()["leak"]
    assert load(n_steps=4, tau_refrac=2.0)["refractory_ticks"].tolist() == [8]
