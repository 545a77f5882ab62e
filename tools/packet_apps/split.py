"""Split captures into train and test so that nothing leaks from one side to the other."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from neurodeploy.packets.decode import decode
from neurodeploy.packets.records import read_records
from tools.packet_apps.dataset import Source

EVERY = 4
"""Every so-manieth capture of a label is for the test."""

# Written-by-hand captures count sequence numbers from 0 or 1: a meeting there means nothing.
_LOWEST_REAL_NUMBER = 1 << 16
# suricata-verify has a folder a test, the other repositories a file a test.
_FOLDER_TESTS = "OISF/suricata-verify/"


def packet_marks(path: Path) -> set[Hashable]:
    """What two captures share if they hold the same packet, or the same TCP connection.

    Parameters
    ----------
    path : path
        A capture.

    Returns
    -------
    marks : set
        Each IP datagram without hop count and header checksum (the same packet may be taken
        at two places), each other frame whole, each pair of TCP sequence numbers.
    """
    marks: set[Hashable] = set()
    for record in read_records(path):
        packet = decode(record.data, record.link_type)
        datagram = bytearray(record.data)
        if packet.network:
            datagram = datagram[record.data.find(packet.ip_header) :]
            for at in (8, 10, 11) if packet.network == "ipv4" else (7,):
                datagram[at] = 0
        marks.add(bytes(datagram))
        numbers = packet.transport_header[4:12]
        halves = (int.from_bytes(numbers[:4], "big"), int.from_bytes(numbers[4:], "big"))
        if packet.transport == "tcp" and min(halves) >= _LOWEST_REAL_NUMBER:
            marks.add(halves)
    return marks


def origin_test(source: Source) -> str:
    """Name of the test that a capture was written for; numbered variants count as one.

    Parameters
    ----------
    source : Source

    Returns
    -------
    name : str
    """
    path = PurePosixPath(source.origin)
    test = path.parent if source.origin.startswith(_FOLDER_TESTS) else path.with_suffix("")
    return re.sub(r"([-_.]\d{1,2}|(?<!\d)\d{1,2})$", "", str(test).lower())


def groups_of(marks: Sequence[Iterable[Hashable]]) -> npt.NDArray[np.int64]:
    """Join captures that share a mark, directly or over others.

    Parameters
    ----------
    marks : sequence of iterables
        The marks of each capture.

    Returns
    -------
    groups : (n_captures,) int array
        The number of a group is that of its first capture.
    """
    parent = list(range(len(marks)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    owner: dict[Hashable, int] = {}
    for number, own in enumerate(marks):
        for mark in own:
            low, high = sorted((root(owner.setdefault(mark, number)), root(number)))
            parent[high] = low
    return np.array([root(number) for number in range(len(marks))])


def group_captures(data: Path, sources: Sequence[Source]) -> npt.NDArray[np.int64]:
    """Group the captures of a folder by shared packets and by origin test.

    Parameters
    ----------
    data : path
    sources : sequence of Source

    Returns
    -------
    groups : (n_captures,) int array
    """
    marks = [packet_marks(data / source.file) | {origin_test(source)} for source in sources]
    return groups_of(marks)


def fixed_split(sources: Sequence[Source], groups: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Choose the test captures by hash: nobody's choice, and the same for everybody.

    Parameters
    ----------
    sources : sequence of Source
    groups : (n_captures,) int array

    Returns
    -------
    is_test : (n_captures,) bool array
        Per label, captures in the order of their hash, every fourth (the 4th, the 8th, ...);
        and with such a capture its whole group.
    """
    by_label: dict[str, list[int]] = defaultdict(list)
    for number in sorted(range(len(sources)), key=lambda n: sources[n].sha256):
        by_label[sources[number].label].append(number)
    is_test = np.zeros(len(sources), dtype=bool)
    for numbers in by_label.values():
        is_test[numbers[EVERY - 1 :: EVERY]] = True
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        is_test[members] = is_test[members].any()
    return is_test


def random_split(
    sources: Sequence[Source], groups: npt.NDArray[np.int64], seed: int, share: float = 0.3
) -> npt.NDArray[np.bool_]:
    """Choose test groups at random, label by label.

    Parameters
    ----------
    sources : sequence of Source
    groups : (n_captures,) int array
    seed : int
    share : float
        Share of each label's captures that is for the test, at least; one at the least.

    Returns
    -------
    is_test : (n_captures,) bool array
        No group is on both sides.
    """
    rng = np.random.default_rng(seed)
    labels = np.array([source.label for source in sources])
    is_test = np.zeros(len(sources), dtype=bool)
    for label in np.unique(labels):
        own = labels == label
        wanted = max(1, round(share * own.sum()))
        for group in rng.permutation(np.unique(groups[own])):
            if is_test[own].sum() >= wanted:
                break
            is_test[groups == group] = True
    return is_test


def write_split(
    path: Path,
    sources: Sequence[Source],
    groups: npt.NDArray[np.int64],
    is_test: npt.NDArray[np.bool_],
) -> None:
    """Write the list of captures with their side.

    Parameters
    ----------
    path : path
    sources : sequence of Source
    groups : (n_captures,) int array
    is_test : (n_captures,) bool array
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "label", "sha256", "group", "side"])
        for source, group, test in zip(sources, groups, is_test, strict=True):
            side = "test" if test else "train"
            writer.writerow([source.file, source.label, source.sha256, group, side])
