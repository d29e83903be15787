"""States of a dot on the k-points of its crystal: fuzzy bands.

    w(k) = Σ_G |c(k+G)|²,   c(q) = Ω^{−1/2} ∫_box ψ(r) e^{−iq·r} d³r
    c(q) = Σ_n c_n Π_j sinc(n_j − x_j) e^{2πi(n_j − x_j)s_j}

G are the reciprocal lattice vectors of the crystal, q = Σ_j x_j b_j in those of the box,
sinc(x) = sin(πx)/πx, and s is the centre of the box in fractions of its edges. So c(q) is exact
for every q, on the grid of the box or not. w(k) is 1 if the box is a supercell of the crystal
and ψ has this k. For any box, the integral of w over the Brillouin zone of the crystal is
(2π)³/Ω: a state of a dot is spread over about Ω/Ω_dot such k. It derives from the bulk bands
about the k where its w is largest. For a Kramers pair w is the mean of both partners.
V. Popescu and A. Zunger, Phys. Rev. B 85, 085201 (2012).
"""

import jax
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from nnpp.dots.functions import Cell, Functions
from nnpp.linalg.blocks import Block

ROUNDING = 1e-13
"""Components below this are rounding errors of a Fourier transform."""

DIGITS = 9
"""Decimals to which equal x of different q agree."""

Axes = list[np.ndarray]
"""n of the components along each axis."""


def folded_weights(
    of: Functions,
    X: Block,
    centre: Float[np.ndarray, " 3"],
    k: Float[np.ndarray, "k 3"],
    G: Float[np.ndarray, "G 3"],
) -> Float[np.ndarray, "k state"]:
    """Return w(k) of each state.

    Args:
        of: the basis of the states.
        X: the states.
        centre: centre of the dot, in fractions of the box: `nnpp.dots.functions.middle`.
        k: Cartesian k [bohr⁻¹], in the frame of the dot.
        G: Cartesian reciprocal lattice vectors of the crystal, as `reciprocal_vectors`.
    """
    b = 2 * np.pi * np.linalg.inv(np.asarray(of.cell)).T
    x = (k[:, None] + G) @ np.linalg.inv(b)
    _, parts, columns = X.shape
    w = np.zeros((columns, parts, len(k)))
    for i in range(columns):
        values = np.asarray(_values(of, X[:, :, i]))
        for p in range(parts):
            c, n = _spectrum(values[p])
            for j in range(len(k)):
                w[i, p, j] = np.sum(np.abs(_at(c, n, x[j], centre)) ** 2)
    return w.sum(axis=1).T


def reciprocal_vectors(cell: Cell, longest: float) -> Float[np.ndarray, "G 3"]:
    """Return the reciprocal lattice vectors of a crystal up to a length [bohr⁻¹].

    Args:
        cell: primitive lattice vectors as rows, in the frame of the dot [bohr].
        longest: the largest |G|: that of the plane waves of the dot, and |k| [bohr⁻¹].
    """
    a = np.asarray(cell)
    reach = np.ceil(longest * np.linalg.norm(a, axis=1) / (2 * np.pi)).astype(int)
    n = np.stack(np.meshgrid(*[np.arange(-m, m + 1) for m in reach], indexing="ij"), axis=-1)
    G = n.reshape(-1, 3) @ (2 * np.pi * np.linalg.inv(a).T)
    return G[np.linalg.norm(G, axis=1) <= longest]


def fuzzy_bands(
    energy: Float[np.ndarray, " E"],
    E: Float[np.ndarray, " state"],
    w: Float[np.ndarray, "k state"],
    width: float,
) -> Float[np.ndarray, "E k"]:
    """Return Σ_i w_i(k) g(E − E_i), with Gaussians of integral 1 [hartree⁻¹].

    Args:
        energy: energies [hartree].
        E: levels [hartree].
        w: weight of each state at each k.
        width: standard deviation of a level [hartree].
    """
    x = (energy[:, None] - E) / width
    return np.exp(-(x**2) / 2) / (np.sqrt(2 * np.pi) * width) @ w.T


@jax.jit
def _values(of: Functions, x: Float[Array, "row part"]) -> Float[Array, "part x y z"]:
    """Return √Ω ψ(r) of the parts of one state."""
    return of.values(x)


def _spectrum(f: Float[np.ndarray, "x y z"]) -> tuple[Complex[np.ndarray, "X Y Z"], Axes]:
    """Return c_n of √Ω ψ on the points of the box, and n along each axis, cropped to |c_n| > 0.

    Components that are zero up to rounding are left out at both ends of each axis.
    """
    c = np.fft.fftn(f) / f.size
    n = [np.fft.fftfreq(m, 1 / m).round().astype(int) for m in f.shape]
    size = np.abs(c)
    for axis in range(3):
        others = tuple(i for i in range(3) if i != axis)
        used = np.abs(n[axis][size.max(axis=others) > ROUNDING]).max(initial=0)
        kept = np.flatnonzero(np.abs(n[axis]) <= used)
        c, size, n[axis] = c.take(kept, axis), size.take(kept, axis), n[axis][kept]
    return c, n


def _at(
    c: Complex[np.ndarray, "x y z"],
    n: Axes,
    x: Float[np.ndarray, "q 3"],
    centre: Float[np.ndarray, " 3"],
) -> Complex[np.ndarray, " q"]:
    """Return c(q); the box is cut half a cell from the centre."""
    first, which = np.unique(x[:, 0].round(DIGITS), return_inverse=True)
    a = _kernel(n[0], first, centre[0])
    along_x = np.tensordot(a, c, axes=1)[which]
    y, z = (_kernel(n[i], x[:, i], centre[i]) for i in (1, 2))
    return np.sum(y * (along_x @ z[:, :, None])[..., 0], axis=1)


def _kernel(
    n: Int[np.ndarray, " n"], x: Float[np.ndarray, " q"], s: float
) -> Complex[np.ndarray, "q n"]:
    """Return ∫_{s−½}^{s+½} e^{2πi(n−x)t} dt."""
    d = n[None] - x[:, None]
    return np.sinc(d) * np.exp(2j * np.pi * d * s)
