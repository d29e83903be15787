"""A Hamiltonian at one k: operators that leave spin alone, and operators that mix spins.

Functions come as blocks of 1, 2 or 4 parts. Where the origin is a centre of inversion, H is
real without spin, and a matrix of quaternions between spinors: inversion and reversal of time
together leave k as it is, so that every level is a Kramers pair, one column of four parts.
"""

from collections.abc import Iterable
from functools import reduce
from operator import add

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Int

from nnpp.basis.operators import Operator, Psi
from nnpp.linalg.blocks import Block, joined, spinors, split, times
from nnpp.pytree import pytree, static


def _sum(arrays: Iterable[Array]) -> Array:
    """The sum, without the 0 that Python's own starts from."""
    return reduce(add, arrays)


@pytree
class Hamiltonian:
    """H at one k: a sum of operators, spinless or between spinors.

    Attributes:
        scalar: operators that treat both spins alike.
        spin: operators that mix spins; with none of them H is spinless.
        centred: whether the origin is a centre of inversion, so that the scalar part is real.
    """

    scalar: tuple[Operator, ...]
    spin: tuple[Operator, ...]
    centred: bool = static()

    @property
    def spins(self) -> int:
        """Components of a wave function, 1 or 2."""
        return 2 if self.spin else 1

    @property
    def waves(self) -> int:
        """Plane waves."""
        return jax.eval_shape(lambda op: op.diagonal(), self.scalar[0]).shape[1]

    @property
    def size(self) -> int:
        """Rows of H as a matrix."""
        return self.spins * self.waves

    def matrix(self) -> Complex[Array, "n n"]:
        """H dense; spinors ordered as all plane waves up, then all down [hartree]."""
        H = _sum(op.matrix()[0, :, 0, :] for op in self.scalar)
        if not self.spin:
            return H
        n = len(H)
        mixed = _sum(op.matrix() for op in self.spin)
        both = jnp.eye(2)[:, None, :, None] * H[None, :, None, :]
        return (both + mixed).reshape(2 * n, 2 * n)

    def __matmul__(self, psi: Complex[Array, "n state"]) -> Complex[Array, "n state"]:
        """H ψ without the matrix [hartree]."""
        split = psi.reshape(self.spins, -1, psi.shape[1])
        return _sum(op @ split for op in self.scalar + self.spin).reshape(psi.shape)

    def diagonal(self) -> Float[Array, " n"]:
        """The diagonal of H [hartree]."""
        d = _sum(op.diagonal() for op in self.scalar + self.spin)
        return jnp.broadcast_to(d, (self.spins, d.shape[1])).reshape(-1)

    def expectation(self, psi: Complex[Array, "n state"]) -> Float[Array, " state"]:
        """⟨ψ|H|ψ⟩ of every state [hartree]; its derivative is cheap."""
        split = psi.reshape(self.spins, -1, psi.shape[1])
        return _sum(op.expectation(split) for op in self.scalar + self.spin)

    def among(self, rows: Int[Array, " few"]) -> "Hamiltonian":
        """H between a few plane waves alone."""
        scalar, spin = (tuple(op.among(rows) for op in x) for x in (self.scalar, self.spin))
        return Hamiltonian(scalar, spin, self.centred)

    def spinless(self) -> "Hamiltonian":
        """The operators that leave spin alone."""
        return Hamiltonian(self.scalar, (), self.centred)

    @property
    def parts(self) -> int:
        """Of functions: real, complex, or (4) quaternions."""
        return (4 if self.spin else 1) if self.centred else 2

    @property
    def rows(self) -> int:
        """Of functions in parts; a quaternion holds both spins."""
        return self.waves if self.parts == 4 else self.size

    def on(self, X: Block) -> Block:
        """H X, in parts."""
        psi = spinors(X) if self.parts == 4 else joined(X)
        return split(self @ psi, self.parts)

    def assembled(self) -> "Assembled":
        """The same H, all that leaves spin alone in one matrix."""
        parts = 1 if self.centred else 2
        return Assembled(_sum(op.scalar(parts) for op in self.scalar), self.spin)


@pytree
class Assembled:
    """H at one k as a matrix between plane waves, and what mixes spins beside it.

    Attributes:
        M: T + V + H_NL, real if the origin is a centre of inversion [hartree].
        spin: operators that mix spins.
    """

    M: Float[Array, "g part g"]
    spin: tuple[Operator, ...]

    def on(self, X: Block) -> Block:
        """H X, in parts."""
        if not self.spin:
            return times(self.M, X)
        g, (_, parts, k) = len(self.M), X.shape
        if parts == 4:
            return times(self.M, X) + split(self._mixed(spinors(X)), 4)
        both = jnp.moveaxis(X.reshape(2, g, parts, k), 0, 2).reshape(g, parts, 2 * k)
        MX = jnp.moveaxis(times(self.M, both).reshape(g, parts, 2, k), 2, 0).reshape(X.shape)
        return MX + split(self._mixed(joined(X)))

    def _mixed(self, psi: Complex[Array, "n state"]) -> Complex[Array, "n state"]:
        """What mixes spins, on spinors."""
        apart: Psi = psi.reshape(2, len(self.M), -1)
        return _sum(op @ apart for op in self.spin).reshape(psi.shape)
