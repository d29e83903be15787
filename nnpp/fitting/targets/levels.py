"""Targets that levels determine, as vectors of residuals √w·(x − x_target).

Bands: r = √(w_k w_b)·(E − E_ref), both counted from the same zero of energy. Gap: x is
min E_c − max E_v over the k-points. At Γ: x is a direct gap or a spin-orbit splitting; a direct
gap in cells of two volumes determines dE_g/d ln Ω.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from nnpp.observables.bands import Bands
from nnpp.observables.comparison import Zero
from nnpp.pytree import pytree, static


@pytree
class BandsTarget:
    """Reference levels at the k-points of a spectrum.

    Attributes:
        reference: the levels, from their zero [hartree].
        weights: w_k w_b of each level.
        zero: what is subtracted from the levels of the potential.
        doubled: whether the reference lists a spinless level twice.
    """

    reference: Float[Array, "k band"]
    weights: Float[Array, "k band"]
    zero: Zero = static()
    doubled: bool = static()

    def __call__(self, bands: Bands) -> Float[Array, " residual"]:
        """Return r [hartree]."""
        return (jnp.sqrt(self.weights) * self.error(bands)).reshape(-1)

    @property
    def seen(self) -> Bool[np.ndarray, " k"]:
        """Whether each k-point has a weight."""
        return np.asarray(np.any(np.asarray(self.weights) > 0, axis=1))

    def error(self, bands: Bands) -> Float[Array, "k band"]:
        """Return E − E_ref [hartree]."""
        E = self.counted(bands)
        return E - self.zero(E) - self.reference

    def weighted_errors(self, bands: Bands) -> Float[np.ndarray, " level"]:
        """Return E − E_ref of every level that has a weight [hartree]."""
        return np.asarray(self.error(bands))[np.asarray(self.weights) > 0]

    def counted(self, bands: Bands) -> Float[Array, "k band"]:
        """Return E of the bands that the reference has, doubled as there [hartree]."""
        E = (bands.doubled() if self.doubled else bands).E
        return E[:, : self.reference.shape[1]]

    def with_even_weight(self, weight: Float[Array, ""]) -> "BandsTarget":
        """Return the target with this weight for every level that has any."""
        return replace(self, weights=jnp.where(self.weights > 0, weight, 0.0))


def bands_among(targets: Iterable[object]) -> BandsTarget | None:
    """Return the reference bands among targets, or None."""
    return next((t for t in targets if isinstance(t, BandsTarget)), None)


@pytree
class GapTarget:
    """A target value of the gap.

    Attributes:
        value: E_g [hartree].
        weight: w.
    """

    value: Float[Array, ""]
    weight: Float[Array, ""]

    def __call__(self, bands: Bands) -> Float[Array, " 1"]:
        """Return r [hartree]."""
        v = bands.occupied
        width = jnp.min(bands.E[:, v]) - jnp.max(bands.E[:, v - 1])
        return jnp.sqrt(self.weight) * (width - self.value)[None]


@pytree
class AtGammaTarget:
    """A target value of a number that the levels at Γ determine.

    Attributes:
        value: x₀ [hartree].
        weight: w.
        measure: x, from bands and the index of Γ among their k-points [hartree].
        gamma: that index.
    """

    value: Float[Array, ""]
    weight: Float[Array, ""]
    measure: Callable[[Bands, int], Float[Array, ""]] = static()
    gamma: int = static()

    def __call__(self, bands: Bands) -> Float[Array, " 1"]:
        """Return r [hartree]."""
        x = self.measure(bands, self.gamma)
        return jnp.sqrt(self.weight) * (x - self.value)[None]
