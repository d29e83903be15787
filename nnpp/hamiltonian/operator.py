"""A Hamiltonian between plane waves at one k, as a sum of operators.

Functions are blocks of 1, 2 or 4 parts. If the origin is a centre of inversion, H is real
without spin and quaternionic between spinors: inversion times time reversal leaves k unchanged,
so every level is a Kramers pair, which is one column of four parts.
"""

from collections.abc import Iterable
from functools import reduce
from operator import add

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Int

from nnpp.basis.operators import Operator, Psi
from nnpp.hamiltonian.interface import Hamiltonian, Start
from nnpp.hamiltonian.preconditioner import CoarseInverse
from nnpp.linalg.blocks import Block, joined, spinors, split, times
from nnpp.linalg.eigh import eigh_block
from nnpp.pytree import pytree, static

FEWEST_WAVES, WAVES_PER_LEVEL = 100, 12
"""Size of H_CC: at least this many plane waves, and this many for each level without spin."""

ASSEMBLED_UP_TO = 2500
"""Plane waves up to which H is kept as a matrix; above, Fourier transforms are faster.

Measured on one core with 12 functions and a twelfth of the assembly: both take equally long for
1600 plane waves, 17 ms (matrix) and 12 ms (transforms) for 2649. Without a matrix there is no
H_GC, and the solver needs a quarter more sweeps.
"""


def _sum(arrays: Iterable[Array]) -> Array:
    """Return the sum, without the initial 0 of Python's `sum`."""
    return reduce(add, arrays)


@pytree
class PlaneWaveHamiltonian(Hamiltonian):
    """H at one k: a sum of operators, spinless or between spinors.

    Attributes:
        scalar: operators that act on both spins alike.
        spin: operators that mix spins; without any, H is spinless.
        centred: whether the origin is a centre of inversion, so that the scalar part is real.
        coarse: plane waves of H_CC; None for the default of `coarse_waves`.
    """

    scalar: tuple[Operator, ...]
    spin: tuple[Operator, ...]
    centred: bool = static()
    coarse: int | None = static(default=None)

    @property
    def spins(self) -> int:
        """Components of a wave function, 1 or 2."""
        return 2 if self.spin else 1

    @property
    def waves(self) -> int:
        """Number of plane waves."""
        return jax.eval_shape(lambda op: op.diagonal(), self.scalar[0]).shape[1]

    @property
    def parts(self) -> int:
        """Parts of a coefficient: 1 real, 2 complex, 4 quaternionic."""
        return (4 if self.spin else 1) if self.centred else 2

    @property
    def rows(self) -> int:
        """Rows of a block of functions; a quaternion holds both spins."""
        return self.waves if self.parts == 4 else self.spins * self.waves

    def matrix(self) -> Complex[Array, "n n"]:
        """Return H as a dense matrix [hartree]; all plane waves up, then all down."""
        H = _sum(op.matrix()[0, :, 0, :] for op in self.scalar)
        if not self.spin:
            return H
        n = len(H)
        mixed = _sum(op.matrix() for op in self.spin)
        both = jnp.eye(2)[:, None, :, None] * H[None, :, None, :]
        return (both + mixed).reshape(2 * n, 2 * n)

    def apply(self, psi: Complex[Array, "n state"]) -> Complex[Array, "n state"]:
        """Return H ψ without the matrix [hartree]."""
        split = psi.reshape(self.spins, -1, psi.shape[1])
        return _sum(op @ split for op in self.scalar + self.spin).reshape(psi.shape)

    def __matmul__(self, X: Block) -> Block:
        """Return H X without the matrix [hartree]."""
        psi = spinors(X) if self.parts == 4 else joined(X)
        return split(self.apply(psi), self.parts)

    def diagonal(self) -> Float[Array, " n"]:
        """Return the diagonal of H [hartree]."""
        d = _sum(op.diagonal() for op in self.scalar + self.spin)
        return jnp.broadcast_to(d, (self.spins, d.shape[1])).reshape(-1)

    def expectation(self, psi: Complex[Array, "n state"]) -> Float[Array, " state"]:
        """Return ⟨ψ|H|ψ⟩ of every state [hartree]; its derivative is cheap."""
        split = psi.reshape(self.spins, -1, psi.shape[1])
        return _sum(op.expectation(split) for op in self.scalar + self.spin)

    def among(self, rows: Int[Array, " few"]) -> "PlaneWaveHamiltonian":
        """Return H restricted to the plane waves `rows`."""
        scalar, spin = (tuple(op.among(rows) for op in x) for x in (self.scalar, self.spin))
        return PlaneWaveHamiltonian(scalar, spin, self.centred)

    def spinless(self) -> "PlaneWaveHamiltonian":
        """Return the operators that act on both spins alike."""
        return PlaneWaveHamiltonian(self.scalar, (), self.centred)

    def assembled(self) -> "Assembled":
        """Return the same H with all spinless operators in one matrix."""
        parts = 1 if self.centred else 2
        return Assembled(_sum(op.scalar(parts) for op in self.scalar), self.spin)

    def coarse_waves(self, levels: int) -> int | None:
        """Return the size of H_CC for `levels` levels; None if H is not larger."""
        usual = max(FEWEST_WAVES, WAVES_PER_LEVEL * -(-levels // self.spins))
        count = usual if self.coarse is None else self.coarse
        return count if count < self.waves else None

    def start(self, levels: int, columns: int) -> Start | None:
        """Return H for many applications, its approximate inverse and starting functions."""
        coarse = self.coarse_waves(levels)
        if coarse is None:
            return None
        assembled = self.assembled() if self.waves <= ASSEMBLED_UP_TO else None
        inverse = self._inverse(assembled, coarse)
        return Start(assembled or self, inverse, inverse.lowest(columns, self.parts))

    def _inverse(self, assembled: "Assembled | None", coarse: int) -> CoarseInverse:
        """Return the inverse from the `coarse` plane waves with the least diagonal of H."""
        scalar = self.spinless()
        diagonal = scalar.diagonal()
        waves = jnp.argsort(diagonal)[:coarse]
        H_GC = None if assembled is None else assembled.M[:, :, waves]
        H_CC = split(scalar.among(waves).matrix(), scalar.parts)
        e, U = eigh_block(H_CC)
        return CoarseInverse(waves, e, U, H_GC, diagonal, self.rows // self.waves)


@pytree
class Assembled:
    """H at one k: a matrix between plane waves, plus the operators that mix spins.

    Attributes:
        M: the spinless operators, real if the origin is a centre of inversion [hartree].
        spin: operators that mix spins.
    """

    M: Float[Array, "g part g"]
    spin: tuple[Operator, ...]

    def __matmul__(self, X: Block) -> Block:
        """Return H X [hartree]."""
        if not self.spin:
            return times(self.M, X)
        g, (_, parts, k) = len(self.M), X.shape
        if parts == 4:
            return times(self.M, X) + split(self._mixed(spinors(X)), 4)
        both = jnp.moveaxis(X.reshape(2, g, parts, k), 0, 2).reshape(g, parts, 2 * k)
        MX = jnp.moveaxis(times(self.M, both).reshape(g, parts, 2, k), 2, 0).reshape(X.shape)
        return MX + split(self._mixed(joined(X)))

    def _mixed(self, psi: Complex[Array, "n state"]) -> Complex[Array, "n state"]:
        """Return the operators that mix spins, applied to spinors."""
        by_spin: Psi = psi.reshape(2, len(self.M), -1)
        return _sum(op @ by_spin for op in self.spin).reshape(psi.shape)
