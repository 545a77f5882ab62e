"""Rules of sPyNNaker's mapping: delays, rows, sources and keys."""

from __future__ import annotations

from collections.abc import Iterator

from neurodeploy.target.design import Design, Violation
from neurodeploy.target.layout import KEY_BITS, delay_ticks
from neurodeploy.target.memory import delayed
from neurodeploy.target.spinnaker import SOURCES, SPINN5, delay_slots


def delay_within_reach(design: Design) -> Iterator[Violation]:
    """A delay fits the slots of a core and its extensions."""
    net = design.network
    for proj in net.projections:
        slots = delay_slots(design.layout.block(proj.post).per_core)
        limit = slots * (1 + SPINN5.delay_stages)
        if delay_ticks(net, proj) > limit:
            yield Violation(
                "delay_within_reach", proj.name, "delay in ms", proj.delay_ms or 0.0,
                limit * net.timestep_ms, "shorten the skipping path", SOURCES["delay_stages"],
            )  # fmt: skip


def one_length_of_stage(design: Design) -> Iterator[Violation]:
    """The targets that an extension serves have equally many delay slots."""
    net, layout = design.network, design.layout
    for name in layout.stages:
        lengths = {
            layout.slots[proj.post]
            for proj in net.projections
            if proj.pre == name and delayed(layout, proj)
        }
        if len(lengths) > 1:
            yield Violation(
                "one_length_of_stage", name, "lengths of a delay stage behind it", len(lengths), 1,
                "give its targets equal neurons per core, or shorten a delay",
                "DelayExtensionVertex: delay per stage already set",
            )  # fmt: skip


def delayed_rows_are_found(design: Design) -> Iterator[Violation]:
    """Rows of several delay stages are where the core looks for them.

    sPyNNaker orders them by the neurons of a *target's* core, and a core by those of the
    source's; rows beyond the last are dropped. With one stage both are the same.
    """
    net, layout = design.network, design.layout
    for proj in net.projections:
        if layout.stages.get(proj.pre, 0) < 2 or not delayed(layout, proj):
            continue
        source, target = layout.block(proj.pre), layout.block(proj.post)
        if source.per_core == target.per_core and source.neurons % target.per_core == 0:
            continue
        slots = layout.slots[proj.post]
        yield Violation(
            "delayed_rows_are_found", proj.name, "delay stages of its source",
            layout.stages[proj.pre], 1,
            f"delays of its source of at most {2 * slots * net.timestep_ms:g} ms",
            "synapse_io.get_synapses: synapses are lost in silence",
        )  # fmt: skip


def rows_fit(design: Design) -> Iterator[Violation]:
    """A source neuron's synapses on one core fit one row."""
    for proj in design.network.projections:
        longest = design.layout.longest_rows[proj.name]
        if longest > SPINN5.row_words:
            yield Violation(
                "rows_fit", proj.name, "synapses of one source neuron on a core", longest,
                SPINN5.row_words, "merge parallel synapses", SOURCES["row_words"],
            )  # fmt: skip


def sources_fit(design: Design) -> Iterator[Violation]:
    """The neurons of a source's core, once for each delay stage, can be told apart."""
    for block in design.layout.blocks:
        got = block.per_core * max(1, block.stages)
        if block.keys and got > SPINN5.source_keys:
            yield Violation(
                "sources_fit", block.population, "neurons of a core times delay stages", got,
                SPINN5.source_keys, "divide the source", SOURCES["source_keys"],
            )  # fmt: skip


def keys_fit(design: Design) -> Iterator[Violation]:
    """Population, core, neuron and tick fit one routing key."""
    if design.layout.key_bits > KEY_BITS:
        yield Violation(
            "keys_fit", design.network.name, "bits of a routing key", design.layout.key_bits,
            KEY_BITS, "use fewer or smaller populations", "ZonedRoutingInfoAllocator",
        )  # fmt: skip


__all__ = [
    "delay_within_reach",
    "one_length_of_stage",
    "delayed_rows_are_found",
    "rows_fit",
    "sources_fit",
    "keys_fit",
]
