"""Search among fits: early stopping of bad fits, and the importance of each hyperparameter.

importance = 1 − (1 − R²)(n − 1)/(n − p − 1), where R² is the fraction of the variance of the n
ranks of the errors that a parabola (p = 2) in the ranks of one hyperparameter explains, or the
means of groups (p = groups − 1) if it takes few values.

Our own importance, because those of Optuna have no significance level, and its default (fANOVA)
needs scikit-learn and a seed. Our own pruning, because it must work in Ray's driver and go on
from study.json; Optuna's median rule compares the others' errors at one step, not their lowest.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

FIRST, SHARE = 3, 0.25
"""No fit is stopped before this number of steps, nor before this fraction of all steps."""

OTHERS = 4
"""No fit is stopped when fewer others than this have come as far."""

TERMS, TWENTIETH = 2, 0.05
"""p of a parabola, and the significance level."""

GROUPS = 3
"""A hyperparameter with up to this many values is treated as groups."""


def should_prune(
    course: Sequence[float], others: Sequence[Sequence[float]], steps: int
) -> bool:
    """Return whether the lowest error so far is above the median of others at the same step.

    The median rule of Golovin et al., Proc. KDD 2017, 1487 (doi:10.1145/3097983.3098043), with
    the lowest error of the others instead of their mean, because errors of fits decrease.

    Args:
        course: errors after each step of the fit.
        others: errors after each step of other fits.
        steps: number of steps of a complete fit.
    """
    done = len(course)
    if done < max(FIRST, SHARE * steps):
        return False
    at_this_step = [min(other[:done]) for other in others if len(other) >= done]
    return len(at_this_step) >= OTHERS and min(course) > float(np.median(at_this_step))


def importance(
    x: Float[np.ndarray, " trial"], error: Float[np.ndarray, " trial"]
) -> float | None:
    """Return the importance of one hyperparameter, from 0 to 1; None for too few trials."""
    found, group = np.unique(x, return_inverse=True)
    r, y = rankdata(x), rankdata(error)
    columns = np.eye(len(found))[group] if len(found) <= GROUPS else _powers(r)
    n, p = len(y), columns.shape[1] - 1
    if n <= p + 2 or np.ptp(y) == 0:
        return None
    fitted = columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
    unexplained = np.sum((y - fitted) ** 2) / np.sum((y - y.mean()) ** 2)
    return max(0.0, float(1 - unexplained * (n - 1) / (n - p - 1)))


def chance(trials: int) -> float | None:
    """Return the importance that an irrelevant hyperparameter exceeds in 1 of 20 cases.

    R² of p = 2 and normal errors is larger than x with probability (1 − x)^((n − 3)/2).
    """
    if trials <= TERMS + 2:
        return None
    unexplained = TWENTIETH ** (2 / (trials - TERMS - 1))
    return max(0.0, 1 - unexplained * (trials - 1) / (trials - TERMS - 1))


def _powers(r: Float[np.ndarray, " trial"]) -> Float[np.ndarray, "trial power"]:
    """Return 1, r and r², scaled."""
    return np.vander((r - r.mean()) / np.ptp(r), TERMS + 1, increasing=True)
