"""A search among fits: which are hopeless, and which of their numbers mattered.

importance = 1 − (1 − R²)(n − 1)/(n − p − 1), where R² is the share of the variance of the n
ranks of the errors that a parabola (p = 2) in the ranks of one number explains by itself, or
the means of groups (p = groups − 1) where it takes few values.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

FIRST, SHARE = 3, 0.25
"""No fit is hopeless before so many steps, nor before that share of them."""

OTHERS = 4
"""Nor beside fewer fits than this."""

TERMS, TWENTIETH = 2, 0.05
"""p of a parabola, and how often chance may do as well."""

GROUPS = 3
"""A number that takes up to so many values is a matter of groups."""


def hopeless(course: Sequence[float], others: Sequence[Sequence[float]], steps: int) -> bool:
    """Whether the lowest error so far is above the median of others after as many steps.

    The median rule of Golovin et al., Proc. KDD 2017, 1487 (doi:10.1145/3097983.3098043), with
    the lowest error of the others in place of their mean: fits do not fluctuate, but fall.
    """
    done = len(course)
    if done < max(FIRST, SHARE * steps):
        return False
    at_this_step = [min(other[:done]) for other in others if len(other) >= done]
    return len(at_this_step) >= OTHERS and min(course) > float(np.median(at_this_step))


def importance(
    x: Float[np.ndarray, " trial"], error: Float[np.ndarray, " trial"]
) -> float | None:
    """How much of the order of errors one number explains: from 0 to 1, None for too few."""
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
    """The importance that a number of no matter exceeds once in twenty times.

    R² of p = 2 and normal errors is larger than x with probability (1 − x)^((n − 3)/2).
    """
    if trials <= TERMS + 2:
        return None
    unexplained = TWENTIETH ** (2 / (trials - TERMS - 1))
    return max(0.0, 1 - unexplained * (trials - 1) / (trials - TERMS - 1))


def _powers(r: Float[np.ndarray, " trial"]) -> Float[np.ndarray, "trial power"]:
    """1, r and r², of a size."""
    return np.vander((r - r.mean()) / np.ptp(r), TERMS + 1, increasing=True)
