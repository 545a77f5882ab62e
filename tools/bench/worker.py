"""One contender in a process of its own, so that none disturbs another's global state.

The parent writes a line to start a run; each answer is a line of JSON. Whatever an engine
prints goes to stderr.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from typing import Any, TextIO

from tools.bench.contenders.ready import NotRun
from tools.bench.networks import NETWORKS, Bench
from tools.bench.table import ENGINES


def main() -> int:
    """Run the contender and the network that the command line names."""
    engine, network = ENGINES[sys.argv[1]], sys.argv[2]
    options = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    bench = NETWORKS[network](**{**options, **engine.smaller.get(network, {})})
    if engine.n_samples and bench.n_samples > engine.n_samples:
        bench = bench.first(engine.n_samples)
    try:
        if network in engine.why_not:
            raise NotRun(engine.why_not[network])
        begun = time.perf_counter()
        run = engine.prepare(bench)
        _say(out, build_s=time.perf_counter() - begun, n_samples=bench.n_samples, **_size(bench))
        for _ in sys.stdin:
            _say(out, **dataclasses.asdict(run()))
    except NotRun as why:
        _say(out, not_run=str(why))
    except Exception as err:  # whatever a contender does, the others go on
        _say(out, not_run=f"{type(err).__name__}: {err}"[:300])
    return 0


def _size(bench: Bench) -> dict[str, int]:
    return {"n_synapses": bench.n_synapses, "n_neurons": bench.n_neurons}


def _say(out: TextIO, **facts: Any) -> None:
    out.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    sys.exit(main())
