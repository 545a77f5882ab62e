"""`neurodeploy check`: design rules and resources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from neurodeploy.cli.codes import DONE, FAILED_CHECK
from neurodeploy.cli.options import load_model, model_options

if TYPE_CHECKING:
    from neurodeploy.checking import Check

_KIB = 1024


@click.command()
@model_options
@click.option("--target", default="emulator", show_default=True)
@click.option(
    "--version", type=int, default=5, show_default=True, help="Kind of board: 3 or 5 (SpiNN-3, -5)."
)
@click.option("--boards", type=int, default=1, show_default=True, help="How many boards there are.")
@click.option(
    "--time-scale-factor", type=click.IntRange(min=1), help="Default: the smallest that is safe."
)
@click.option("--data", help="npz or capture to count on; default what the model ships for that.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(model: str, target: str, as_json: bool, **options: Any) -> int:
    """Say what MODEL needs of the machine; exit 1 if it does not fit."""
    from neurodeploy import WeightScale
    from neurodeploy.checking import Machine
    from neurodeploy.checking import check as run
    from neurodeploy.inputs import read

    machine = Machine(options["version"], options["boards"], options["time_scale_factor"])
    scale = WeightScale.parse(options["weight_scale"])
    loaded = load_model(model, options)
    data = None if options["data"] is None else read(loaded, options["data"])
    found = run(loaded, target, weight_scale=scale, machine=machine, calibration=data)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=1, allow_nan=False))
    else:
        for line in _check_lines(found):
            click.echo(line)
    return DONE if found.fits else FAILED_CHECK


def _check_lines(found: Check) -> Iterator[str]:
    """Yield what each population needs, and everything that does not fit."""
    for pop in found.populations:
        shift = "" if pop.ring_shift is None else f"  ring shift {pop.ring_shift}"
        yield (
            f"{pop.name:<16} {pop.cell:<18} {pop.neurons:>6} neurons  {pop.cores:>3} cores  "
            f"{pop.synapses:>8} synapses{shift}"
        )
    for proj in found.projections:
        snr = "exact" if proj.snr_dB is None else f"{proj.snr_dB:5.1f} dB SNR"
        yield (
            f"{proj.name:<30} {proj.synapses:>8} synapses  row {proj.longest_row:>3}  "
            f"delay {proj.delay_ticks}  {snr}"
        )
    if found.figures:
        yield from _machine_lines(found)
        yield from _load_lines(found)
    for warning in found.warnings:
        yield f"warning          {warning}"
    for violation in found.violations:
        yield f"does not fit: {violation}"
    yield "fits" if found.fits else f"does not fit: {_many(len(found.violations), 'violation')}"


def _many(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _machine_lines(found: Check) -> Iterator[str]:
    """Yield what the whole network takes of the machine."""
    figure = {name: int(figure.value) for name, figure in found.figures.items()}
    spread = [f"{p.name} {p.neurons_per_core}" for p in found.populations if p.cores > 1]
    cores, chips = _many(figure["cores"], "core"), _many(figure["chips"], "chip")
    yield f"machine          {cores} on {chips}; there is {found.board}"
    if spread:
        yield f"neurons a core   {', '.join(spread)}"
    lowered = [pop for pop in found.populations if pop.ring_shift is not None]
    if lowered:
        # The fullest core is the one that has to fit a chip.
        most = max(lowered, key=lambda pop: pop.sdram_bytes)
        yield f"SDRAM            {most.sdram_bytes / _KIB:.0f} KiB on a core of {most.name}"
        dtcm = max(lowered, key=lambda pop: pop.dtcm_bytes)
        kib = dtcm.dtcm_bytes / _KIB
        yield f"DTCM             {kib:.0f} KiB on a core of {dtcm.name}, estimated"
    slots = ", ".join(f"{pop.name} {pop.delay_slots}" for pop in lowered)
    stages = [f"{p.name} {p.delay_stages}" for p in found.populations if p.delay_stages]
    yield f"delay slots      {slots}" + (f"; stages behind {', '.join(stages)}" if stages else "")
    yield f"routing          {figure['routing_entries']} entries on a chip, at most"


def _load_lines(found: Check) -> Iterator[str]:
    """Yield what cores have to do in a tick, and what an inference takes."""
    if found.loads:
        name = max(found.loads, key=lambda name: found.loads[name].instructions)
        load = found.loads[name]
        yield f"busiest core     {load.events} synaptic events in a tick ({name}, sample data)"
        yield f"                 {load.packets} packets, {load.instructions} instructions, at most"
    if found.time_scale_factor is not None:
        yield f"real time        a board needs time scale factor {found.time_scale_factor}"
    else:
        yield "real time        not known without sample data; give some with --data"
    if found.energy is not None:
        energy = found.energy
        yield (
            f"energy           {energy.total_J:.3g} J for {energy.seconds * 1000:g} ms of one "
            f"inference, estimated; {energy.cores_J:.3g} J of it in its cores"
        )


__all__ = ["check"]
