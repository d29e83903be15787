"""Bands: r = √(w_k w_b)·(E − E_ref), both counted from the same zero of energy."""

from collections.abc import Iterable

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
        doubled: whether the reference gives a spinless level twice.
    """

    reference: Float[Array, "k band"]
    weights: Float[Array, "k band"]
    zero: Zero = static()
    doubled: bool = static()

    def __call__(self, bands: Bands) -> Float[Array, " residual"]:
        """R [hartree]."""
        return (jnp.sqrt(self.weights) * self.error(bands)).reshape(-1)

    @property
    def seen(self) -> Bool[np.ndarray, " k"]:
        """The k-points that weigh anything."""
        return np.asarray(np.any(np.asarray(self.weights) > 0, axis=1))

    def error(self, bands: Bands) -> Float[Array, "k band"]:
        """E − E_ref [hartree]."""
        E = self.counted(bands)
        return E - self.zero(E) - self.reference

    def counted(self, bands: Bands) -> Float[Array, "k band"]:
        """E of as many bands as the reference has, each as often as there [hartree]."""
        E = (bands.doubled() if self.doubled else bands).E
        return E[:, : self.reference.shape[1]]


def bands_among(targets: Iterable[object]) -> BandsTarget | None:
    """The reference bands among some targets."""
    return next((t for t in targets if isinstance(t, BandsTarget)), None)
