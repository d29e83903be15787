"""Functions in a box that are known in closed form, and a dot of two atoms."""

from functools import cache

import jax.numpy as jnp
import numpy as np

from nnpp.basis.half_sphere import half_sphere
from nnpp.basis.rules import PER_K
from nnpp.dots.functions import points

EDGES = np.array([20.0, 22.0, 24.0])
"""Edges of the box [bohr]."""


@cache
def basis(cutoff=6.0, factor=1.5, scale=1.0):
    """Plane waves of a box."""
    return half_sphere(np.diag(scale * EDGES), cutoff, PER_K, factor)


def block(of, *functions, centre=(0.0, 0.0, 0.0)):
    """Normalised states: values of each function at vectors from the centre (fractions)."""
    r = points(of, np.array(centre))
    f = jnp.stack([jnp.asarray(f(r)) for f in functions])
    X = of.coefficients(f)
    return (X / jnp.linalg.norm(X, axis=0))[:, None]


def gaussian(a, at=(0.0, 0.0, 0.0)):
    """exp(−|r − at|²/2a²): its square has the standard deviation a/√2."""
    return lambda r: np.exp(-np.sum((r - np.array(at)) ** 2, axis=-1) / (2 * a**2))


def orthogonal_spinors(of, X, seed=0):
    """The states as four parts, by one quaternion of norm 1 each."""
    q = np.random.default_rng(seed).normal(size=(4, X.shape[2]))
    return X * jnp.asarray(q / np.linalg.norm(q, axis=0))[None]
