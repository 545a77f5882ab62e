"""The numbers of boards and cores, and the energy made of them, are sPyNNaker's."""

import pytest

from neurodeploy.target.energy import energy
from neurodeploy.target.spinnaker import BOARDS, SPINN5


def asked(version):
    """Return a request for the numbers of a board; its network is not mapped."""
    return {"numbers": True, "board": version, "seed": 1, "inputs": 1, "sizes": [1], "links": []}


@pytest.mark.parametrize("version", BOARDS)
def test_board(mapped, version):
    said, board = mapped(asked(version)), BOARDS[version]
    assert (board.chips, board.processors) == (said["chips"], said["processors"])
    assert board.cores == said["processors"] - 2 * said["chips"] - 1
    ours = energy(board, 1, 10, 2.0, 1_000_000)
    assert ours.total_J == pytest.approx(said["energy_J"])


def test_limits(mapped):
    said = mapped(asked(5))
    for name in ("router_entries", "sdram_bytes", "row_words", "ring_buffer_bits", "delay_stages"):
        assert getattr(SPINN5, name) == said[name], name
    assert SPINN5.dtcm_bytes < said["dtcm_bytes"]
    assert SPINN5.most_instructions_per_ms * 1000 == said["clock_Hz"]
    assert SPINN5.instructions_per_ms * 2 == SPINN5.most_instructions_per_ms
