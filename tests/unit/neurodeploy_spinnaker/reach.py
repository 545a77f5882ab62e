"""Run by test_unreachable.py: try machines that are not there, print what came of each."""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from neurodeploy.api import MachineOptions, SessionOptions
from neurodeploy.runtime.registry import find


def attempt(name, folder, **machine):
    options = SessionOptions(1.0, machine=MachineOptions(folder=folder / name, **machine))
    try:
        with find("spinnaker").session(options) as sim:
            sim.Population(10, sim.IF_curr_exp(), label="neurons").record("spikes")
            sim.run(5.0)
    except Exception as err:
        return [type(err).__name__, getattr(err, "exit_code", None), str(err)]
    return None


def through_hub(folder, server):
    """Try EBRAINS as from a notebook, whose hub gives the token; the server is the hub as well."""
    host, _, port = urlsplit(server).netloc.partition(":")
    hub = {
        "JUPYTERHUB_API_TOKEN": os.environ["HUB_TOKEN"],
        "JUPYTERHUB_SERVICE_HOST": host,
        "JUPYTERHUB_SERVICE_PORT": port,
    }
    os.environ.update(hub)
    try:
        return attempt("hub", folder, ebrains=True, spalloc=server)
    finally:
        for name in hub:
            del os.environ[name]


def main(folder, server):
    # The environment must still hold the token afterwards.
    found = {
        # 127.0.0.1 means something else to sPyNNaker.
        "board": attempt("board", folder, board="127.0.0.9"),
        "name": attempt("name", folder, board="no-such-board.invalid"),
        "ebrains": attempt("ebrains", folder, ebrains=True, spalloc=server),
        "hub": through_hub(folder, server),
        "spalloc": attempt("spalloc", folder, spalloc=server, user="me"),
        "old": attempt("old", folder, spalloc="127.0.0.9", user="me"),
    }
    found["token kept"] = os.environ["OIDC_BEARER_TOKEN"]
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
