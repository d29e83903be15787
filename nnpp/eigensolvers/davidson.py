"""Block Davidson: the lowest levels from `H @ psi` alone, in a space that grows by corrections.

A sweep starts from the best functions X so far, some more than wanted, adds EXPANSIONS times

    W_C = (H_CC − E)⁻¹ R_C,   W_G = (H_GG − E)⁻¹ (R_G − H_GC W_C),   R = (H − E) X,

for the columns of X that are furthest from being solutions, then takes the best X in the space
of all of them (Rayleigh and Ritz). H_CC, without spin and between the plane waves of least
kinetic energy, is solved densely once: it supplies the first X and most of the inverse (E. R.
Davidson, J. Comput. Phys. 17, 87 (1975), whose inverse is diagonal); G are the others. Without
H_GC a fourth more sweeps are needed; where H is no matrix it would cost as much as they do, and
is left out. Every solution begins anew from H_CC: it costs about as much as an application of
H, knows all symmetries, so that no level hides behind one, and leaves nothing to remember.
Shapes are fixed; sweeps end when every residual is small. Where levels are Kramers pairs, a
column is a pair, and counts as one.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Complex, Float, Int

from nnpp.eigensolvers.dense import dense
from nnpp.linalg.blocks import Block, adjoint, diagonal, inner, joined, split, times
from nnpp.linalg.eigh import eigh_block
from nnpp.pytree import pytree, static

TOLERANCE = 1e-7
"""|Hψ − Eψ| at which a level is found [hartree]; its error is the square of that over a gap."""

GUARD = 4
"""Levels beyond those asked for, so that the last of these converge as well."""

EXPANSIONS, SWEEPS = 2, 60
"""Corrections in a sweep, and most sweeps."""

FEWEST_WAVES, WAVES_PER_LEVEL = 100, 12
"""Size of H_CC: at least so many plane waves, and so many for each level without spin."""

ASSEMBLED_UP_TO = 2500
"""Plane waves up to which H is kept as a matrix; beyond, Fourier transforms are faster.

