"""Learning on the machine: spatial patterns by STDP, balanced by homeostasis.

After Davies, Gait, Rowley and Di Nuovo, "Supervised learning of spatial features with STDP and
homeostasis using Spiking Neural Networks on SpiNNaker", Neurocomputing 611 (2025) 128650.
"""

from neurodeploy.detectors import Detector
from neurodeploy.learning.detecting import DetectorNetwork, Showing
from neurodeploy.learning.folder import write_model
from neurodeploy.learning.further import learned_of
from neurodeploy.learning.samples import all_samples, detection, remarks, with_words
from neurodeploy.learning.sessions import Place, detect, teach
from neurodeploy.learning.trainer import Training, train, train_each
from neurodeploy.learning.training import TrainingNetwork

__all__ = [
    "Detector",
    "DetectorNetwork",
    "Place",
    "Showing",
    "Training",
    "TrainingNetwork",
    "all_samples",
    "detect",
    "detection",
    "learned_of",
    "remarks",
    "teach",
    "train",
    "train_each",
    "with_words",
    "write_model",
]
