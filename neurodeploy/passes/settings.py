"""What the passes are told: ticks, delays and how weights are scaled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from neurodeploy.errors import InputError
from neurodeploy.ideal import Peaks

Policy = Literal["calibrated", "safe"]
POLICIES: tuple[Policy, Policy] = ("calibrated", "safe")


@dataclass(frozen=True)
class WeightScale:
    """How large a one-tick input sum the ring buffers are made for.

    Parameters
    ----------
    policy : {"calibrated", "safe"}
        `calibrated`: the largest sum seen on sample data, times `margin`. `safe`: every
        synapse of a neuron spikes in one tick.
    margin : float
        Held-out data may go so far beyond the sample data.
    explicit_nA : mapping of population name to (excitatory, inhibitory)
        Largest sums that the user states; they go before the policy.
    """

    policy: Policy = "calibrated"
    margin: float = 1.15
    explicit_nA: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @staticmethod
    def parse(texts: tuple[str, ...]) -> WeightScale:
        """Read `calibrated`, `safe` and `population=EXC,INH` (nA), in any number.

        Raises
        ------
        InputError
            If a text is none of these.
        """
        policy: Policy = "calibrated"
        explicit: dict[str, tuple[float, float]] = {}
        for text in texts:
            known = next((p for p in POLICIES if p == text), None)
            if known is not None:
                policy = known
                continue
            name, _, values = text.partition("=")
            try:
                exc_nA, inh_nA = (float(v) for v in values.split(","))
            except ValueError:
                exc_nA = inh_nA = float("nan")
            if not (name and 0 <= exc_nA < 65536 and 0 <= inh_nA < 65536):
                raise InputError(
                    "--weight-scale",
                    "not understood",
                    got=text,
                    limit="calibrated | safe | POPULATION=EXC,INH in nA below 65536",
                )
            explicit[name] = (exc_nA, inh_nA)
        return WeightScale(policy, explicit_nA=explicit)


@dataclass(frozen=True)
class Settings:
    """What every pass may read.

    Parameters
    ----------
    tick_ms : float
        One step of the network is one tick of the machine, whatever dt it was trained with.
    forward_delay_ticks : int
        Delay of feed-forward projections. With 2, a packet that is handled one tick late
        still lands in its slot.
    weight_scale : WeightScale
    peaks : mapping of population name to Peaks, or None
        From sample data; None where there is none, and then the policy is `safe`.
    steps : int or None
        Steps of a sample; None where the model does not say.
    """

    tick_ms: float = 1.0
    forward_delay_ticks: int = 2
    weight_scale: WeightScale = WeightScale()
    peaks: Mapping[str, Peaks] | None = None
    steps: int | None = None
