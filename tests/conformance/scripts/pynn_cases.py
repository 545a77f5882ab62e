"""Small scripts for any PyNN module of sPyNNaker's shape; each returns what can be compared.

A script takes the module and a probe that looks into it. What it raises is compared too.
"""

import numpy as np


def neurons(sim, n=4, **more):
    return sim.Population(n, sim.IF_curr_exp(), label="neurons", **more)


def source(sim, n=3):
    return sim.Population(n, sim.SpikeSourceArray(spike_times=[1.0]), label="source")


def joined(sim, probe, connector, synapse=None, sizes=(3, 4), run=True, cell=None, **more):
    """Connect a source to neurons; return shifts, and connections once it has run."""
    pre = source(sim, sizes[0])
    post = sim.Population(sizes[1], cell or sim.IF_curr_exp(), label="neurons")
    projection = sim.Projection(pre, post, connector, synapse or sim.StaticSynapse(2.0), **more)
    facts = {"shifts": probe.shifts(post)}
    if run:
        sim.run(2.0)
        rows = projection.get(["weight", "delay"], "list")
        facts["rows"] = sorted([int(i), int(j), float(w), float(d)] for i, j, w, d in rows)
    return facts


# ---- names and questions ----


NAMES = """
ACSource AdditiveWeightDependence AllToAllConnector ArrayConnector Assembly CSAConnector
Convolution ConvolutionConnector Cuboid DCSource DistanceDependentFormation
DistanceDependentProbabilityConnector FixedNumberPostConnector FixedNumberPreConnector
FixedProbabilityConnector FixedTotalNumberConnector FromFileConnector FromListConnector Grid2D
Grid3D IF_cond_alpha IF_cond_exp IF_curr_alpha IF_curr_delta IF_curr_exp
IndexBasedProbabilityConnector Izhikevich KernelConnector LastNeuronSelection Line
MultiplicativeWeightDependence NoisyCurrentSource NumpyRNG OneToOneConnector PoolDense
PoolDenseConnector Population PopulationView Projection RandomByWeightElimination
RandomDistribution RandomSelection RandomStructure STDPMechanism SmallWorldConnector Space Sphere
SpiNNakerProjection SpikePairRule SpikeSourceArray SpikeSourcePoisson StaticSynapse
StepCurrentSource StructuralMechanismSTDP StructuralMechanismStatic connect create distance end
extra_models get_current_time get_max_delay get_min_delay get_time_step initialize
list_standard_models name num_processes rank record reset run run_for run_until
set_allow_delay_extensions set_number_of_neurons_per_core set_number_of_synapse_cores setup
CloneConnector DisplacementDependentProbabilityConnector EIF_cond_alpha_isfa_ista HH_cond_exp
GutigWeightDependence SpikeSourceGamma TsodyksMarkramSynapse ElectricalSynapse
"""

EXTRA = """
AllButMeConnector IFCurDelta IFCurrDeltaCa2Adaptive IFCurrExpCa2Adaptive IFTruncDelta
IF_curr_dual_exp Izhikevich_cond Izhikevich_cond_dual Neuromodulation OneToOneOffsetConnector
PfisterSpikeTriplet RecurrentRule SpikeNearestPairRule SpikeSourcePoissonVariable Vogels2011Rule
WeightChangeable WeightChanger WeightDependenceAdditiveTriplet SpikeSourceFromFile
"""


def the_names(sim, probe):
    return [name for name in NAMES.split() if hasattr(sim, name)]


def the_extra_names(sim, probe):
    return [name for name in EXTRA.split() if hasattr(sim.extra_models, name)]


def questions(sim, probe):
    facts = [sim.get_time_step(), sim.num_processes(), sim.rank()]
    neurons(sim)
    facts.append(sim.get_current_time())
    sim.run(2.5)
    facts.append(sim.get_current_time())
    sim.run_until(5.0)
    return [*facts, sim.get_current_time(), sim.list_standard_models()[-7:]]


def parameters(sim, probe):
    pop = neurons(sim, v_ignored=1)
    pop.set(tau_m=[10.0, 11.0, 12.0, 13.0], cm=0.5)
    pop[1:3].set(v_rest=-70.0)
    pop[3].v_rest = -71.0
    pop[np.array([True, False, False, True])].set(i_offset=lambda i: i + 1.0)
    pop.initialize(v=[-60.0, -61.0, -62.0, -63.0])
    pop[0:2].initialize(isyn_exc=1.5)
    return {
        "all": {name: list(pop.get(name)) for name in ("tau_m", "cm", "v_rest", "i_offset")},
        "view": list(pop[1:4:2].get("tau_m")),
        "cell": pop[2].tau_m,
        "several": {key: list(value) for key, value in pop.get(["cm", "v_rest"]).items()},
        "first": {name: list(pop.initial_values[name]) for name in ("v", "isyn_exc")},
    }


