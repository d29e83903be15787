"""The approximate inverse of a plane-wave Hamiltonian, and its starting functions.

    W_C = (H_CC − E)⁻¹ R_C,   W_G = (H_GG − E)⁻¹ (R_G − H_GC W_C)

C are the plane waves of least kinetic energy, G are the others. H_CC, without spin, is solved
densely once: it gives the starting functions and most of the inverse (E. R. Davidson,
J. Comput. Phys. 17, 87 (1975), uses the diagonal alone). H_GG is replaced by its diagonal.
Without H_GC an iterative solver needs a quarter more sweeps. Where H is not assembled, H_GC
costs as much as these sweeps and is left out. Each solution starts again from H_CC: that costs
about as much as one application of H, and H_CC has all symmetries of H, so that no level is
missed because of its symmetry.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from nnpp.linalg.blocks import Block, inner, times
from nnpp.pytree import pytree, static

NEAREST_COARSE, NEAREST_FINE = 0.1, 0.3
"""Least magnitude of the denominators E_C − E and H_GG − E [hartree]."""


@pytree
class CoarseInverse:
    """The approximate inverse of H − E.

    Attributes:
        waves: indices of the coarse plane waves.
        e: eigenvalues of H_CC [hartree].
        U: eigenvectors of H_CC.
        H_GC: H without spin from the coarse to all plane waves; None if H is not assembled.
        diagonal: the diagonal of H without spin [hartree].
        spins: spin components of a function, one above the other in its rows.
    """

    waves: Int[Array, " coarse"]
    e: Float[Array, " coarse"]
    U: Float[Array, "coarse part coarse"]
    H_GC: Float[Array, "g part coarse"] | None
    diagonal: Float[Array, " g"]
    spins: int = static()

    def __call__(self, R: Block, E: Float[Array, " state"]) -> Block:
        """Return W, each column with its own E."""
        _, parts, states = R.shape
        # H_CC acts on both spins alike: their rows become columns.
        R = jnp.moveaxis(R.reshape(self.spins, -1, parts, states), 0, 2)
        R, E = R.reshape(-1, parts, self.spins * states), jnp.tile(E, self.spins)
        projected = inner(self.U, R[self.waves])
        W_C = times(
            self.U, projected / _away_from_zero(self.e[:, None, None] - E, NEAREST_COARSE)
        )
        if self.H_GC is not None:
            R = R - times(self.H_GC, W_C)
        W = R / _away_from_zero(self.diagonal[:, None, None] - E, NEAREST_FINE)
        W = W.at[self.waves].set(W_C).reshape(-1, parts, self.spins, states)
        return jnp.moveaxis(W, 2, 0).reshape(-1, parts, states)

    def lowest(self, m: int, parts: int) -> Block:
        """Return the `m` lowest eigenfunctions of H_CC, those of both spins alternating."""
        each = -(-m // self.spins)
        X = jnp.zeros((self.spins, len(self.diagonal), parts, each, self.spins))
        for spin in range(self.spins):
            X = X.at[spin, self.waves, : self.U.shape[1], :, spin].set(self.U[:, :, :each])
        return X.reshape(-1, parts, each * self.spins)[:, :, :m]


def _away_from_zero(x: Float[Array, "..."], least: float) -> Float[Array, "..."]:
    """Return `x` with magnitudes of at least `least`, signs kept."""
    return jnp.where(jnp.abs(x) < least, jnp.where(x < 0, -least, least), x)
