"""Bands made by hand, so that everything about them is known."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.hamiltonian.bulk import at_shells, matrix
from nnpp.observables.bands import Bands
from nnpp.potentials.potential import Potential, Strengths
from nnpp.structures.kpoints import KPoints, listed
from tests.systems import cdse, zincblende


def bands(E, k=None, occupied: int = 2, spinor: bool = False) -> Bands:
    """Levels `E` at the fractional k-points `k`, or at Γ and points of no meaning."""
    E = np.atleast_2d(np.asarray(E, float))
    k = np.outer(np.arange(len(E)), [0.11, 0.07, 0.03]) if k is None else k
    return Bands(listed(zincblende(), k), jnp.asarray(E), occupied, spinor)


def on(kpoints: KPoints, E, spinor: bool = False) -> Bands:
    """One band E(k) or several, at given k-points."""
    return Bands(kpoints, jnp.asarray(np.reshape(E, (len(kpoints), -1))), 1, spinor)


def spinors(a5=(0.8, 1.9)) -> Potential:
    """zb-CdSe with spin-orbit strengths of the right size, made up [hartree]."""
    return Potential(cdse().local, Strengths(spin_orbit=jnp.asarray(a5)), ("Cd", "Se"))


def slope_and_difference(f, potential, h=1e-4):
    """df/dt of f(potential + t·d), d of no symmetry: by reverse mode, and by four points.

    One program for both: to compile two takes longer than to run one five times.
    """
    leaves, shape = jax.tree.flatten(potential)
    rng = np.random.default_rng(0)
    along = [jnp.asarray(rng.normal(size=x.shape)) * (0.1 + jnp.abs(x)) for x in leaves]

    @jax.jit
    @jax.value_and_grad
    def y(leaves):
        return f(jax.tree.unflatten(shape, leaves))

    def at(x):
        return y([a + x * h * b for a, b in zip(leaves, along, strict=True)])

    slope = sum(float(jnp.vdot(a, b)) for a, b in zip(at(0)[1], along, strict=True))
    far, near = (float(at(x)[0] - at(-x)[0]) for x in (2, 1))
    return slope, (8 * near - far) / (12 * h)


def levels_near(potential, system):
    """Levels at k + κ in the plane waves of the first k, by NumPy."""
    numbers = at_shells(potential, system)

    @jax.jit
    def H(kappa):
        waves = replace(system.waves, K=system.waves.K + kappa)
        return matrix(numbers, replace(system, waves=waves))

    return lambda kappa: np.linalg.eigvalsh(np.asarray(H(kappa)))
