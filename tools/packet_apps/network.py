"""Train the spiking network with torch: one hidden layer, one decision a packet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from tools.nir_export import Dense
from tools.packet_apps.evaluate import N_STEPS


@dataclass(frozen=True)
class Recipe:
    """How the network looks and is trained; chosen on grouped splits of the train side.

    Parameters
    ----------
    n_hidden : int
    beta, beta_out : float
        What hidden and output membranes keep from step to step.
    dropout, flip : float
        Share of hidden neurons silenced, and of input bits flipped, in training.
    epochs, batch : int
    learning_rate, weight_decay, label_smoothing : float
    capture_power, class_power : float
        A packet is drawn with the size of its capture and of its class to these powers.
    slope : float
        Of the fast-sigmoid surrogate gradient.
    """

    n_hidden: int = 256
    beta: float = 0.9
    beta_out: float = 0.9
    dropout: float = 0.6
    flip: float = 0.02
    epochs: int = 18
    batch: int = 256
    learning_rate: float = 3e-3
    weight_decay: float = 0.1
    label_smoothing: float = 0.05
    capture_power: float = -0.5
    class_power: float = -0.5
    slope: float = 10.0


class _Spike(torch.autograd.Function):
    """Step function with the gradient of a fast sigmoid."""

    @staticmethod
    def forward(ctx: Any, over: torch.Tensor, slope: float) -> torch.Tensor:
        ctx.save_for_backward(over)
        ctx.slope = slope
        return (over > 0).float()

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None]:
        (over,) = ctx.saved_tensors
        return grads[0] / (1 + ctx.slope * over.abs()) ** 2, None


class Network(torch.nn.Module):
    """Bits -> leaky integrate-and-fire -> leaky integrators, summed over the steps.

    Parameters
    ----------
    n_features, n_classes : int
    recipe : Recipe
    """

    def __init__(self, n_features: int, n_classes: int, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.hidden = torch.nn.Linear(n_features, recipe.n_hidden)
        self.output = torch.nn.Linear(recipe.n_hidden, n_classes, bias=False)
        with torch.no_grad():
            self.hidden.weight *= 1.5
            self.output.weight *= 3.0
        # The sum over steps of a leaky integrator is linear in its spikes: a spike counts by
        # what is left of it in all later steps. Scaled so that the first step counts 1.
        left = np.cumsum(recipe.beta_out ** np.arange(N_STEPS))[::-1]
        self.worth = (left / left[0]).tolist()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, n_classes) of bits (n, n_features): the summed membranes, scaled."""
        current = self.hidden(x)
        membrane = torch.zeros_like(current)
        heard = torch.zeros_like(current)
        for step, worth in enumerate(self.worth):
            drive = current if step == 0 else self.hidden.bias
            membrane = self.recipe.beta * membrane + drive
            fired: torch.Tensor = _Spike.apply(membrane - 1.0, self.recipe.slope)  # type: ignore[no-untyped-call]
            membrane = membrane * (1 - fired)
            heard = heard + worth * fired
        logits: torch.Tensor = self.output(
            functional.dropout(heard, self.recipe.dropout, self.training)
        )
        return logits

    def layers(self) -> tuple[Dense, Dense]:
        """Weights as the layers of a graph."""
        weight, bias = (p.detach().numpy() for p in (self.hidden.weight, self.hidden.bias))
        output = self.output.weight.detach().numpy()
        return (
            Dense("hidden", weight, bias, self.recipe.beta),
            Dense("scores", output, None, self.recipe.beta_out, spiking=False),
        )


def draw_weights(
    y: npt.NDArray[np.int64], capture: npt.NDArray[np.int64], recipe: Recipe
) -> npt.NDArray[np.float64]:
    """How often each packet is drawn: big captures and classes less than in proportion.

    Parameters
    ----------
    y, capture : (n,) int arrays
    recipe : Recipe

    Returns
    -------
    weights : (n,) float array
        Not normalised.
    """
    of_capture = np.bincount(capture)[capture].astype(np.float64)
    of_class = np.bincount(y)[y].astype(np.float64)
    weights: npt.NDArray[np.float64] = (
        of_capture**recipe.capture_power * of_class**recipe.class_power
    )
    return weights


def train(
    x: npt.NDArray[np.uint8],
    y: npt.NDArray[np.int64],
    capture: npt.NDArray[np.int64],
    n_classes: int,
    *,
    seed: int,
    recipe: Recipe,
) -> tuple[Dense, Dense]:
    """Train on one thread; the same seed gives the same weights.

    Parameters
    ----------
    x : (n, n_features) uint8 array
    y, capture : (n,) int arrays
    n_classes : int
    seed : int
    recipe : Recipe

    Returns
    -------
    layers : (hidden, output)
    """
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    bits, labels = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
    weights = torch.tensor(draw_weights(y, capture, recipe))
    network = Network(x.shape[1], n_classes, recipe)
    rate = recipe.learning_rate
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=recipe.weight_decay)
    n_batches = max(1, len(x) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=recipe.epochs * n_batches
    )
    for _ in range(recipe.epochs):
        drawn = torch.multinomial(weights, n_batches * recipe.batch, replacement=True)
        for rows in torch.split(drawn, recipe.batch):
            flips = (torch.rand(len(rows), x.shape[1]) < recipe.flip).float()
            logits = network((bits[rows] - flips).abs())
            loss = functional.cross_entropy(
                logits, labels[rows], label_smoothing=recipe.label_smoothing
            )
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    return network.layers()
