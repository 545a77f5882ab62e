"""Cell types: sPyNNaker's names and defaults, and the kind that each becomes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from neurodeploy.api import InputError
from neurodeploy_brian2 import derive
from neurodeploy_brian2.derive import Derived, Loading
from neurodeploy_brian2.kinds import KINDS
from neurodeploy_brian2.parameters import Parameter, encode_rows, not_negative, positive
from neurodeploy_brian2.plan_parts import Cells, Ints

_LEAKY = (
    Parameter("tau_m", 20.0, "ms", positive),
    Parameter("cm", 1.0, "nF", positive),
    Parameter("v_rest", -65.0, "mV"),
    Parameter("v_reset", -65.0, "mV"),
    Parameter("v_thresh", -50.0, "mV"),
    Parameter("tau_refrac", 0.1, "ms", not_negative),
)
_TRUNCATED = (
    Parameter("tau_m", 1.0, "ms", positive),
    Parameter("cm", 1.0, "nF", positive),
    Parameter("v_reset", 0.0, "mV"),
    Parameter("v_thresh", 1.0, "mV"),
    Parameter("tau_refrac", 1.0, "ms", not_negative),
)
_IZHIKEVICH = (
    Parameter("a", 0.02, "1/ms"),
    Parameter("b", 0.2, "1/ms"),
    Parameter("c", -65.0, "mV"),
    Parameter("d", 2.0, "mV/ms"),
)
_OFFSET = (Parameter("i_offset", 0.0, "nA"),)
_TAUS = ("tau_syn_E", "tau_syn_I")
_TAUS_DUAL = ("tau_syn_E", "tau_syn_E2", "tau_syn_I")
_REVERSAL = (Parameter("e_rev_E", 0.0, "mV"), Parameter("e_rev_I", -70.0, "mV"))
_CALCIUM = (Parameter("tau_ca2", 50.0, "ms", positive), Parameter("i_alpha", 0.1, "nA"))
_SYN = {"isyn_exc": "syn_0", "isyn_inh": "syn_1"}
_SYN_DUAL = {"isyn_exc": "syn_0", "isyn_exc2": "syn_1", "isyn_inh": "syn_2"}


def _taus(names: tuple[str, ...], default_ms: float = 5.0) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, default_ms, "ms", positive) for name in names)


def _state(v: float, names: Mapping[str, str]) -> tuple[Parameter, ...]:
    return (Parameter("v", v, "mV"), *(Parameter(name, 0.0, "nA") for name in names))


class CellType:
    """A cell type with the parameters a script gave; the rest are sPyNNaker's defaults."""

    rows: ClassVar[tuple[Parameter, ...]] = ()
    state_rows: ClassVar[tuple[Parameter, ...]] = ()
    recordable: ClassVar[tuple[str, ...]] = ("spikes",)
    core_draws: ClassVar[bool] = True
    """Whether cores can draw its parameters; else the host draws them."""
    receptors: ClassVar[tuple[str, ...]] = ()
    """Names of the receptor types, in the order of the machine's ring buffers."""

    def __init__(self, **parameters: Any) -> None:
        known = self.names()
        for name in parameters:
            if name not in known:
                raise InputError(
                    type(self).__name__,
                    f"has no parameter {name}",
                    limit=f"one of {', '.join(known)}",
                )
        self.parameters = parameters

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the parameters; state variables may be given among them."""
        return tuple(row.name for row in (*cls.rows, *cls.state_rows))


class NeuronType(CellType):
    """A cell type that integrates its input.

    Subclasses say which kind they are, which parameters have a time constant a receptor,
    and which of the kind's state variables PyNN knows by another name.
    """

    recordable: ClassVar[tuple[str, ...]] = ("spikes", "v", "gsyn_exc", "gsyn_inh")
    receptors: ClassVar[tuple[str, ...]] = ("excitatory", "inhibitory")
    kind: ClassVar[str]
    taus: ClassVar[tuple[str, ...]] = _TAUS
    shape: ClassVar[staticmethod[[Loading, tuple[str, ...]], Derived]] = staticmethod(
        derive.exponential
    )
    parts: ClassVar[tuple[Callable[[Loading], Derived], ...]] = (derive.leaky,)
    state_names: ClassVar[Mapping[str, str]] = _SYN

    @property
    def weight_factor(self) -> float:
        """What weights are multiplied by before they are stored: 1024 for conductances."""
        return 1024.0 if KINDS[self.kind].is_conductance else 1.0

    def cells(
        self,
        who: str,
        size: int,
        initial: Mapping[str, Any],
        timestep_ms: float,
        n_steps: int = 1,
        cores: Sequence[range] = (),
    ) -> Cells:
        """Return the neurons of a population as integers.

        Parameters
        ----------
        who : str
            The population, for errors.
        size : int
        initial : mapping
            Initial values, by PyNN's names.
        timestep_ms : float
        n_steps : int
            Updates in a tick.
        cores : sequence of range
            Which neurons are on which core; all on one unless given.

        Returns
        -------
        cells : Cells
            Ring-buffer shifts are 0; they depend on the projections.
        """
        bits = encode_rows(who, self.rows, self.parameters, size)
        bits |= encode_rows(who, self.state_rows, self.parameters | dict(initial), size)
        load = Loading(who, bits, timestep_ms, n_steps, cores)
        kind = KINDS[self.kind]
        derived = dict(type(self).shape(load, self.taus))
        for part in self.parts:
            derived |= part(load)
        zero = load.full(0)
        for r in range(len(kind.receptors)):
            derived[f"shift_{r}"] = zero
        return Cells(
            self.kind,
            n_steps,
            constants={name: derived[name] for name in kind.constants},
            state={name: zero for name in kind.state} | self._state(load),
        )

    def _state(self, load: Loading) -> dict[str, Ints]:
        given = {self.state_names.get(row.name, row.name): row.name for row in self.state_rows}
        return {name: load.bits[pynn] for name, pynn in given.items()}


class IF_curr_exp(NeuronType):  # noqa: N801 - PyNN's name
    """Leaky integrate-and-fire with exponentially decaying currents."""

    kind = "lif_current"
    rows = _LEAKY + _OFFSET + _taus(_TAUS)
    state_rows = _state(-65.0, _SYN)


class IF_curr_delta(NeuronType):  # noqa: N801 - PyNN's name
    """Leaky integrate-and-fire with currents that last one tick."""

    kind = "lif_current"
    rows = _LEAKY + _OFFSET
    state_rows = _state(-65.0, _SYN)
    shape = staticmethod(derive.delta)


class IF_curr_alpha(NeuronType):  # noqa: N801 - PyNN's name
    """Leaky integrate-and-fire with alpha-shaped currents, as the board computes them."""

    kind = "lif_alpha"
    rows = _LEAKY + _OFFSET + _taus(_TAUS, 0.5)
    state_names: ClassVar[Mapping[str, str]] = {
        "exc_response": "lin_0",
        "exc_exp_response": "exp_0",
        "inh_response": "lin_1",
        "inh_exp_response": "exp_1",
    }
    state_rows = _state(-65.0, state_names)
    shape = staticmethod(derive.alpha)


class IF_cond_exp(NeuronType):  # noqa: N801 - PyNN's name
    """Leaky integrate-and-fire with exponentially decaying conductances."""

    kind = "lif_conductance"
    rows = _LEAKY + _OFFSET + _taus(_TAUS) + _REVERSAL
    state_rows = _state(-65.0, _SYN)
    parts = (derive.leaky, derive.reversal)


class IF_curr_dual_exp(NeuronType):  # noqa: N801 - sPyNNaker's name
    """Leaky integrate-and-fire with two kinds of excitatory current."""

    kind = "lif_current_dual"
    receptors = ("excitatory", "excitatory2", "inhibitory")
    taus = _TAUS_DUAL
    rows = _LEAKY + _OFFSET + _taus(_TAUS_DUAL)
    state_names = _SYN_DUAL
    state_rows = _state(-65.0, _SYN_DUAL)


class IFCurrExpCa2Adaptive(NeuronType):
    """Leaky integrate-and-fire whose spikes leave calcium that holds it back."""

    kind = "lif_current_ca2"
    rows = _LEAKY + _OFFSET + _taus(_TAUS) + _CALCIUM
    state_names: ClassVar[Mapping[str, str]] = {**_SYN, "i_ca2": "calcium"}
    state_rows = _state(-65.0, state_names)
    parts = (derive.leaky, derive.calcium)


class IFCurrDeltaCa2Adaptive(IFCurrExpCa2Adaptive):
    """As IFCurrExpCa2Adaptive, with currents that last one tick."""

    rows = _LEAKY + _OFFSET + _CALCIUM
    shape = staticmethod(derive.delta)


class IFTruncDelta(NeuronType):
    """Integrate-and-fire without a leak that never falls below its reset.

    sPyNNaker 7.4.1 writes a word that its binary does not expect, so that a board reads the
    threshold from the length of a tick; here the threshold is the one that was given.
    """

    kind = "truncated"
    rows = _TRUNCATED + _OFFSET
    state_rows = _state(0.0, _SYN)
    shape = staticmethod(derive.unscaled_delta)
    parts = (derive.membrane,)


class Izhikevich(NeuronType):
    """Izhikevich's neuron with exponentially decaying currents."""

    kind = "izhikevich_current"
    rows = _IZHIKEVICH + _OFFSET + _taus(_TAUS)
    state_rows = (*_state(-70.0, _SYN), Parameter("u", -14.0, "mV/ms"))
    parts: ClassVar[tuple[Callable[[Loading], Derived], ...]] = (derive.izhikevich,)

    def _state(self, load: Loading) -> dict[str, Ints]:
        return super()._state(load) | {"h": load.full(load.whole_tick)}


