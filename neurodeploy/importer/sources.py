"""How the frameworks that write NIR files integrate their neurons."""

from __future__ import annotations

from dataclasses import dataclass

from neurodeploy.errors import ModelError
from neurodeploy.ir.dynamics import RESET_KINDS, Integrator, ResetKind
from neurodeploy.units import to_ms


@dataclass(frozen=True)
class Convention:
    """What a framework means by the numbers it exports.

    Parameters
    ----------
    integrator : {"euler", "exact"}
    time_unit : str
        Unit of time constants in its files.
    jump : bool
        Whether a synaptic current jumps by the whole input, unscaled by dt/tau.
    """

    integrator: Integrator
    time_unit: str
    jump: bool = False


#: Read in the exporters' own code: snntorch/export_nir.py, norse/torch/utils/export_nir.py,
#: spikingjelly/activation_based/nir_exchange/to_nir.py, sinabs/nir.py. `nir` is the
#: specification's differential equation, solved exactly over a step.
SOURCES = {
    "snntorch": Convention("euler", "s"),
    "norse": Convention("euler", "s", jump=True),
    "spikingjelly": Convention("euler", "s"),
    "sinabs": Convention("exact", "step"),
    "nir": Convention("exact", "s"),
}


@dataclass(frozen=True)
class Timing:
    """The facts a NIR file does not hold.

    Parameters
    ----------
    dt : float
        One step of the trained network, in `time_unit`.
    source : str
        Key of `SOURCES`.
    reset_kind : str
        One of `RESET_KINDS`.
    time_unit : str or None
        None takes the source's.
    """

    dt: float
    source: str
    reset_kind: str
    time_unit: str | None = None

    @property
    def convention(self) -> Convention:
        """The conventions of the source.

        Raises
        ------
        ModelError
            If the source is not known.
        """
        if self.source not in SOURCES:
            known = " | ".join(SOURCES)
            raise ModelError("source", "unknown framework", got=self.source, limit=known)
        return SOURCES[self.source]

    def ms(self, value: float) -> float:
        """Convert a time of the graph to ms."""
        return float(to_ms(value, self.time_unit or self.convention.time_unit))

    @property
    def reset(self) -> ResetKind:
        """The reset kind, checked.

        Raises
        ------
        ModelError
            For an unknown kind.
        """
        for kind in RESET_KINDS:
            if kind == self.reset_kind:
                return kind
        kinds = " | ".join(RESET_KINDS)
        raise ModelError("reset", "unknown kind", got=self.reset_kind, limit=kinds)
