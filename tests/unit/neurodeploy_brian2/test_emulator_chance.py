"""Neurons that spike by chance: steps in C and NumPy, engines, cores, seeds and pieces."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

from neurodeploy.api import InputError, SessionOptions, TargetError
from neurodeploy_brian2 import brian2_device
from neurodeploy_brian2.chance_steps import CHANCE_STEPS
from neurodeploy_brian2.core_draws import CORE_START, valid_seed
from neurodeploy_brian2.kinds import KINDS
from neurodeploy_brian2.machine.kiss64 import step
from neurodeploy_brian2.simulator import Simulator

ONE = 1 << 15
WORD = 1 << 32
RANGES = {
    **dict.fromkeys(("x", "y", "z", "c", "chance", "left", "ticks"), (0, WORD)),
    **dict.fromkeys(("asked", "held", "drawn", "live"), (0, 2)),
    "gain": (0, 1 << 18),
}
EXTREMES = np.array([0, 1, -1, ONE, -ONE, 16 * ONE, -16 * ONE, (1 << 31) - 1, -(1 << 31)])


def columns(names, rng, n=4000):
    """Random arguments, of all sizes where a word is signed."""
    made = []
    for name in names:
        if name in RANGES:
            made.append(rng.integers(*RANGES[name], n))
        else:
            bits = rng.integers(1, 32, n)
            values = rng.integers(-(1 << 31), 1 << 31, n) >> (31 - bits)
            values[: len(EXTREMES)] = rng.permutation(EXTREMES)
            made.append(values)
    return made


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if shutil.which("gcc") is None:
        pytest.skip("not run: no C compiler")
    folder = tmp_path_factory.mktemp("steps")
    text = "#include <stdint.h>\n"
    for name, one in CHANCE_STEPS.items():
        arguments = one.arguments.split()
        text += one.c_text(name) + "\n"
        pointers = ", ".join(f"const int64_t *{a}" for a in arguments)
        values = ", ".join(f"{a}[i]" for a in arguments)
        text += f"void all_{name}(int64_t n, int64_t *out, {pointers}) "
        text += f"{{ for (int64_t i = 0; i < n; i++) out[i] = {name}({values}); }}\n"
    (folder / "steps.c").write_text(text)
    command = ["gcc", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover=undefined"]
    command += ["-shared", "-fPIC", "-static-libubsan", "-o", "steps.so", "steps.c"]
    subprocess.run(command, cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "steps.so"))


@pytest.mark.parametrize("name", CHANCE_STEPS)
def test_c_and_numpy_forms_agree(name, library):
    one = CHANCE_STEPS[name]
    given = columns(one.arguments.split(), np.random.default_rng(len(name)))
    out = np.zeros(len(given[0]), dtype=np.int64)
    pointers = [ctypes.c_void_p(column.ctypes.data) for column in (out, *given)]
    getattr(library, f"all_{name}")(ctypes.c_int64(len(out)), *pointers)
    np.testing.assert_array_equal(one.python(*given), out)


def test_every_step_is_used():
    texts = "".join(kind.tick(2, waves=True) for kind in KINDS.values())
    for name, one in CHANCE_STEPS.items():
        assert f"{name}(" in texts
        assert one.python.__code__.co_argcount == one.n_arguments


def test_the_generator_is_kiss64():
    x, y, z, c = (np.array([word]) for word in CORE_START)
    state = CORE_START
    for _ in range(50):
        state, word = step(state)
        x, y = CHANCE_STEPS["nd_kiss_x"].python(x, [1]), CHANCE_STEPS["nd_kiss_y"].python(y, [1])
        carried = CHANCE_STEPS["nd_kiss_c"].python(z, c, [1])
        z, c = CHANCE_STEPS["nd_kiss_z"].python(z, c, [1]), carried
        assert (x[0], y[0], z[0], c[0]) == state
        assert CHANCE_STEPS["nd_drawn"].python(x, y, z, word + 1, 1)[0] == 1
        assert CHANCE_STEPS["nd_drawn"].python(x, y, z, word, 1)[0] == 0


@pytest.mark.parametrize("gain", [1, 3000, 20000])
@pytest.mark.parametrize("power", [-2.5, -0.3, 0.0, 1.7])
def test_the_probability_is_a_power_of_two(gain, power):
    bits = CHANCE_STEPS["nd_probability"].python(np.array([gain]), np.array([int(power * ONE)]))
    assert bits[0] / WORD == pytest.approx(min(1.0, gain / 65536 * 2**power), rel=1e-2, abs=2e-5)


def test_the_sigmoid():
    v = np.array([-2.0, 0.0, 0.5, 3.0])
    bits = CHANCE_STEPS["nd_sigma"].python((v * ONE).astype(np.int64), np.int64(ONE))
    np.testing.assert_allclose(bits / WORD, 2.0 ** -(2.0**-v), atol=1e-3)


def test_a_seed_is_made_valid_and_that_changes_it_every_time():
    seed = {"seed1": np.array([0, 5]), "seed3": np.array([698769068, 7])}
    made = valid_seed(seed)
    assert made["seed1"].tolist() == [13031301, 5]
    assert made["seed3"].tolist() == [1, 8]
    assert valid_seed(made)["seed3"].tolist() == [2, 9]


STEPWISE = {"IFCondExpStoc": {"i_offset": 0.7}, "IF_curr_exp_sEMD": {"i_offset": 2.0}}
EVERY = {
    **STEPWISE,
    "IFCurrDeltaFixedProb": {"p_thresh": 0.4, "i_offset": 1.5, "seed": 3},
    "StocExp": {"tau": 4.0, "seed": 1},
    "StocExpStable": {"tau": 0.05, "bias": 0.2, "v_reset": -3.0, "seed": 2},
    "StocSigma": {"alpha": 0.8, "tau_refrac": 3.0, "seed": 4},
}


def network(names, engine=None, n=6, **planning):
    """Populations that get random input; all they can record is recorded."""
    sim = Simulator(SessionOptions(1.0, None, engine))
    rng = np.random.default_rng(5)
    times = [sorted(rng.choice(60, 12, replace=False) + 0.0) for _ in range(4)]
    source = sim.Population(4, sim.SpikeSourceArray(spike_times=times))
    pops = []
    for name in names:
        pop = sim.Population(n, getattr(sim.extra_models, name)(**EVERY[name]), **planning)
        for receptor in pop.celltype.receptors:
            weight = 1.5 if name.startswith("Stoc") else 0.1
            synapse = sim.StaticSynapse(weight, 2.0)
            sim.Projection(source, pop, sim.AllToAllConnector(), synapse, receptor_type=receptor)
        pop.record("all")
        pops.append(pop)
    return sim, pops


def facts(pops):
    return [
        pop.spinnaker_get_data(name, as_matrix=True).tolist()
        for pop in pops
        for name in pop.celltype.recordable
    ]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["cython", "cpp_standalone"])
def test_compiled_engines_give_the_same_words(engine):
    if brian2_device.missing_compiler(engine):
        pytest.skip("not run: no C++ compiler")
    results = []
    for one in ("numpy", engine):
        sim, pops = network(EVERY, one)
        sim.run(60.0)
        results.append(facts(pops))
    assert results[0] == results[1]
    assert all(len(pop.spinnaker_get_data("spikes")) for pop in pops)


def test_every_core_draws_the_same_numbers():
    """Equal neurons at equal places of their cores do the same, others do not."""
    sim, (pop,) = network(["IFCondExpStoc"], n=8, neurons_per_core=4)
    sim.run(60.0)
    v = pop.spinnaker_get_data("v", as_matrix=True)
    np.testing.assert_array_equal(v[:, :4], v[:, 4:])
    assert (v[:, 0] != v[:, 1]).any()


def test_cores_of_another_size_draw_other_numbers():
    spikes = []
    for size in (4, 8):
        sim, (pop,) = network(["IFCondExpStoc"], n=8, neurons_per_core=size)
        sim.run(60.0)
        spikes.append(pop.spinnaker_get_data("spikes").tolist())
    assert spikes[0] != spikes[1]


@pytest.mark.parametrize("name", STEPWISE)
def test_pieces_make_a_whole(name):
    results = []
    for cuts in ((60.0,), (25.0, 1.0, 34.0)):
        sim, pops = network([name])
        for length in cuts:
            sim.run(length)
        results.append(facts(pops))
    assert results[0] == results[1]


@pytest.mark.parametrize("name", sorted(set(EVERY) - set(STEPWISE)))
def test_pieces_of_neurons_with_seeds_are_another_whole(name):
    results = []
    for cuts in ((60.0,), (25.0, 35.0)):
        sim, pops = network([name])
        for length in cuts:
            sim.run(length)
        results.append([np.array(one) for one in facts(pops)[1:]])
    for whole, pieces in zip(*results, strict=True):
        np.testing.assert_array_equal(whole[:25], pieces[:25])
    assert any((whole != pieces).any() for whole, pieces in zip(*results, strict=True))


class TestReset:
    """A reset alone reloads parameters and state, but neither programs nor connections."""

    def test_the_shared_generator_goes_on(self):
        sim, (pop,) = network(["IFCondExpStoc"], n=4)
        states = []
        for length in (7.0, 13.0, 1.0):
            sim.run(length)
            states.append(sim.plan.groups[0].state["draw_at"].tolist())
            sim.reset()
        each = 4  # one draw a neuron in every tick
        assert states == [[start + i for i in range(4)] for start in (-each, 6 * each, 19 * each)]

    def test_so_the_numbers_are_others(self):
        sim, (pop,) = network(["IFCondExpStoc"])
        sim.run(60.0)
        first = facts([pop])
        sim.reset()
        sim.run(60.0)
        assert facts([pop]) != first

    def test_a_new_load_starts_it_afresh(self):
        sim, (pop,) = network(["IFCondExpStoc"])
        sim.run(60.0)
        first = facts([pop])
        sim.reset()
        sim.Population(1, sim.IF_curr_exp())
        sim.run(60.0)
        assert facts([pop]) == first

    def test_the_host_draws_new_seeds(self):
        sim, (pop,) = network(["StocExp"], n=3)
        sim.run(1.0)
        sim.reset()
        sim.run(1.0)
        draws = np.random.RandomState(1).uniform(0, WORD - 1, 24).astype(np.uint32)
        for i in range(4):
            assert list(pop.initial_values[f"seed{i}"]) == list(draws[12:].reshape(4, 3)[i])

    def test_seeds_that_were_read_are_kept(self):
        sim, pops = network(["StocExp", "StocSigma"])
        sim.run(60.0)
        first = facts(pops)
        for pop in pops:
            assert len(pop.initial_values["seed0"]) == 6
        sim.reset()
        sim.run(60.0)
        assert facts(pops) == first

    def test_new_seeds_make_other_spikes(self):
        sim, pops = network(sorted(set(EVERY) - set(STEPWISE)))
        sim.run(60.0)
        first = [facts([pop]) for pop in pops]
        sim.reset()
        sim.run(60.0)
        assert all(facts([pop]) != before for pop, before in zip(pops, first, strict=True))

    def test_without_chance_the_run_is_repeated(self):
        sim, pops = network(["IF_curr_exp_sEMD"])
        sim.run(60.0)
        first = facts(pops)
        sim.reset()
        sim.run(60.0)
        assert facts(pops) == first


class TestSeeds:
    def test_the_host_draws_them_core_by_core(self):
        sim, (pop,) = network(["StocExp"], n=5, neurons_per_core=3)
        sim.run(1.0)
        draws = np.random.RandomState(1).uniform(0, WORD - 1, 20).astype(np.uint32)
        first, second = draws[:12].reshape(4, 3), draws[12:].reshape(4, 2)
        for i in range(4):
            words = list(pop.initial_values[f"seed{i}"])
            assert words == [*first[i], *second[i]]

    def test_without_a_seed_no_two_are_alike(self):
        sim = Simulator()
        pops = [sim.Population(3, sim.extra_models.StocSigma()) for _ in range(2)]
        sim.run(1.0)
        assert list(pops[0].initial_values["seed0"]) != list(pops[1].initial_values["seed0"])

    def test_they_can_be_given(self):
        sim = Simulator()
        pop = sim.Population(2, sim.extra_models.StocExp, {"seed0": 7, "seed": 1})
        sim.run(1.0)
        assert list(pop.initial_values["seed0"]) == [7, 7]


class TestStochastic:
    def test_a_refractory_neuron_sends_a_spike_in_every_tick(self):
        sim = Simulator()
        pop = sim.Population(1, sim.extra_models.StocExp(tau=3.0, refract_init=2, seed=1))
        pop.record(["spikes", "prob"])
        sim.run(2.0)
        assert pop.spinnaker_get_data("spikes")[:, 1].tolist() == [0.0, 1.0]
        assert pop.spinnaker_get_data("prob", as_matrix=True).tolist() == [[0.0], [0.0]]

    def test_the_probability_is_recorded_as_a_fraction(self):
        sim = Simulator()
        pop = sim.Population(1, sim.extra_models.StocExp(tau=2.0, seed=1))
        pop.record("prob")
        sim.run(1.0)
        assert pop.spinnaker_get_data("prob", as_matrix=True)[0, 0] == pytest.approx(0.5)

    def test_currents_have_no_effect(self):
        results = []
        for amplitude in (0.0, 50.0):
            sim, pops = network(["StocExpStable"])
            source = sim.DCSource(amplitude=amplitude, start=0.0, stop=60.0)
            pops[0].inject(source)
            sim.run(60.0)
            results.append(facts(pops))
        assert results[0] == results[1]

    def test_steps_in_a_tick_have_no_effect(self):
        results = []
        for n_steps in (1, 2):
            sim, pops = network(["StocSigma"], n_steps_per_timestep=n_steps)
            sim.run(60.0)
            results.append(facts(pops))
        assert results[0] == results[1]


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "wrong"),
        [("StocExp", {"tau": 0.0}), ("StocExp", {"tau": -1.0}), ("StocExp", {"tau": 70000.0}),
         ("StocExp", {"seed0": -1}), ("IFCurrDeltaFixedProb", {"p_thresh": -0.5}),
         ("IFCondExpStoc", {"du_th": 0.0}), ("IFCondExpStoc", {"tau_th": 0.0})],
    )  # fmt: skip
    def test_numbers_that_a_core_cannot_hold(self, name, wrong):
        sim = Simulator()
        with pytest.raises(TargetError):
            sim.Population(1, getattr(sim.extra_models, name)(**wrong))

    def test_a_name_that_is_no_parameter(self):
        with pytest.raises(InputError, match="alpha"):
            Simulator().extra_models.StocExp(alpha=1.0)


def test_the_semd_multiplies_by_what_the_first_input_was():
    """Nothing happens without the first input; after it the second one counts."""
    peaks = []
    for n_first in (0, 1):
        sim = Simulator()
        first = sim.Population(1, sim.SpikeSourceArray(spike_times=[2.0] * n_first))
        second = sim.Population(1, sim.SpikeSourceArray(spike_times=[4.0]))
        pop = sim.Population(1, sim.extra_models.IF_curr_exp_sEMD())
        for source, receptor in ((first, "excitatory"), (second, "excitatory2")):
            synapse = sim.StaticSynapse(2.0, 1.0)
            sim.Projection(source, pop, sim.OneToOneConnector(), synapse, receptor_type=receptor)
        pop.record("gsyn_exc")
        sim.run(15.0)
        peaks.append(pop.spinnaker_get_data("gsyn_exc", as_matrix=True).max())
    assert peaks[0] == 0.0
    assert peaks[1] > 1.0
