"""The chip's multicast router: blocks of entries for applications, loading and clearing.

Beside the router stands a copy of its tables (16 bytes an entry: next block, next free
block or owner, route, key, mask), whose first two fields are the allocator's chains.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from neurodeploy_virtual.monitor.layout import (
    N_ROUTER_ENTRIES,
    ROUTE_UNUSED,
    ROUTER_FIXED_ROUTE,
    SV,
    Sv,
)
from neurodeploy_virtual.monitor.memory import Memory

ENTRY_BYTES = 16
_FIRST, _LAST = 1, N_ROUTER_ENTRIES
_OWNED = 0x8000
#: An owner word holds the core that loaded the entry, too, which does not matter here.
_OWNER_MASK = 0xE0FF
_UNUSED_FIELDS = struct.pack("<III", ROUTE_UNUSED, 0xFFFFFFFF, 0)


@dataclass(frozen=True)
class Routes:
    """The router of one chip.

    Parameters
    ----------
    memory : Memory
        The chip's memory.
    """

    memory: Memory

    def _entry(self, index: int) -> int:
        return self.memory.word(SV + Sv.ROUTER_COPY) + ENTRY_BYTES * index

    def _chain(self, index: int) -> tuple[int, int]:
        following, free = struct.unpack("<HH", self.memory.read(self._entry(index), 4))
        return following, free

    def _set_next(self, index: int, following: int) -> None:
        self.memory.set_half(self._entry(index), following)

    def _set_free(self, index: int, free: int) -> None:
        self.memory.set_half(self._entry(index) + 2, free)

    def _set_free_root(self, before: int, index: int) -> None:
        if before:
            self._set_free(before, index)
        else:
            self.memory.set_half(SV + Sv.ROUTER_FREE, index)

    def _free_blocks(self) -> list[tuple[int, int]]:
        """Return (first entry, entries) of the free blocks in order."""
        blocks, index = [], self.memory.half(SV + Sv.ROUTER_FREE)
        while index and index < _LAST:
            following, free = self._chain(index)
            blocks.append((index, max(following - index, 0)))
            index = free if free > index else 0
        return blocks

    def reset(self) -> None:
        """Make every entry unused and free."""
        self.memory.machine.clear_routes(self.memory.x, self.memory.y)
        unused = (bytes(4) + _UNUSED_FIELDS) * (N_ROUTER_ENTRIES + 1)
        self.memory.write(self._entry(0), unused)
        self.memory.set_half(SV + Sv.ROUTER_FREE, _FIRST)
        self._set_next(_FIRST, _LAST)

    def largest(self) -> int:
        """Return the number of entries of the largest free block."""
        return max((size for _, size in self._free_blocks()), default=0)

    def allocate(self, count: int, app_id: int) -> int:
        """Take `count` entries and return the first, or 0 if there is no such block."""
        if count == 0:
            return 0
        before = 0
        for index, size in self._free_blocks():
            if count <= size:
                following, free = self._chain(index)
                if count < size:
                    rest = index + count
                    self._set_next(rest, following)
                    self._set_next(index, rest)
                    self._set_free(rest, free)
                    free = rest
                self._set_free_root(before, free)
                self._set_free(index, app_id | _OWNED)
                return index
            before = index
        return 0

    def free(self, index: int, clear: bool) -> None:
        """Give back the block that starts at an entry, and make its entries unused if asked."""
        if not _FIRST <= index < _LAST:
            return
        end = self._chain(index)[0]
        if clear and end > index:
            self.clear(index, end - index)
        free = [i for i, _ in self._free_blocks()]
        before = max((i for i in free if i < index), default=0)
        after = min((i for i in free if i > index), default=0)
        link_after = after
        if after and end == after:
            end, link_after = self._chain(after)
        self._set_next(index, end)
        self._set_free(index, link_after)
        self._set_free_root(before, index)
        if before and self._chain(before)[0] == index:
            self._set_next(before, end)
            self._set_free(before, link_after)

    def free_application(self, app_id: int, clear: bool) -> int:
        """Give back all blocks of an application and return how many there were."""
        count, index = 0, _FIRST
        while _FIRST <= index < _LAST:
            following, owner = self._chain(index)
            if owner & _OWNER_MASK == app_id | _OWNED:
                self.free(index, clear)
                count += 1
            index = following if following > index else _LAST
        return count

    def clear(self, first: int, count: int) -> bool:
        """Make entries unused; return whether they exist."""
        if first + count > N_ROUTER_ENTRIES:
            return False
        unused = [(0xFFFFFFFF, 0, ROUTE_UNUSED)] * count
        self.memory.machine.load_routes(self.memory.x, self.memory.y, first, unused)
        for index in range(first, first + count):
            self.memory.write(self._entry(index) + 4, _UNUSED_FIELDS)
        return True

    def load(self, table: int, count: int, offset: int, app_id: int) -> bool:
        """Load entries from a table in memory; return whether all have a place."""
        if count > N_ROUTER_ENTRIES:
            return False
        raw = self.memory.read(table, ENTRY_BYTES * count)
        for index, _, route, key, mask in struct.iter_unpack("<HHIII", raw):
            place = index + offset
            if place >= N_ROUTER_ENTRIES:
                return False
            owner = (app_id or route >> 24) | _OWNED
            route &= 0x00FFFFFF
            self.memory.machine.load_routes(
                self.memory.x, self.memory.y, place, [(key, mask, route)]
            )
            self.memory.write(self._entry(place) + 2, struct.pack("<HIII", owner, route, key, mask))
        return True

    def fixed_route(self) -> int:
        """Return the route of fixed-route packets."""
        return self.memory.word(SV + Sv.FIXED_ROUTE)

    def set_fixed_route(self, route: int) -> None:
        """Set where fixed-route packets go."""
        route &= 0x00FFFFFF
        control = self.memory.word(ROUTER_FIXED_ROUTE) & 0xFF000000
        self.memory.set_word(SV + Sv.FIXED_ROUTE, route)
        self.memory.set_word(ROUTER_FIXED_ROUTE, control | route)


__all__ = ["Routes"]
