"""Small PyNN scripts whose every recorded bit must be the same wherever they run.

Each takes the module and returns arrays by name. Weights and delays are chosen so that no
synapse depends on the order of packets within a tick.
"""

import numpy as np

TICKS = 120.0


def inputs(sim, n=6, seed=3, rate=0.15, twice=False):
    rng = np.random.default_rng(seed)
    times = [(1.0 + np.flatnonzero(rng.random(100) < rate)).tolist() for _ in range(n)]
    if twice:  # the second half of them in one tick
        times = [sorted(one + one[len(one) // 2 :]) for one in times]
    return sim.Population(n, sim.SpikeSourceArray(spike_times=times), label="input")


def joined(sim, pre, post, weight, receptor="excitatory", delays=(2.0, 5.0, 9.0), seed=5):
    rng = np.random.default_rng(seed)
    rows = [
        (i, j, round(float(weight * rng.uniform(0.3, 1.0)), 4), float(rng.choice(delays)))
        for i in range(pre.size)
        for j in range(post.size)
    ]
    return sim.Projection(
        pre, post, sim.FromListConnector(rows), sim.StaticSynapse(), receptor_type=receptor
    )


def read(post, *names):
    out = {name: np.asarray(post.spinnaker_get_data(name, as_matrix=True)) for name in names}
    out["spikes"] = np.asarray(post.spinnaker_get_data("spikes"))
    return {name: values.tolist() for name, values in out.items()}


def driven(sim, cell, weight, receptors=("excitatory", "inhibitory"), names=("v",), n=5):
    pre = inputs(sim)
    post = sim.Population(n, cell, label="cells")
    for k, receptor in enumerate(receptors):
        joined(sim, pre, post, weight * (1.0 if k == 0 else 0.3), receptor, seed=5 + k)
    post.record([*names, "spikes"])
    sim.run(TICKS)
    return read(post, *names)


GSYN = ("v", "gsyn_exc", "gsyn_inh")


def curr_exp(sim):
    cell = sim.IF_curr_exp(tau_m=[12.0, 15.0, 18.0, 20.0, 9.5], i_offset=0.2, tau_refrac=2.0)
    return driven(sim, cell, 3.0, names=GSYN)


def curr_delta(sim):
    return driven(sim, sim.IF_curr_delta(tau_m=14.0), 30.0)


def curr_alpha(sim):
    return driven(sim, sim.IF_curr_alpha(tau_syn_E=3.0, tau_syn_I=4.0), 3.0)


def cond_exp(sim):
    return driven(sim, sim.IF_cond_exp(), 0.05, names=GSYN)


def izhikevich(sim):
    return driven(sim, sim.Izhikevich(i_offset=4.0), 4.0)


def izhikevich_cond(sim):
    return driven(sim, sim.extra_models.Izhikevich_cond(), 0.05)


def calcium(sim):
    return driven(sim, sim.extra_models.IFCurrExpCa2Adaptive(), 3.0)


def dual(sim):
    cell = sim.extra_models.IF_curr_dual_exp()
    return driven(sim, cell, 2.0, ("excitatory", "excitatory2", "inhibitory"))


def delayed(sim):
    pre = inputs(sim)
    post = sim.Population(5, sim.IF_curr_exp(), label="cells", neurons_per_core=256)
    post.set_max_atoms_per_core(256)
    joined(sim, pre, post, 6.0, delays=(2.0, 20.0, 45.0, 70.0))
    post.record(["v", "spikes"])
    sim.run(TICKS)
    return read(post, "v")


def pieces(sim):
    pre = inputs(sim)
    post = sim.Population(5, sim.IF_curr_exp(), label="cells")
    joined(sim, pre, post, 5.0)
    post.record(["v", "spikes"])
    sim.run(35.0)
    post.set(i_offset=1.0)
    sim.run(TICKS - 35.0)
    first = read(post, "v")
    sim.reset()
    sim.run(50.0)
    again = read(post, "v")
    return first | {f"again {name}": values for name, values in again.items()}


def poisson(sim):
    source = sim.Population(6, sim.SpikeSourcePoisson(rate=60.0), additional_parameters={"seed": 7})
    source.record("spikes")
    post = sim.Population(5, sim.IF_curr_exp(), label="cells")
    joined(sim, source, post, 3.0)
    post.record(["v", "spikes"])
    sim.run(TICKS)
    sent = np.asarray(source.spinnaker_get_data("spikes")).tolist()
    return read(post, "v") | {"sent": sent}


def currents(sim):
    post = sim.Population(4, sim.IF_curr_exp(), label="cells")
    sim.DCSource(amplitude=1.5, start=10.0, stop=60.0).inject_into(post[0:2])
    sim.StepCurrentSource(times=[20.0, 50.0], amplitudes=[1.2, 2.4]).inject_into(post[2:4])
    post.record(["v", "spikes"])
    sim.run(TICKS)
    return read(post, "v")


def plastic(sim, timing, weights, cell=None):
    pre = inputs(sim)
    post = sim.Population(5, cell or sim.IF_curr_exp(i_offset=[0.5, 1.0, 1.3, 0.0, 1.6]))
    rng = np.random.default_rng(9)
    rows = [(i, j, round(float(rng.uniform(0.5, 3.0)), 3), 3.0) for i in range(6) for j in range(5)]
    rule = sim.STDPMechanism(timing, weights)
    learned = sim.Projection(pre, post, sim.FromListConnector(rows), rule)
    post.record(["v", "spikes"])
    sim.run(TICKS)
    weight = [[int(i), int(j), float(w)] for i, j, w in learned.get("weight", "list")]
    return read(post, "v") | {"weights": sorted(weight)}


STEPS = {"A_plus": 0.2, "A_minus": 0.15}


def pair(sim):
    timing = sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, **STEPS)
    return plastic(sim, timing, sim.AdditiveWeightDependence(w_min=0.1, w_max=4.0))


def multiplicative(sim):
    timing = sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, **STEPS)
    return plastic(sim, timing, sim.MultiplicativeWeightDependence(w_min=0.1, w_max=4.0))


def nearest(sim):
    timing = sim.extra_models.SpikeNearestPairRule(tau_plus=15.0, tau_minus=18.0, **STEPS)
    return plastic(sim, timing, sim.AdditiveWeightDependence(w_min=0.1, w_max=4.0))


def triplet(sim):
    timing = sim.extra_models.PfisterSpikeTriplet(15.0, 18.0, 30.0, 40.0, **STEPS)
    weights = sim.extra_models.WeightDependenceAdditiveTriplet(
        w_min=0.1, w_max=4.0, A3_plus=0.05, A3_minus=0.04
    )
    return plastic(sim, timing, weights)


def vogels(sim):
    timing = sim.extra_models.Vogels2011Rule(alpha=0.2, tau=15.0, **STEPS)
    return plastic(sim, timing, sim.AdditiveWeightDependence(w_min=0.1, w_max=4.0))


def lost(sim):
    """Learn over delays that fill the ring: weights change, nothing is delivered."""
    pre = inputs(sim)
    post = sim.Population(5, sim.IF_curr_exp(i_offset=1.2), label="cells")
    rule = sim.STDPMechanism(
        sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, **STEPS),
        sim.AdditiveWeightDependence(w_min=0.1, w_max=4.0),
        weight=3.0,
        delay=4.0,
    )
    learned = sim.Projection(pre, post, sim.AllToAllConnector(), rule)
    post.record(["v", "gsyn_exc", "spikes"])
    sim.run(TICKS)
    weight = [[int(i), int(j), float(w)] for i, j, w in learned.get("weight", "list")]
    return read(post, "v", "gsyn_exc") | {"weights": sorted(weight)}