def ids(sim, probe):
    first, second = source(sim), neurons(sim)
    view = second[1:4]
    return {
        "ids": [first.first_id, first.last_id, second.first_id, second.last_id],
        "to": [second.id_to_index(4), second.index_to_id(2), second.id_to_index([3, 5])],
        "view": [view.id_to_index(2), view.size, list(view.index_in_grandparent([0, 2]))],
        "views": [len(view[0:2]), view == second[1:4], [cell.id for cell in view]],
        "can": [second.can_record("v"), second.can_record("w"), first.can_record("v")],
        "units": [second.find_units("v"), second.find_units("tau_m"), second.conductance_based],
        "sample": len(second.sample(2)),
    }


def places(sim, probe):
    pop = sim.Population(6, sim.IF_curr_exp(), structure=sim.Grid2D(aspect_ratio=1.5))
    line = sim.Population(3, sim.IF_curr_exp(), structure=sim.Line(dx=2.0, y=1.0))
    return [pop.positions.tolist(), line.positions.tolist()]


# ---- connections ----


def all_to_all(sim, probe):
    return joined(sim, probe, sim.AllToAllConnector())


def one_to_one_late(sim, probe):
    return joined(sim, probe, sim.OneToOneConnector(), sim.StaticSynapse(5.0, delay=3.4))


def all_but_self(sim, probe):
    pop = neurons(sim)
    connector = sim.AllToAllConnector(allow_self_connections=False)
    sim.Projection(pop, pop, connector, sim.StaticSynapse(1.0))
    return probe.shifts(pop)


def lists(sim, probe):
    rows = [(0, 0, 1.0, 1.2), (1, 2, 0.5, 0.9), (2, 2, 0.25, 7.6), (2, 2, 0.3, 0.2)]
    return joined(sim, probe, sim.FromListConnector(rows))


def lists_of_two(sim, probe):
    rows = [(0, 0), (1, 2), (2, 3)]
    synapse = sim.StaticSynapse(weight=[1.0, 2.0, 4.5], delay=[1.0, 2.0, 5.0])
    return joined(sim, probe, sim.FromListConnector(rows), synapse)


def named_columns(sim, probe):
    rows = [(0, 0, 3.0, 4.0), (1, 2, 2.0, 5.0)]
    return joined(sim, probe, sim.FromListConnector(rows, column_names=["delay", "weight"]))


def lists_on_views(sim, probe):
    pre, post = source(sim, 5), neurons(sim, 6)
    rows = [(0, 0, 1.0, 1.0), (1, 2, 2.0, 1.0), (3, 1, 9.0, 1.0)]
    projection = sim.Projection(pre[1:3], post[2:6], sim.FromListConnector(rows))
    sim.run(1.0)
    return {
        "shifts": probe.shifts(post),
        "rows": [[int(i), int(j), float(w)] for i, j, w in projection.get("weight", "list")],
        "array": np.nan_to_num(np.array(projection.get("weight", "array"))).tolist(),
    }


def arrays(sim, probe):
    return joined(sim, probe, sim.ArrayConnector(np.array([[1, 0, 1, 1]] * 3)))


def by_index(sim, probe):
    connector = sim.IndexBasedProbabilityConnector("1.0 / (1.0 + i + j)", rng=sim.NumpyRNG(seed=4))
    return joined(sim, probe, connector, sizes=(9, 12))


def by_distance(sim, probe):
    pre = sim.Population(9, sim.SpikeSourceArray(spike_times=[1.0]), structure=sim.Line())
    post = sim.Population(16, sim.IF_curr_exp(), structure=sim.Grid2D(), neurons_per_core=(4, 4))
    connector = sim.DistanceDependentProbabilityConnector("exp(-d)", rng=sim.NumpyRNG(seed=5))
    synapse = sim.StaticSynapse(weight="1.0 + 0.5 * d", delay="1.0 + 2.0 * d")
    projection = sim.Projection(pre, post, connector, synapse)
    shifts = probe.shifts(post)
    sim.run(1.0)
    rows = projection.get("delay", "list")
    return {"shifts": shifts, "rows": sorted([int(i), int(j), float(d)] for i, j, d in rows)}


