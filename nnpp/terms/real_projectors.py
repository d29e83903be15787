"""Separable terms between real functions: quaternions for spin.

    Σ_p Σ_ij B_{pi} s_p C_ij B_{pj}ᵀ

The function of a projector, Σ_G B_G e^{iG·r} with B_G ∝ F(|G|) Y_i(G) e^{−iG·τ}, is real for
l = 0 and imaginary for l = 1; i^l B is real in both cases. A spinor is (u, d) with
u = x₀ + i x₁ and d = x₂ − i x₃, where x₀ … x₃ are real functions. Time reversal changes no
B. C commutes with it, so that it is a real matrix on the four parts (linalg/blocks.py).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.basis.half_sphere import HalfSphere
from nnpp.linalg.blocks import Block, spinors, split
from nnpp.pytree import pytree
from nnpp.terms.projectors import RadialProjectors
from nnpp.terms.term import Term


@pytree
class RealSeparable:
    """Σ_p Σ_ij B_{pi} s_p C_ij B_{pj}ᵀ.

    Attributes:
        B: projectors, directions running fastest.
        strength: s_p [hartree].
        coupling: C as a real matrix on parts and directions; one part if it keeps spin.
    """

    B: Float[Array, "row pi"]
    strength: Float[Array, " p"]
    coupling: Float[Array, "part i part i"]

    def __matmul__(self, X: Block) -> Block:
        """Return the operator applied to functions, in their precision."""
        rows, parts, columns = X.shape
        B, C = self.B.astype(X.dtype), self.coupling.astype(X.dtype)
        P = (B.T @ X.reshape(rows, -1)).reshape(
            -1, C.shape[1], len(C), parts * columns // len(C)
        )
        mixed = jnp.einsum("aibj,p,pjbn->pian", C, self.strength.astype(X.dtype), P)
        return (B @ mixed.reshape(B.shape[1], -1)).reshape(X.shape)

    def prefix(self, rows: int) -> "RealSeparable":
        """Return the operator between the first rows."""
        return RealSeparable(self.B[:rows], self.strength, self.coupling)


def real_coupling(term: Term) -> Float[np.ndarray, "part i part i"]:
    """Return C of a term on real parts: 1 part if it keeps spin, else 4."""
    C = np.asarray(term.C)
    if not term.acts_on_spin:
        return np.real(C)
    i = C.shape[1]
    unit = np.eye(4)[None]  # one row, four parts, one column for each
    with jax.ensure_compile_time_eval():  # also where H is built in a compiled program
        whole = np.asarray(spinors(jnp.asarray(unit)))  # (spin, column)
        mixed = np.einsum("sitj,tb->sijb", C, whole)
        back = np.asarray(split(jnp.asarray(mixed.reshape(2, -1)), 4)).reshape(4, i, i, 4)
    return np.moveaxis(back, 3, 2)


def real_projectors(
    sphere: HalfSphere,
    x: Float[Array, "atom 3"],
    radial: RadialProjectors,
) -> Float[Array, "row pi"]:
    """Return B, columns (atom, m, i) with i fastest.

    Args:
        sphere: the plane waves.
        x: fractional positions of the atoms.
        radial: the radial projectors.
    """
    G, directions = jnp.asarray(sphere.G), 2 * radial.l + 1
    F = radial(jnp.sum(G**2, axis=1)) * np.sqrt(4 * np.pi * directions / sphere.volume)
    Y = G if radial.l else jnp.ones((len(G), 1))
    angle = 2 * jnp.pi * jnp.asarray(sphere.n) @ x.T
    # i e^{−ia} = sin a + i cos a
    real, imaginary = (
        (jnp.sin(angle), jnp.cos(angle)) if radial.l else (jnp.cos(angle), -jnp.sin(angle))
    )
    parts = jnp.stack([real, imaginary], axis=1)
    B = jnp.einsum("gpa,gm,gi->gpami", parts, F, Y).reshape(2 * len(G), -1)
    return jnp.concatenate([B[:1], np.sqrt(2) * B[2:]])
