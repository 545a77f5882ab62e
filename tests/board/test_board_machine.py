"""The host software sees the machine it expects: its own description of one, chip by chip."""

import json
import subprocess
import sys

import pytest
from running import environment, lacking

COMPARE = """
import json, sys
from neurodeploy_virtual.board import Board, BoardOptions
from neurodeploy_virtual.geometry import Faults
import spinnman.config_setup
from spinn_utilities.config_holder import set_config

version, triads, wrap, dead = json.loads(sys.argv[1])


def described(machine):
    return {
        str((c.x, c.y)): [
            sorted(p for p in c.all_processor_ids),
            c.sdram,
            sorted((k.source_link_id, k.destination_x, k.destination_y) for k in c.router.links),
            [c.nearest_ethernet_x, c.nearest_ethernet_y],
            c.router.n_available_multicast_entries,
            c.ip_address is not None,
        ]
        for c in machine.chips
    }


faults = Faults(
    chips=frozenset(map(tuple, dead["chips"])),
    cores=frozenset(map(tuple, dead["cores"])),
    links=frozenset(map(tuple, dead["links"])),
)
options = BoardOptions(version=version, triads=triads and tuple(triads), wrap=wrap, faults=faults)
with Board(options) as board, board.in_process():
    spinnman.config_setup.unittest_setup()
    set_config("Machine", "version", str(version))
    from spinnman.transceiver import create_transceiver_from_hostname
    from spinn_machine.virtual_machine import virtual_machine
    transceiver = create_transceiver_from_hostname("127.0.0.2")
    transceiver.discover_scamp_connections()
    found = transceiver.get_machine_details()
    transceiver.close()
    if dead["chips"]:
        set_config("Machine", "down_chips", ":".join(f"{x},{y}" for x, y in dead["chips"]))
    if dead["cores"]:
        set_config("Machine", "down_cores", ":".join(f"{x},{y},{p}" for x, y, p in dead["cores"]))
    if dead["links"]:
        both = []
        steps = ((1, 0), (1, 1), (0, 1), (-1, 0), (-1, -1), (0, -1))
        for x, y, link in dead["links"]:
            other = found.xy_over_link(x, y, link)
            both += [f"{x},{y},{link}", f"{other[0]},{other[1]},{(link + 3) % 6}"]
        set_config("Machine", "down_links", ":".join(both))
    wanted = described(virtual_machine(found.width, found.height))
    print(json.dumps([described(found), wanted]))
"""

NOTHING = {"chips": [], "cores": [], "links": []}


@pytest.mark.parametrize(
    ("version", "triads", "wrap", "dead"),
    [
        (3, None, True, NOTHING),
        (5, None, True, NOTHING),
        (5, [1, 1], True, NOTHING),
        (5, [1, 1], False, NOTHING),
        (5, None, True, {"chips": [[3, 3]], "cores": [[0, 1, 5]], "links": [[4, 4, 1]]}),
    ],
)
def test_machine_as_the_host_describes_it(tmp_path, version, triads, wrap, dead):
    reason = lacking()
    if reason is not None:
        pytest.skip(reason)
    (tmp_path / "compare.py").write_text(COMPARE)
    ended = subprocess.run(
        [sys.executable, "compare.py", json.dumps([version, triads, wrap, dead])],
        cwd=tmp_path,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found, wanted = json.loads(ended.stdout.splitlines()[-1])
    assert len(found) == (4 if version == 3 else 144 if triads else 48 - len(dead["chips"]))
    assert found == wanted
