"""Chips, links and boards of a machine."""

import pytest

from neurodeploy.errors import InputError
from neurodeploy_virtual.geometry import N_LINKS, Faults, geometry


@pytest.mark.parametrize(
    ("version", "triads", "wrap", "chips", "cores", "boards"),
    [
        (3, None, True, 4, 72, 1),
        (5, None, True, 48, 856, 1),
        (5, (1, 1), True, 144, 2568, 3),
        (5, (1, 1), False, 144, 2568, 3),
        (5, (2, 1), True, 288, 5136, 6),
    ],
)
def test_sizes(version, triads, wrap, chips, cores, boards):
    layout = geometry(version, triads=triads, wrap=wrap)
    assert len(layout.places) == chips
    assert sum(len(place.cores) for place in layout.places.values()) == cores
    assert len(layout.addresses) == boards


@pytest.mark.parametrize(
    ("version", "triads", "wrap"), [(3, None, True), (5, None, True), (5, (1, 1), True)]
)
def test_links_lead_back(version, triads, wrap):
    layout = geometry(version, triads=triads, wrap=wrap)
    for (x, y), place in layout.places.items():
        for link, end in enumerate(place.links):
            if end is not None:
                assert layout.places[end].links[(link + 3) % N_LINKS] == (x, y)


def test_every_chip_finds_the_first_one():
    layout = geometry(5, triads=(1, 1))
    hops = layout.hops_to((0, 0))
    for start in layout.places:
        here, steps = start, 0
        while here != (0, 0):
            here = layout.places[here].links[hops[here]]
            steps += 1
            assert steps <= 12


def test_boards_have_following_addresses():
    layout = geometry(5, triads=(1, 1), address="127.0.0.255")
    assert layout.addresses == {
        (0, 0): "127.0.0.255",
        (4, 8): "127.0.1.0",
        (8, 4): "127.0.1.1",
    }
    assert {len(list(layout.board(xy))) for xy in layout.addresses} == {48}


def test_what_is_dead_is_absent():
    faults = Faults(
        chips=frozenset({(1, 1)}), cores=frozenset({(0, 1, 5)}), links=frozenset({(0, 0, 0)})
    )
    layout = geometry(3, faults=faults)
    assert (1, 1) not in layout.places
    assert 5 not in layout.places[0, 1].cores
    assert layout.places[0, 0].links == (None, None, (0, 1), None, None, (0, 1))
    assert layout.places[1, 0].links[3] is None


@pytest.mark.parametrize(
    ("faults", "text"),
    [
        (Faults(chips=frozenset({(9, 9)})), "does not have"),
        (Faults(chips=frozenset({(0, 0)})), "Ethernet chip cannot be dead"),
        (Faults(cores=frozenset({(0, 0, 0)})), "no such application core"),
        (Faults(cores=frozenset({(0, 0, 18)})), "no such application core"),
        (Faults(links=frozenset({(0, 0, 6)})), "no such link"),
    ],
)
def test_impossible_faults(faults, text):
    with pytest.raises(InputError, match=text):
        geometry(3, faults=faults)


@pytest.mark.parametrize(
    ("version", "options", "text"),
    [
        (4, {}, "board version"),
        (3, {"triads": (1, 1)}, "need boards of version 5"),
        (5, {"triads": (0, 1)}, "out of range"),
        (5, {"address": "localhost"}, "IPv4"),
        (5, {"address": "1.2.3.256"}, "IPv4"),
    ],
)
def test_impossible_machines(version, options, text):
    with pytest.raises(InputError, match=text):
        geometry(version, **options)