def host_drawn(sim, probe):
    rng = sim.NumpyRNG(seed=6)
    weight = sim.RandomDistribution("gamma", (2.0, 0.5), rng=rng)
    rows = [(i, j) for i in range(3) for j in range(4)]
    return joined(sim, probe, sim.FromListConnector(rows), sim.StaticSynapse(weight))


def chances(sim, probe):
    facts = []
    for connector in (
        sim.FixedProbabilityConnector(0.3),
        sim.FixedProbabilityConnector(1.0),
        sim.FixedTotalNumberConnector(40),
        sim.FixedNumberPreConnector(7),
        sim.FixedNumberPostConnector(5),
    ):
        facts.append(joined(sim, probe, connector, sizes=(20, 30), run=False))
    return facts


def drawn_weights(sim, probe):
    facts = []
    for name, numbers in (
        ("uniform", (0.5, 1.5)),
        ("normal", (2.0, 0.1)),
        ("normal", (-2.0, 0.1)),
        ("normal_clipped", (2.0, 1.0, 0.5, 3.0)),
        ("exponential", (0.4,)),
        ("lognormal", (0.3, 0.2)),
        ("gamma", (2.0, 0.5)),
        ("poisson", (3.0,)),
    ):
        weight = sim.RandomDistribution(name, numbers)
        delay = sim.RandomDistribution("uniform", (1.0, 9.0))
        synapse = sim.StaticSynapse(weight, delay)
        connector = sim.FixedProbabilityConnector(0.5)
        facts.append(joined(sim, probe, connector, synapse, sizes=(20, 30), run=False))
    return facts


def extra_connectors(sim, probe):
    extra = sim.extra_models
    offset = extra.OneToOneOffsetConnector(1, True)
    return [
        joined(sim, probe, extra.AllButMeConnector(), sizes=(4, 4)),
        joined(sim, probe, extra.AllButMeConnector(2), sizes=(4, 4), run=False),
        joined(sim, probe, offset, sizes=(4, 4), run=False),
    ]


def grid_without_cores(sim, probe):
    sim.Population(16, sim.IF_curr_exp(), structure=sim.Grid2D())
    sim.run(1.0)


def small_world(sim, probe):
    pop = sim.Population(16, sim.IF_curr_exp(), structure=sim.Grid2D())
    sim.Projection(pop, pop, sim.SmallWorldConnector(1.5, 0.1), sim.StaticSynapse(1.0))
    return probe.shifts(pop)


def kernels(sim, probe):
    connector = sim.KernelConnector(
        (4, 4), (4, 4), (3, 3), weight_kernel=np.arange(9.0).reshape(3, 3) + 1.0
    )
    return joined(sim, probe, connector, sizes=(16, 16), run=False)


def convolutions(sim, probe):
    pre = sim.Population(
        25, sim.SpikeSourceArray(spike_times=[1.0]), structure=sim.Grid2D(), label="pixels"
    )
    kernel = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -0.25], [-1.0, 0.125, 2.0]])
    connector = sim.ConvolutionConnector(kernel)
    shape = connector.get_post_shape((5, 5))
    post = sim.Population(shape[0] * shape[1], sim.IF_curr_exp(), structure=sim.Grid2D())
    sim.Projection(pre, post, connector, sim.Convolution())
    return [list(shape), probe.shifts(post)]


def pools(sim, probe):
    pre = sim.Population(16, sim.SpikeSourceArray(spike_times=[1.0]), structure=sim.Grid2D())
    post = neurons(sim, 3)
    weights = np.linspace(-1.0, 2.0, 12).reshape(4, 3)
    sim.Projection(pre, post, sim.PoolDenseConnector(weights, pool_shape=2), sim.PoolDense())
    return probe.shifts(post)


def poisson_rates(sim, probe):
    facts = []
    for rate in (0.5, 30.0, 400.0, 3000.0):
        pre = sim.Population(10, sim.SpikeSourcePoisson(rate=rate))
        post = neurons(sim)
        synapse = sim.StaticSynapse(0.3, delay=sim.RandomDistribution("uniform", (1.0, 4.0)))
        sim.Projection(pre, post, sim.AllToAllConnector(), synapse)
        facts.append(probe.shifts(post))
    return facts


def conductances(sim, probe):
    synapse = sim.StaticSynapse(weight=0.1, delay=2.0)
    return joined(sim, probe, sim.AllToAllConnector(), synapse, cell=sim.IF_cond_exp(), run=False)


