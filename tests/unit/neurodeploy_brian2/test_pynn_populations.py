"""Populations, views and cells: what is set is read back, and what is wrong is refused."""

import numpy as np
import pytest

from neurodeploy.api import InputError, NeurodeployError, TargetError
from neurodeploy_brian2.errors import ConfigurationError, RefusedError, UnsupportedError
from neurodeploy_brian2.planning import core_slices
from neurodeploy_brian2.selection import PerNeuron, select
from neurodeploy_brian2.simulator import Simulator


@pytest.fixture
def sim():
    return Simulator()


class TestSelection:
    @pytest.mark.parametrize(
        ("selector", "indices"),
        [
            (None, [0, 1, 2, 3, 4]),
            (slice(1, -1), [1, 2, 3]),
            (slice(9, 12), []),
            ([True, False, True], [0, 2]),
            (np.array([3, 1]), [3, 1]),
            (-1, [4]),
        ],
    )
    def test_selectors(self, selector, indices):
        assert list(select("cells", selector, 5)) == indices

    @pytest.mark.parametrize("selector", [5, [0, 5], [-1], [True, 1], "ab", 1.5j])
    def test_what_selects_nothing_is_a_type_error(self, selector):
        with pytest.raises(TypeError, match="cells"):
            select("cells", selector, 5)

    def test_functions_get_the_index_in_the_population(self):
        values = PerNeuron("v", 4, 0.0)
        values.set(lambda index: 10.0 * index, [1, 3])
        assert values.listed() == [0.0, 10.0, 0.0, 30.0]

    def test_ranges_follow_the_values(self):
        values = PerNeuron("v", 5, 0.0)
        values.set(1.0, [2, 3])
        assert [(start, stop) for start, stop, _ in values.ranges()] == [(0, 2), (2, 4), (4, 5)]
        assert values.on_machine
        values.set([1.0, 2.0], [0, 1])
        assert not values.on_machine

    def test_another_number_of_values_is_refused(self):
        with pytest.raises(ValueError, match="number of values"):
            PerNeuron("v", 3, [1.0, 2.0])


class TestParameters:
    def test_views_write_to_the_population(self, sim):
        pop = sim.Population(4, sim.IF_curr_exp())
        pop[1:3].set(tau_m=[5.0, 6.0])
        pop[3].tau_m = 7.0
        pop[0:4][2:3].v_rest = -70.0
        assert list(pop.get("tau_m")) == [20.0, 5.0, 6.0, 7.0]
        assert list(pop.get("v_rest")) == [-65.0, -65.0, -70.0, -65.0]
        assert pop[3].tau_m == 7.0
        assert list(pop[np.array([0, 1, 1, 0], bool)].get("tau_m")) == [5.0, 6.0]

    def test_two_populations_share_no_cell_type(self, sim):
        cell = sim.IF_curr_exp(tau_m=10.0)
        first, second = sim.Population(1, cell), sim.Population(1, cell)
        first.set(tau_m=11.0)
        assert second.get("tau_m")[0] == 10.0

    def test_after_a_run_values_are_those_of_the_machine(self, sim):
        pop = sim.Population(1, sim.IF_curr_exp(tau_m=20.1))
        assert pop.get("tau_m")[0] == 20.1
        sim.run(1.0)
        assert pop.get("tau_m")[0] == round(20.1 * 2**15) / 2**15

    def test_state_among_the_parameters_is_state(self, sim):
        pop = sim.Population(2, sim.IF_curr_exp(v=-60.0))
        assert list(pop.initial_values["v"]) == [-60.0, -60.0]
        pop[0].set_initial_value("v", -50.5)
        assert pop[0].get_initial_value("v") == -50.5
        pop.record("v")
        sim.run(1.0)
        assert pop.spinnaker_get_data("v", as_matrix=True).tolist() == [[-50.5, -60.0]]

    @pytest.mark.parametrize(
        ("values", "word"),
        [
            ({"tau_m": 0.0}, "tau_m"),
            ({"cm": float("nan")}, "not finite"),
            ({"v_rest": 70000.0}, "S16.15"),
            ({"tau_syn_E": -1.0}, "tau_syn_E"),
            ({"i_offset": [0.0, float("inf")]}, "not finite"),
        ],
    )
    def test_what_would_break_the_core_is_refused_at_once(self, sim, values, word):
        with pytest.raises(TargetError, match=word):
            sim.Population(2, sim.IF_curr_exp(**values))
        pop = sim.Population(2, sim.IF_curr_exp())
        with pytest.raises(TargetError, match=word):
            pop.set(**values)

    def test_spike_times_are_read_as_lists(self, sim):
        pop = sim.Population(2, sim.SpikeSourceArray(spike_times=[1.0, 2.0]))
        assert list(pop.get("spike_times")) == [[1.0, 2.0], [1.0, 2.0]]
        pop.set(spike_times=[[3.0], []])
        assert list(pop[0:1].get("spike_times")) == [[3.0]]


