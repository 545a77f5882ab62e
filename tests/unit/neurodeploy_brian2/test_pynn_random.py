"""Random numbers of the host, their bounds, expressions and places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurodeploy_brian2 import bounds
from neurodeploy_brian2.errors import ConfigurationError
from neurodeploy_brian2.expressions import evaluate
from neurodeploy_brian2.randomness import NumpyRNG, RandomDistribution
from neurodeploy_brian2.space import Grid2D, Grid3D, Line, RandomStructure, Space, Sphere


class TestGenerators:
    def test_they_are_numpys_legacy_generator(self):
        want = np.random.RandomState(7)
        rng = NumpyRNG(seed=7)
        np.testing.assert_array_equal(rng.next(3), want.uniform(0.0, 1.0, 3))
        got = RandomDistribution("normal", (2.0, 0.5), rng=rng).next(4)
        np.testing.assert_array_equal(got, want.normal(2.0, 0.5, 4))
        assert isinstance(rng.next(), float)
        assert len(rng.next(0)) == 0

    @given(st.floats(-3, 0), st.floats(0.1, 3))
    def test_clipped_numbers_stay_inside(self, low, high):
        for name in ("normal_clipped", "normal_clipped_to_boundary"):
            drawn = RandomDistribution(name, (0.0, 1.0, low, high), rng=NumpyRNG(1)).next(50)
            assert (drawn >= low).all()
            assert (drawn <= high).all()

    def test_bounds_that_are_never_met_are_refused(self):
        with pytest.raises(ValueError, match="hardly ever"):
            RandomDistribution("normal_clipped", (0.0, 0.1, 90.0, 91.0)).next(2)

    @pytest.mark.parametrize(
        ("arguments", "named", "kind"),
        [
            (("normal",), {"mu": 1.0}, KeyError),
            (("odd", (1.0,)), {}, KeyError),
            (("normal", (1.0, 2.0, 3.0)), {}, ValueError),
            (("normal", (1.0, 2.0)), {"mu": 1.0}, ValueError),
            (("normal", {"mu": 1.0}), {}, TypeError),
        ],
    )
    def test_wrong_parameters(self, arguments, named, kind):
        with pytest.raises(kind):
            RandomDistribution(*arguments, **named)

    def test_seeds_are_whole(self):
        with pytest.raises(TypeError, match="seed"):
            NumpyRNG(seed=1.5)


class TestBounds:
    def test_a_normal_number(self):
        # One of 100 draws: a chance of 1 in 10,000 above 3.719 standard deviations.
        wide = RandomDistribution("normal", (1.0, 2.0))
        assert bounds.probable_maximum(wide, 100) == pytest.approx(1.0 + 2.0 * 3.719, abs=1e-2)
        assert (bounds.mean(wide), bounds.variance(wide)) == (1.0, 4.0)

    def test_limits_bound_the_largest(self):
        clipped = RandomDistribution("uniform", (-3.0, -1.0))
        # sPyNNaker takes the larger of the two lowest values, which is the limit.
        assert bounds.largest_magnitude(clipped, 1000) == pytest.approx(3.0, abs=1e-3)

    def test_whole_numbers_have_no_bounds(self):
        with pytest.raises(KeyError, match="uniform_int"):
            bounds.mean(RandomDistribution("uniform_int", (1, 5)))


class TestExpressions:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("2 * d + 1", 5.0),
            ("exp(-d) * (d < 3)", np.exp(-2.0)),
            ("numpy.sqrt(d) if d > 1 else pi", np.sqrt(2.0)),
            ("minimum(d, 1.5) ** 2", 2.25),
            ("1 < d <= 2 and d != 3", True),
            ("-math.pi", -np.pi),
        ],
    )
    def test_arithmetic(self, text, value):
        assert evaluate(text, d=2.0) == pytest.approx(value)

    @pytest.mark.parametrize(
        "text", ["__import__('os')", "d.__class__", "q", "d[", "lambda: 1", "'d'", "open(d)"]
    )
    def test_nothing_but_arithmetic(self, text):
        with pytest.raises(ConfigurationError, match="cannot be evaluated"):
            evaluate(text, d=2.0)


class TestPlaces:
    def test_structures(self):
        assert Line(dx=2.0, x0=1.0).generate_positions(3)[0].tolist() == [1.0, 3.0, 5.0]
        grid = Grid2D(aspect_ratio=1.5, dx=2.0)
        assert grid.calculate_size(6) == (3, 2)
        assert grid.generate_positions(6)[:2].T.tolist() == [
            [0, 0], [0, 1], [2, 0], [2, 1], [4, 0], [4, 1],
        ]  # fmt: skip
        assert Grid3D().generate_positions(8).shape == (3, 8)
        inside = RandomStructure(Sphere(2.0), rng=NumpyRNG(1)).generate_positions(20)
        assert (np.linalg.norm(inside, axis=0) <= 2.0).all()
        for wrong in (lambda: grid.calculate_size(5), lambda: Grid3D().calculate_size(9)):
            with pytest.raises(ValueError, match="fill"):
                wrong()

    def test_distances(self):
        a, b = np.array([[0.0, 0, 0], [1, 0, 0]]), np.array([[0.0, 3, 4], [9, 0, 0]])
        assert Space().distances(a, b).tolist() == [5.0, 9.0, np.sqrt(26), 8.0]
        assert Space(axes="x").distances(a, b).tolist() == [0.0, 9.0, 1.0, 8.0]
        around = Space(periodic_boundaries=[(0, 10), None, None])
        assert around.distances(a, b).tolist()[1] == 1.0
        assert Space().distances(a, b, expand=True).shape == (12,)
