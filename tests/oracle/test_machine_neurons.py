"""Drawn neuron parameters against the neuron expander of the boards, word by word."""

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="not run: unicorn is not installed")
pytest.importorskip("spynnaker", reason="not run: sPyNNaker is not installed")

from neurodeploy_brian2.machine.distributions import PARAMETERS, Distribution
from neurodeploy_brian2.machine.kiss64 import host_seed
from neurodeploy_brian2.machine.neuron_expander import KINDS, Parameter, expand_parameters

from .machine_expander import run_neuron_expander

N_TRIALS = 40


def draw_distribution(rng, name):
    values = {
        "value": float(rng.uniform(-90, 90)),
        "mu": float(rng.uniform(-70, 20)),
        "sigma": float(rng.uniform(0.1, 9)),
        "beta": float(rng.uniform(0.1, 9)),
    }
    centre = 0.0 if "exponential" in name else values["mu"]
    values["low"], values["high"] = centre - 5.0, centre + float(rng.uniform(1, 50))
    return Distribution.of(name, values)


def draw_struct(rng, n_neurons, whole):
    struct = []
    for _ in range(int(rng.integers(1, 7))):
        cuts = [] if whole else sorted(rng.integers(0, n_neurons, int(rng.integers(0, 3))).tolist())
        sizes = np.diff([0, *cuts, n_neurons]).tolist()
        names = rng.choice(list(PARAMETERS), len(sizes))
        parts = [(n, draw_distribution(rng, name)) for n, name in zip(sizes, names, strict=True)]
        struct.append((int(rng.integers(len(KINDS))), parts))
    return struct


def model_words(structs, n_neurons, core_seed):
    parameters = [
        Parameter(f"{i} {j}", tuple(parts), KINDS[kind])
        for i, struct in enumerate(structs)
        for j, (kind, parts) in enumerate(struct)
    ]
    drawn = expand_parameters(parameters, core_seed)
    columns = [
        np.stack([drawn[f"{i} {j}"] for j in range(len(struct))], 1).ravel()
        for i, struct in enumerate(structs)
    ]
    return np.concatenate(columns).astype(np.uint32).astype(np.int32)


def test_every_distribution_draws_what_the_core_draws():
    rng, seeds = np.random.default_rng(5), np.random.RandomState(6)
    n_values = 0
    for trial in range(N_TRIALS):
        n_neurons, whole = int(rng.integers(1, 100)), trial % 2 == 0
        structs = [draw_struct(rng, n_neurons, whole) for _ in range(int(rng.integers(1, 5)))]
        seed = host_seed(seeds)
        found = run_neuron_expander(structs, n_neurons, seed, whole)
        np.testing.assert_array_equal(model_words(structs, n_neurons, seed), found)
        n_values += found.size
    assert n_values > 10_000
