"""The interface between a Hamiltonian and the eigensolvers.

A class that inherits from `Hamiltonian` defines `rows`, `parts` and `H @ X`; the other members
have defaults. An iterative solver also uses `start`. The derivative of the levels uses
`expectation`, and requires that the class is a pytree of its parameters (`nnpp.pytree`).
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from nnpp.linalg.blocks import Block, joined, spinors, split

Preconditioner = Callable[[Block, Float[Array, " column"]], Block]
"""Approximates (H − E)⁻¹ R for residuals R [hartree], each column with its own E [hartree]."""


@runtime_checkable
class LinearOperator(Protocol):
    """An operator on blocks of functions."""

    def __matmul__(self, X: Block, /) -> Block:
        """Return H X [hartree]."""
        ...


class Start(NamedTuple):
    """What an iterative solver starts from.

    Attributes:
        H: the Hamiltonian, in the form that is fastest when it is applied many times.
        precondition: the approximate inverse of H − E.
        X: starting functions, orthonormal, of shape (row, part, column). With an inverse that
            is not positive, E must lie near the lowest levels from the beginning: random
            functions are then led to levels near their own energies.
    """

    H: LinearOperator
    precondition: Preconditioner
    X: Block


@runtime_checkable
class Hamiltonian(LinearOperator, Protocol):
    """A Hermitian operator on functions with real, complex or quaternionic coefficients.

    Functions are blocks of shape (row, part, column), see `nnpp.linalg.blocks`. A column of
    quaternions holds a Kramers pair: a spinor and its time-reversed partner.
    """

    @property
    def rows(self) -> int:
        """Rows of a block of functions."""
        ...

    @property
    def parts(self) -> int:
        """Parts of a coefficient: 1 real, 2 complex, 4 quaternionic."""
        ...

    def start(self, levels: int, columns: int) -> Start | None:
        """Return what an iterative search for the lowest levels starts from.

        Args:
            levels: the number of levels that are wanted.
            columns: the number of starting functions.

        Returns:
            The start; None if H is solved faster, or only, as a dense matrix.
        """
        return None

    @property
    def size(self) -> int:
        """Number of levels: the rows of H as a complex matrix."""
        return self.rows * (2 if self.parts == 4 else 1)

    def apply(self, psi: Complex[Array, "n state"]) -> Complex[Array, "n state"]:
        """Return H ψ for complex functions [hartree]; spinors are ordered as in `matrix`."""
        if self.parts == 1:
            n = psi.shape[1]
            both = (self @ jnp.concatenate([psi.real, psi.imag], axis=1)[:, None])[:, 0]
            return both[:, :n] + 1j * both[:, n:]
        if self.parts == 2:
            return joined(self @ split(psi))
        return spinors(self @ split(psi, 4))

    def matrix(self) -> Complex[Array, "n n"]:
        """Return H as a dense matrix [hartree]; spinors: all rows up, then all down."""
        return self.apply(jnp.eye(self.size, dtype=complex))

    def expectation(self, psi: Complex[Array, "n state"]) -> Float[Array, " state"]:
        """Return ⟨ψ|H|ψ⟩ of every state [hartree]."""
        return jnp.sum(psi.conj() * self.apply(psi), axis=0).real