class Izhikevich_cond(Izhikevich):  # noqa: N801 - sPyNNaker's name
    """Izhikevich's neuron with exponentially decaying conductances."""

    kind = "izhikevich_conductance"
    rows = _IZHIKEVICH + _OFFSET + _taus(_TAUS) + _REVERSAL
    parts = (derive.izhikevich, derive.reversal)


class Izhikevich_cond_dual(Izhikevich_cond):  # noqa: N801 - sPyNNaker's name
    """As Izhikevich_cond, with two kinds of excitatory conductance."""

    kind = "izhikevich_conductance_dual"
    receptors = ("excitatory", "excitatory2", "inhibitory")
    taus = _TAUS_DUAL
    rows = _IZHIKEVICH + _OFFSET + _taus(_TAUS_DUAL) + _REVERSAL
    state_names = _SYN_DUAL
    state_rows = (*_state(-70.0, _SYN_DUAL), Parameter("u", -14.0, "mV/ms"))


class SpikeSourceArray(CellType):
    """Plays back the spike times it was given."""

    max_per_core: ClassVar[int] = sys.maxsize
    """One core has all of them, unless a script says otherwise."""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the parameters."""
        return ("spike_times",)


__all__ = [
    "CellType",
    "IFCurrDeltaCa2Adaptive",
    "IFCurrExpCa2Adaptive",
    "IFTruncDelta",
    "IF_cond_exp",
    "IF_curr_alpha",
    "IF_curr_delta",
    "IF_curr_dual_exp",
    "IF_curr_exp",
    "Izhikevich",
    "Izhikevich_cond",
    "Izhikevich_cond_dual",
    "NeuronType",
    "SpikeSourceArray",
]
