"""Bands against a reference: L = Σ_k w_k Σ_b w_b (E − E_ref)², and the error of each band."""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.errors import InputError


@dataclass(frozen=True)
class Comparison:
    """How far bands are from a reference.

    Attributes:
        loss: L [hartree²].
        rmse: root of the mean square error of each band over all k [hartree].
    """

    loss: Float[Array, ""]
    rmse: Float[Array, " band"]


def compare(
    E: Float[Array, "k band"],
    reference: Float[Array, "k band"],
    weights: Float[Array, "k band"],
) -> Comparison:
    """Compare levels with those of `reference` [hartree]; `weights` are w_k w_b."""
    error = E - reference
    return Comparison(jnp.sum(weights * error**2), jnp.sqrt(jnp.mean(error**2, axis=0)))


def matched(
    E: Float[Array, "k band"], reference: Float[Array, "refk refband"]
) -> Float[Array, "refk refband"]:
    """As many of the lowest levels E as the reference has, or an error with the remedy."""
    if E.shape[0] != reference.shape[0] or E.shape[1] < reference.shape[1]:
        raise InputError(
            f"{E.shape[1]} bands at {E.shape[0]} k-points do not cover a reference of "
            f"{reference.shape[1]} bands at {reference.shape[0]}",
            "take the k-points from the reference and ask for as many bands",
        )
    return E[:, : reference.shape[1]]
