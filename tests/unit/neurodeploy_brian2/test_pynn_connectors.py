"""Connectors by closed form: who is connected, with what the machine stores."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy.api import BackendUnavailable, TargetError
from neurodeploy_brian2.mapping import ring_shifts
from neurodeploy_brian2.simulator import Simulator


def connect(connector, synapse=None, sizes=(5, 5), same=False, seed=1, receptor="excitatory"):
    """Return rows of (pre, post, weight, delay) after a run, and the projection."""
    sim = Simulator()
    post = sim.Population(sizes[1], sim.IF_curr_exp(), seed=seed)
    pre = post if same else sim.Population(sizes[0], sim.SpikeSourceArray())
    synapse = sim.StaticSynapse(1.0) if synapse is None else synapse
    projection = sim.Projection(pre, post, connector, synapse, receptor_type=receptor)
    sim.run(0.0)
    rows = [tuple(row) for row in projection.get(["weight", "delay"], "list")]
    return [(int(i), int(j), float(w), float(d)) for i, j, w, d in rows], projection


def pairs(*arguments, **options):
    return [row[:2] for row in connect(*arguments, **options)[0]]


def joined(projection):
    """Return who is connected, before any run."""
    made = projection.connections
    return set(zip(made.pre.tolist(), made.post.tolist(), strict=True))


sim = Simulator()


class TestRegular:
    def test_no_neuron_to_itself(self):
        connector = sim.AllToAllConnector(allow_self_connections=False)
        assert pairs(connector, same=True) == [(i, j) for i in range(5) for j in range(5) if i != j]
        # Other populations have no self.
        assert len(pairs(connector)) == 25

    def test_all_but_me_in_groups(self):
        got = pairs(sim.extra_models.AllButMeConnector(2), sizes=(4, 4))
        assert got == [(0, 1), (1, 0), (2, 3), (3, 2)]

    def test_all_but_me_has_weights_of_its_own(self):
        weights = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) / 4
        rows, _ = connect(sim.extra_models.AllButMeConnector(3, weights), sizes=(3, 3))
        assert [row[2] for row in rows] == weights.tolist()
        with pytest.raises(ValueError, match="number of weights"):
            sim.extra_models.AllButMeConnector(3, weights[:5])

    @given(st.integers(1, 6), st.integers(1, 3), st.integers(-6, 6))
    def test_a_wrapped_offset_is_a_permutation_within_groups(self, k, groups, offset):
        if abs(offset) > k:
            return
        connector = sim.extra_models.OneToOneOffsetConnector(offset, True, k)
        got = pairs(connector, sizes=(k * groups, k * groups))
        assert sorted(j for _, j in got) == list(range(k * groups))
        assert all(i // k == j // k and (i + offset - j) % k == 0 for i, j in got)

    def test_an_offset_without_wrap_loses_the_edge(self):
        assert pairs(sim.extra_models.OneToOneOffsetConnector(2, False)) == [(0, 2), (1, 3), (2, 4)]

    def test_views_are_stretches_of_populations(self):
        own = Simulator()
        pre = own.Population(6, own.SpikeSourceArray())
        post = own.Population(6, own.IF_curr_exp())
        for connector, want in (
            (own.OneToOneConnector(), [(1, 3), (2, 4)]),
            (own.AllToAllConnector(), [(1, 3), (1, 4), (2, 3), (2, 4)]),
        ):
            projection = own.Projection(pre[1:3], post[3:5], connector, own.StaticSynapse(1.0))
            assert joined(projection) == set(want)
        with pytest.raises(NotImplementedError, match="without gaps"):
            own.Projection(pre[0:4:2], post, own.AllToAllConnector())
        for kind in (NotImplementedError, IndexError):  # as sPyNNaker's host
            with pytest.raises(kind, match="views"):
                own.Projection(pre[1:3], post, own.FromListConnector([(0, 0)]))


class TestChance:
    def test_numbers_are_kept(self):
        pre = pairs(sim.FixedNumberPreConnector(3), sizes=(7, 9))
        assert np.bincount([j for _, j in pre]).tolist() == [3] * 9
        assert len(set(pre)) == 27
        post = pairs(sim.FixedNumberPostConnector(4), sizes=(7, 9))
        assert np.bincount([i for i, _ in post]).tolist() == [4] * 7
        assert len(pairs(sim.FixedTotalNumberConnector(23), sizes=(7, 9))) == 23

    def test_without_self(self):
        for connector in (
            sim.FixedProbabilityConnector(0.9, allow_self_connections=False),
            sim.FixedNumberPreConnector(3, allow_self_connections=False),
            sim.FixedNumberPostConnector(3, allow_self_connections=False),
            sim.FixedTotalNumberConnector(20, allow_self_connections=False),
        ):
            got = pairs(connector, same=True)
            assert got
            assert all(i != j for i, j in got)

    def test_a_probability_is_met(self):
        n = len(pairs(sim.FixedProbabilityConnector(0.25), sizes=(60, 60)))
        assert abs(n - 900) < 5 * np.sqrt(3600 * 0.25 * 0.75)

    def test_the_target_is_seeded(self):
        first, again, other = (
            pairs(sim.FixedProbabilityConnector(0.5), sizes=(20, 20), seed=seed)
            for seed in (1, 1, 2)
        )
        assert first == again
        assert first != other

    def test_drawn_weights_are_whole_steps_of_what_is_stored(self):
        synapse = sim.StaticSynapse(
            sim.RandomDistribution("uniform", (0.5, 1.5)),
            sim.RandomDistribution("uniform", (1.0, 6.0)),
        )
        rows, projection = connect(sim.AllToAllConnector(), synapse, sizes=(10, 10))
        network = projection._simulator.network()
        scale = 2 ** (15 - ring_shifts(network, projection.post)[0])
        weights = np.array([row[2] for row in rows])
        np.testing.assert_array_equal(weights * scale, np.rint(weights * scale))
        assert (weights >= 0.49).all()
        assert (weights <= 1.51).all()
        assert {row[3] for row in rows} == {1.0, 2.0, 3.0, 4.0, 5.0}  # delays are cut

    def test_what_a_core_cannot_draw_the_host_draws(self):
        synapse = sim.StaticSynapse(sim.RandomDistribution("gamma", (2.0, 0.5)))
        rows, _ = connect(sim.FixedNumberPreConnector(2), synapse, sizes=(4, 6))
        assert np.bincount([row[1] for row in rows]).tolist() == [2] * 6
        assert len({row[2] for row in rows}) > 6
        with pytest.raises(TargetError, match="neither core nor host"):
            connect(sim.FixedNumberPostConnector(2), synapse, sizes=(4, 6))


class TestLists:
    def test_a_file_reads_what_save_wrote(self, tmp_path):
        rows = [(0, 1, 0.5, 2.0), (3, 4, 1.25, 1.0)]
        _, projection = connect(sim.FromListConnector(rows))
        path = tmp_path / "connections.txt"
        projection.save(["weight", "delay"], str(path))
        got, _ = connect(sim.FromFileConnector(str(path)))
        assert got == rows

    def test_columns_may_set_the_synapse_type(self):
        rule = sim.STDPMechanism(sim.SpikePairRule(), sim.AdditiveWeightDependence(), weight=1.0)
        own = Simulator()
        pre, post = own.Population(2, own.SpikeSourceArray()), own.Population(2, own.IF_curr_exp())
        connector = own.FromListConnector([(0, 0, 5.0), (1, 1, 5.0)], column_names=["w_max"])
        own.Projection(pre, post, connector, rule)
        assert rule.weight_dependence.w_max == 5.0
        with pytest.raises(ValueError, match="same for all"):
            own.FromListConnector([(0, 0, 5.0), (1, 1, 6.0)], column_names=["w_max"])
        with pytest.raises(ValueError, match="no parameter odd"):
            own.Projection(
                pre, post, own.FromListConnector([(0, 0, 5.0)], column_names=["odd"]), rule
            )

    def test_an_array_connects_where_it_is_1(self):
        assert pairs(sim.ArrayConnector(np.eye(5)[::-1])) == [(i, 4 - i) for i in range(5)]
        with pytest.raises(ValueError, match="too small"):
            connect(sim.ArrayConnector(np.eye(3)))

    def test_arrays_are_not_counted_as_in_sPyNNaker(self):
        # Ten synapses of 1 nA need a shift of 4; sPyNNaker's count of them is 0.
        _, projection = connect(sim.ArrayConnector(np.ones((10, 1))), sizes=(10, 1))
        assert ring_shifts(projection._simulator.network(), projection.post)[0] == 1

    def test_delays_count_as_they_are_rounded(self):
        rows = [(i, 0, 1.0, 1.0 + 0.04 * i) for i in range(5)]
        _, projection = connect(sim.FromListConnector(rows))
        assert projection.connections.summary().delay_variance == 0.0

    def test_csa_is_an_extra(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "csa", None)
        with pytest.raises(BackendUnavailable, match="pip install csa"):
            sim.CSAConnector(None)

    def test_lists_of_another_length_are_refused(self):
        with pytest.raises(ValueError, match="another number of weights"):
            connect(sim.FromListConnector([(0, 0)]), sim.StaticSynapse([1.0, 2.0]))
        with pytest.raises(ValueError, match="takes one weight|one weight and one delay"):
            connect(sim.AllToAllConnector(), sim.StaticSynapse([1.0, 2.0]))

    def test_no_connections_are_logged(self, caplog):
        assert pairs(sim.FromListConnector([])) == []
        assert "there are no connections" in caplog.text


class TestPlaces:
    def test_distance_decides(self):
        own = Simulator()
        pop = own.Population(9, own.IF_curr_exp(), structure=own.Line(dx=1.0))
        connector = own.DistanceDependentProbabilityConnector("d < 1.5")
        projection = own.Projection(pop, pop, connector, own.StaticSynapse(1.0))
        got = joined(projection)
        assert got == {(i, j) for i in range(9) for j in range(9) if abs(i - j) < 1.5}

    def test_small_worlds_without_rewiring_are_neighbourhoods(self):
        own = Simulator()
        pop = own.Population(6, own.IF_curr_exp(), structure=own.Line())
        projection = own.Projection(
            pop, pop, own.SmallWorldConnector(1.5, 0.0), own.StaticSynapse(1.0)
        )
        assert len(projection.connections.pre) == 6 + 2 * 5

    def test_one_core_after_the_other_draws(self):
        connector = sim.IndexBasedProbabilityConnector("0.5", rng=sim.NumpyRNG(seed=1))
        own = Simulator()
        pre = own.Population(4, own.SpikeSourceArray())
        post = own.Population(6, own.IF_curr_exp(), neurons_per_core=3)
        projection = own.Projection(pre, post, connector, own.StaticSynapse(1.0))
        drawn = np.random.RandomState(1)
        want = set()
        for first in (0, 3):
            for i, j in np.argwhere(drawn.uniform(size=(4, 3)) < 0.5):
                want.add((int(i), int(j) + first))
        got = joined(projection)
        assert got == want


def convolved(kernel, width, height, padding=0):
    """Return {(pre, post): weight} by the definition."""
    k_width, k_height = kernel.shape
    wide, high = width - k_width + 1 + 2 * padding, height - k_height + 1 + 2 * padding
    want = {}
    for y in range(height):
        for x in range(width):
            for k in range(kernel.size):
                row = y - k_height // 2 + padding + k // k_width - k_height // 2
                column = x - k_width // 2 + padding + k % k_width - k_width // 2
                weight = kernel.reshape(-1)[k]
                if 0 <= row < high and 0 <= column < wide and weight:
                    want[y * width + x, row * wide + column] = weight
    return want, (wide, high)


class TestLocal:
    def build(self, connector, synapse, source, target):
        own = Simulator()
        pre = own.Population(
            int(np.prod(source)),
            own.SpikeSourceArray(),
            structure=own.Grid2D(source[0] / source[1]),
        )
        structure = own.Grid2D(target[0] / target[1]) if len(target) == 2 else None
        post = own.Population(int(np.prod(target)), own.IF_curr_exp(), structure=structure)
        return own.Projection(pre, post, connector, synapse)

    def signed(self, projection):
        return {
            (int(i), int(j)): float(w) * (1 if link.receptor_type == "excitatory" else -1)
            for link in projection.links()
            for i, j, w in zip(
                link.connections.pre,
                link.connections.post,
                link.connections.weight_nA,
                strict=True,
            )
        }

    @pytest.mark.parametrize("padding", [0, 1])
    def test_a_convolution(self, padding):
        kernel = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -0.25], [-1.0, 0.125, 2.0]])
        want, target = convolved(kernel, 6, 4, padding)
        connector = sim.ConvolutionConnector(kernel, padding=padding)
        assert connector.get_post_shape((6, 4)) == target
        projection = self.build(connector, sim.Convolution(), (6, 4), target)
        assert self.signed(projection) == want

    def test_pooling_to_dense(self):
        weights = np.arange(1.0, 13.0).reshape(4, 3) * np.array([1.0, -1.0, 1.0])
        connector = sim.PoolDenseConnector(weights, pool_shape=2)
        projection = self.build(connector, sim.PoolDense(), (4, 4), (3,))
        signed = self.signed(projection)
        assert len(signed) == 16 * 3
        # Pixel (x, y) = (3, 1) is in pooled pixel (1, 0).
        assert [signed[1 * 4 + 3, j] for j in range(3)] == (weights[2] / 4).tolist()

    def test_shapes_and_types_must_fit(self):
        kernel = np.ones((3, 3))
        with pytest.raises(ValueError, match="another shape"):
            self.build(sim.ConvolutionConnector(kernel), sim.Convolution(), (4, 4), (3, 3))
        with pytest.raises(ValueError, match="own synapse type"):
            self.build(sim.ConvolutionConnector(kernel), sim.StaticSynapse(), (4, 4), (2, 2))
        with pytest.raises(ValueError, match="own connector"):
            connect(sim.AllToAllConnector(), sim.Convolution())
        with pytest.raises(ValueError, match="number of weights"):
            self.build(sim.PoolDenseConnector(np.ones((4, 4))), sim.PoolDense(), (4, 4), (3,))

    def test_a_kernel_connector_is_centred(self):
        kernel = np.arange(1.0, 10.0).reshape(3, 3) / 8
        connector = sim.KernelConnector((3, 3), (3, 3), (3, 3), weight_kernel=kernel)
        rows, _ = connect(connector, sizes=(9, 9))
        into_middle = {i: w for i, j, w, _ in rows if j == 4}
        np.testing.assert_array_equal(sorted(into_middle), range(9))
        assert into_middle[4] == kernel[1, 1]
        # kernel[r, c] is the source's row and column minus the target's, plus 1.
        assert into_middle[0] == kernel[0, 0]
