"""Run the scripts of `pynn_cases` on a module and write what they return: MODULE OUT."""

import importlib
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pynn_cases import CASES

BUILTINS = (NotImplementedError, KeyError, IndexError, TypeError, AttributeError, ValueError)


class Probe:
    """What only looks the same from outside."""

    def __init__(self, sim):
        self.is_ours = sim.__name__.startswith("neurodeploy")

    def shifts(self, population):
        if not self.is_ours:
            return [int(shift) for shift in population._vertex.get_ring_buffer_shifts()]
        from neurodeploy_brian2.mapping import ring_shifts

        return list(ring_shifts(population._simulator.network(), population))


def kinds(error):
    """Return the builtin exceptions that an error also is."""
    return [kind.__name__ for kind in BUILTINS if isinstance(error, kind)]


def facts(sim, script):
    """Run one script in a network of its own."""
    sim.setup(1.0)
    try:
        return {"returns": script(sim, Probe(sim))}
    except Exception as error:  # whatever a module raises is a fact
        text = re.sub(r" at 0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")
        return {"raises": kinds(error), "text": text[:200]}
    finally:
        sim.end()


def plain(value):
    """Return numbers that JSON knows; a holder of one number is that number."""
    return value.item() if hasattr(value, "item") else float(str(value))


def main(module, out):
    sim = importlib.import_module(module)
    every = {name: facts(sim, script) for name, script in CASES.items()}
    Path(out).write_text(json.dumps(every, default=plain, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
