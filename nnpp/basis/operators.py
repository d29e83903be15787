"""Operators between plane waves; every term of H is one of three kinds.

    Diagonal      d_G δ_GG′
    Separable     Σ_p Σ_ij B_{G,pi} s_p C_ij B*_{G′,pj}
    Convolution   V_{G−G′} (convolution.py)

Each has `matrix()`, `op @ psi`, `diagonal()`, `expectation(psi)`, and `among(rows)`, its
restriction to fewer plane waves. `psi` has the axes (spin, plane wave, state); an operator that
acts on both spins alike accepts one or two spin components.
"""

from typing import Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Int

from nnpp.linalg.blocks import Block, adjoint, diagonal, inner, joined, split, times
from nnpp.pytree import pytree

Psi = Complex[Array, "spin g state"]


@runtime_checkable  # beartype looks at operators in the tests
class Operator(Protocol):
    """A Hermitian operator between plane waves and spins."""

    def matrix(self) -> Complex[Array, "spin g spin g"]:
        """Return the matrix [hartree]."""
        ...

    def scalar(self, parts: int) -> Block:
        """Return the matrix (g, part, g) of an operator that acts on both spins alike."""
        ...

    def __matmul__(self, psi: Psi, /) -> Psi:
        """Return the operator applied to functions."""
        ...

    def diagonal(self) -> Float[Array, "spin g"]:
        """Return the diagonal, which is real."""
        ...

    def expectation(self, psi: Psi) -> Float[Array, " state"]:
        """Return ⟨ψ|op|ψ⟩ of every state, in a form whose derivative is cheap."""
        ...

    def among(self, rows: Int[Array, " few"]) -> "Operator":
        """Return the operator between the plane waves `rows`."""
        ...


@pytree
class Diagonal:
    """The operator d_G δ_GG′ with real d."""

    d: Float[Array, " g"]

    def matrix(self) -> Complex[Array, "1 g 1 g"]:
        """Return the matrix."""
        return jnp.diag(self.d).astype(complex)[None, :, None, :]

    def scalar(self, parts: int) -> Block:
        """Return the matrix as a block of `parts` parts."""
        return diagonal(self.d, parts)

    def __matmul__(self, psi: Psi) -> Psi:
        """Return D ψ."""
        return self.d[:, None] * psi

    def diagonal(self) -> Float[Array, "1 g"]:
        """Return d."""
        return self.d[None]

    def expectation(self, psi: Psi) -> Float[Array, " state"]:
        """Return Σ d |ψ|² of every state."""
        return jnp.einsum("g,sgn->n", self.d, _squared(psi))

    def among(self, rows: Int[Array, " few"]) -> "Diagonal":
        """Return the operator between the plane waves `rows`."""
        return Diagonal(self.d[rows])


@pytree
class Separable:
    """Σ_p Σ_ij B_{G,pi} s_p C_{σi,σ′j} B*_{G′,pj}: a few projectors p of 2l + 1 directions i.

    Attributes:
        B: the projectors, real or complex, directions running fastest; zero on rows of padding.
        strength: s_p, real.
        coupling: C, Hermitian; one spin component if it acts on both spins alike.
    """

    B: Block
    strength: Float[Array, " p"]
    coupling: Complex[Array, "spin i spin i"]

    @property
    def directions(self) -> int:
        """The number of directions, 2l + 1."""
        return self.coupling.shape[1]

    def matrix(self) -> Complex[Array, "spin g spin g"]:
        """Return the matrix, one product for each pair of spins."""
        back = adjoint(self.B)
        rows = [[joined(times(split(x), back)) for x in of_s] for of_s in self._coupled()]
        return jnp.stack([jnp.stack(row, axis=1) for row in rows])

    def scalar(self, parts: int) -> Block:
        """Return the matrix (g, part, g) of an operator that acts on both spins alike."""
        ((left,),) = self._coupled()
        return times(split(left, parts), adjoint(self.B))

    def _coupled(self) -> Complex[Array, "spin spin g pi"]:
        """Return Σ_i B_pi s_p C_{σi,σ′j} for each pair of spins."""
        B = joined(self.B).reshape(len(self.B), -1, self.directions)
        CB = jnp.einsum("gpi,p,sitj->stgpj", B, self.strength, self.coupling)
        return CB.reshape(*CB.shape[:3], -1)

    def __matmul__(self, psi: Psi) -> Psi:
        """Project ψ, mix directions and spins, and expand in the projectors."""
        mixed = jnp.moveaxis(self._mixed(self._projections(psi)), 0, 2)
        back = joined(times(self.B, split(mixed.reshape(self.B.shape[2], -1))))
        return jnp.moveaxis(back.reshape(len(back), *psi.shape[::2]), 1, 0)

    def _projections(self, psi: Psi) -> Complex[Array, "spin p i state"]:
        """Return Σ_G B*_{G,pj} ψ_G."""
        spins, g, states = psi.shape
        flat = jnp.moveaxis(psi, 0, 1).reshape(g, spins * states)
        P = joined(inner(self.B, split(flat))).reshape(-1, self.directions, spins, states)
        return jnp.moveaxis(P, 2, 0)

    def _mixed(self, P: Complex[Array, "spin p i state"]) -> Complex[Array, "spin p i state"]:
        """Return s C P of the projections P."""
        if self.coupling.shape[0] == 1:
            C = self.coupling[0, :, 0, :]
            return jnp.einsum("ij,p,tpjn->tpin", C, self.strength, P)
        return jnp.einsum("sitj,p,tpjn->spin", self.coupling, self.strength, P)

    def diagonal(self) -> Float[Array, "spin g"]:
        """Return the diagonal, which is real because C is Hermitian."""
        C, B = jnp.einsum("sisj->sij", self.coupling), joined(self.B)
        B = B.reshape(len(B), -1, self.directions)
        return jnp.einsum("gpi,sij,p,gpj->sg", B, C, self.strength, B.conj()).real

    def expectation(self, psi: Psi) -> Float[Array, " state"]:
        """Return ⟨ψ|op|ψ⟩ from the projections alone."""
        P = self._projections(psi)
        return jnp.einsum("spin,spin->n", P.conj(), self._mixed(P)).real

    def among(self, rows: Int[Array, " few"]) -> "Separable":
        """Return the operator between the plane waves `rows`."""
        return Separable(self.B[rows], self.strength, self.coupling)


def _squared(psi: Psi) -> Float[Array, "spin g state"]:
    """Return |ψ|², without a square root."""
    return psi.real**2 + psi.imag**2
