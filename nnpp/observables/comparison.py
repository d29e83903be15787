"""Comparison of levels with a reference.

    L = Σ_k w_k Σ_b w_b (E − E_ref)²

Both spectra are counted from an energy zero of their own (`Absolute`, `Top` or `Level`).
`Coverage` compares the errors with spreads of an ensemble: if errors were normal with the
spread as standard deviation, a share erf(t/√2) of the levels would lie within t spreads. A
factor f on all spreads, chosen so that 68.27 % of the levels lie within one, calibrates them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.special import erf

from nnpp.errors import InputError


@dataclass(frozen=True)
class Comparison:
    """Errors of levels with respect to a reference.

    Attributes:
        loss: L [hartree²].
        rmse: root mean square error of each band over all k [hartree].
    """

    loss: Float[Array, ""]
    rmse: Float[Array, " band"]


def compare(
    E: Float[Array, "k band"],
    reference: Float[Array, "k band"],
    weights: Float[Array, "k band"],
) -> Comparison:
    """Return loss and errors of levels E and `reference` [hartree] with weights w_k w_b."""
    error = E - reference
    return Comparison(jnp.sum(weights * error**2), jnp.sqrt(jnp.mean(error**2, axis=0)))


@dataclass(frozen=True)
class LevelErrors:
    """Squared errors of the levels at some k-points, from which root mean squares follow.

    The three groups of levels are the valence band top, the conduction band bottom and all
    levels. A band edge is one level, or the pair of levels where each holds one electron.

    Attributes:
        kpoints: number of k-points.
        squares: sum of squared errors of each group [hartree²].
        levels: number of levels of each group.
    """

    kpoints: int
    squares: Float[np.ndarray, " group"]
    levels: Int[np.ndarray, " group"]

    @property
    def rms(self) -> Float[np.ndarray, " group"]:
        """The root mean square error per level of each group [hartree]; NaN without levels."""
        return np.sqrt(self.squares / np.where(self.levels, self.levels, np.nan))

    def __add__(self, other: "LevelErrors") -> "LevelErrors":
        """Return the errors over the levels of both."""
        return LevelErrors(
            self.kpoints + other.kpoints,
            self.squares + other.squares,
            self.levels + other.levels,
        )


def level_errors(
    error: Float[Array | np.ndarray, "k band"],
    counted: Bool[Array | np.ndarray, "k band"],
    occupied: int,
    edge: int,
) -> LevelErrors:
    """Return the errors of the band edges and of all levels.

    Args:
        error: E − E_ref [hartree].
        counted: which levels are counted.
        occupied: number of occupied levels.
        edge: levels of a band edge: 2 where each level holds one electron, else 1.
    """
    groups = (slice(max(occupied - edge, 0), occupied), slice(occupied, occupied + edge))
    squares, counted = np.asarray(error) ** 2, np.asarray(counted)
    of_groups = [(squares[:, g], counted[:, g]) for g in (*groups, slice(None))]
    return LevelErrors(
        int(np.any(counted, axis=1).sum()),
        np.array([x[where].sum() for x, where in of_groups]),
        np.array([where.sum() for _, where in of_groups]),
    )


def matched(
    E: Float[Array, "k band"], reference: Float[Array, "refk refband"]
) -> Float[Array, "refk refband"]:
    """Return as many of the lowest levels E as the reference has.

    Raises:
        InputError: if E has other k-points or fewer levels.
    """
    if E.shape[0] != reference.shape[0] or E.shape[1] < reference.shape[1]:
        raise InputError(
            f"{E.shape[1]} bands at {E.shape[0]} k-points do not cover a reference of "
            f"{reference.shape[1]} bands at {reference.shape[0]}",
            "take the k-points from the reference and request as many bands",
        )
    return E[:, : reference.shape[1]]


Zero = Callable[[Float[Array, "k band"]], Float[Array, ""]]


@dataclass(frozen=True)
class Absolute:
    """Energies are not shifted."""

    def __call__(self, E: Float[Array, "k band"]) -> Float[Array, ""]:
        """Return the energy zero of a spectrum [hartree]."""
        return jnp.zeros(())


@dataclass(frozen=True)
class Top:
    """The valence band maximum: max E over all k and the `occupied` lowest bands."""

    occupied: int

    def __call__(self, E: Float[Array, "k band"]) -> Float[Array, ""]:
        """Return the energy zero of a spectrum [hartree]."""
        return jnp.max(E[:, : self.occupied])


@dataclass(frozen=True)
class Level:
    """The level at one k-point and band, both counted from 0."""

    k: int
    band: int

    def __call__(self, E: Float[Array, "k band"]) -> Float[Array, ""]:
        """Return the energy zero of a spectrum [hartree]."""
        return E[self.k, self.band]


ONE = float(erf(1 / np.sqrt(2)))
"""Share of a normal distribution within one standard deviation."""

LEAST = 1e-9
"""Levels with a smaller spread are left out [hartree]."""


@dataclass(frozen=True)
class Coverage:
    """Ratios of absolute errors and spreads.

    Attributes:
        ratios: the ratio of each level, in ascending order.
    """

    ratios: Float[np.ndarray, " level"]

    def share(self, t: Float[np.ndarray, " t"]) -> Float[np.ndarray, " t"]:
        """Return the share of levels whose error is within t spreads."""
        return np.searchsorted(self.ratios, t, side="right") / max(len(self.ratios), 1)

    @property
    def factor(self) -> float:
        """The factor that calibrates the spreads; NaN without levels."""
        return float(np.quantile(self.ratios, ONE)) if len(self.ratios) else float("nan")


def coverage(error: np.ndarray, spread: np.ndarray) -> Coverage:
    """Return the coverage of levels from their errors and spreads, both in the same unit."""
    used = spread > LEAST
    return Coverage(np.sort(np.abs(error[used]) / spread[used]))
