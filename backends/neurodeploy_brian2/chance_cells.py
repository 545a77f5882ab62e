"""Cell types that spike by chance, and the sEMD: sPyNNaker's names and defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from neurodeploy_brian2 import derive
from neurodeploy_brian2.cells import IF_cond_exp, IF_curr_delta, IF_curr_dual_exp, NeuronType
from neurodeploy_brian2.core_draws import valid_seed
from neurodeploy_brian2.derive import Loading
from neurodeploy_brian2.parameters import (
    U1616,
    UINT32,
    Parameter,
    not_negative,
    positive,
    some,
)
from neurodeploy_brian2.plan_parts import Cells, Ints
from neurodeploy_brian2.randomness import NumpyRNG, RandomDistribution

_SEEDS = tuple(Parameter(f"seed{i}", 0.0, "", form=UINT32) for i in range(4))
_REFRACT = Parameter("refract_init", 0.0, "", form=UINT32)
_BIAS = Parameter("bias", 0.0, "mV")
_TAU_REFRAC = Parameter("tau_refrac", 1.0, "ms", form=U1616)


class IF_curr_exp_sEMD(IF_curr_dual_exp):  # noqa: N801 - sPyNNaker's name
    """Leaky integrate-and-fire that detects how soon a second input follows a first."""

    kind = "lif_current_gated"
    rows = (*IF_curr_dual_exp.rows, Parameter("scaling_factor", 1.0, ""))
    state_rows = (
        *IF_curr_dual_exp.state_rows,
        Parameter("multiplicator", 0.0, ""),
        Parameter("exc2_old", 0.0, ""),
    )
    parts = (derive.leaky, derive.gate)


class IFCondExpStoc(NeuronType):
    """Leaky integrate-and-fire with conductances and a threshold passed by chance.

    The numbers come from a generator that starts alike on every core, so spikes depend on
    where neurons are on their cores, and on nothing else.
    """

    kind = "lif_conductance_soft"
    rows = (
        *IF_cond_exp.rows,
        Parameter("du_th", 0.5, "mV", positive),
        Parameter("tau_th", 20.0, "ms", positive),
    )
    state_rows = IF_cond_exp.state_rows
    parts = (derive.leaky, derive.reversal, derive.soft_threshold)

    def _state(self, load: Loading) -> dict[str, Ints]:
        return super()._state(load) | derive.first_draw(load)


class _Seeded(NeuronType):
    """A cell type whose neurons have generators of their own, seeded by the host.

    Parameters
    ----------
    seed : int or None
        None takes the operating system's entropy.
    """

    core_draws = False

    def __init__(self, seed: int | None = None, **parameters: Any) -> None:
        super().__init__(**parameters)
        words = RandomDistribution("uniform", low=0, high=0xFFFFFFFF, rng=NumpyRNG(seed))
        self.parameters = {row.name: words for row in _SEEDS} | self.parameters

    def _state(self, load: Loading) -> dict[str, Ints]:
        state = super()._state(load)
        return state | valid_seed(state)


class IFCurrDeltaFixedProb(_Seeded):
    """Leaky integrate-and-fire that spikes above its threshold with a fixed probability."""

    kind = "lif_current_chance"
    rows = (
        Parameter("tau_m", 0.0001, "ms", positive),
        Parameter("cm", 0.0001, "nF", positive),
        Parameter("v_rest", 0.0, "mV"),
        Parameter("v_reset", 0.0, "mV"),
        Parameter("v_thresh", 1.0, "mV"),
        Parameter("p_thresh", 1.0, "", form=U1616),
        Parameter("tau_refrac", 0.0, "ms", not_negative),
        Parameter("i_offset", 0.0, "nA"),
    )
    state_rows = (
        Parameter("v", 0.0, "mV"),
        *(row for row in IF_curr_delta.state_rows if row.name != "v"),
        *_SEEDS,
    )
    shape = staticmethod(derive.delta)
    parts = (derive.leaky, derive.fixed_chance)


class _Stochastic(_Seeded):
    """A cell type that only spikes by chance; it takes one step a tick and no currents."""

    recordable = ("spikes", "v", "ex_input", "in_input", "prob")
    state_names: ClassVar[Mapping[str, str]] = {"v_init": "v", "refract_init": "refract"}
    state_rows = (_REFRACT, *_SEEDS)
    shape = staticmethod(derive.no_shape)

    def cells(
        self,
        who: str,
        size: int,
        initial: Mapping[str, Any],
        timestep_ms: float,
        n_steps: int = 1,
        cores: Sequence[range] = (),
    ) -> Cells:
        """Return the neurons of a population as integers, with one update in a tick."""
        return super().cells(who, size, initial, timestep_ms, 1, cores)


class StocExp(_Stochastic):
    """Spikes with probability 2^v / tau, where v is the input of the tick."""

    kind = "stoc_exp"
    rows = (Parameter("tau", 10.0, "ms", some, U1616), _BIAS)
    parts = (derive.inverse_gain,)


class StocExpStable(_Stochastic):
    """Spikes with probability tau 2^v, where v adds up input until a spike."""

    kind = "stoc_exp_stable"
    rows = (
        Parameter("v_reset", 0.0, "mV"),
        Parameter("tau", 0.1, "ms", form=U1616),
        _TAU_REFRAC,
        _BIAS,
    )
    state_rows = (Parameter("v_init", 0.0, "mV"), _REFRACT, *_SEEDS)
    parts = (derive.gain,)


class StocSigma(_Stochastic):
    """Spikes with a probability that is a sigmoid of the input of the tick."""

    kind = "stoc_sigma"
    rows = (_TAU_REFRAC, Parameter("alpha", 1.0, ""), _BIAS)
    parts = (derive.sigma,)


__all__ = [
    "IFCondExpStoc",
    "IFCurrDeltaFixedProb",
    "IF_curr_exp_sEMD",
    "StocExp",
    "StocExpStable",
    "StocSigma",
]
