"""The neuron kinds: which program runs them and the words of their parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

MEMBRANE = ["cm", "tau_m", "i_offset", "v_reset", "tau_refrac", "refract_timer", "timestep"]
LIF = ["v", "v_rest", *MEMBRANE]
TRUNC = ["v", *MEMBRANE]
IZH = ["a", "b", "c", "d", "v", "u", "i_offset", "timestep", "next_h"]
CONDUCTANCE = ["e_rev_E", "e_rev_I"]
DELTA_INPUT = ["timestep"]
STATIC = ["v_thresh"]
MAASS = ["du_th", "tau_th", "v_thresh", "timestep"]
SEEDS = [f"seed{i}" for i in range(4)]
FIXED_PROB = ["v_thresh", "p_thresh", *SEEDS]
EXPONENTIAL = ["tau_syn_E", "isyn_exc", "tau_syn_I", "isyn_inh", "timestep"]
DUAL = ["tau_syn_E", "isyn_exc", "tau_syn_E2", "isyn_exc2", "tau_syn_I", "isyn_inh", "timestep"]
DELTA = ["isyn_exc", "isyn_inh"]
ALPHA = [
    *("exc_response", "exc_exp_response", "q_exc", "tau_syn_E"),
    *("inh_response", "inh_exp_response", "q_inh", "tau_syn_I"),
    "timestep",
]
SEMD = [*DUAL[:-1], "multiplicator", "exc2_old", "scaling_factor", "timestep"]
CA2 = ["tau_ca2", "i_ca2", "i_alpha", "timestep"]
STOC_EXP = ["tau", "timestep", "bias", "refract_init", *SEEDS]
STOC_STABLE = ["v_init", "v_reset", "tau", "tau_refrac", "timestep", "bias", "refract_init", *SEEDS]
STOC_SIGMA = ["tau_refrac", "alpha", "timestep", "bias", "refract_init", *SEEDS]
STANDARD_CHANNELS = ("v", "gsyn_exc", "gsyn_inh")
STOC_CHANNELS = ("v", "ex_input", "in_input", "prob")


@dataclass(frozen=True)
class Kind:
    """Program and layout of one neuron kind.

    Attributes
    ----------
    binary : str
        Program for static synapses.
    structs : tuple of lists of str
        Fields of each structure, repeated per neuron, one structure after the other.
    n_types : int
        Synapse types.
    has_steps : bool
        Whether the region starts with the number of steps in a tick.
    channels : tuple of str
        Recorded words per neuron, in order.
    unsigned : tuple of str
        Fields in U16.16 rather than S16.15.
    """

    binary: str
    structs: tuple[list[str], ...]
    n_types: int = 2
    has_steps: bool = True
    channels: tuple[str, ...] = STANDARD_CHANNELS
    unsigned: tuple[str, ...] = ()


def _stoc(binary: str, fields: list[str], unsigned: tuple[str, ...]) -> Kind:
    return Kind(binary, (fields,), 2, False, STOC_CHANNELS, unsigned)


KINDS = {
    "IF_curr_exp": Kind("IF_curr_exp", (LIF, STATIC, EXPONENTIAL)),
    "IF_curr_delta": Kind("IF_curr_delta", (LIF, DELTA_INPUT, STATIC, DELTA)),
    "IF_curr_alpha": Kind("IF_curr_alpha", (LIF, STATIC, ALPHA)),
    "IF_cond_exp": Kind("IF_cond_exp", (LIF, CONDUCTANCE, STATIC, EXPONENTIAL)),
    "IZK_curr_exp": Kind("IZK_curr_exp", (IZH, STATIC, EXPONENTIAL)),
    "IZK_cond_exp": Kind("IZK_cond_exp", (IZH, CONDUCTANCE, STATIC, EXPONENTIAL)),
    "IZK_cond_exp_dual": Kind("IZK_cond_exp_dual", (IZH, CONDUCTANCE, STATIC, DUAL), 3),
    "IF_curr_exp_ca2_adaptive": Kind("IF_curr_exp_ca2_adaptive", (LIF, STATIC, EXPONENTIAL, CA2)),
    "IF_curr_delta_ca2_adaptive": Kind(
        "IF_curr_delta_ca2_adaptive", (LIF, DELTA_INPUT, STATIC, DELTA, CA2)
    ),
    "IF_curr_exp_dual": Kind("IF_curr_exp_dual", (LIF, STATIC, DUAL), 3),
    "IF_trunc_delta": Kind("IF_trunc_delta", (TRUNC, STATIC, DELTA)),
    "IF_cond_exp_stoc": Kind("IF_cond_exp_stoc", (LIF, CONDUCTANCE, MAASS, EXPONENTIAL)),
    "IF_curr_delta_fixed_prob": Kind(
        "IF_curr_delta_fixed_prob",
        (LIF, DELTA_INPUT, FIXED_PROB, DELTA),
        unsigned=("p_thresh",),
    ),
    "IF_curr_exp_sEMD": Kind("IF_curr_exp_sEMD", (LIF, STATIC, SEMD), 3),
    "stoc_exp": _stoc("stoc_exp", STOC_EXP, ("tau", "timestep")),
    "stoc_exp_stable": _stoc("stoc_exp_stable", STOC_STABLE, ("tau", "tau_refrac", "timestep")),
    "stoc_sigma": _stoc("stoc_sigma", STOC_SIGMA, ("tau_refrac", "timestep")),
}
# sPyNNaker 7.4.1 writes one word a neuron too much for IF_trunc_delta, the time step.
AS_THE_HOST_WRITES = {
    "IF_trunc_delta": Kind("IF_trunc_delta", (TRUNC, DELTA_INPUT, STATIC, DELTA)),
}

RAW = {"refract_timer", "refract_init", *SEEDS}


def encode(value: float, shift: int) -> int:
    """Round to a fixed-point word with `shift` bits after the point, half to even."""
    return int(round(Decimal(str(value)) * 2**shift))


def to_words(kind: Kind, values: Mapping[str, float | Sequence[float]]) -> dict[str, list[int]]:
    """Encode parameters in PyNN's units as the words that `NeuronCore` takes.

    A value may be a number or a list with one number per neuron.
    """

    def convert(name: str, value: float) -> int:
        if name in RAW:
            return int(value)
        return encode(value, 16 if name in kind.unsigned else 15)

    return {
        name: [convert(name, v) for v in (value if isinstance(value, Sequence) else [value])]
        for name, value in values.items()
    }