def taught(sim, **synapse):
    rule = sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, **STEPS)
    return sim.STDPMechanism(rule, sim.AdditiveWeightDependence(w_min=0.1, w_max=4.0), **synapse)


def learned_weights(*projections):
    rows = [projection.get(["weight", "delay"], "list") for projection in projections]
    return [sorted([int(i), int(j), float(w), float(d)] for i, j, w, d in one) for one in rows]


def late_pair(sim):
    """Learn behind a delay extension, by sources and among the neurons, in two pieces.

    Histories stay short: a spike of a target that its full history still needed is lost or not
    as packets and neurons happen to take turns within a tick.
    """
    n = 40  # so that a core has 128 slots
    rng = np.random.default_rng(4)
    pre = inputs(sim)
    drive = np.where(np.arange(n) < 8, 0.9 + 0.05 * np.arange(n), 0.0)
    post = sim.Population(n, sim.IF_curr_exp(i_offset=drive.tolist()), label="cells")

    def rows(n_pre):
        pairs = [(i, int(j)) for i in range(n_pre) for j in rng.choice(20, 8, replace=False)]
        return [
            (i, j, round(float(rng.uniform(0.5, 1.5)), 3), float(rng.choice([3, 20, 131, 140])))
            for i, j in pairs
        ]

    fed = sim.Projection(pre, post, sim.FromListConnector(rows(6)), taught(sim))
    own = sim.Projection(post, post, sim.FromListConnector(rows(8)), taught(sim))
    post.record(["v", "spikes"])
    sim.run(151.0)
    sim.run(280.0 - 151.0)
    weights = learned_weights(fed, own)
    return read(post, "v") | {"fed": weights[0], "own": weights[1]}