class TestRandomParameters:
    def drawn(self, seed, **more):
        sim = Simulator()
        cell = sim.IF_curr_exp(tau_m=sim.RandomDistribution("uniform", (10.0, 20.0)))
        pop = sim.Population(40, cell, seed=seed, **more)
        with pytest.raises(ValueError, match="drawn when the network is run"):
            list(pop.get("tau_m"))
        sim.run(1.0)
        return list(pop.get("tau_m"))

    def test_a_seed_gives_the_same_numbers(self):
        values = self.drawn(1)
        assert values == self.drawn(1)
        assert values != self.drawn(2)
        assert all(10.0 <= value <= 20.0 for value in values)
        assert len(set(values)) > 30

    def test_they_depend_on_the_cores(self):
        assert self.drawn(1, neurons_per_core=8) != self.drawn(1)

    def test_a_seeded_rng_is_followed_where_the_host_draws(self, sim):
        rng = sim.NumpyRNG(seed=3)
        cell = sim.IF_curr_exp(
            tau_m=sim.RandomDistribution("uniform", (10.0, 20.0), rng=rng),
            cm=[0.5, 1.0, 1.5],  # a list takes everything to the host
        )
        pop = sim.Population(3, cell)
        sim.run(1.0)
        want = np.random.RandomState(3).uniform(10.0, 20.0, 3)
        np.testing.assert_allclose(pop.get("tau_m"), want, atol=2**-16)


class TestPlanning:
    @pytest.mark.parametrize(("size", "n", "cores"), [(5, 256, 1), (600, 256, 3), (10, (5,), 2)])
    def test_slices_cover_the_population(self, size, n, cores):
        slices = core_slices("cells", size, n)
        assert len(slices) == cores
        assert [index for cells in slices for index in cells] == list(range(size))

    def test_what_sPyNNaker_ignores_is_only_logged(self, sim, caplog):
        sim.Population(1, sim.IF_curr_exp(), additional_parameters={"colour": "red"})
        assert "colour is ignored" in caplog.text

    def test_neurons_of_a_core(self, sim):
        sim.set_number_of_neurons_per_core(sim.IF_curr_exp, 4)
        pop = sim.Population(10, sim.IF_curr_exp())
        assert [len(cells) for cells in pop.slices()] == [4, 4, 2]
        pop.set_max_atoms_per_core(5)
        assert [len(cells) for cells in pop.slices()] == [5, 5]
        with pytest.raises(ValueError, match="before all populations|comes before"):
            sim.set_number_of_neurons_per_core(sim.IF_curr_exp, 8)
        with pytest.raises(ValueError, match="too many"):
            pop.set_max_atoms_per_core(257)

    def test_a_grid_needs_neurons_per_core_to_run(self, sim):
        sim.Population(4, sim.IF_curr_exp(), structure=sim.Grid2D())
        with pytest.raises(ValueError, match="neurons_per_core"):
            sim.run(1.0)


class TestShape:
    def test_cells_iterate_and_know_their_index(self, sim):
        pop = sim.Population(3, sim.IF_curr_exp(), label="cells")
        assert [cell.id for cell in pop] == [0, 1, 2]
        assert [int(cell) for cell in pop.all_cells] == [0, 1, 2]
        view = pop[1:]
        assert (len(view), view.parent is pop, view.grandparent is pop) == (2, True, True)
        assert view.id_to_index([2, 1]) == [1, 0]
        assert view == pop[[1, 2]]
        assert view.describe().startswith("Population")
        assert pop.sample(2, sim.NumpyRNG(seed=1)).size == 2

    def test_refusals_of_views(self, sim):
        pop = sim.Population(3, sim.IF_curr_exp())
        for ask in (
            lambda: pop[0:2].positions,
            lambda: pop[0:2].structure,
            lambda: pop + pop,
            lambda: pop.receptor_types(),
            lambda: pop.id_to_local_index(0),
        ):
            with pytest.raises(NotImplementedError):
                ask()
        with pytest.raises(KeyError, match="no parameter colour"):
            _ = pop[0:2].colour

    def test_an_assembly_is_refused_by_name(self, sim):
        with pytest.raises(UnsupportedError, match="Assembly.record"):
            sim.Assembly(sim.Population(1, sim.IF_curr_exp())).record("v")

    def test_refusals_are_also_what_a_script_catches(self):
        for kind in (ConfigurationError, RefusedError, UnsupportedError):
            assert issubclass(kind, NeurodeployError)
        assert issubclass(ConfigurationError, InputError)
        assert issubclass(RefusedError, NotImplementedError)