def plastic(sim, probe):
    rule = sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(tau_plus=20.0, tau_minus=20.0, A_plus=0.1, A_minus=0.1),
        weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=3.0),
        weight=1.0,
        delay=1.0,
    )
    return joined(sim, probe, sim.AllToAllConnector(), rule, run=False)


def receptors(sim, probe):
    pre, post = source(sim), sim.Population(4, sim.extra_models.IF_curr_dual_exp())
    for name, weight in (("excitatory", 1.0), ("excitatory2", 3.0), ("inhibitory", 9.0)):
        synapse = sim.StaticSynapse(weight)
        sim.Projection(pre, post, sim.AllToAllConnector(), synapse, receptor_type=name)
    return probe.shifts(post)


def matrices(sim, probe):
    pre, post = source(sim), neurons(sim)
    rows = [(0, 0, 1.0, 1.0), (2, 3, 2.0, 4.0)]
    projection = sim.Projection(pre, post, sim.FromListConnector(rows))
    sim.run(1.0)
    both = projection.get(["weight", "delay"], "array")
    only = projection.get("delay", "list", with_address=False)
    return [np.nan_to_num(np.array(both), nan=-1.0).tolist(), [float(one) for one in only]]


# ---- refusals ----


def get_before_run(sim, probe):
    pre, post = source(sim), neurons(sim)
    projection = sim.Projection(pre, post, sim.OneToOneConnector())
    return len(projection.get("weight", "list"))


def change_between_runs(sim, probe):
    neurons(sim)
    sim.run(1.0)
    pre, post = source(sim), neurons(sim)
    sim.Projection(pre, post, sim.OneToOneConnector())
    sim.run(1.0)


def _refusal(make):
    def script(sim, probe):
        pre, post = source(sim), neurons(sim)
        return make(sim, pre, post)

    return script


def _project(connector, synapse=None, **more):
    return _refusal(
        lambda sim, pre, post: (
            sim.Projection(
                pre,
                post,
                connector(sim),
                synapse(sim) if synapse else sim.StaticSynapse(1.0),
                **more,
            )
            and None
        )
    )


def _stdp(sim, **more):
    return sim.STDPMechanism(
        sim.SpikePairRule(), sim.AdditiveWeightDependence(w_max=more.pop("w_max", 1.0)), **more
    )


def _two_rules(sim, pre, post):
    for top in (1.0, 2.0):
        sim.Projection(pre, post, sim.OneToOneConnector(), _stdp(sim, w_max=top))


# ---- cores ----


def split_network(sim, cores=3, poisson=True):
    """Sources of several cores, some of them late, and neurons with synapse cores."""
    # sPyNNaker cannot map a network with Poisson sources a second time.
    rate = sim.SpikeSourcePoisson(rate=10.0) if poisson else sim.SpikeSourceArray()
    trains = sim.SpikeSourceArray(spike_times=[1.0])
    first = sim.Population(50, trains, label="first", neurons_per_core=20)
    second = sim.Population(50, trains, label="second", neurons_per_core=8)
    many = sim.Population(700, trains, label="many")
    noise = sim.Population(20, rate, label="noise")
    other = sim.Population(30, rate, label="other")
    targets = [
        sim.Population(
            20, sim.IF_curr_exp(), label=label, neurons_per_core=16, n_synapse_cores=cores
        )
        for label in ("left", "right")
    ]
    left, right = targets
    every = sim.AllToAllConnector()
    return left, [
        sim.Projection(second, left, every, sim.StaticSynapse(1.0, 700.0)),
        sim.Projection(noise, left, sim.OneToOneConnector(), sim.StaticSynapse(1.0, 1.0)),
        sim.Projection(first, left, every, sim.StaticSynapse(1.0, 1200.0)),
        sim.Projection(other, left, every, sim.StaticSynapse(1.0, 2.0)),
        sim.Projection(second, right, every, sim.StaticSynapse(1.0, 1700.0)),
        sim.Projection(first, right, every, sim.StaticSynapse(1.0, 1.0)),
        sim.Projection(left, left, every, sim.StaticSynapse(1.0, 3.0)),
        sim.Projection(left, right, every, sim.StaticSynapse(1.0, 3.0)),
        sim.Projection(many, right, every, sim.StaticSynapse(1.0, 3.0)),
        sim.Projection(first, left, every, sim.StaticSynapse(1.0), receptor_type="inhibitory"),
    ]


