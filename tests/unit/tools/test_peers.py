"""The runner of other people's scripts: what it makes of their ends, and that it goes on."""

import pytest

from tools import peers
from tools.peers import Outcome, judge, known, main, scripts, summary


@pytest.mark.parametrize(
    ("code", "text", "result", "reason"),
    [
        (0, "1 passed", "passed", ""),
        (0, "SKIPPED [1] a.py:3: needs a robot\n", "skipped", "a.py:3: needs a robot"),
        (None, "no end", "stopped", "at its limit"),
        (3, "neurodeploy: script: ran past its limit (expected 5 s)", "stopped", "at its limit"),
        (1, "Traceback\nValueError: no\nINFO: done", "failed", "exit 1: ValueError: no"),
        (1, "E   assert 1 == 2\n1 failed", "failed", "exit 1: E assert 1 == 2"),
        (139, "", "failed", "exit 139: "),
    ],
)
def test_what_came_of_a_process(code, text, result, reason):
    assert judge(code, text, 1.26) == (result, 1.3, reason)


def test_a_run_goes_on_where_it_was_broken_off(tmp_path, monkeypatch, capsys):
    for name in ("a.py", "b.py", "part/__init__.py", "part/c.py"):
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).touch()
    assert scripts(tmp_path / "folder") == ["a.py", "b.py", "part/c.py"]
    ran = []

    def run(_folder, name, **_options):
        ran.append(name)
        return Outcome(name, "failed" if name == "b.py" else "passed", 1.0, "a\ttab")

    monkeypatch.setattr(peers, "run", run)
    asked = [str(tmp_path / "folder"), "--table", str(tmp_path / "table.tsv")]
    assert main([*asked, "--only", "[ab].py"]) == 0
    assert main(asked) == 0
    assert ran == ["a.py", "b.py", "part/c.py"]
    assert known(tmp_path / "table.tsv")["b.py"] == Outcome("b.py", "failed", 1.0, "a\ttab")
    assert capsys.readouterr().out.endswith("1 failed, 2 passed\n")
    assert summary([]) == "nothing was run"
