"""The neuron kinds as sums of their parts."""

from .kinds import KINDS, encode
from .reference import (
    Alpha,
    Conductance,
    Current,
    Delta,
    DeltaInput,
    Dual,
    Exponential,
    Izhikevich,
    Lif,
    Model,
    Neuron,
    Semd,
    Truncated,
    Words,
    ca2,
    ca2_spike,
    load_chance,
    load_soft,
    over_by_chance,
    over_softly,
)
from .stochastic import StocExp, StocExpStable, StocSigma

CORE_SEED = (123456789, 987654321, 43219876, 6543217)

MODELS: dict[str, Model | StocExp] = {
    "IF_curr_exp": Model(Exponential(), Current(), Lif()),
    "IF_curr_delta": Model(Delta(), DeltaInput(), Lif()),
    "IF_curr_alpha": Model(Alpha(), Current(), Lif()),
    "IF_cond_exp": Model(Exponential(), Conductance(), Lif()),
    "IZK_curr_exp": Model(Exponential(), Current(), Izhikevich()),
    "IZK_cond_exp": Model(Exponential(), Conductance(), Izhikevich()),
    "IZK_cond_exp_dual": Model(Dual(), Conductance(), Izhikevich()),
    "IF_curr_exp_ca2_adaptive": Model(
        Exponential(), Current(), Lif(), further=ca2, on_spike=ca2_spike
    ),
    "IF_curr_delta_ca2_adaptive": Model(
        Delta(), DeltaInput(), Lif(), further=ca2, on_spike=ca2_spike
    ),
    "IF_curr_exp_dual": Model(Dual(), Current(), Lif()),
    "IF_trunc_delta": Model(Delta(), Current(), Truncated()),
    "IF_cond_exp_stoc": Model(
        Exponential(), Conductance(), Lif(), over_softly, load_threshold=load_soft
    ),
    "IF_curr_delta_fixed_prob": Model(
        Delta(), DeltaInput(), Lif(), over_by_chance, load_threshold=load_chance
    ),
    "IF_curr_exp_sEMD": Model(Semd(), Current(), Lif()),
    "stoc_exp": StocExp(),
    "stoc_exp_stable": StocExpStable(),
    "stoc_sigma": StocSigma(),
}


def make_neuron(
    kind: str, words: Words, dt_us: int, n_steps: int, core_seed: list[int] | None = None
) -> Neuron:
    """Make one loaded neuron; missing words are 0, the time step follows from `dt_us`."""
    dt = encode(dt_us / 1000, 15)
    names = {name for fields in KINDS[kind].structs for name in fields}
    own = encode(dt_us / 1000, 16 if "timestep" in KINDS[kind].unsigned else 15)
    full = dict.fromkeys(names, 0) | {"next_h": dt, "timestep": own} | words
    neuron = Neuron({k: v for k, v in full.items() if k in names}, dt, n_steps)
    neuron.core_seed = list(CORE_SEED) if core_seed is None else core_seed
    MODELS[kind].load(neuron)
    return neuron