def synapse_cores(sim, probe):
    left, _ = split_network(sim)
    return probe.routes(sim, left)


def synapse_cores_after_a_reset(sim, probe):
    left, _ = split_network(sim, poisson=False)
    sim.run(1.0)
    sim.reset()
    source = sim.Population(4, sim.SpikeSourceArray(spike_times=[1.0]), label="late")
    sim.Projection(source, left, sim.AllToAllConnector(), sim.StaticSynapse(1.0, 2000.0))
    return probe.routes(sim, left)


def stages(sim, probe):
    _, projections = split_network(sim)
    drawn = sim.Population(12, sim.IF_curr_exp(), label="drawn", neurons_per_core=5)
    source = projections[0].pre
    for delay in (
        sim.RandomDistribution("uniform", low=1.0, high=20.0),
        sim.RandomDistribution("normal", mu=30.0, sigma=10.0),
        sim.RandomDistribution("normal_clipped", mu=3.0, sigma=2.0, low=1.0, high=6.0),
    ):
        synapse = sim.StaticSynapse(1.0, delay)
        connector = sim.FixedProbabilityConnector(0.5)
        projections.append(sim.Projection(source, drawn, connector, synapse))
    sim.run(1.0)
    return [probe.stages(projection) for projection in projections]


def late_lists(sim, probe):
    """Lists with delays of two and more stages; sPyNNaker only reads those of one core right."""
    rng = np.random.RandomState(6)
    facts = []
    for size, per_core, target_size in ((23, 64, 150), (40, 40, 30), (64, 64, 64)):
        pre = sim.Population(size, sim.IF_curr_exp(), neurons_per_core=per_core)
        post = sim.Population(target_size, sim.IF_curr_exp(), neurons_per_core=64)
        rows = [
            (int(rng.randint(size)), k % target_size, 1.0, float(rng.randint(1, 700)))
            for k in range(25)
        ]
        connector = sim.FromListConnector([*rows, (1, 1, 1.0, 900.0)])
        facts.append((sim.Projection(pre, post, connector), target_size))
    sim.run(1.0)
    return [
        [
            target_size,
            sorted([int(i), int(j), float(delay)] for i, j, delay in link.get("delay", "list")),
        ]
        for link, target_size in facts
    ]


def synapse_cores_of_a_type(sim, probe):
    sim.set_number_of_synapse_cores(sim.IF_curr_exp, 2)
    source = sim.Population(9, sim.SpikeSourceArray(spike_times=[1.0]), neurons_per_core=2,
                            label="source")  # fmt: skip
    pops = [
        sim.Population(3, cell, label=label)
        for label, cell in (("exp", sim.IF_curr_exp()), ("alpha", sim.IF_curr_alpha()))
    ]
    for pop in pops:
        sim.Projection(source, pop, sim.AllToAllConnector(), sim.StaticSynapse(1.0, 1.0))
    return probe.routes(sim, pops[0])


def many_synapse_cores(sim, probe):
    neurons(sim, n_synapse_cores=16)
    sim.run(1.0)


def late_synapse_cores(sim, probe):
    neurons(sim)
    sim.set_number_of_synapse_cores(sim.IF_curr_exp, 2)


def synapse_cores_of_a_source(sim, probe):
    sim.set_number_of_synapse_cores(sim.SpikeSourceArray, 2)


def synapse_cores_of_a_name(sim, probe):
    sim.set_number_of_synapse_cores("IF_curr_exp", 2)


