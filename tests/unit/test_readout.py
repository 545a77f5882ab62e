import numpy as np
import pytest

from neurodeploy.errors import ModelError, VerifyError
from neurodeploy.readout import READOUTS, UNDECIDED, check_kind, decide
from neurodeploy.records import Recording, Spikes, concatenate


def recording(rows, n_samples=2, membrane=None):
    """Return a recording of population `out` from (sample, step, neuron) rows."""
    sample, step, index = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Recording(n_samples, {"out": Spikes.sorted("out", sample, step, index, 1.0)}, membrane)


def scores(kind, recorded, shape=(10, 3)):
    return READOUTS[kind](recorded, "out", shape)


def test_spike_count():
    rows = [(0, 1, 2), (0, 5, 2), (0, 5, 0), (1, 9, 1)]
    assert scores("spike_count", recording(rows)).tolist() == [[1, 0, 2], [0, 1, 0]]


def test_spike_count_of_silence():
    assert scores("spike_count", recording([])).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_first_spike():
    rows = [(0, 1, 2), (0, 5, 2), (0, 0, 0), (1, 9, 1)]
    assert scores("first_spike", recording(rows)).tolist() == [[10, 0, 9], [0, 1, 0]]


def test_membranes():
    v = np.array([[[1.0, 0.0], [-3.0, 2.0], [0.5, 1.0]]])
    recorded = recording([], 1, v)
    assert scores("membrane_sum", recorded).tolist() == [[-1.5, 3.0]]
    assert scores("membrane_last", recorded).tolist() == [[0.5, 1.0]]
    assert scores("membrane_max", recorded).tolist() == [[1.0, 2.0]]


def test_membrane_that_was_not_recorded():
    with pytest.raises(VerifyError, match="out: its membrane was not recorded"):
        scores("membrane_sum", recording([]))


def test_ties_go_to_the_lowest_index():
    found = decide(np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [0.0, 0.0, 5.0]]), np.zeros(3))
    assert found.predictions.tolist() == [1, 0, 2]
    assert found.tied.tolist() == [True, True, False]
    assert (found.ties, found.undecided) == (2, 0)


def test_silence_is_undecided_and_no_tie():
    found = decide(np.array([[0.0, 0.0], [0.0, 1.0]]), np.zeros(2))
    assert found.predictions.tolist() == [UNDECIDED, 1]
    assert found.tied.tolist() == [False, False]
    assert (found.ties, found.undecided) == (0, 1)


def test_undecided_is_what_a_blank_sample_scores():
    silent = np.array([0.25, -1.0])
    found = decide(np.array([[0.25, -1.0], [0.0, 0.0]]), silent)
    assert found.predictions.tolist() == [UNDECIDED, 0]


def test_sample_without_anything_to_decide_by_is_undecided_whatever_it_scores():
    scores = np.array([[1.0, 3.0], [2.0, 2.0], [0.0, 1.0]])
    found = decide(scores, np.zeros(2), np.array([False, False, True]))
    assert found.predictions.tolist() == [UNDECIDED, UNDECIDED, 1]
    assert found.tied.tolist() == [False, False, False]
    assert found.scores.tolist() == scores.tolist()


def test_no_samples():
    found = decide(np.zeros((0, 3)), np.zeros(3))
    assert (found.predictions.size, found.ties, found.undecided) == (0, 0, 0)


@pytest.mark.parametrize("kind", sorted(READOUTS))
def test_readout_must_suit_the_output(kind):
    spiking = kind in ("spike_count", "first_spike")
    assert check_kind(kind, spiking) == kind
    with pytest.raises(ModelError, match=r"readout: the output") as caught:
        check_kind(kind, not spiking)
    assert kind in str(caught.value)


def test_unknown_readout():
    with pytest.raises(ModelError, match=r"readout: unknown \(got mean, expected first_spike \|"):
        check_kind("mean", True)


def test_recordings_are_joined_in_order():
    one = recording([(0, 1, 2), (1, 0, 0)], 2)
    two = recording([(0, 4, 1)], 1)
    joined = concatenate([one, two])
    assert joined.n_samples == 3
    assert joined.spikes["out"].sample.tolist() == [0, 1, 2]
    assert joined.spikes["out"].of_sample(2)[0].tolist() == [4]
    first = joined.first(1)
    assert (first.n_samples, first.spikes["out"].total) == (1, 1)
