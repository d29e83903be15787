"""Block Davidson: the lowest levels from `H @ X` alone, in a space that grows by corrections.

A sweep starts from the best functions X so far, some more than wanted, adds EXPANSIONS times

    W = precondition(R, E) ≈ (H − E)⁻¹ R,   R = (H − E) X,

for the columns of X that have the largest residuals, then takes the best X in the space of all
of them (Rayleigh and Ritz). H gives the approximate inverse and the first X (E. R. Davidson,
J. Comput. Phys. 17, 87 (1975)). Shapes are fixed; sweeps end when every residual is small.
Where levels are Kramers pairs, one column is a pair.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.wanted import Lowest, Solution, Wanted
from nnpp.hamiltonian.interface import Hamiltonian, Start
from nnpp.linalg.blocks import Block, adjoint, diagonal, inner, joined, times
from nnpp.linalg.eigh import eigh_block
from nnpp.pytree import pytree

TOLERANCE = 1e-7
"""|Hψ − Eψ| at which a level is converged [hartree]; E is exact to its square over a gap."""

GUARD = 4
"""Levels beyond those wanted, so that the last of these converge as well."""

EXPANSIONS, SWEEPS = 2, 60
"""Corrections in a sweep, and the largest number of sweeps."""

MARGIN = 2.0
"""A guard is corrected while E − MARGIN·|r| is below the highest level wanted."""

DEAD = 1e-7
"""Length of a correction of unit length, once orthogonal to the others, that adds nothing."""

FAR = 1e3
"""Energy of a direction that adds nothing, above every level [hartree]."""


@pytree
class Ritz:
    """The best functions so far.

    Attributes:
        E: their energies, rising [hartree].
        X: the functions.
        HX: H X [hartree].
    """

    E: Float[Array, " state"]
    X: Block
    HX: Block

    def residual(self) -> Block:
        """Return r = H X − X E [hartree]."""
        return self.HX - self.X * self.E


def davidson(H: Hamiltonian, wanted: Wanted) -> Solution:
    """Return the wanted levels [hartree] and their states; NaN where they did not converge.

    The matrix is solved densely if the search space would be as large as H, if H gives no start
    for an iterative search, and for levels inside the spectrum.
    """
    if not isinstance(wanted, Lowest):
        return dense(H, wanted)
    n, m = wanted.n, columns(H, wanted.n)
    start = H.start(n, columns(H, n + GUARD)) if fits(H, n) else None
    if start is None:
        return dense(H, wanted)
    ritz, error, _ = search(start, m)
    E = jnp.repeat(ritz.E[:m], 2 if H.parts == 4 else 1)[:n]
    psi = joined(ritz.X[:, :, :m])  # all partners after all first members
    psi = psi.reshape(len(psi), -1, m).swapaxes(1, 2).reshape(len(psi), -1)[:, :n]
    # Rounding can stop a level above the tolerance; within twice of it, it is as good.
    return jnp.where(error < 2 * TOLERANCE, E, jnp.nan), psi


def fits(H: Hamiltonian, n: int) -> bool:
    """Return whether the search space for `n` levels is smaller than that of all functions."""
    return columns(H, n + GUARD) + EXPANSIONS * width(columns(H, n)) <= H.rows


def columns(H: Hamiltonian, n: int) -> int:
    """Return the columns of `n` levels: half as many where levels are pairs."""
    return -(-n // 2) if H.parts == 4 else n


def width(n: int) -> int:
    """Return the columns of one correction for `n` wanted ones: the worst half if many."""
    return max(-(-n // 2), min(n, 8))


def search(start: Start, n: int) -> tuple[Ritz, Float[Array, ""], Int[Array, ""]]:
    """Search the `n` lowest columns.

    Returns:
        The best functions, their largest |Hψ − Eψ| [hartree], and the number of sweeps.
    """
    H, _, X = start
    HX = H @ X
    first = _best(X, HX, inner(X, HX), X.shape[2])

    def error(ritz: Ritz) -> Float[Array, ""]:
        return jnp.max(_errors(ritz, n))

    def unfinished(at: tuple[Int[Array, ""], Ritz]) -> Bool[Array, ""]:
        return (at[0] < SWEEPS) & (error(at[1]) >= TOLERANCE)  # false for NaN, too

    def sweep(at: tuple[Int[Array, ""], Ritz]) -> tuple[Int[Array, ""], Ritz]:
        return at[0] + 1, _sweep(start, at[1], n)

    sweeps, ritz = jax.lax.while_loop(unfinished, sweep, (jnp.asarray(0), first))
    # H X is computed again: over the sweeps, rounding errors of the updates add up.
    return ritz, error(Ritz(ritz.E, ritz.X, H @ ritz.X)), sweeps


def _sweep(start: Start, ritz: Ritz, n: int) -> Ritz:
    """Return the best functions after EXPANSIONS corrections."""
    (_, parts, m), (V, HV) = ritz.X.shape, (ritz.X, ritz.HX)
    G = diagonal(ritz.E, parts)
    for _ in range(EXPANSIONS):
        _, worst = jax.lax.top_k(_errors(ritz, n), width(n))
        R = ritz.residual()[:, :, worst]
        W, dead = _orthonormal(start.precondition(R, ritz.E[worst]), V)
        HW = start.H @ W
        V, HV = jnp.concatenate([V, W], axis=-1), jnp.concatenate([HV, HW], axis=-1)
        G = _extended(G, inner(V, HW), dead)
        ritz = _best(V, HV, G, m)
    return ritz


def _best(V: Block, HV: Block, G: Block, m: int) -> Ritz:
    """Return the `m` lowest functions in the space of V, where H is G."""
    E, U = eigh_block(G)
    return Ritz(E[:m], times(V, U[:, :, :m]), times(HV, U[:, :, :m]))


def _extended(G: Block, new: Block, dead: Bool[Array, " w"]) -> Block:
    """Return V†HV with the columns of W; dead ones are far above all levels."""
    v, parts, _ = G.shape
    above = new[:v]
    corner = new[v:] + diagonal(jnp.where(dead, FAR, 0.0), parts)
    sides = jnp.concatenate([adjoint(above), (corner + adjoint(corner)) / 2], axis=-1)
    return jnp.concatenate([jnp.concatenate([G, above], axis=-1), sides])


def _orthonormal(W: Block, V: Block) -> tuple[Block, Bool[Array, " state"]]:
    """Return W orthonormal and orthogonal to V, and which columns add nothing and are zero."""
    once, _ = _projected(W, V)
    return _projected(once, V)  # twice: rounding leaves a part of V after one projection


def _projected(W: Block, V: Block) -> tuple[Block, Bool[Array, " state"]]:
    """Return the result of one step of `_orthonormal`."""
    W = W / jnp.maximum(_length(W), jnp.finfo(float).tiny)
    W = W - times(V, inner(V, W))
    squares, U = eigh_block(inner(W, W))
    dead = squares < DEAD**2
    return times(W, U / jnp.sqrt(jnp.where(dead, jnp.inf, squares))), dead


def _length(R: Block) -> Float[Array, " state"]:
    """Return |r| of every column."""
    return jnp.sqrt(jnp.sum(R**2, axis=(0, 1)))


def _errors(ritz: Ritz, n: int) -> Float[Array, " state"]:
    """Return |Hψ − Eψ| of the first `n` columns and of guards that may fall below, else zero.

    A guard of another symmetry than all of the first `n` can be lower than the last of them. It
    would be missed if it were never corrected. An eigenvalue lies within |r| of each E.
    """
    length = _length(ritz.residual())
    counts = (jnp.arange(len(length)) < n) | (ritz.E - MARGIN * length < ritz.E[n - 1])
    return jnp.where(counts, length, 0.0)
