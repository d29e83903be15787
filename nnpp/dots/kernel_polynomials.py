"""Density of states of a whole dot by Chebyshev polynomials of H and random vectors.

    g(E) = Σ_i δ(E − E_i) ≈ 1/(π b √(1−x²)) [μ₀ + 2 Σ_{n=1}^{N} J_n μ_n T_n(x)],  x = (E − a)/b
    μ_n = Tr T_n((H − a)/b) ≈ (1/R) Σ_r ⟨r|T_n((H − a)/b)|r⟩

a and b are middle and half width of an interval that contains the spectrum. J_n, Jackson's
factors, make each level nearly a Gaussian with the standard deviation (π/N) √(b² − (E−a)²).
The mean over random vectors r is exact in the limit of many; the error bar is its standard
deviation, from the differences between vectors. An error is about √(2/R) times the square root
of the number of states within the width of a level: a density of states, no count of states.
A. Weiße et al., Rev. Mod. Phys. 78, 275 (2006).
"""

from dataclasses import dataclass
from functools import partial
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from nnpp.hamiltonian.interface import LinearOperator
from nnpp.linalg.blocks import Block

MARGIN = 0.01
"""The interval is wider than its bounds by this part at each end."""


@runtime_checkable
class Bounded(LinearOperator, Protocol):
    """An operator with bounds of its spectrum, as `DotHamiltonian`."""

    @property
    def rows(self) -> int:
        """Rows of a block of functions."""
        ...

    @property
    def parts(self) -> int:
        """Parts of a coefficient."""
        ...

    @property
    def lower(self) -> Float[Array, ""]:
        """A lower bound of the spectrum [hartree]."""
        ...

    @property
    def upper(self) -> Float[Array, ""]:
        """An upper bound of the spectrum [hartree]."""
        ...


@dataclass(frozen=True)
class SpectralDensity:
    """Density of states of a dot; every state holds two electrons.

    Attributes:
        energy: the energies [hartree].
        density: states per hartree at each energy; its integral is the number of rows.
        error: standard deviation of `density` from the random vectors.
        below: number of states below each energy.
        below_error: standard deviation of `below`.
        resolution: standard deviation of a level at each energy [hartree].
    """

    energy: Float[np.ndarray, " E"]
    density: Float[np.ndarray, " E"]
    error: Float[np.ndarray, " E"]
    below: Float[np.ndarray, " E"]
    below_error: Float[np.ndarray, " E"]
    resolution: Float[np.ndarray, " E"]


def spectral_density(
    H: Bounded,
    energy: Float[np.ndarray, " E"],
    resolution: float,
    vectors: int,
    key: Key[Array, ""],
) -> SpectralDensity:
    """Return the density of states of H.

    A kinetic energy that rises smoothly makes the spectrum wide and the polynomials long: take
    `H.coarse(cutoff)` with a cutoff below 0.81 of that of H.

    Args:
        H: the Hamiltonian.
        energy: energies [hartree].
        resolution: standard deviation of a level in the middle of the spectrum [hartree]; H is
            applied π b/(2 resolution) times to each vector.
        vectors: random vectors, two or more; all are held.
        key: of the random numbers.
    """
    low, high = float(H.lower), float(H.upper)
    a, b = (low + high) / 2, (high - low) / 2 * (1 + 2 * MARGIN)
    order = 2 * int(np.ceil(np.pi * b / resolution / 2))
    r = jax.random.normal(key, (H.rows, H.parts, vectors))
    mu = np.asarray(_moments(H, r, a, b, order // 2))
    # Each vector is scaled so that its estimate of μ₀ is exact.
    return _of_moments(mu * (H.rows / mu[0]), energy, a, b)


@partial(jax.jit, static_argnames="half")
def _moments(
    H: Bounded, r: Block, a: Float[Array, ""] | float, b: Float[Array, ""] | float, half: int
) -> Float[Array, "n vector"]:
    """Return ⟨r|T_n|r⟩ for n up to 2·half: T_{2n} = 2T_n² − 1, T_{2n+1} = 2T_{n+1}T_n − T₁."""

    def scaled(X: Block) -> Block:
        return (H @ X - a * X) / b

    def step(last: tuple[Block, Block], _: None) -> tuple[tuple[Block, Block], Array]:
        before, now = last
        after = 2 * scaled(now) - before
        return (now, after), jnp.stack([_products(now, now), _products(after, now)])

    first = scaled(r)
    start = jnp.stack([_products(r, r), _products(first, r)])
    _, found = jax.lax.scan(step, (r, first), None, half)
    mu = jnp.concatenate([start, (2 * found - start).reshape(-1, r.shape[2])])
    return mu[:-1]


def _products(X: Block, Y: Block) -> Float[Array, " vector"]:
    """Return the real part of ⟨x|y⟩ of each pair of columns."""
    return jnp.sum(X * Y, axis=(0, 1))


def _of_moments(
    mu: Float[np.ndarray, "n vector"], energy: Float[np.ndarray, " E"], a: float, b: float
) -> SpectralDensity:
    """Return the density from the moments of each vector."""
    N, vectors = len(mu) - 1, mu.shape[1]
    J = _jackson(N)[:, None] * mu
    x = (energy - a) / b
    inside = np.abs(x) < 1
    theta = np.arccos(np.clip(x, -1, 1))
    n = np.arange(1, N + 1)
    # Σ_n over n for each vector, then mean and error over the vectors.
    angles = theta[:, None] * n
    g = (J[0] + 2 * np.cos(angles) @ J[1:]) / (np.pi * b)
    g = np.where(inside[:, None], g / np.where(inside, np.sin(theta), 1.0)[:, None], 0.0)
    below = J[0] * (1 - theta[:, None] / np.pi) - 2 / np.pi * (np.sin(angles) / n) @ J[1:]
    spread = np.sqrt(max(vectors, 1))
    return SpectralDensity(
        energy,
        g.mean(axis=1),
        g.std(axis=1, ddof=1) / spread,
        below.mean(axis=1),
        below.std(axis=1, ddof=1) / spread,
        np.pi / N * b * np.sin(theta),
    )


def _jackson(N: int) -> Float[np.ndarray, " n"]:
    """Return Jackson's factors J_0 … J_N."""
    n, M = np.arange(N + 1), N + 2
    return ((M - n) * np.cos(np.pi * n / M) + np.sin(np.pi * n / M) / np.tan(np.pi / M)) / M