REFUSALS = {
    "no max delay": lambda sim, probe: sim.get_max_delay(),
    "no Assembly": _refusal(lambda sim, pre, post: pre + post),
    "no nearest": _refusal(lambda sim, pre, post: post.nearest((0, 0, 0))),
    "no set of connections": _refusal(
        lambda sim, pre, post: sim.Projection(pre, post, sim.OneToOneConnector()).set(weight=1.0)
    ),
    "no size of connections": _refusal(
        lambda sim, pre, post: sim.Projection(pre, post, sim.OneToOneConnector()).size()
    ),
    "no new label": _refusal(lambda sim, pre, post: setattr(post, "label", "other")),
    "no such parameter": _refusal(lambda sim, pre, post: post.set(tau=1.0)),
    "no such state": _refusal(lambda sim, pre, post: post.initialize(w=1.0)),
    "no such variable": _refusal(lambda sim, pre, post: post.record("w")),
    "odd sampling": _refusal(lambda sim, pre, post: post.record("v", sampling_interval=1.5)),
    "no positions": _refusal(lambda sim, pre, post: post.positions),
    "no such id": _refusal(lambda sim, pre, post: post.id_to_index(99)),
    "size 0": lambda sim, probe: sim.Population(0, sim.IF_curr_exp()) and None,
    "size 1.5": lambda sim, probe: sim.Population(1.5, sim.IF_curr_exp()) and None,
    "two parameter sets": lambda sim, probe: (
        sim.Population(1, sim.IF_curr_exp(), {"tau_m": 1.0}) and None
    ),
    "onto a source": _refusal(
        lambda sim, pre, post: sim.Projection(post, pre, sim.OneToOneConnector())
    ),
    "unknown receptor": _project(lambda sim: sim.OneToOneConnector(), receptor_type="sideways"),
    "gaps": _refusal(
        lambda sim, pre, post: sim.Projection(pre, post[0:4:2], sim.OneToOneConnector())
    ),
    "probability": _project(lambda sim: sim.FixedProbabilityConnector(1.5)),
    "too many pre": _project(lambda sim: sim.FixedNumberPreConnector(7)),
    "too many post": _project(lambda sim: sim.FixedNumberPostConnector(7)),
    "too many": _project(lambda sim: sim.FixedTotalNumberConnector(99, with_replacement=False)),
    "seeded": _project(lambda sim: sim.FixedProbabilityConnector(0.5, rng=sim.NumpyRNG(seed=1))),
    "no n_connections": _project(
        lambda sim: sim.DistanceDependentProbabilityConnector("d", n_connections=3)
    ),
    "no distances": _project(lambda sim: sim.DistanceDependentProbabilityConnector("d<3")),
    "three columns": _project(lambda sim: sim.FromListConnector([(0, 0, 1.0)])),
    "one column": _project(lambda sim: sim.FromListConnector([(0,)])),
    "other parameters": lambda sim, probe: sim.RandomDistribution("normal", (1.0,)) and None,
    "no such distribution": lambda sim, probe: sim.RandomDistribution("odd", (1.0,)) and None,
    "no voltage": _project(
        lambda sim: sim.OneToOneConnector(), lambda sim: _stdp(sim, voltage_dependence=1)
    ),
    "axonal": _project(
        lambda sim: sim.OneToOneConnector(), lambda sim: _stdp(sim, dendritic_delay_fraction=0.5)
    ),
    "half a rule": _project(
        lambda sim: sim.OneToOneConnector(),
        lambda sim: sim.STDPMechanism(sim.SpikePairRule(), None),
    ),
    "two rules": _refusal(_two_rules),
    "a dict of weights": _project(
        lambda sim: sim.OneToOneConnector(), lambda sim: sim.StaticSynapse({"a": 1})
    ),
    "static convolution": _project(lambda sim: sim.ConvolutionConnector(1.0)),
    "steps": lambda sim, probe: sim.StepCurrentSource(times=[1.0], amplitudes=[1.0, 2.0]) and None,
    "no such current": lambda sim, probe: sim.DCSource().set_parameters(volume=1.0),
    "current into source": _refusal(lambda sim, pre, post: pre.inject(sim.DCSource())),
    "expected sums": lambda sim, probe: (
        sim.Population(1, sim.IF_curr_exp(), max_expected_summed_weight=[1.0]) and None
    ),
    "all but some": _project(lambda sim: sim.extra_models.AllButMeConnector()),
    "neurons on a core": lambda sim, probe: sim.set_number_of_neurons_per_core("IF_curr_exp", 3),
}

CASES = {
    script.__name__: script
    for script in (
        the_names,
        the_extra_names,
        questions,
        parameters,
        ids,
        places,
        all_to_all,
        one_to_one_late,
        all_but_self,
        lists,
        lists_of_two,
        named_columns,
        lists_on_views,
        arrays,
        by_index,
        by_distance,
        host_drawn,
        chances,
        drawn_weights,
        extra_connectors,
        grid_without_cores,
        small_world,
        kernels,
        convolutions,
        pools,
        poisson_rates,
        conductances,
        plastic,
        receptors,
        matrices,
        get_before_run,
        change_between_runs,
        synapse_cores,
        synapse_cores_after_a_reset,
        synapse_cores_of_a_type,
        many_synapse_cores,
        late_synapse_cores,
        synapse_cores_of_a_source,
        synapse_cores_of_a_name,
        stages,
        late_lists,
    )
} | REFUSALS
