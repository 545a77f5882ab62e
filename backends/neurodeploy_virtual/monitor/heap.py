"""The memory allocator that monitor and application cores share.

A heap starts with a record (first free block, first block, last block, free bytes). Every
block starts with two words: the next block, and either the next free block or, when it is
taken, 0xffff0000 + owner, where owner is app_id * 256 + tag.
"""

from __future__ import annotations

from dataclasses import dataclass

from neurodeploy_virtual.monitor.layout import SV, Sv
from neurodeploy_virtual.monitor.memory import Memory

_HEADER = 8
_RECORD = 16
_TAKEN = 0xFFFF0000


def make_heap(memory: Memory, base: int, top: int) -> int:
    """Lay out an empty heap between two addresses and return its address."""
    first, last = base + _RECORD, top - _HEADER
    for address, value in zip(
        range(base, base + _RECORD + _HEADER, 4),
        (first, first, last, last - first - _HEADER, last, 0),
        strict=True,
    ):
        memory.set_word(address, value)
    memory.set_word(last, 0)
    memory.set_word(last + 4, 0)
    return base


def _onwards(block: int, following: int) -> int:
    """Return the following block; a chain that turns back has been overwritten and ends."""
    return following if following > block else 0


@dataclass(frozen=True)
class Heap:
    """A heap in a chip's memory.

    Parameters
    ----------
    memory : Memory
        The chip's memory.
    base : int
        Address of the heap's record.
    """

    memory: Memory
    base: int

    @property
    def free_bytes(self) -> int:
        """Return the bytes that are free, in all blocks together."""
        return self.memory.word(self.base + 12)

    def largest_bytes(self) -> int:
        """Return the size of the largest free block."""
        sizes, block = [0], self.memory.word(self.base)
        while block:
            following, free = self.memory.words(block, 2)
            if following:
                sizes.append(following - block - _HEADER)
            block = _onwards(block, free)
        return max(sizes)

    def allocate(self, size: int, owner: int = 0, *, retry: bool = False) -> int:
        """Take a block and return the address of its data, or 0 if none is large enough.

        Parameters
        ----------
        size : int
            Bytes wanted.
        owner : int
            app_id * 256 + tag. A tag other than 0 is unique for its application.
        retry : bool
            Whether asking again for a tag with the same size gives the same block.
        """
        slot = self._tag_slot(owner)
        if slot:
            known = self.memory.word(slot)
            if known:
                same = self.memory.word(known - _HEADER) - known == size
                return known if retry and same else 0
        block = self._take(((size + 3) & ~3) + _HEADER)
        if not block:
            return 0
        self.memory.set_word(block + 4, _TAKEN + owner)
        if slot:
            self.memory.set_word(slot, block + _HEADER)
        return block + _HEADER

    def _tag_slot(self, owner: int) -> int:
        if owner & 0xFF == 0:
            return 0
        return self.memory.word(SV + Sv.ALLOCATED_TAGS) + 4 * owner

    def _take(self, size: int) -> int:
        """Unlink the first free block that is large enough, splitting it."""
        link, block = self.base, self.memory.word(self.base)
        while block:
            following, free = self.memory.words(block, 2)
            rest = block + size
            if rest <= following:
                if rest + _HEADER < following:
                    self.memory.set_word(rest, following)
                    self.memory.set_word(rest + 4, free)
                    self.memory.set_word(block, rest)
                    free = rest
                self.memory.set_word(link, free)
                self.memory.set_word(self.base + 12, self.free_bytes - size)
                return block
            link, block = block + 4, _onwards(block, free)
        return 0

    def owns(self, address: int) -> bool:
        """Return whether a block whose data is at `address` is taken."""
        return any(block + _HEADER == address and owner for block, owner in self._blocks())

    def free(self, address: int) -> None:
        """Give back the block whose data is at `address`, joining it with free neighbours."""
        block = address - _HEADER
        end, owner = self.memory.words(block, 2)
        slot = self._tag_slot(owner & 0xFFFF)
        if slot:
            self.memory.set_word(slot, 0)
        self.memory.set_word(self.base + 12, self.free_bytes + end - block)
        before, after = self._around(block)
        link_after = after
        if after and end == after:
            end, link_after = self.memory.words(after, 2)
        self.memory.set_word(block, end)
        self.memory.set_word(block + 4, link_after)
        self.memory.set_word(before + 4 if before else self.base, block)
        if before and self.memory.word(before) == block:
            self.memory.set_word(before, end)
            self.memory.set_word(before + 4, link_after)

    def _around(self, block: int) -> tuple[int, int]:
        before, after = 0, self.memory.word(self.base)
        while after and after < block:
            before, after = after, _onwards(after, self.memory.word(after + 4))
        return before, after

    def _blocks(self) -> list[tuple[int, int]]:
        """Return (address, owner word if taken else 0) of every block."""
        blocks, block = [], self.memory.word(self.base + 4)
        while block:
            following, owner = self.memory.words(block, 2)
            if following:
                taken = owner if owner & _TAKEN == _TAKEN else 0
                blocks.append((block, taken))
            block = _onwards(block, following)
        return blocks

    def free_application(self, app_id: int) -> int:
        """Give back all blocks of an application and return how many there were."""
        mine = [b for b, owner in self._blocks() if owner and (owner >> 8) & 0xFF == app_id]
        for block in mine:
            self.free(block + _HEADER)
        return len(mine)


__all__ = ["Heap", "make_heap"]
