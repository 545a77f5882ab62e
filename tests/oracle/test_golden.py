"""Known words of the shipped programs, worked out before this oracle was made."""

import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from .kinds import KINDS, to_words
from .neuron_core import Matrix, NeuronCore, Outcome, Synapse, pack_static_row
from .regions import Fields

LIF = {
    "v": -65.0,
    "v_rest": -65.0,
    "v_reset": -65.0,
    "v_thresh": -50.0,
    "cm": 1.0,
    "tau_m": 20.0,
    "tau_refrac": 0.1,
}
TAUS = {"tau_syn_E": 5.0, "tau_syn_I": 5.0}
REST = -2129920


def run_one(
    kind: str, params: dict[str, float], n_ticks: int, weight: int = 0, shift: int = 0
) -> Outcome:
    """Run one neuron; a weight arrives in tick 1."""
    row = pack_static_row([Synapse(0, weight)] if weight else [], Fields(1, 2, 16))
    words = to_words(KINDS[kind], params)
    core = NeuronCore(kind, 1, params=words, shifts=(shift, 0), matrices=[Matrix(0x1000, [row])])
    return core.run(n_ticks, {0: [0]})


def spike_ticks(out: Outcome) -> list[int]:
    return [t for t, sent in enumerate(out.sent) if sent]


def test_constant_current_on_a_leaky_neuron() -> None:
    out = run_one("IF_curr_exp", LIF | TAUS | {"i_offset": 1.0}, 60)
    assert out.v[:12, 0].tolist() == (
        [REST, -2097960, -2067558, -2038639, -2011130, -1984963, -1960072]
        + [-1936394, -1913871, -1892447, -1872067, -1852681]
    )
    assert spike_ticks(out) == [27, 56]


def test_one_input_to_a_leaky_neuron() -> None:
    out = run_one("IF_curr_exp", LIF | TAUS, 12, weight=20480, shift=3)
    assert out.v[:, 0].tolist() == (
        [REST, REST, -1985099, -1873590, -1789010, -1726151, -1680764, -1649387]
        + [REST, REST, -2100678, -2078163]
    )
    assert out.gsyn_exc[:9, 0].tolist() == (
        [0, 148482, 121569, 99534, 81493, 66722, 54628, 44726, 36619]
    )
    assert spike_ticks(out) == [7]


def test_one_conductance_input() -> None:
    params = LIF | TAUS | {"e_rev_E": 0.0, "e_rev_I": -70.0}
    out = run_one("IF_cond_exp", params, 7, weight=26214, shift=7)
    assert out.v[:, 0].tolist() == [REST, REST, -1941693, -1810374, -1718725, -1655441, REST]
    assert out.gsyn_exc[:, 0].tolist() == [0, 2969, 2431, 1990, 1629, 1334, 1092]
    assert spike_ticks(out) == [5]


def test_one_alpha_input() -> None:
    params = LIF | {"tau_syn_E": 2.0, "tau_syn_I": 2.0}
    out = run_one("IF_curr_alpha", params, 7, weight=32768, shift=1)
    assert out.gsyn_exc[:, 0].tolist() == [0, 0, 9937, 12054, 10966, 8868, 6722]
    assert out.v[:6, 0].tolist() == [REST, REST, REST, -2120228, -2108943, -2099270]


def test_constant_current_on_izhikevichs_neuron() -> None:
    params = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 2.0, "v": -70.0, "u": -14.0}
    out = run_one("IZK_curr_exp", params | TAUS | {"i_offset": 10.0, "v_thresh": 30.0}, 100)
    assert out.v[:8, 0].tolist() == (
        [-2293760, -2030541, -1751161, -1222173, -2129920, -1780338, -1406614, -56343]
    )
    assert spike_ticks(out) == [3, 7, 12, 21, 39, 60, 79, 98]
