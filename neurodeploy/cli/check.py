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


@click.command()
@model_options
@click.option("--target", default="emulator", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(model: str, target: str, as_json: bool, **options: Any) -> int:
    """Say what MODEL needs of the machine; exit 1 if it does not fit."""
    from neurodeploy import WeightScale
    from neurodeploy import check as run

    scale = WeightScale.parse(options["weight_scale"])
    found = run(load_model(model, options), target, weight_scale=scale)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=1))
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
    lowered = [pop for pop in found.populations if pop.ring_shift is not None]
    if lowered:
        # The fullest core is the one that has to fit a chip.
        most = max(lowered, key=lambda pop: pop.synaptic_bytes)
        yield f"SDRAM            {most.synaptic_bytes / 1024:.0f} KiB on a core of {most.name}"
    if found.time_scale_factor is not None:
        busiest = max(found.events_per_tick, key=lambda name: found.events_per_tick[name])
        events = found.events_per_tick[busiest]
        yield f"busiest core     {events} synaptic events in a tick ({busiest}, sample data)"
        yield f"real time        a board needs time scale factor {found.time_scale_factor}"
    for violation in found.violations:
        yield f"does not fit: {violation}"
    yield "fits" if found.fits else f"does not fit: {len(found.violations)} violations"


__all__ = ["check"]
