import numpy as np
import pytest

from neurodeploy.errors import ModelError
from neurodeploy.units import to_ms


@pytest.mark.parametrize(
    ("value", "unit", "ms"),
    [(0.02, "s", 20.0), (5.0, "ms", 5.0), (250.0, "us", 0.25), (3, "step", 3)],
)
def test_to_ms(value, unit, ms):
    assert to_ms(value, unit) == pytest.approx(ms)


def test_arrays_are_converted():
    np.testing.assert_allclose(to_ms(np.array([0.001, 0.5]), "s"), [1.0, 500.0])


def test_unknown_unit_is_named():
    with pytest.raises(ModelError, match=r"time_unit: unknown \(got h, expected s \| ms \| us"):
        to_ms(1.0, "h")
