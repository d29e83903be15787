"""Kinetic energy: ⟨G|T|G′⟩ = ½|k+G|² δ_GG′."""

import jax.numpy as jnp

from nnpp.basis.operators import Diagonal
from nnpp.basis.plane_waves import PlaneWaves

FILLING = 1e3
"""Energy of a row that is only padding [hartree]: above every level that is requested."""


def kinetic(waves: PlaneWaves) -> Diagonal:
    """T at one k [hartree]."""
    return Diagonal(jnp.where(waves.real, jnp.sum(waves.K**2, axis=-1) / 2, FILLING))
