"""Command line: ``python -m tools.record_traffic --out DIR``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

if __package__ in (None, ""):  # run as a folder: python tools/record_traffic
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    __package__ = "tools.record_traffic"

from neurodeploy.errors import BackendUnavailable, InputError, NeurodeployError

from .capture import count_table, merge, write_labels, write_pcap
from .protocol import Protocol, find_program
from .protocols import CATALOGUE
from .recorder import Limits, Outcome, record_all

ALWAYS = ("ip", "ss", "unshare", "mount", "hostname", "sysctl", "ethtool", "tcpdump")


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    usual = Limits()
    options = argparse.ArgumentParser(prog="record_traffic", description=__doc__)
    add = options.add_argument
    add("--out", type=Path, help="folder for NAME.pcap and NAME_labels.csv")
    add("--name", default="sample", help="stem of the files (default: sample)")
    add("--seed", default="1", help="decides content, names and addresses (default: 1)")
    add("--only", default="", help="labels to record, separated by commas (default: all)")
    add("--sessions", type=int, default=usual.sessions, help="at least this many a protocol")
    add("--packets", type=int, default=usual.packets, help="add sessions up to this many packets")
    add("--snap", type=int, default=usual.snap_bytes, help="bytes kept of each packet")
    add("--keep", type=Path, help="leave the servers' files and logs in this folder")
    add("--list", action="store_true", help="show what each protocol needs and what is missing")
    return options


def listing(protocols: Sequence[Protocol]) -> list[str]:
    """Return one line for each protocol: what it needs, and whether it is there."""
    lines = []
    for protocol in protocols:
        needs = [*protocol.programs, *(f"python:{name}" for name in protocol.modules)]
        missing = protocol.missing()
        state = f"missing {', '.join(missing)}" if missing else "present"
        lines.append(f"{protocol.label:12} {state:10} needs {' '.join(needs)}")
    return lines


def chosen(only: str) -> list[Protocol]:
    """Return the protocols named by ``--only``.

    Raises
    ------
    InputError
        If a label is not in the catalogue.
    """
    labels = [label.strip() for label in only.split(",") if label.strip()] or list(CATALOGUE)
    unknown = [label for label in labels if label not in CATALOGUE]
    if unknown:
        known = ", ".join(CATALOGUE)
        raise InputError("--only", "unknown labels", got=", ".join(unknown), limit=known)
    return [CATALOGUE[label] for label in labels]


def check_machine() -> None:
    """Raise a one-line error if this machine or user cannot record."""
    if os.geteuid() != 0:
        todo = "run it as root: it makes network namespaces"
        raise InputError("record_traffic", "not root", got=f"user id {os.geteuid()}", todo=todo)
    missing = [name for name in ALWAYS if find_program(name) is None]
    if missing:
        todo = "apt-get install iproute2 util-linux hostname procps ethtool tcpdump"
        raise BackendUnavailable("record_traffic", f"missing {', '.join(missing)}", todo=todo)


def write(outcome: Outcome, folder: Path, name: str, snap_bytes: int) -> list[str]:
    """Write the capture and its labels; return the lines that say what is in them."""
    if not outcome.recordings:
        raise BackendUnavailable("record_traffic", "nothing was recorded", todo="see --list")
    folder.mkdir(parents=True, exist_ok=True)
    pairs = merge(outcome.recordings)
    write_pcap(folder / f"{name}.pcap", [packet for _, packet in pairs], snap_bytes=snap_bytes)
    write_labels(folder / f"{name}_labels.csv", [label for label, _ in pairs])
    return count_table(outcome.recordings)


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run(args: argparse.Namespace) -> None:
    """Carry out the command."""
    protocols = chosen(args.only)
    if args.list:
        print("\n".join(listing(protocols)))
        return
    if args.out is None:
        raise InputError("--out", "is needed", todo="name the folder for the capture")
    check_machine()
    signal.signal(signal.SIGTERM, _end)
    limits = Limits(sessions=args.sessions, packets=args.packets, snap_bytes=args.snap)
    outcome = record_all(protocols, args.seed, limits, _progress, args.keep)
    lines = write(outcome, args.out, args.name, limits.snap_bytes)
    lines += [f"{label}: not recorded: {why}" for label, why in outcome.left_out.items()]
    print("\n".join(lines))


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = parser().parse_args(argv)
    try:
        run(args)
    except NeurodeployError as err:
        print(f"record_traffic: {err}", file=sys.stderr)
        return err.exit_code
    except KeyboardInterrupt:
        print("record_traffic: stopped; namespaces and programs are removed", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
