"""One thread and several: the same outcome."""

import hashlib

import pytest
from small_programs import COMMS, DTCM, HERE, branch, code, constant, load, start, store, store_on

from neurodeploy.errors import InputError
from neurodeploy_virtual.core.machine import ChipSpec, Machine, available

pytestmark = pytest.mark.skipif(not available(), reason="not run: the C extension is not built")

N_CHIPS, N_CORES = 6, 5


def chatter(key, n_idle):
    """Sends all the time, puts what it receives into memory and sums it up."""
    return code(
        constant(0, COMMS), constant(1, DTCM), constant(5, key), constant(6, n_idle),
        store(5, 0, 8), 0xE2855001,  # send, next key
        0xE1A07006, 0xE2577001, branch(-1, 1),  # count down
        load(2, 0, 0x0C), 0xE3520000, branch(-7, 5),
        load(4, 0, 0x14), store_on(4, 1), 0xE3C11C80, 0xE3811501, 0xE0888004,
        branch(-13), HERE,
    )  # fmt: skip


def ring(threads):
    specs = []
    for i in range(N_CHIPS):
        links = [None] * 6
        links[0], links[3] = ((i + 1) % N_CHIPS, 0), ((i - 1) % N_CHIPS, 0)
        specs.append(ChipSpec(i, 0, N_CORES, tuple(links)))
    return Machine(specs, threads)


def outcome(threads, us):
    with ring(threads) as machine:
        for x in range(N_CHIPS):
            routes = [(x << 20, 0xF00000, 1)]
            routes += [((x - k) % N_CHIPS << 20, 0xF00000, 1 << 6 + k) for k in range(1, N_CORES)]
            machine.load_routes(x, 0, 0, routes)
            for p in range(1, N_CORES):
                start(machine, p, chatter(x << 20 | p << 16, 3 + 7 * x + p), x=x)
        stops = [machine.run(us // 3) for _ in range(3)]
        summary = hashlib.sha256(repr(stops).encode())
        for x in range(N_CHIPS):
            for p in range(1, N_CORES):
                summary.update(machine.read_core(x, 0, p, DTCM, 0x10000))
                summary.update(repr(machine.registers(x, 0, p)).encode())
        return summary.hexdigest(), machine.stats()


def test_the_outcome_is_the_same_on_any_number_of_threads():
    wanted, stats = outcome(1, 3000)
    assert stats["delivered"] > 5000
    for threads in (2, 3, 2):
        assert outcome(threads, 3000) == (wanted, stats)


def test_no_threads_are_refused():
    with pytest.raises(InputError, match="0 threads"):
        ring(0)
