"""Rates of Poisson sources and the timestep, as the host writes them for the cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

FOREVER = float(0xFFFFFFFF)
"""A duration without end, ms."""

_LOW32 = (1 << 32) - 1


@dataclass(frozen=True)
class Phase:
    """
    A rate that a source has for some time.

    Parameters
    ----------
    rate_hz : float
    start_ms : float
    duration_ms : float
        From `start_ms`; `FOREVER` has no end.
    """

    rate_hz: float
    start_ms: float = 0.0
    duration_ms: float = FOREVER


@dataclass(frozen=True)
class Clock:
    """
    What the host tells the cores of the timestep.

    Parameters
    ----------
    timestep_us : int
    """

    timestep_us: int

    @property
    def seconds_per_tick(self) -> int:
        """U0.32."""
        return round(Decimal(str(self.timestep_us / 1_000_000)) * (1 << 32))

    @property
    def ticks_per_ms(self) -> int:
        """U16.16."""
        return round(Decimal(str(1000 / self.timestep_us)) * (1 << 16))

    @property
    def ticks_per_second(self) -> int:
        """U16.16; wraps below about 16 us a tick."""
        return 1000 * self.ticks_per_ms & _LOW32

    def ticks(self, time_bits: int) -> int:
        """Ticks nearest to a time, U32.32 ms."""
        scaled = (time_bits * (self.ticks_per_ms << 16) + (1 << 31) >> 32) & ((1 << 64) - 1)
        return (((scaled >> 1) + (1 << 30)) >> 31) & _LOW32


def encoded(phases: Sequence[Phase]) -> tuple[tuple[int, int, int], ...]:
    """Return rate, start and duration of each phase as the host writes them, U32.32."""
    return tuple(
        (_u3232(phase.rate_hz), _u3232(phase.start_ms), _u3232(phase.duration_ms))
        for phase in phases
    )


def _u3232(value: float) -> int:
    return round(float(value) * (1 << 32))


__all__ = ["FOREVER", "Clock", "Phase", "encoded"]