One application to 12 functions, with a twelfth of assembling, takes as long either way for 1600
plane waves, 17 and 12 ms for 2649 (one core); but without a matrix there is
no H_GC, and a fourth more sweeps.
"""

NEAREST_COARSE, NEAREST_FINE = 0.1, 0.3
"""Denominators of the inverse are at least so large [hartree]."""

MARGIN = 2.0
"""A guard counts while E − MARGIN·|R| is below the highest level wanted."""

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
    """The approximate inverse of H − E, by what it is made of.

    Attributes:
        waves: the coarse plane waves.
        e: eigenvalues of H_CC [hartree].
        U: its eigenvectors.
        H_GC: H without spin from the coarse plane waves to all, None where it is no matrix.
        diagonal: of H without spin [hartree].
        spins: components that stand below one another in a function.
    """

    waves: Int[Array, " coarse"]
    e: Float[Array, " coarse"]
    U: Float[Array, "coarse part coarse"]
    H_GC: Float[Array, "g part coarse"] | None
    diagonal: Float[Array, " g"]
    spins: int = static()

    def __call__(self, R: Block, E: Float[Array, " state"]) -> Block:
        """W, each column with its own E."""
        _, parts, states = R.shape
        # Spins stand side by side: they leave H_CC alone, and it them.
        R = jnp.moveaxis(R.reshape(self.spins, -1, parts, states), 0, 2)
        R, E = R.reshape(-1, parts, self.spins * states), jnp.tile(E, self.spins)
        seen = inner(self.U, R[self.waves])
        W_C = times(self.U, seen / _kept_off(self.e[:, None, None] - E, NEAREST_COARSE))
        if self.H_GC is not None:
            R = R - times(self.H_GC, W_C)
        W = R / _kept_off(self.diagonal[:, None, None] - E, NEAREST_FINE)
        W = W.at[self.waves].set(W_C).reshape(-1, parts, self.spins, states)
        return jnp.moveaxis(W, 2, 0).reshape(-1, parts, states)

    def first(self, m: int, parts: int) -> Block:
        """The `m` lowest functions of H_CC, for either spin."""
        each = -(-m // self.spins)
        X = jnp.zeros((self.spins, len(self.diagonal), parts, each, self.spins))
        for spin in range(self.spins):
            X = X.at[spin, self.waves, : self.U.shape[1], :, spin].set(self.U[:, :, :each])
        return X.reshape(-1, parts, each * self.spins)[:, :, :m]


def davidson(
    H: Any, n: int, coarse: int | None = None
) -> tuple[Float[Array, " level"], Complex[Array, "g level"]]:
    """The `n` lowest levels [hartree] and their states; NaN where they were not found.

    `coarse` is the size of H_CC in place of the usual one. Where the space of a sweep would
    hold all functions there are, the matrix is solved densely.
    """
    coarse, m = usual_coarse(H, n) if coarse is None else coarse, columns(H, n)
    if fills_all(H, n, coarse):
        return dense(H, n)
    ritz, error, _ = search(H, n, coarse)
    E = jnp.repeat(ritz.E[:m], 2 if H.parts == 4 else 1)[:n]
    psi = joined(ritz.X[:, :, :m])  # all partners behind
    psi = psi.reshape(len(psi), -1, m).swapaxes(1, 2).reshape(len(psi), -1)[:, :n]
    # within twice of it a level that stands still by rounding is as good as found
    return jnp.where(error < 2 * TOLERANCE, E, jnp.nan), psi


def fills_all(H: Any, n: int, coarse: int) -> bool:
    """Whether the coarse matrix or the space of a sweep would be no smaller than H."""
    largest = columns(H, n + GUARD) + EXPANSIONS * width(columns(H, n))
    return coarse >= H.waves or largest > H.rows


def columns(H: Any, n: int) -> int:
    """Columns of `n` levels: half as many where they are pairs."""
    return -(-n // 2) if H.parts == 4 else n


def usual_coarse(H: Any, n: int) -> int:
    """The size of H_CC for `n` levels."""
    return max(FEWEST_WAVES, WAVES_PER_LEVEL * -(-n // H.spins))


def width(n: int) -> int:
    """Columns of one correction where `n` are wanted: of many the worst half."""
    return max(-(-n // 2), min(n, 8))


def search(H: Any, n: int, coarse: int) -> tuple[Ritz, Float[Array, ""], Int[Array, ""]]:
    """The best functions, their largest |Hψ − Eψ| [hartree], and how many sweeps it took."""
    assembled = H.assembled() if H.waves <= ASSEMBLED_UP_TO else None
    A, inverse = assembled or H, _inverse(H, assembled, coarse)
    n, m = columns(H, n), columns(H, n + GUARD)
    X = inverse.first(m, H.parts)
    AX = A.on(X)
    start = _best(X, AX, inner(X, AX), m)

    def error(ritz: Ritz) -> Float[Array, ""]:
        return jnp.max(_errors(ritz, n))

    def unfinished(at: tuple[Int[Array, ""], Ritz]) -> Bool[Array, ""]:
        return (at[0] < SWEEPS) & (error(at[1]) >= TOLERANCE)  # false for NaN, too

    def sweep(at: tuple[Int[Array, ""], Ritz]) -> tuple[Int[Array, ""], Ritz]:
        return at[0] + 1, _sweep(A, inverse, at[1], n)

    sweeps, ritz = jax.lax.while_loop(unfinished, sweep, (jnp.asarray(0), start))
    # H X anew: what was added up over the sweeps is not believed.
    return ritz, error(Ritz(ritz.E, ritz.X, A.on(ritz.X))), sweeps


def _inverse(H: Any, assembled: Any, count: int) -> Inverse:
    """The inverse with the `count` plane waves that come first on the diagonal of H."""
    without = H.spinless()
    diagonal = without.diagonal()
    waves = jnp.argsort(diagonal)[:count]
    H_GC = None if assembled is None else assembled.M[:, :, waves]
    H_CC = split(without.among(waves).matrix(), without.parts)
    e, U = eigh_block(H_CC)
    return Inverse(waves, e, U, H_GC, diagonal, H.rows // H.waves)


def _sweep(A: Any, inverse: Inverse, ritz: Ritz, n: int) -> Ritz:
    """The best functions after EXPANSIONS corrections."""
    (_, parts, m), (V, AV) = ritz.X.shape, (ritz.X, ritz.HX)
    G = diagonal(ritz.E, parts)
    for _ in range(EXPANSIONS):
        _, worst = jax.lax.top_k(_errors(ritz, n), width(n))
        R = ritz.residual()[:, :, worst]
        W, dead = _orthonormal(inverse(R, ritz.E[worst]), V)
        AW = A.on(W)
        V, AV = jnp.concatenate([V, W], axis=-1), jnp.concatenate([AV, AW], axis=-1)
        G = _grown(G, inner(V, AW), dead)
        ritz = _best(V, AV, G, m)
    return ritz


def _best(V: Block, AV: Block, G: Block, m: int) -> Ritz:
    """The `m` lowest functions in the space of V, where H is G."""
    E, U = eigh_block(G)
    return Ritz(E[:m], times(V, U[:, :, :m]), times(AV, U[:, :, :m]))


def _grown(G: Block, new: Block, dead: Bool[Array, " w"]) -> Block:
    """V†HV with the columns of W; dead ones far above all levels."""
    v, parts, _ = G.shape
    above = new[:v]
    corner = new[v:] + diagonal(jnp.where(dead, FAR, 0.0), parts)
    sides = jnp.concatenate([adjoint(above), (corner + adjoint(corner)) / 2], axis=-1)
    return jnp.concatenate([jnp.concatenate([G, above], axis=-1), sides])


def _orthonormal(W: Block, V: Block) -> tuple[Block, Bool[Array, " state"]]:
    """W made orthonormal, and orthogonal to V; zero, and told, where nothing is left."""
    once, _ = _apart(W, V)
    return _apart(once, V)


def _apart(W: Block, V: Block) -> tuple[Block, Bool[Array, " state"]]:
    """The same, but for what rounding leaves after one projection."""
    W = W / jnp.maximum(_length(W), jnp.finfo(float).tiny)
    W = W - times(V, inner(V, W))
    squares, U = eigh_block(inner(W, W))
    dead = squares < DEAD**2
    return times(W, U / jnp.sqrt(jnp.where(dead, jnp.inf, squares))), dead


def _kept_off(x: Float[Array, "..."], least: float) -> Float[Array, "..."]:
    """`x`, but no nearer to zero than `least`."""
    return jnp.where(jnp.abs(x) < least, jnp.where(x < 0, -least, least), x)


def _length(R: Block) -> Float[Array, " state"]:
    """|R| of every column."""
    return jnp.sqrt(jnp.sum(R**2, axis=(0, 1)))


def _errors(ritz: Ritz, n: int) -> Float[Array, " state"]:
    """|Hψ − Eψ| of the first `n`, and of a guard that may yet fall below them; else zero.

    A guard of another symmetry than all of the first is the better one of the two as long as
    it is not corrected, and would be missed. An eigenvalue lies within |R| of its E.
    """
    length = _length(ritz.residual())
    counts = (jnp.arange(len(length)) < n) | (ritz.E - MARGIN * length < ritz.E[n - 1])
    return jnp.where(counts, length, 0.0)
