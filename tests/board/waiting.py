"""Wait for what a process in the background is to do."""

import time

LIMIT_S = 170


def wait_until(true, process):
    """Wait until a function returns true; the process must still run."""
    end = time.monotonic() + LIMIT_S
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.1)


def is_running(out):
    """Return whether the run of a deployment into a folder has begun on a board."""
    log = out / "spynnaker" / "spynnaker.log"
    return log.exists() and "Application started" in log.read_text(encoding="utf-8")
