"""The floor: what a step must compute and move, at the rates of a large product and a copy."""

from dataclasses import dataclass
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.eigensolvers import davidson
from nnpp.hamiltonian import System

SIZE, LONG = 3000, 40_000_000


@dataclass(frozen=True)
class Rates:
    """What this machine does at its best.

    Attributes:
        flops: operations a second of a large real product.
        bytes: read and written a second by a large copy.
    """

    flops: float
    bytes: float


def median(f, runs: int = 5) -> float:
    """Seconds of f, after one call that compiles."""
    jax.block_until_ready(f())
    seconds = []
    for _ in range(runs):
        began = perf_counter()
        jax.block_until_ready(f())
        seconds.append(perf_counter() - began)
    return float(np.median(seconds))


def rates() -> Rates:
    """Measured on the first device, with all the threads that it has."""
    A, x = jnp.ones((SIZE, SIZE)), jnp.ones(LONG)
    product, copy = jax.jit(lambda A: A @ A), jax.jit(lambda x: x + 1)
    return Rates(
        flops=2 * SIZE**3 / median(lambda: product(A)),
        bytes=2 * 8 * LONG / median(lambda: copy(x)),
    )


def operations(system: System, n: int, spinor: bool, sweeps: float) -> dict[str, float]:
    """Real operations of one gradient step, at all k; a complex product counts eight.

    H on the first functions and on every correction; orthogonality, Rayleigh and Ritz; the
    coarse matrix, all of it (9 n³ complex); densities by Fourier transforms, there and back.
    """
    k, N = system.waves.K.shape[:2]
    spins, of_matrix = 1 + spinor, 4 if system.centred else 8
    m, w = n + davidson.GUARD, davidson.width(n)
    coarse = davidson.usual_coarse(n)
    columns = m + sweeps * davidson.EXPANSIONS * w
    projectors = sum(3 * r.A.shape[1] for r in system.radial) * len(system.centres.tau)
    spin_orbit = 3 * system.radial[0].A.shape[1] * len(system.centres.tau)
    points = float(np.prod(system.local.differences.box))
    basis = sum(
        8 * N * spins * v * (5 * w + 2 * m)
        for v in (m + i * w for i in range(1, davidson.EXPANSIONS + 1))
    )
    return {
        "H on functions": k * of_matrix * N**2 * spins * columns
        + k * spinor * 16 * N * spin_orbit * spins * columns,
        "assembling H": k * spinor * of_matrix / 2 * N**2 * (projectors - spin_orbit),
        "spaces": k * sweeps * basis,
        "coarse matrix": k * 9 * 4 * coarse**3,
        "densities": k * (spins * n + 1) * 5 * points * np.log2(points),
    }


def bytes_moved(system: System, n: int, sweeps: float) -> float:
    """The matrix of H, once for each correction at every k."""
    k, N = system.waves.K.shape[:2]
    parts = 1 if system.centred else 2
    return k * 8.0 * parts * N**2 * (1 + sweeps * davidson.EXPANSIONS)
