"""A group of adjacent levels of a Hermitian matrix, differentiable any number of times.

The projector P = Σ_m |m⟩⟨m| on the group changes by its coupling to the other levels l,

    dP = X + X†,  X = Σ_lm |l⟩ ⟨l|dH|m⟩ ⟨m| / (E_m − E_l),

and so does X itself. No denominator contains the difference of two levels of the group or of
two other levels: multiplets are allowed, where derivatives of single eigenvectors diverge.

Forward mode can be nested any number of times, with reverse mode once as the outermost
derivative. Forward over reverse mode would need derivatives of eigenvectors and gives NaN.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from nnpp.linalg.eigh import eigh
from nnpp.pytree import pytree, static

Matrix = Complex[Array, "n n"]


@pytree
class Group:
    """Levels `first` to `last` of H, `last` excluded.

    Attributes:
        H: the matrix [hartree].
        E: all its eigenvalues [hartree].
        U: its eigenvectors.
    """

    H: Matrix
    E: Float[Array, " n"]
    U: Matrix
    first: int = static()
    last: int = static()

    @property
    def count(self) -> int:
        """The number of levels in the group."""
        return self.last - self.first


def group(H: Matrix, first: int, last: int) -> Group:
    """Diagonalize H and select a group of its levels."""
    return Group(H, *_solved(H), first, last)


@jax.custom_jvp
def _solved(H: Matrix) -> tuple[Float[Array, " n"], Matrix]:
    """Return E and U; the rules below do not use their derivatives."""
    return eigh(H)


@_solved.defjvp
def _undefined(primals: tuple[Matrix], tangents: tuple[Matrix]) -> tuple[tuple, tuple]:
    """Return NaN, so that no other function can use these derivatives."""
    (H,), (dH,) = primals, tangents
    E, U = solved = _solved(H)
    nan = jnp.nan * jnp.sum(dH).real
    return solved, (jnp.full_like(E, nan), jnp.full_like(U, nan))


@jax.custom_jvp
def projector(g: Group) -> Matrix:
    """Return P, the projector on the levels of the group."""
    U = g.U[:, g.first : g.last]
    return U @ U.conj().T


@projector.defjvp
def _projector(primals: tuple[Group], tangents: tuple[Group]) -> tuple[Matrix, Matrix]:
    (g,), (dg,) = primals, tangents
    X = coupled(g, dg.H)
    return projector(g), X + _adjoint(X)


@jax.custom_jvp
def coupled(g: Group, R: Matrix) -> Matrix:
    """Return X = Σ_lm |l⟩ ⟨l|R|m⟩ ⟨m| / (E_m − E_l), m in the group, l outside.

    It solves XH − HX = QRP with Q = 1 − P, from which its derivative follows:
    dX = coupled(dR + RD − DR + dH X − X dH) + XD† − D†X, D = coupled(dH).
    """
    inside = slice(g.first, g.last)
    apart = g.E[None, inside] - g.E[:, None]
    other = jnp.ones(len(g.E), bool).at[inside].set(False)[:, None]
    U = g.U[:, inside]
    Y = jnp.where(other, _adjoint(g.U) @ (R @ U) / jnp.where(other, apart, 1), 0)
    return g.U @ Y @ _adjoint(U)


@coupled.defjvp
def _coupled(
    primals: tuple[Group, Matrix], tangents: tuple[Group, Matrix]
) -> tuple[Matrix, Matrix]:
    (g, R), (dg, dR) = primals, tangents
    X, D = coupled(g, R), coupled(g, dg.H)
    back = _adjoint(D)
    inner = dR + R @ D - D @ R + dg.H @ X - X @ dg.H
    return X, coupled(g, inner) + X @ back - back @ X


def energy(g: Group) -> Float[Array, ""]:
    """Return Σ_m E_m = tr PH [hartree]."""
    return jnp.sum(projector(g).T * g.H).real


def _adjoint(X: Complex[Array, "a b"]) -> Complex[Array, "b a"]:
    """Return X†."""
    return X.conj().T
