"""H of one large box at k = 0, between real functions: a nanocrystal, or a supercell.

    H = T + V(r) + Σ separable terms

Functions are blocks (row, part, column) of one part, or of four for spinors. Each part is a
real function of r, since time reversal is complex conjugation there; a column of four parts is
a Kramers pair. H is applied in the precision of the block.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.basis.half_sphere import HalfSphere
from nnpp.hamiltonian.interface import Hamiltonian
from nnpp.linalg.blocks import Block
from nnpp.pytree import pytree, static
from nnpp.terms.local_box import resampled
from nnpp.terms.real_projectors import RealSeparable


@pytree
class DotHamiltonian(Hamiltonian):
    """H between the real functions of a sphere of plane waves.

    Attributes:
        sphere: the plane waves.
        T: kinetic energy of each row [hartree].
        V: local potential at the points of the box [hartree].
        separable: terms with projectors.
        spinor: whether functions are spinors.
    """

    sphere: HalfSphere
    T: Float[Array, " row"]
    V: Float[Array, "x y z"]
    separable: tuple[RealSeparable, ...]
    spinor: bool = static()

    @property
    def rows(self) -> int:
        """Rows of a block of functions."""
        return self.sphere.rows

    @property
    def cutoff(self) -> float:
        """½|G|² of the longest plane wave [hartree]."""
        return float(self.sphere.K2[-1] / 2)

    @property
    def parts(self) -> int:
        """1 without spin, 4 for spinors."""
        return 4 if self.spinor else 1

    def __matmul__(self, X: Block) -> Block:
        """Return H X [hartree], in the precision of X."""
        return _applied(self, X)

    @property
    def upper(self) -> Float[Array, ""]:
        """An upper bound of the spectrum: max T + max V + norms of the others [hartree]."""
        return (
            jnp.max(self.T) + jnp.max(self.V) + sum(map(_norm, self.separable), jnp.zeros(()))
        )

    @property
    def lower(self) -> Float[Array, ""]:
        """A lower bound of the spectrum: min T + min V − norms of the others [hartree]."""
        return (
            jnp.min(self.T) + jnp.min(self.V) - sum(map(_norm, self.separable), jnp.zeros(()))
        )

    def coarse(self, cutoff: float, factor: float = 1.26) -> "DotHamiltonian":
        """Return H on the first rows, those below a smaller cutoff.

        With a kinetic energy that rises smoothly, take a cutoff below 0.81 of that of H: there
        T is ½G², and the spectrum is narrow.

        Args:
            cutoff: cutoff [hartree].
            factor: points along an axis, relative to those that hold the plane waves; 1.26
                moves levels by up to 1e-4 hartree.
        """
        sphere = self.sphere.prefix(cutoff, factor)
        return DotHamiltonian(
            sphere,
            self.T[: sphere.rows],
            resampled(self.V, sphere.shape),
            tuple(one.prefix(sphere.rows) for one in self.separable),
            self.spinor,
        )


@jax.jit
def _applied(H: DotHamiltonian, X: Block) -> Block:
    """Return H X."""
    flat = X.reshape(len(X), -1)
    Y = H.T.astype(X.dtype)[:, None] * flat + H.sphere.multiplied(H.V, flat)
    return sum((one @ X for one in H.separable), Y.reshape(X.shape))


def _norm(one: RealSeparable) -> Float[Array, ""]:
    """Return an upper bound of the largest eigenvalue: the largest row sum of |BᵀB| |s C|."""
    directions = one.coupling.shape[1]
    overlap = jnp.abs(one.B.T @ one.B)
    strength = (
        jnp.repeat(jnp.abs(one.strength), directions) * jnp.abs(one.coupling).sum((2, 3)).max()
    )
    return jnp.max(overlap @ strength)