def late_drawn(sim):
    """Learn over connections that cores draw, behind several delay stages."""
    pre = inputs(sim, 20)
    post = sim.Population(40, sim.IF_curr_exp(i_offset=0.7), additional_parameters={"seed": 5})
    weight = sim.RandomDistribution("uniform", (0.5, 1.5))
    made = [
        sim.Projection(
            pre, post, sim.FixedProbabilityConnector(0.2), taught(sim, weight=weight, delay=delay)
        )
        for delay in (7.0, 150.0, 266.0)
    ]
    post.record(["v", "spikes"])
    sim.run(4 * TICKS)
    return read(post, "v") | dict(zip("abc", learned_weights(*made), strict=True))


def late_on_split_cores(sim):
    """Learn behind a delay extension, on two synapse cores."""
    pre = inputs(sim, 20)
    additional = {"seed": 5, "n_synapse_cores": 2}
    cell = sim.IF_curr_exp(i_offset=0.7)
    post = sim.Population(40, cell, additional_parameters=additional)
    made = [
        sim.Projection(
            pre, post, sim.FixedProbabilityConnector(0.2), taught(sim, weight=1.2, delay=delay)
        )
        for delay in (7.0, 150.0)
    ]
    post.record(["v", "spikes"])
    sim.run(3 * TICKS)
    return read(post, "v") | dict(zip("ab", learned_weights(*made), strict=True))


def dopamine(sim, timing, weights, cell=None, n_synapse_cores=None, **given):
    """Turn eligibility into weights by reward of sources and punishment of neurons."""
    pre = inputs(sim, rate=0.1, twice=n_synapse_cores is None)
    cell = cell or sim.IF_curr_exp(i_offset=[0.5, 0.8, 0.9, 0.0, 1.0])
    additional = {"seed": 3}
    if n_synapse_cores is not None:
        additional["n_synapse_cores"] = n_synapse_cores
    post = sim.Population(5, cell, label="cells", additional_parameters=additional)
    rng = np.random.default_rng(9)
    rows = [(i, j, round(float(rng.uniform(0.5, 1.5)), 3), 3.0) for i in range(6) for j in range(5)]
    rule = sim.STDPMechanism(timing, weights)
    learned = sim.Projection(pre, post, sim.FromListConnector(rows), rule)
    level = dict(tau_c=100.0, tau_d=12.0, w_min=0.1, w_max=3.0) | given
    rewards = sim.Population(2, sim.SpikeSourceArray(spike_times=[[30.0, 31.0, 71.0], [45.0]]))
    neurons = sim.Population(3, sim.IF_curr_exp(i_offset=1.2), label="angry")
    modulation = sim.extra_models.Neuromodulation
    brought = sim.Projection(
        rewards,
        post,
        sim.AllToAllConnector(),
        modulation(weight=sim.RandomDistribution("uniform", (0.05, 0.4)), **level),
        receptor_type="reward",
    )
    sim.Projection(
        neurons,
        post,
        sim.AllToAllConnector(),
        modulation(weight=0.07, **level),
        receptor_type="punishment",
    )
    post.record(["v", "spikes"])
    sim.run(64.0)
    sim.run(TICKS - 64.0)
    weight = learned_weights(learned)[0]
    doses = sorted([int(i), int(j), float(w)] for i, j, w in brought.get("weight", "list"))
    return read(post, "v") | {"weights": weight, "doses": doses}


