"""NIRGraph -> Network: populations are nodes with memory, all between them is folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np

from neurodeploy.errors import LoweringError, ModelError, NeurodeployError
from neurodeploy.importer.linear import Linear, Shape
from neurodeploy.importer.nodes import Neurons, import_node, stated_shape, unknown_node
from neurodeploy.importer.paths import Flow, Incoming, follow, order_neurons
from neurodeploy.importer.sources import Timing
from neurodeploy.ir.network import Network, Population, Projection
from neurodeploy.ir.verify import verify


@dataclass(frozen=True)
class FlatGraph:
    """A NIR graph with its subgraphs opened; names of inner nodes are `outer.inner`.

    Parameters
    ----------
    nodes : mapping of name to NIR node
    edges : tuple of (pre, post)
    entry, leave : str
        Its own Input and Output; those of subgraphs are nodes like others.
    """

    nodes: Mapping[str, Any]
    edges: tuple[tuple[str, str], ...]
    entry: str
    leave: str


def read_graph(path: Path) -> nir.NIRGraph:
    """Read a .nir file (HDF5).

    Raises
    ------
    ModelError
        If the file is missing, is no HDF5 or holds no NIR graph.
    LoweringError
        If it holds a primitive that is not known.
    """
    name = path.name
    try:
        _refuse_unknown_types(path)
        # Shapes are checked by the importer, with names; nir's own check stops at asserts.
        graph = nir.read(path, type_check=False)
    except NeurodeployError:
        raise
    except FileNotFoundError:
        raise ModelError(str(path), "no such file", todo="check the path") from None
    except OSError as err:
        raise ModelError(
            name, "is not a NIR file", got=str(err).split("(")[0], limit="HDF5 written by nir.write"
        ) from err
    except (KeyError, AssertionError, TypeError, ValueError, AttributeError, IndexError) as err:
        raise ModelError(
            name, "is HDF5 but holds no readable NIR graph", got=f"{type(err).__name__} {err}"
        ) from err
    return graph


def import_graph(graph: nir.NIRGraph, timing: Timing, name: str = "network") -> Network:
    """Return the network of a NIR graph, in trained units.

    Parameters
    ----------
    graph : nir.NIRGraph
        Left unchanged; nodes and edges in any order, subgraphs allowed.
    timing : Timing
        What the file does not say: dt, source, kind of reset.
    name : str

    Raises
    ------
    LoweringError
        If a node or connection cannot be expressed.
    ModelError
        If edges, shapes or values are wrong.
    """
    flat = flatten(graph)
    entry, leave = flat.entry, flat.leave
    parts = {
        n: import_node(node, n, timing) for n, node in flat.nodes.items() if n not in (entry, leave)
    }
    stated = {entry: _input_shape(flat.nodes[entry], entry)}
    shape_out = stated_shape(flat.nodes[leave].output_type["output"], leave)
    stated |= {} if shape_out is None else {leave: shape_out}
    flows = follow(flat.edges, parts, entry, stated)
    output = _output(flows.get(leave), parts, leave)
    order = order_neurons(flows, parts, entry)
    populations = [Population(entry, flows[entry].size, kind="input")]
    for node_name in order:
        part = parts[node_name]
        if isinstance(part, Neurons):
            size = flows[node_name].size
            populations.append(Population(node_name, size, dynamics=part.build(size)))
    rank = {n: k for k, n in enumerate([entry, *order])}
    projections = [
        _projection(incoming, post)
        for post in order
        for incoming in sorted(flows[post].incoming, key=lambda path: rank[path.pre])
    ]
    _readouts_only_at_the_end(populations, projections)
    dt_ms = timing.ms(timing.dt)
    net = Network(name, dt_ms, tuple(populations), tuple(_numbered(projections)), output)
    return verify(net)


def flatten(graph: nir.NIRGraph, prefix: str = "") -> FlatGraph:
    """Open subgraphs: an edge into one goes to its Input, an edge out leaves its Output."""
    entry, leave = _ends(graph, prefix)
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = []
    doors: dict[str, tuple[str, str]] = {}
    for name, node in graph.nodes.items():
        full = prefix + name
        if isinstance(node, nir.NIRGraph):
            inner = flatten(node, full + ".")
            doors[full] = inner.entry, inner.leave
            nodes |= inner.nodes
            edges += inner.edges
        else:
            nodes[full] = node
    for pre, post in graph.edges:
        _check_edge(graph, pre, post, prefix)
        source, sink = prefix + pre, prefix + post
        edges.append((doors.get(source, ("", source))[1], doors.get(sink, (sink, ""))[0]))
    # Sorted: the file's order must not decide which of two parallel paths comes first.
    return FlatGraph(nodes, tuple(sorted(set(edges))), entry, leave)


def _check_edge(graph: nir.NIRGraph, pre: str, post: str, prefix: str) -> None:
    """Refuse an edge between nodes that do not exist, or against the ends of the graph."""
    who = f"edge {prefix}{pre} -> {prefix}{post}"
    for end in (pre, post):
        if end not in graph.nodes:
            known = f"one of {', '.join(sorted(graph.nodes))}"
            raise ModelError(who, f"dangling: there is no node {end!r}", limit=known)
    if isinstance(graph.nodes[post], nir.Input) or isinstance(graph.nodes[pre], nir.Output):
        raise ModelError(who, "leads into an Input or out of an Output", todo="remove it")


def _ends(graph: nir.NIRGraph, prefix: str) -> tuple[str, str]:
    """Return the one Input and the one Output of a graph itself, not of its subgraphs."""
    found = []
    for kind in (nir.Input, nir.Output):
        names = [prefix + n for n, node in graph.nodes.items() if isinstance(node, kind)]
        if len(names) != 1:
            raise ModelError(
                prefix.rstrip(".") or "graph",
                f"{len(names)} {kind.__name__} nodes",
                got=sorted(names),
                limit="1",
            )
        found.append(names[0])
    return found[0], found[1]


def _input_shape(node: nir.Input, name: str) -> Shape:
    shape = stated_shape(node.input_type["input"], name)
    if shape is None:
        raise ModelError(name, "states no shape", todo="write the number of inputs into the file")
    return shape


def _output(flow: Flow | None, parts: Mapping[str, Linear | Neurons], leave: str) -> str:
    """Return the one population whose spikes or membrane reach the Output unchanged."""
    if flow is None or len(flow.incoming) != 1:
        n = 0 if flow is None else len(flow.incoming)
        raise ModelError(leave, "needs one population before it", got=n, limit="1")
    incoming = flow.incoming[0]
    if not incoming.identity or incoming.pre not in parts:
        raise LoweringError(
            leave,
            "must follow a population of neurons directly",
            todo="end the network with LIF, CubaLIF, LI or CubaLI neurons",
        )
    return incoming.pre


def _projection(incoming: Incoming, post: str) -> Projection:
    weight = incoming.matrix
    weight.sum_duplicates()
    weight.eliminate_zeros()
    synapses = weight.tocoo()
    return Projection(
        name=f"{incoming.pre} -> {post}",
        pre=incoming.pre,
        post=post,
        pre_index=synapses.col.astype(np.int32),
        post_index=synapses.row.astype(np.int32),
        weight=synapses.data,
        bias=incoming.bias,
        recurrent=incoming.pre == post,
    )


def _readouts_only_at_the_end(pops: list[Population], projections: list[Projection]) -> None:
    silent = {p.name for p in pops if p.dynamics is not None and p.dynamics.threshold is None}
    for proj in projections:
        if proj.pre in silent:
            raise LoweringError(
                proj.pre,
                f"never spikes, so it cannot drive {proj.post}",
                limit="LI and CubaLI as the readout only",
            )


def _numbered(projections: list[Projection]) -> list[Projection]:
    """Give parallel paths between the same two populations names of their own."""
    seen: dict[str, int] = {}
    named = []
    for proj in projections:
        seen[proj.name] = seen.get(proj.name, 0) + 1
        count = seen[proj.name]
        named.append(proj if count == 1 else replace(proj, name=f"{proj.name} #{count}"))
    return named


def _refuse_unknown_types(path: Path) -> None:
    """Name the node whose type nir does not know; nir.read only asserts."""
    with h5py.File(path, "r") as file:
        kind = file["node"]["type"][()].decode()
        if kind != "NIRGraph":
            raise ModelError(path.name, "holds a single node", got=kind, limit="a NIRGraph")
        _walk_types(file["node"], "")


def _walk_types(group: Any, prefix: str) -> None:
    for name, node in group.get("nodes", {}).items():
        kind = node["type"][()].decode()
        if not isinstance(getattr(nir.ir, kind, None), type):
            raise unknown_node(prefix + name, kind)
        _walk_types(node, f"{prefix}{name}.")
