"""Connections that cores draw, with delay stages and source cores, from script to synapse.

The network says how many stages there are and how long they are; the shipped synapse expander
gets the numbers that sPyNNaker's host writes for it, see `stages` in tests/conformance.
"""

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy_brian2.machine.connectors import AllToAll
from neurodeploy_brian2.machine.distributions import Distribution
from neurodeploy_brian2.machine.expander import Edge
from neurodeploy_brian2.machine.kiss64 import host_seed
from neurodeploy_brian2.machine.random_connectors import FixedProbability, probability_bits
from neurodeploy_brian2.simulator import Simulator

from .machine_expander import Written, run_synapse_expander

SEED, PER_CORE, N_PRE, N_POST = 21, 64, 23, 150
CASES = {
    "random": ("normal", {"mu": 300.0, "sigma": 60.0}, 5, 128, 5),
    "within": ("uniform", {"low": 1.0, "high": 20.0}, 1, 32, 5),
    "clipped": ("exponential", {"beta": 20.0}, 1, 32, 23),
}
"""Delay, stages with the undelayed one, slots, and neurons of a source core."""


def network(delay, pre_per_core):
    sim = Simulator()
    pre = sim.Population(N_PRE, sim.IF_curr_exp(), neurons_per_core=pre_per_core)
    post = sim.Population(
        N_POST,
        sim.IF_curr_exp(),
        neurons_per_core=PER_CORE,
        seed=SEED,
        max_expected_summed_weight=[15.9, 15.9],
    )
    weight = sim.RandomDistribution("uniform", low=0.5, high=4.0)
    drawn = sim.StaticSynapse(weight, sim.RandomDistribution(delay[0], **delay[1]))
    connector = sim.FixedProbabilityConnector(0.3)
    return sim, sim.Projection(pre, post, connector, drawn), pre, post


def seeds(n_cores):
    rng = np.random.RandomState(SEED)
    return host_seed(rng), [host_seed(rng) for _ in range(n_cores)]


def of_programs(edges):
    """Run the shipped expander of each core; return the synapses of the first edge."""
    population, cores = seeds(-(-N_POST // PER_CORE))
    found = Counter()
    for k, core in enumerate(cores):
        first = PER_CORE * k
        count = min(PER_CORE, N_POST - first)
        rows = run_synapse_expander(edges, first, count, population, core)[0]
        for (pre, _), placed in rows.items():
            found.update((pre, one.post, one.weight16, one.delay_ticks) for one in placed)
    return found


def of_network(projection):
    made = projection.connections
    columns = (made.pre, made.post, made.stored(4, 1.0), made.delay_ticks(1000))
    return Counter(zip(*(column.tolist() for column in columns), strict=True))


def edge(connector, weight, delay, slots, n_stages, pre_per_core):
    ends = (0, N_PRE - 1), (0, N_POST - 1)
    return Edge(connector, weight, delay, *ends, 2048.0, 1.0, slots, n_stages, pre_per_core)


@pytest.mark.parametrize("case", CASES)
def test_random_delays_end_in_the_stages_of_the_board(case):
    name, numbers, n_stages, slots, pre_per_core = CASES[case]
    _, projection, _, _ = network((name, numbers), pre_per_core)
    written = edge(
        FixedProbability(probability_bits(0.3)),
        Distribution.of("uniform", {"low": 0.5, "high": 4.0}),
        Distribution.of(name, numbers),
        slots,
        n_stages,
        pre_per_core,
    )
    bits = probability_bits(0.3)
    theirs = of_programs([Written(written, 2, [1, bits], N_PRE)])
    ours = of_network(projection)
    assert ours == theirs
    assert theirs.total() > 500
    late = sum(n for (_, _, _, delay), n in theirs.items() if delay > slots)
    assert (late > 300) == (n_stages > 1)


def test_one_late_delay_for_all_is_misplaced_as_on_the_board():
    sim, _, pre, post = network(("uniform", {"low": 1.0, "high": 2.0}), 5)
    synapse = sim.StaticSynapse(2.0, 300.0)
    late = sim.Projection(pre, post, sim.AllToAllConnector(), synapse, receptor_type="inhibitory")
    plain = Distribution.constant(2.0), Distribution.constant(300.0)
    written = edge(AllToAll(True), *plain, 128, 3, 5)
    theirs = of_programs([Written(written, 1, [1], N_PRE)])
    assert of_network(late) == theirs
    moved = {(pre, delay) for pre, _, _, delay in theirs if delay != 300}
    assert moved == {(pre, 300 - 128) for pre in (5, 10, 15, 20)}
