"""A small matrix of weights laid over two grids, synapse by synapse."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurodeploy.api import IncomingProjection
from neurodeploy_brian2.connectors.base import Connector, Ends, Floats, value_variance
from neurodeploy_brian2.errors import ConfigurationError, UnsupportedError
from neurodeploy_brian2.machine import connectors as machine
from neurodeploy_brian2.plan_parts import Ints
from neurodeploy_brian2.randomness import is_random

Pair = tuple[int, int]


class KernelConnector(Connector):
    """A kernel around each source; every shape is (rows, columns).

    Parameters
    ----------
    shape_pre, shape_post, shape_kernel : pair of int
    weight_kernel, delay_kernel : number, (rows, columns) array or RandomDistribution, optional
        nA and ms; None takes the synapse type's.
    shape_common : pair of int, optional
        Ignored, as by the cores.
    pre_sample_steps_in_post, pre_start_coords_in_post : pair of int, optional
    post_sample_steps_in_pre, post_start_coords_in_pre : pair of int, optional
    """

    on_machine = True

    def __init__(
        self,
        shape_pre: Pair,
        shape_post: Pair,
        shape_kernel: Pair,
        weight_kernel: Any = None,
        delay_kernel: Any = None,
        shape_common: Pair | None = None,
        pre_sample_steps_in_post: Pair | None = None,
        pre_start_coords_in_post: Pair | None = None,
        post_sample_steps_in_pre: Pair | None = None,
        post_start_coords_in_pre: Pair | None = None,
        safe: bool = True,
        space: None = None,
        verbose: bool = False,
        callback: Any = None,
    ) -> None:
        super().__init__(safe, callback, verbose)
        if space is not None:
            raise ConfigurationError("KernelConnector", "space must be None")
        self.shape_pre, self.shape_post = _pair(shape_pre), _pair(shape_post)
        self.shape = _pair(shape_kernel)
        self.pre_step, self.pre_start = _steps(pre_sample_steps_in_post, pre_start_coords_in_post)
        self.post_step, self.post_start = _steps(post_sample_steps_in_pre, post_start_coords_in_pre)
        self.weights = self._kernel(weight_kernel)
        self.delays = self._kernel(delay_kernel)

    def __repr__(self) -> str:
        return f"KernelConnector(shape_kernel[{self.shape[1]},{self.shape[0]}])"

    def check(self, ends: Ends) -> None:
        """Refuse populations that are grids by themselves."""
        for side in (ends.pre, ends.post):
            if len(side.population.atoms_shape) != 1:
                raise ConfigurationError(
                    ends.who, "a KernelConnector works with populations without a Grid structure"
                )

    def pairs(self, ends: Ends) -> tuple[Ints, Ints]:
        """Refuse what cores cannot make."""
        raise UnsupportedError(
            ends.who, "the emulator does not support a KernelConnector with such weights or delays"
        )

    def given(self, name: str) -> Any:
        """Return its delays, if it has them; its weights are not one for each connection."""
        return self.delays if name == "delay" else None

    def on_core(self, ends: Ends) -> Any:
        """Return what a core is told."""
        return machine.Kernel(
            pre_shape=self.shape_pre,
            post_shape=self.shape_post,
            kernel_shape=self.shape,
            pre_start=self.pre_start,
            pre_step=self.pre_step,
            post_start=self.post_start,
            post_step=self.post_step,
            weights=None if self.weights is None else tuple(self.weights.reshape(-1).tolist()),
            delays=None if self.delays is None else tuple(self.delays.reshape(-1).tolist()),
        )

    def n_to_one(self, ends: Ends) -> float:
        """Return the size of the kernel, as far as one row of synapses reaches."""
        return min(self.shape[0] * self.shape[1], 255)

    def n_drawn(self, ends: Ends) -> float:
        """Return an upper estimate of the number of connections."""
        return float(np.prod((*self.shape_pre, *self.shape)))

    def estimate(self, ends: Ends, weight: Any, delay: Any) -> IncomingProjection:
        """Return what the ring-buffer shift depends on; a kernel's signs are kept."""
        if self.weights is None:
            mean, spread, largest = self.weight_statistics(ends, weight)
        else:
            numbers = self.weights
            mean, spread = float(np.mean(numbers)), float(np.var(numbers))
            largest = float(np.max(numbers))
        return IncomingProjection(
            n_to_one=int(self.n_to_one(ends)),
            weight_mean_nA=mean,
            weight_variance=spread,
            weight_max_nA=largest,
            delay_variance=(
                value_variance(ends, delay) if self.delays is None else float(np.var(self.delays))
            ),
        )

    def _kernel(self, values: Any) -> Floats | None:
        if values is None:
            return None
        if is_random(values):
            drawn = np.asarray(values.next(self.shape[0] * self.shape[1]), dtype=np.float64)
            return drawn.reshape(self.shape)
        if np.isscalar(values):
            return np.full(self.shape, values, dtype=np.float64)
        array = np.asarray(values, dtype=np.float64)
        if array.shape != self.shape:
            raise ConfigurationError(
                "KernelConnector", "a kernel has another shape", got=array.shape, limit=self.shape
            )
        return array


def _pair(values: Any) -> Pair:
    return int(values[0]), int(values[1])


def _steps(steps: Any, starts: Any) -> tuple[Pair, Pair]:
    return _pair(steps or (1, 1)), _pair(starts or (0, 0))


__all__ = ["KernelConnector"]
