import shutil
import subprocess

import pytest

from neurodeploy.report import write

from .conftest import HOSTILE
from .test_page import SECTIONS, _Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--v=0",
    "--dump-dom",
]


def test_a_browser_shows_every_section_without_complaint(report, tmp_path):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("not run: no Chromium")
    path = write(report, tmp_path / "report").path
    ran = subprocess.run(
        [browser, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", path.as_uri()],
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=120,
    )
    found = _Page(ran.stdout)
    assert set(found.ids) == SECTIONS
    assert "script" not in found.tags
    assert HOSTILE in found.said
    assert [line for line in ran.stderr.splitlines() if "CONSOLE" in line] == []
