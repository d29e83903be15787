"""H of a few Gaussian wells in a box: a small dot with a gap, without and with spin."""

import jax.numpy as jnp
import numpy as np

from nnpp.basis.half_sphere import half_sphere
from nnpp.basis.rules import PER_K
from nnpp.hamiltonian.dot import DotHamiltonian
from nnpp.terms.fitted.spin_orbit import TERM as SPIN_ORBIT
from nnpp.terms.local_box import box_shells, local_potential
from nnpp.terms.real_projectors import RealSeparable, real_coupling

DEPTH, WIDTH = 2.2, 1.3
"""Depth [hartree] and width [bohr] of a well."""


def wells(
    sites: int, cutoff: float = 1.6, seed: int = 0, spinor: bool = False, length: float = 13.0
) -> DotHamiltonian:
    """Return H of Gaussian wells, at least 3.5 bohr apart, near the middle of a box."""
    rng = np.random.default_rng(seed)
    r: list[np.ndarray] = []
    while len(r) < sites:
        new = rng.uniform(-0.3, 0.3, 3) * length
        if all(np.linalg.norm(new - old) > 3.5 for old in r):
            r.append(new)
    cell = length * np.diag([1.0, 1.02, 1.05])
    sphere = half_sphere(cell, cutoff, PER_K, 2.0)
    lengths = box_shells(cell, sphere.shape)
    v = -DEPTH * (2 * np.pi) ** 1.5 * WIDTH**3 * jnp.exp(-((lengths.q * WIDTH) ** 2) / 2)
    x = jnp.asarray(np.array(r) @ np.linalg.inv(cell))
    V = local_potential(lengths, [x], [jnp.ones(sites)], [v], sphere.volume)
    T = jnp.asarray(sphere.K2 / 2)
    if not spinor:
        return DotHamiltonian(sphere, T, V, (), False)
    B = jnp.asarray(rng.normal(size=(sphere.rows, 6))) / (1 + T[:, None]) ** 2 / 4
    L_S = RealSeparable(B, jnp.array([0.4, 0.3]), jnp.asarray(real_coupling(SPIN_ORBIT)))
    return DotHamiltonian(sphere, T, V, (L_S,), True)


def levels(H: DotHamiltonian) -> np.ndarray:
    """Return all levels by dense `eigh`, of spinors one of each pair."""
    E = np.linalg.eigvalsh(np.asarray(H.matrix()))
    return E[::2] if H.spinor else E
