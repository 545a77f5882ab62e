"""Run the Poisson program of the boards on regions written as the host writes them."""

from collections.abc import Sequence

import numpy as np

from neurodeploy_brian2.machine.rates import Clock, Phase

from .aplx import load_program
from .core import Core
from .regions import pack_table, words

SYSTEM, PARAMS, RATES, HISTORY, PROVENANCE, PROFILER, EDGE, EXPANDER = range(8)
SLOW_BELOW, FAST_BELOW = 655, 655360
WORDS_PER_SOURCE, WORDS_PER_PHASE = 2, 6


class PoissonProgram:
    """One core of Poisson sources; `run` returns (tick, source, number) of all packets.

    Parameters
    ----------
    sources, seed, timestep_us
    edge : list of int, optional
        Words of the region that makes it write weights to memory instead of sending packets:
        address, bytes, first entry, weights.
    """

    def __init__(
        self,
        sources: Sequence[Sequence[Phase]],
        seed: Sequence[int],
        timestep_us: int,
        edge: Sequence[int] = (),
    ) -> None:
        self.core = Core(load_program("spike_source_poisson"))
        clock, n = Clock(timestep_us), len(sources)
        head = [
            int(not edge),
            0,
            clock.seconds_per_tick,
            clock.ticks_per_ms,
            SLOW_BELOW,
            FAST_BELOW,
        ]
        keys = [0x10000 + (i << 4) for i in range(n)]
        self.expander = self._put(words(self._pack(sources, True)))
        n_rates = sum(map(len, sources))
        content = {
            SYSTEM: self._put(words([self.core.program.magic, timestep_us, 3])),
            PARAMS: self._put(words([*head, 0, n, 64, 4, *seed, *keys])),
            RATES: self._put(bytes(4 * (WORDS_PER_SOURCE * n + WORDS_PER_PHASE * n_rates))),
            HISTORY: self._put(words([1, 0, 0, 0])),
            PROVENANCE: self._put(bytes(64)),
            PROFILER: self._put(words([0])),
            EDGE: self._put(words(edge) if edge else bytes(4 * (3 + n))),
            EXPANDER: self.expander,
        }
        self.core.boot(self.core.put(pack_table(content)))
        self.tick = 0

    def _put(self, content: bytes) -> int:
        return self.core.put(content)

    def _pack(self, sources: Sequence[Sequence[Phase]], changed: bool) -> list[int]:
        """One item a source: how often, its phases, and their three numbers in U32.32."""
        content = [int(changed), len(sources)]
        for phases in sources:
            content += [1, len(phases), 0]
            for phase in phases:
                numbers = np.array([phase.rate_hz, phase.start_ms, phase.duration_ms])
                encoded = np.round(numbers * 2.0**32).astype(np.uint64)
                content += encoded.view(np.uint32).tolist()
        return content

    def set_phases(self, sources: Sequence[Sequence[Phase]]) -> None:
        """Write new phases (as many as before), as the host does when a rate was set."""
        self.core.write(self.expander, words(self._pack(sources, True)))

    def run(self, n_ticks: int) -> list[tuple[int, int, int]]:
        """Run on and pause."""
        self.core.start(self.tick + n_ticks, self.tick)
        sent = []
        for tick in range(self.tick, self.tick + n_ticks):
            for packet in self.core.tick():
                sent.append((tick, (packet.key & 0xFFFF) >> 4, packet.payload or 1))
        self.core.tick()
        self.tick += n_ticks
        return sent

    def write(self, n_ticks: int, address: int, n_bytes: int) -> np.ndarray:
        """Run on and pause; returns what was written in each tick, (n_ticks, entries) uint16."""
        self.core.start(self.tick + n_ticks, self.tick)
        slots = []
        for _ in range(n_ticks):
            self.core.tick()
            slots.append(np.frombuffer(self.core.read(address, n_bytes), "<u2"))
        self.core.tick()
        self.tick += n_ticks
        return np.array(slots)
