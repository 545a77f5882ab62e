"""What scikit-learn makes of the same bits: a random forest and logistic regression."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import MaxAbsScaler  # type: ignore[import-untyped]

Bits = npt.NDArray[np.uint8]
Classes = npt.NDArray[np.int64]

N_TREES = 500


def forest(x: Bits, y: Classes, x_test: Bits, *, seed: int) -> Classes:
    """Decide by a random forest of 500 trees, otherwise as scikit-learn sets it.

    Parameters
    ----------
    x : (n, n_features) uint8 array
    y : (n,) int array
    x_test : (m, n_features) uint8 array
    seed : int

    Returns
    -------
    decisions : (m,) int array
    """
    trees = RandomForestClassifier(N_TREES, random_state=seed, n_jobs=1)
    return np.asarray(trees.fit(x, y).predict(x_test), dtype=np.int64)


def logistic(x: Bits, y: Classes, x_test: Bits, *, seed: int) -> Classes:
    """Decide by multinomial logistic regression.

    Parameters
    ----------
    x : (n, n_features) uint8 array
    y : (n,) int array
    x_test : (m, n_features) uint8 array
    seed : int

    Returns
    -------
    decisions : (m,) int array
    """
    line = make_pipeline(MaxAbsScaler(), LogisticRegression(max_iter=300, random_state=seed))
    return np.asarray(line.fit(x, y).predict(x_test), dtype=np.int64)


BASELINES: dict[str, Callable[..., Classes]] = {
    "random forest": forest,
    "logistic regression": logistic,
}
