"""Is a spread the size of the error? The share of levels that lie within t spreads.

Were errors normal with the spread as their deviation, a share erf(t/√2) would. A factor f on
all spreads, so that 68.27 % lie within one, makes them honest on average.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import erf

ONE = float(erf(1 / np.sqrt(2)))
"""The share within one deviation."""

LEAST = 1e-9
"""A spread of less is none, and is not asked [hartree]."""


@dataclass(frozen=True)
class Coverage:
    """Errors over spreads, without sign.

    Attributes:
        ratios: of each level, in rising order.
    """

    ratios: Float[np.ndarray, " level"]

    def share(self, t: Float[np.ndarray, " t"]) -> Float[np.ndarray, " t"]:
        """How many lie within t spreads."""
        return np.searchsorted(self.ratios, t, side="right") / max(len(self.ratios), 1)

    @property
    def factor(self) -> float:
        """What makes spreads honest; NaN where nothing is known."""
        return float(np.quantile(self.ratios, ONE)) if len(self.ratios) else float("nan")


def coverage(error: np.ndarray, spread: np.ndarray) -> Coverage:
    """Of levels with an error and a spread each, both in the same unit."""
    known = spread > LEAST
    return Coverage(np.sort(np.abs(error[known]) / spread[known]))
