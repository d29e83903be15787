"""Spin-orbit splitting of the valence top at Γ in a zinc-blende crystal: Δ = E(Γ8) − E(Γ7)."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.errors import InputError
from nnpp.observables.bands import Bands

NEEDED = "the splitting needs all filled levels at Γ, six or more"


def spin_orbit_splitting(bands: Bands) -> Float[Array, ""]:
    """The splitting at the first Γ among the k-points [hartree]."""
    return splitting_at(bands, bands.kpoints.require_gamma)


def splitting_at(bands: Bands, gamma: int) -> Float[Array, ""]:
    """Mean of the four upper minus mean of the two lower of the six highest filled levels at Γ.

    Positive for the usual order [hartree]; zero without spin-orbit. Means, so that its
    derivative exists at the multiplets. An inverted pair (Γ7 above) comes out negative.
    """
    doubled = bands.doubled()
    if not 6 <= doubled.occupied <= doubled.E.shape[1]:
        raise InputError(NEEDED, f"ask for {bands.occupied} bands or more")
    E = doubled.E[gamma, doubled.occupied - 6 : doubled.occupied]
    quartet_below = E[4] - E[3] > E[2] - E[1]
    inverted, usual = E[:4].mean() - E[4:].mean(), E[2:].mean() - E[:2].mean()
    return jnp.where(quartet_below, inverted, usual)
