"""Features: what a network sees of the length q."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

Features = Callable[[Float[Array, " q"]], Float[Array, "q feature"]]


@dataclass(frozen=True)
class Bare:
    """q itself, as DeePseudopot has it; not even in q: v(r) may have a cusp at r = 0."""

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q 1"]:
        """The one feature [bohr⁻¹]."""
        return q[:, None]

    def __str__(self) -> str:
        return "q itself, not even: v(r) may have a cusp at the atom"


@dataclass(frozen=True)
class Radial:
    """φ(q) + φ(−q), with Gaussians φ of `width` at 0, `spacing`, 2·`spacing`, … `end` [bohr⁻¹].

    Even in q for every weight of the network; v(r) reaches about as far as 1/width.
    """

    width: float
    spacing: float
    end: float

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q feature"]:
        """The features at q."""
        centres = jnp.arange(0.0, self.end + self.spacing / 2, self.spacing)
        bumps = [
            jnp.exp(-((q[:, None] + s * centres) ** 2) / (2 * self.width**2)) for s in (-1, 1)
        ]
        return bumps[0] + bumps[1]

    def __str__(self) -> str:
        return (
            f"Gaussians in q, even: width {self.width:g}, one every {self.spacing:g} "
            f"up to {self.end:g} bohr⁻¹"
        )


FEATURES = {"bare": Bare, "radial": Radial}
"""By the names in fit.yaml and in stored models."""
