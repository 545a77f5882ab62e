"""The benchmark of the board: what is read from its table, and drawn."""

from tools.bench.board_plot import Row, main, rows

TABLE = """
                         MIPS     ms/s     wall  total s  board s  spikes
synfire, 4 chips           48    11600    11000      4.1    0.020  27
1 cores, 48 chips         184     2520     2500      4.3    0.100  4096
16 cores, 48 chips        267      241      250      7.7    0.100  65536
"""


def test_rows_of_busy_cores_alone_are_read():
    assert rows(TABLE.splitlines()) == [Row(1, 0.4, 4.3), Row(16, 4.0, 7.7)]


def test_the_same_table_gives_the_same_picture(tmp_path):
    (tmp_path / "table").write_text(TABLE)
    for name in ("first.svg", "second.svg"):
        assert main([str(tmp_path / "table"), str(tmp_path / name)]) == 0
    first = (tmp_path / "first.svg").read_text()
    assert "<path" in first
    assert first == (tmp_path / "second.svg").read_text()