def modulated_pair(sim):
    timing = sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, A_plus=0.6, A_minus=0.15)
    return dopamine(sim, timing, sim.AdditiveWeightDependence(w_min=0.0, w_max=4.0))


def modulated_multiplicative(sim):
    timing = sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, A_plus=0.6, A_minus=0.15)
    return dopamine(sim, timing, sim.MultiplicativeWeightDependence(w_min=0.0, w_max=4.0))


def modulated_vogels(sim):
    timing = sim.extra_models.Vogels2011Rule(alpha=0.1, tau=15.0, A_plus=0.6, A_minus=0.15)
    return dopamine(sim, timing, sim.AdditiveWeightDependence(w_min=0.0, w_max=4.0))


def modulated_on_split_cores(sim):
    timing = sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, A_plus=0.6, A_minus=0.15)
    weights = sim.AdditiveWeightDependence(w_min=0.0, w_max=4.0)
    return dopamine(sim, timing, weights, n_synapse_cores=1)


def modulated_izhikevich(sim):
    timing = sim.SpikePairRule(tau_plus=15.0, tau_minus=18.0, A_plus=0.6, A_minus=0.15)
    weights = sim.AdditiveWeightDependence(w_min=0.0, w_max=4.0)
    return dopamine(sim, timing, weights, sim.Izhikevich(i_offset=5.0))


def changed_weights(sim):
    """Change weights by the spikes of two other populations, one up and one down."""
    pre = inputs(sim)
    post = sim.Population(5, sim.IF_curr_exp(i_offset=[0.5, 0.8, 0.9, 0.0, 1.0]), label="cells")
    open_ = sim.extra_models.WeightChangeable(0.4, 2.5, weight=1.0, delay=3.0)
    made = sim.Projection(pre, post, sim.AllToAllConnector(), open_)
    # Never in the tick of a spike whose weights they change.
    firsts = (8.0, 17.0, 27.0, 36.0, 44.0, 52.0)
    up = sim.Population(6, sim.SpikeSourceArray(spike_times=[[first, 71.0] for first in firsts]))
    drive = sim.IF_curr_exp(i_offset=[0.9 + 0.1 * i for i in range(6)])
    down = sim.Population(6, drive, label="down")
    changer = sim.extra_models.WeightChanger
    raised = sim.Projection(up, post, sim.AllToAllConnector(), changer(0.7, made))
    sim.Projection(down, post, sim.OneToOneConnector(), changer(-0.3, made))
    post.record(["v", "spikes"])
    sim.run(52.0)
    sim.run(TICKS - 52.0)
    rows = sorted([int(i), int(j), float(w)] for i, j, w in raised.get("weight", "list"))
    return read(post, "v") | {"made": learned_weights(made)[0], "raised": rows}


def random_connections(sim):
    pre = inputs(sim, 20)
    post = sim.Population(15, sim.IF_curr_exp(), label="cells", additional_parameters={"seed": 11})
    weight = sim.RandomDistribution("uniform", (0.5, 3.0))
    made = sim.Projection(
        pre, post, sim.FixedProbabilityConnector(0.4), sim.StaticSynapse(weight, 3.0)
    )
    post.record(["v", "spikes"])
    sim.run(TICKS)
    rows = [[int(i), int(j), float(w)] for i, j, w in made.get("weight", "list")]
    return read(post, "v") | {"rows": sorted(rows)}


#: In the suite of every day.
QUICK = (curr_exp, cond_exp, pair, delayed, pieces, lost)
#: Run with `-m slow`.
MORE = (
    curr_delta,
    curr_alpha,
    izhikevich,
    izhikevich_cond,
    calcium,
    dual,
    poisson,
    currents,
    multiplicative,
    nearest,
    triplet,
    vogels,
    late_pair,
    late_drawn,
    late_on_split_cores,
    modulated_pair,
    modulated_multiplicative,
    modulated_vogels,
    modulated_on_split_cores,
    modulated_izhikevich,
    changed_weights,
    random_connections,
)
CASES = {case.__name__: case for case in (*QUICK, *MORE)}
