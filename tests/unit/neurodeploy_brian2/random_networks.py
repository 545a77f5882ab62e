"""Random small networks for the emulator, and the same network on its PyNN face."""

import numpy as np
from board_reference import Net, Pop, Proj
from hypothesis import strategies as st

from neurodeploy.api import SessionOptions
from neurodeploy_brian2.simulator import Simulator

NAMES = ("spikes", "v", "gsyn_exc", "gsyn_inh")


def _rng_cell(rng, kind):
    cell = {
        "tau_m": float(rng.choice([0.7, 5.0, 20.0, 123.4])),
        "cm": float(rng.choice([0.25, 1.0, 3.3])),
        "v_rest": float(rng.uniform(-70, -60)),
        "v_reset": float(rng.uniform(-80, -60)),
        "v_thresh": float(rng.uniform(-58, -45)),
        "tau_refrac": float(rng.choice([0.0, 0.1, 1.0, 2.0, 3.0])),
        "i_offset": float(rng.choice([0.0, 0.4, -0.7])),
        "v": float(rng.uniform(-75, -50)),
        "isyn_exc": float(rng.choice([0.0, 1.5])),
        "isyn_inh": float(rng.choice([0.0, 0.3])),
    }
    if kind == "IF_curr_exp":
        tau_e = float(rng.choice([0.5, 2.0, 5.0, cell["tau_m"]]))
        cell |= {"tau_syn_E": tau_e, "tau_syn_I": float(rng.choice([1.0, 8.0, tau_e]))}
    return cell


def make_net(seed, dt_us, n_ticks, *, heavy=False, sample_ticks=None):
    """A source population, an exp and a delta population, connected every way there is."""
    rng = np.random.default_rng(seed)
    dt_ms = dt_us / 1000
    sizes = [int(n) for n in rng.integers(1, 5, 3)]
    pops = [Pop("source", sizes[0])]
    for kind, size in zip(("IF_curr_exp", "IF_curr_delta"), sizes[1:], strict=True):
        summed = tuple(float(rng.choice([0.4, 2.0, 7.9, 40.0, 1500.0])) for _ in range(2))
        pops.append(Pop(kind, size, _rng_cell(rng, kind), summed))
    pops[1].cell["v"] = [float(v) for v in rng.uniform(-75, -50, sizes[1])]
    projs = []
    for pre in range(3):
        for post in (1, 2):
            for receptor, bound in zip(
                ("excitatory", "inhibitory"), pops[post].summed, strict=True
            ):
                rows = [
                    (
                        i,
                        j,
                        float(rng.uniform(0, bound * (1.9 if heavy else 0.5))),
                        _delay(rng, dt_ms),
                    )
                    for i in range(sizes[pre])
                    for j in range(sizes[post])
                    for _ in range(int(rng.integers(0, 3)))
                ]
                if rows:
                    projs.append(Proj(pre, post, receptor, rows))
    last = n_ticks * dt_ms * 1.1
    trains = [
        sorted(round(float(t), 4) for t in rng.uniform(0, last, rng.integers(0, 12)))
        for _ in range(sizes[0])
    ]
    trains[0] += [dt_ms * 3] * int(rng.integers(0, 6))
    if sample_ticks:  # spikes that are still under way when a sample ends
        trains[0] += [(k * sample_ticks - 1) * dt_ms for k in range(1, n_ticks // sample_ticks)]
    return Net(dt_us, n_ticks, pops, projs, {0: trains})


def _delay(rng, dt_ms):
    return float(rng.integers(1, 6)) * dt_ms if rng.random() < 0.9 else 0.3 * dt_ms


nets = st.builds(
    make_net,
    st.integers(0, 2**32 - 1),
    st.sampled_from([1000, 500, 100]),
    st.integers(1, 40),
    heavy=st.booleans(),
)


def build(net, engine=None, sample_ticks=None, record="all"):
    """Return the simulator and the populations of a described network, all recorded."""
    sim = Simulator(SessionOptions(net.dt_us / 1000, sample_ticks, engine))
    pops = []
    for number, pop in enumerate(net.pops):
        if pop.kind == "source":
            pops.append(
                sim.Population(pop.size, sim.SpikeSourceArray(spike_times=net.spikes[number]))
            )
            pops[-1].record("spikes")
            continue
        state = {k: v for k, v in pop.cell.items() if k in ("v", "isyn_exc", "isyn_inh")}
        cell = {k: v for k, v in pop.cell.items() if k not in state}
        pops.append(
            sim.Population(
                pop.size,
                getattr(sim, pop.kind)(**cell),
                initial_values=state,
                additional_parameters={"max_expected_summed_weight": list(pop.summed)},
            )
        )
        pops[-1].record(record)
    for proj in net.projs:
        sim.Projection(
            pops[proj.pre],
            pops[proj.post],
            sim.FromListConnector(proj.rows),
            receptor_type=proj.receptor,
        )
    return sim, pops


def run(net, engine=None, sample_ticks=None, record="all"):
    """Return {population: (spikes, v, gsyn_exc, gsyn_inh)} in the reference's form."""
    sim, pops = build(net, engine, sample_ticks, record)
    sim.run(net.n_ticks * net.dt_us / 1000)
    return {number: _read(pop, net.dt_us / 1000) for number, pop in enumerate(pops)}


def _read(pop, dt_ms):
    rows = pop.spinnaker_get_data("spikes")
    spikes = sorted((round(time / dt_ms), int(i)) for i, time in rows)
    if pop.is_source:
        return spikes, None
    return spikes, *[_bits(pop, name) if name in pop.recorded else None for name in NAMES[1:]]


def _bits(pop, name):
    return (pop.spinnaker_get_data(name, as_matrix=True) * 2**15).astype(int).tolist()


def assert_same(got, want):
    for number, parts in got.items():
        for name, mine, true in zip(NAMES, parts, want[number], strict=False):
            if mine is not None:
                assert mine == true, (number, name)
