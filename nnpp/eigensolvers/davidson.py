"""Block Davidson: the lowest levels from `H @ psi` alone, in a space that grows by corrections.

A sweep starts from the best m = n + GUARD functions X so far and adds EXPANSIONS times

    W = T (H − E) X,   T = (H_CC − E)⁻¹ on the coarse plane waves C, (H_GG − E)⁻¹ beyond,

for the columns of X that are furthest from being solutions, then takes the best X in the space
of all of them (Rayleigh and Ritz). H_CC, between the plane waves of least kinetic energy, is
solved densely once: it supplies the first X and most of the inverse (E. R. Davidson, J. Comput.
Phys. 17, 87 (1975), whose T is diagonal). Every solution begins anew from H_CC: it costs about
as much as two applications of H, knows all symmetries, so that no level hides behind one, and
leaves nothing to remember. Shapes are fixed; sweeps end when every residual is small.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Complex, Float, Inexact, Int

from nnpp.blocks import Block, inner, joined, split, times
from nnpp.eigensolvers.dense import dense, eigh
from nnpp.pytree import pytree

TOLERANCE = 1e-7
"""|Hψ − Eψ| at which a level is found [hartree]; its error is the square of that over a gap."""

GUARD = 4
"""Functions beyond those asked for, so that the last of these converge as well."""

EXPANSIONS, SWEEPS = 3, 40
"""Corrections in a sweep, and most sweeps."""

FEWEST_WAVES, WAVES_PER_LEVEL = 100, 12
"""Size of H_CC: at least so many functions, and so many for each level."""

ASSEMBLED_UP_TO = 2500
"""Plane waves up to which H is kept as a matrix; beyond, Fourier transforms are as fast."""

NEAREST_COARSE, NEAREST_FINE = 0.1, 0.3
"""Denominators of T are at least so large [hartree]."""

MARGIN = 2.0
"""A guard counts while E − MARGIN·|R|²/(H_GG − E), G beyond C, is below the levels wanted."""

DEAD = 1e-7
"""Length of a correction of unit length, once orthogonal to the others, that adds nothing."""

FAR = 1e3
"""Where a direction that adds nothing stands, above every level [hartree]."""


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
        """H X − X E [hartree]."""
        return self.HX - self.X * self.E


@pytree
class Inverse:
    """T, by what it is made of.

    Attributes:
        rows: where the coarse functions stand.
        e: eigenvalues of H_CC [hartree].
        U: its eigenvectors.
        diagonal: of H [hartree].
        beyond: the least of it among the other plane waves [hartree].
    """

    rows: Int[Array, " coarse"]
    e: Float[Array, " coarse"]
    U: Float[Array, "coarse part coarse"]
    diagonal: Float[Array, " n"]
    beyond: Float[Array, ""]

    def __call__(self, R: Block, E: Float[Array, " state"]) -> Block:
        """T R, each column with its own E."""
        fine = R / _kept_off(self.diagonal[:, None, None] - E, NEAREST_FINE)
        seen = inner(self.U, R[self.rows]) / _kept_off(self.e[:, None] - E, NEAREST_COARSE)
        return fine.at[self.rows].set(times(self.U, seen))


def davidson(
    H: Any, n: int, coarse: int | None = None
) -> tuple[Float[Array, " level"], Complex[Array, "g level"]]:
    """The `n` lowest levels [hartree] and their states; NaN where they were not found.

    `coarse` is the size of H_CC in place of the usual one. Where the space of a sweep would
    hold all functions there are, the matrix is solved densely.
    """
    coarse = usual_coarse(n) if coarse is None else coarse
    if max(coarse + H.spins, n + GUARD + EXPANSIONS * width(n)) > H.size:
        return dense(H, n)
    ritz, error, _ = search(H, n, coarse)
    return jnp.where(error < TOLERANCE, ritz.E[:n], jnp.nan), joined(ritz.X[:, :, :n])


def usual_coarse(n: int) -> int:
    """The size of H_CC for `n` levels."""
    return max(FEWEST_WAVES, WAVES_PER_LEVEL * n)


def width(n: int) -> int:
    """Columns of one correction for `n` levels: where many are wanted, the worst half."""
    return max(-(-n // 2), min(n, 12))


def search(H: Any, n: int, coarse: int) -> tuple[Ritz, Float[Array, ""], Int[Array, ""]]:
    """The best functions, their largest |Hψ − Eψ| [hartree], and how many sweeps it took."""
    inverse = _coarse(H, -(-coarse // H.spins))
    A = H.assembled() if H.size // H.spins <= ASSEMBLED_UP_TO else H
    U = inverse.U[:, :, : n + GUARD]
    X = jnp.zeros((H.size, *U.shape[1:])).at[inverse.rows].set(U)
    start = Ritz(inverse.e[: n + GUARD], X, A.on(X))

    def error(ritz: Ritz) -> Float[Array, ""]:
        return jnp.max(_errors(ritz, inverse, n))

    def unfinished(at: tuple[Int[Array, ""], Ritz]) -> Bool[Array, ""]:
        return (at[0] < SWEEPS) & (error(at[1]) >= TOLERANCE)  # false for NaN, too

    def sweep(at: tuple[Int[Array, ""], Ritz]) -> tuple[Int[Array, ""], Ritz]:
        return at[0] + 1, _sweep(A, inverse, at[1], n)

    sweeps, ritz = jax.lax.while_loop(unfinished, sweep, (jnp.asarray(0), start))
    return ritz, error(ritz), sweeps


def _coarse(H: Any, count: int) -> Inverse:
    """H between the `count` plane waves that come first on its diagonal, solved densely."""
    diagonal = H.diagonal()
    by_wave = jnp.mean(diagonal.reshape(H.spins, -1), axis=0)
    order = jnp.argsort(by_wave)
    waves, beyond = order[:count], by_wave[order[count]]
    H_CC = H.among(waves).matrix()
    e, U = eigh(H_CC if H.parts == 2 else H_CC.real)
    rows = (jnp.arange(H.spins)[:, None] * len(by_wave) + waves).reshape(-1)
    return Inverse(rows, e, split(U, H.parts), diagonal, beyond)


def _sweep(A: Any, inverse: Inverse, ritz: Ritz, n: int) -> Ritz:
    """The best functions after EXPANSIONS corrections."""
    m = len(ritz.E)
    V, AV, G = ritz.X, ritz.HX, jnp.diag(ritz.E)
    for _ in range(EXPANSIONS):
        _, worst = jax.lax.top_k(_errors(ritz, inverse, n), width(n))
        R = ritz.residual()[:, :, worst]
        W, dead = _orthonormal(inverse(R, ritz.E[worst]), V)
        AW = A.on(W)
        V, AV = jnp.concatenate([V, W], axis=-1), jnp.concatenate([AV, AW], axis=-1)
        G = _grown(G, inner(V, AW), dead)
        E, U = eigh(G)
        ritz = Ritz(E[:m], times(V, U[:, :m]), times(AV, U[:, :m]))
    return ritz


def _grown(
    G: Inexact[Array, "v v"], new: Inexact[Array, "vw w"], dead: Bool[Array, " w"]
) -> Inexact[Array, "vw vw"]:
    """V†HV with the columns of W; dead ones far above all levels."""
    above, corner = new[: len(G)], new[len(G) :] + jnp.diag(jnp.where(dead, FAR, 0.0))
    return jnp.block([[G, above], [above.conj().T, (corner + corner.conj().T) / 2]])


def _orthonormal(W: Block, V: Block) -> tuple[Block, Bool[Array, " state"]]:
    """W made orthonormal, and orthogonal to V; zero, and told, where nothing is left."""
    once, _ = _apart(W, V)
    return _apart(once, V)


def _apart(W: Block, V: Block) -> tuple[Block, Bool[Array, " state"]]:
    """The same, but for what rounding leaves after one projection."""
    W = W / jnp.maximum(_length(W), jnp.finfo(float).tiny)
    W = W - times(V, inner(V, W))
    squares, U = eigh(inner(W, W))
    dead = squares < DEAD**2
    return times(W, U / jnp.sqrt(jnp.where(dead, jnp.inf, squares))), dead


def _kept_off(x: Float[Array, "..."], least: float) -> Float[Array, "..."]:
    """`x`, but no nearer to zero than `least`."""
    return jnp.where(jnp.abs(x) < least, jnp.where(x < 0, -least, least), x)


def _length(R: Block) -> Float[Array, " state"]:
    """|R| of every column."""
    return jnp.sqrt(jnp.sum(R**2, axis=(0, 1)))


def _errors(ritz: Ritz, inverse: Inverse, n: int) -> Float[Array, " state"]:
    """|Hψ − Eψ| of the first `n`, and of a guard that may yet fall below them; else zero.

    A guard of another symmetry than all of the first is the better one of the two as long as
    it is not corrected, and would be missed. Second order tells how far it may fall.
    """
    length = _length(ritz.residual())
    falls = MARGIN * length**2 / jnp.maximum(inverse.beyond - ritz.E, NEAREST_FINE)
    counts = (jnp.arange(len(length)) < n) | (ritz.E - falls < ritz.E[n - 1])
    return jnp.where(counts, length, 0.0)
