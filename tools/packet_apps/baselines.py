"""What scikit-learn makes of the same bits: a random forest and logistic regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import MaxAbsScaler  # type: ignore[import-untyped]

N_TREES = 500


def forest(seed: int) -> Any:
    """Random forest of 500 trees, otherwise as scikit-learn sets it."""
    return RandomForestClassifier(N_TREES, random_state=seed, n_jobs=1)


def logistic(seed: int) -> Any:
    """Multinomial logistic regression."""
    return make_pipeline(MaxAbsScaler(), LogisticRegression(max_iter=300, random_state=seed))


BASELINES: dict[str, Callable[[int], Any]] = {
    "random forest": forest,
    "logistic regression": logistic,
}


def decide(
    name: str,
    x: npt.NDArray[np.uint8],
    y: npt.NDArray[np.int64],
    x_test: npt.NDArray[np.uint8],
    *,
    seed: int,
) -> npt.NDArray[np.int64]:
    """Fit a baseline to some packets and let it decide others.

    Parameters
    ----------
    name : str
        One of `BASELINES`.
    x : (n, n_features) uint8 array
    y : (n,) int array
    x_test : (m, n_features) uint8 array
    seed : int

    Returns
    -------
    decisions : (m,) int array
    """
    return np.asarray(BASELINES[name](seed).fit(x, y).predict(x_test), dtype=np.int64)
