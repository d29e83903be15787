"""The floor of a step: its operations and bytes at the rates of a large product and a copy."""

from dataclasses import dataclass
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.eigensolvers import davidson
from nnpp.hamiltonian.bulk import System
from nnpp.hamiltonian.operator import PlaneWaveHamiltonian
from nnpp.terms.term import terms

SIZE = 3000


@dataclass(frozen=True)
class Rates:
    """The highest rates of this machine.

    Attributes:
        flops: operations per second of a large real product.
        bytes: bytes per second, read and written, of a large copy.
    """

    flops: float
    bytes: float


def median(f, runs: int = 5) -> float:
    """Return the median seconds of f, after one call that compiles."""
    jax.block_until_ready(f())
    seconds = []
    for _ in range(runs):
        began = perf_counter()
        jax.block_until_ready(f())
        seconds.append(perf_counter() - began)
    return float(np.median(seconds))


def rates(size: float) -> Rates:
    """Return the rates of the first device, the copy being one of `size` bytes.

    Pass the size of the matrix that a step reads: one that fits into the cache is read faster.
    """
    A, x = jnp.ones((SIZE, SIZE)), jnp.ones(int(size / 8))
    product, copy = jax.jit(lambda A: A @ A), jax.jit(lambda x: x + 1)
    return Rates(
        flops=2 * SIZE**3 / median(lambda: product(A)),
        bytes=2 * size / median(lambda: copy(x), 50),
    )


def operations(
    H: PlaneWaveHamiltonian, system: System, n: int, sweeps: float
) -> dict[str, float]:
    """Return the real operations of one gradient step at all k; H is that of any k.

    A product of numbers of p parts counts 2 p². H on the first functions and on every
    correction; orthogonality, Rayleigh and Ritz; the coarse matrix, all of it (9 n³ products);
    half of a symmetric product where H is assembled; densities by Fourier transforms.
    """
    k, N, parts, spins, rows = len(system.waves.K), H.waves, H.parts, H.spins, H.rows
    scalar, spinor = H.spinless().parts, bool(H.spin)
    of_H, w = 2 * scalar * parts, davidson.width(davidson.columns(H, n))
    m, coarse = davidson.columns(H, n + davidson.GUARD), H.coarse_waves(n) or N
    columns = m + sweeps * davidson.EXPANSIONS * w
    centres = len(system.centres.tau)
    columns_of = {
        term.name: (2 * term.l + 1) * centres * sum(r.A.shape[1] for r in radial)
        for term in terms()
        if (radial := system.radial.get(term.name))
    }
    projectors, spin_orbit = sum(columns_of.values()), columns_of.get("spin_orbit", 0)
    points = float(np.prod(system.local.differences.box))
    basis = sum(
        2 * parts**2 * rows * v * (5 * w + 2 * m)
        for v in (m + i * w for i in range(1, davidson.EXPANSIONS + 1))
    )
    return {
        "H on functions": k * of_H * N * rows * columns
        + k * spinor * 2 * of_H * rows * spin_orbit * columns,
        "assembling H": k * spinor * scalar**2 * N**2 * (projectors - spin_orbit),
        "spaces": k * sweeps * basis,
        "coarse matrix": k * 9 * 2 * scalar**2 * coarse**3,
        "densities": k * (spins * n + 1) * 5 * points * np.log2(points),
    }


def matrix_bytes(system: System) -> float:
    """Return the bytes of the matrix of H at one k."""
    return 8.0 * (1 if system.centred else 2) * system.waves.K.shape[1] ** 2


def bytes_moved(system: System, sweeps: float) -> float:
    """Return the bytes moved: the matrix of H for each correction at every k."""
    k = len(system.waves.K)
    return k * matrix_bytes(system) * (1 + sweeps * davidson.EXPANSIONS)
