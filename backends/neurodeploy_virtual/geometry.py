r"""Which chips a machine has, how they are wired and which boards they stand on.

One 4-chip board (version 3), one 48-chip board (version 5), or triads of 48-chip boards.
The wiring is a hexagonal torus: link numbers go anticlockwise from east.

      north (2)   north-east (1)
             \   /
    west (3) -chip- east (0)
             /   \
  south-west (4)  south (5)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from neurodeploy.errors import InputError

Coordinates = tuple[int, int]
Link = tuple[int, int, int]
End = Coordinates | None
Ends = tuple[End, End, End, End, End, End]

#: Step in x and y over each link, east first.
LINK_STEPS: tuple[Coordinates, ...] = ((1, 0), (1, 1), (0, 1), (-1, 0), (-1, -1), (0, -1))
N_LINKS = len(LINK_STEPS)
N_CORES = 18
#: First and last row of each column of a 48-chip board.
_COLUMNS_48 = ((0, 3), (0, 4), (0, 5), (0, 6), (0, 7), (1, 7), (2, 7), (3, 7))
#: Chips of a 48-chip board whose last core is not wired in the reference description.
_17_CORES = frozenset({(1, 1), (1, 3), (3, 1), (3, 3), (3, 5), (5, 2), (5, 4), (5, 6)})
#: The links of a 4-chip board that lead off it.
_OFF_BOARD_4 = frozenset(
    (x, y, link) for y in (0, 1) for x, links in ((0, (3, 4)), (1, (0, 1))) for link in links
)
_BOARD_CORNERS = ((0, 0), (4, 8), (8, 4))
_TRIAD = 12


@dataclass(frozen=True)
class Place:
    """One chip: where it is, its cores, its links and its Ethernet chip.

    Parameters
    ----------
    x, y : int
        Global coordinates.
    cores : frozenset of int
        Working cores, the monitor (0) included.
    links : tuple of 6 (x, y) or None
        The chip at the other end of every link, or None if the link is dead or leads nowhere.
    ethernet : (x, y)
        The chip with the Ethernet connection of this chip's board.
    """

    x: int
    y: int
    cores: frozenset[int]
    links: Ends
    ethernet: Coordinates


@dataclass(frozen=True)
class Geometry:
    """A machine: all its working chips, by coordinates.

    Parameters
    ----------
    version : int
        3 or 5, as in the sPyNNaker configuration.
    width, height : int
        Size in chips.
    places : mapping of (x, y) to Place
        The working chips.
    addresses : mapping of (x, y) to str
        IP address of every Ethernet chip.
    """

    version: int
    width: int
    height: int
    places: Mapping[Coordinates, Place]
    addresses: Mapping[Coordinates, str]
    _next: dict[Coordinates, dict[Coordinates, int]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def hops_to(self, goal: Coordinates) -> Mapping[Coordinates, int]:
        """Return for every chip that reaches `goal` the link of its first step."""
        if goal not in self._next:
            self._next[goal] = _first_links(self.places, goal)
        return self._next[goal]

    def board(self, ethernet: Coordinates) -> Iterator[Place]:
        """Yield the chips of the board with this Ethernet chip."""
        return (place for place in self.places.values() if place.ethernet == ethernet)


@dataclass(frozen=True)
class Faults:
    """What does not work: chips (x, y), cores (x, y, p) and links (x, y, link).

    A dead link is dead in both directions.
    """

    chips: frozenset[Coordinates] = frozenset()
    cores: frozenset[tuple[int, int, int]] = frozenset()
    links: frozenset[Link] = frozenset()


def geometry(
    version: int,
    *,
    triads: Coordinates | None = None,
    wrap: bool = True,
    address: str = "127.0.0.2",
    faults: Faults | None = None,
) -> Geometry:
    """Describe one board, or a rectangle of triads of 48-chip boards.

    Parameters
    ----------
    version : int
        3 (one board of 4 chips) or 5 (boards of 48 chips).
    triads : (int, int) or None
        Triads of boards across and up, for version 5; None is a single board.
    wrap : bool
        Whether the edges of a machine of triads are joined.
    address : str
        IPv4 address of the first board; further boards get the following ones.
    faults : Faults or None
        What is dead.

    Raises
    ------
    InputError
        If there is no such machine, or the fault list names what is not there.
    """
    dead = faults or Faults()
    width, height, wraps = _size(version, triads, wrap)
    owners = dict(_owners(version, triads, width, height, wraps))
    _check_faults(dead, owners)
    alive = {xy: eth for xy, (eth, _) in owners.items() if xy not in dead.chips}
    shut = _closed_links(version, dead, width, height, wraps)
    places = {
        xy: Place(
            *xy,
            frozenset(p for p in range(owners[xy][1]) if (*xy, p) not in dead.cores),
            _ends(xy, alive, shut, (width, height, wraps)),
            ethernet,
        )
        for xy, ethernet in alive.items()
    }
    ethernets = sorted({place.ethernet for place in places.values()})
    names = _addresses(address, len(ethernets))
    return Geometry(version, width, height, places, dict(zip(ethernets, names, strict=True)))


def _size(version: int, triads: Coordinates | None, wrap: bool) -> tuple[int, int, bool]:
    if version not in (3, 5):
        raise InputError("board version", "unknown", got=version, limit="3 or 5")
    if triads is None:
        return (2, 2, True) if version == 3 else (8, 8, False)
    if version == 3:
        raise InputError("triads", "need boards of version 5", got=version)
    if min(triads) < 1 or max(triads) > 20:
        raise InputError("triads", "out of range", got=triads, limit="1 to 20 each way")
    edge = 0 if wrap else 4
    return _TRIAD * triads[0] + edge, _TRIAD * triads[1] + edge, wrap


def _owners(
    version: int, triads: Coordinates | None, width: int, height: int, wraps: bool
) -> Iterator[tuple[Coordinates, tuple[Coordinates, int]]]:
    """Yield every chip with its Ethernet chip and its number of cores."""
    if version == 3:
        yield from (((x, y), ((0, 0), N_CORES)) for x in (0, 1) for y in (0, 1))
        return
    across, up = triads or (1, 1)
    corners = _BOARD_CORNERS if triads else _BOARD_CORNERS[:1]
    for i in range(across):
        for j in range(up):
            for cx, cy in corners:
                corner = (cx + _TRIAD * i, cy + _TRIAD * j)
                for (x, y), cores in _board_48():
                    xy = (corner[0] + x, corner[1] + y)
                    yield (xy[0] % width, xy[1] % height) if wraps else xy, (corner, cores)


def _board_48() -> Iterator[tuple[Coordinates, int]]:
    for x, (first, last) in enumerate(_COLUMNS_48):
        for y in range(first, last + 1):
            yield (x, y), N_CORES - ((x, y) in _17_CORES)


def neighbour(xy: Coordinates, link: int, size: tuple[int, int, bool]) -> Coordinates:
    """Return the coordinates over a link on a machine of (width, height, wraps)."""
    x, y = xy[0] + LINK_STEPS[link][0], xy[1] + LINK_STEPS[link][1]
    width, height, wraps = size
    return (x % width, y % height) if wraps else (x, y)


def _ends(
    xy: Coordinates,
    alive: Mapping[Coordinates, Coordinates],
    shut: frozenset[Link],
    size: tuple[int, int, bool],
) -> Ends:
    def end(link: int) -> End:
        there = neighbour(xy, link, size)
        return there if there in alive and (*xy, link) not in shut else None

    return end(0), end(1), end(2), end(3), end(4), end(5)


def _closed_links(
    version: int, dead: Faults, width: int, height: int, wraps: bool
) -> frozenset[Link]:
    shut = set(_OFF_BOARD_4 if version == 3 else ())
    for x, y, link in dead.links:
        other = neighbour((x, y), link, (width, height, wraps))
        shut |= {(x, y, link), (*other, (link + 3) % N_LINKS)}
    return frozenset(shut)


def _check_faults(dead: Faults, owners: Mapping[Coordinates, tuple[Coordinates, int]]) -> None:
    named = {*dead.chips, *((x, y) for x, y, _ in (*dead.cores, *dead.links))}
    for xy in sorted(named - set(owners)):
        raise InputError("fault list", "names a chip that the machine does not have", got=xy)
    ethernets = {eth for eth, _ in owners.values()}
    for xy in sorted(dead.chips & ethernets):
        raise InputError("fault list", "an Ethernet chip cannot be dead", got=xy)
    for x, y, p in sorted(dead.cores):
        if not 0 < p < owners[x, y][1]:
            raise InputError("fault list", "no such application core", got=(x, y, p))
    for x, y, link in sorted(dead.links):
        if not 0 <= link < N_LINKS:
            raise InputError("fault list", "no such link", got=(x, y, link), limit="0 to 5")


def _addresses(first: str, count: int) -> Iterable[str]:
    parts = first.split(".")
    if len(parts) != 4 or not all(p.isdigit() and int(p) < 256 for p in parts):
        raise InputError("board address", "is not an IPv4 address", got=first)
    base = int.from_bytes(bytes(int(p) for p in parts), "big")
    return [".".join(map(str, (base + i).to_bytes(4, "big"))) for i in range(count)]


def _first_links(places: Mapping[Coordinates, Place], goal: Coordinates) -> dict[Coordinates, int]:
    """Search breadth first from the goal: the shortest way there, lowest link first."""
    first: dict[Coordinates, int] = {}
    queue, seen = deque([goal]), {goal}
    while queue:
        here = queue.popleft()
        for link, end in enumerate(places[here].links):
            if end is not None and end not in seen:
                seen.add(end)
                first[end] = (link + 3) % N_LINKS
                queue.append(end)
    return first


__all__ = [
    "LINK_STEPS",
    "N_CORES",
    "N_LINKS",
    "Coordinates",
    "Faults",
    "Geometry",
    "Place",
    "geometry",
    "neighbour",
]
