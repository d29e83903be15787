"""Real functions in a periodic cell, by the plane waves within a sphere.

    f(r) = Ω^{-1/2} Σ_G c_G e^{iG·r},  c_{−G} = c*_G,  c_G = (x_G + i y_G)/√2,  c_0 = x_0.

Of each pair ±G one is kept. The rows of a block are x_0, then x_G and y_G of each pair in the
order of |G|: the coefficients of orthonormal functions, 1, √2 cos G·r and −√2 sin G·r over √Ω.
The rows of a smaller cutoff are the first rows of a larger one.

All plane waves of a box of points (`whole_box`) are as many as its points. There G is known up
to a sampling vector, and an even number of points has G that are their own partners, with
e^{iG·r} = ±1 at the points. Like G = 0 they have one row each; these rows are the last ones.

A product with V(r) is formed on a box of points. With `factor` 2 it is exact. With 1.5 the box
has 2.4 times fewer points; components of V beyond 1.5 K_max along an axis are left out, and
some products wrap. That moves levels of soft potentials by some 1e-7 hartree.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from nnpp.basis.rules import Rule
from nnpp.pytree import pytree, static

AT_ONCE = 4
"""Functions that are transformed at a time: their boxes fit into the cache."""

DIGITS = 9
"""Decimals of |G|² by which plane waves are sorted [bohr⁻²]."""

Shape = tuple[int, int, int]


@pytree
class HalfSphere:
    """Plane waves of real functions, and a box of points.

    Attributes:
        n: one integer vector of each pair ±G, zero first, |G| rising; then G that are their own
            partners.
        cell: lattice vectors as rows [bohr].
        source: for each place of a half spectrum on the box, the pair whose c_G it holds;
            `len(n)` if none.
        conjugate: −1 where a place holds c*_G, else 1.
        place: for each pair its place in the half spectrum.
        shape: points of the box along each axis.
        alone: how many G other than zero are their own partners.
    """

    n: Int[np.ndarray | Array, "pair 3"]
    cell: Float[np.ndarray | Array, "3 3"]
    source: Int[Array, " half"]
    conjugate: Float[Array, " half"]
    place: Int[Array, " pair"]
    shape: Shape = static()
    alone: int = static(default=0)

    @property
    def rows(self) -> int:
        """Rows of a block of functions: as many as plane waves in the whole sphere."""
        return 2 * len(self.n) - 1 - self.alone

    @property
    def volume(self) -> float:
        """Ω [bohr³]."""
        return float(abs(np.linalg.det(np.asarray(self.cell))))

    @property
    def G(self) -> Float[np.ndarray, "pair 3"]:
        """G of each pair [bohr⁻¹]."""
        return np.asarray(self.n) @ (2 * np.pi * np.linalg.inv(np.asarray(self.cell)).T)

    @property
    def K2(self) -> Float[np.ndarray, " row"]:
        """|G|² of each row [bohr⁻²]."""
        return of_rows(np.sum(self.G**2, axis=1), self.alone)

    def values(self, X: Float[Array, "row column"]) -> Float[Array, "column x y z"]:
        """Return √Ω f(r) at the points of the box."""
        return _mapped(self._values, X.T)

    def coefficients(self, f: Float[Array, "column x y z"]) -> Float[Array, "row column"]:
        """Return the rows of functions √Ω f(r), given at the points of the box."""
        return _mapped(self._coefficients, f).T

    def multiplied(
        self, V: Float[Array, "x y z"], X: Float[Array, "row column"]
    ) -> Float[Array, "row column"]:
        """Return the rows of V(r) f(r), in the precision of X."""
        V = V.astype(X.dtype)
        return _mapped(lambda x: self._coefficients(V * self._values(x)), X.T).T

    def _values(self, x: Float[Array, " row"]) -> Float[Array, "x y z"]:
        """Return √Ω f(r) of one function."""
        zeros, root = jnp.zeros(self.alone + 1, x.dtype), np.sqrt(0.5).astype(x.dtype)
        end = len(x) - self.alone
        pairs = x[1:end].reshape(-1, 2) * root
        real = jnp.concatenate([x[:1], pairs[:, 0], x[end:], zeros[:1]])[self.source]
        imaginary = jnp.concatenate([zeros[:1], pairs[:, 1], zeros])[self.source]
        c = jax.lax.complex(real, imaginary * self.conjugate.astype(x.dtype))
        half = (*self.shape[:2], self.shape[2] // 2 + 1)
        points = np.array(np.prod(self.shape), x.dtype)
        return jnp.fft.irfftn(c.reshape(half), s=self.shape) * points

    def _coefficients(self, f: Float[Array, "x y z"]) -> Float[Array, " row"]:
        """Return the rows of one function."""
        c = jnp.fft.rfftn(f).reshape(-1)[self.place] / np.array(f.size, f.dtype)
        root = np.sqrt(2).astype(f.dtype)
        end = len(c) - self.alone
        pairs = jnp.stack([c.real[1:end], c.imag[1:end]], axis=1) * root
        return jnp.concatenate([c.real[:1], pairs.reshape(-1), c.real[end:]])

    def prefix(self, cutoff: float, factor: float = 1.5) -> "HalfSphere":
        """Return the sphere of a smaller cutoff: its rows are the first rows of this one.

        Args:
            cutoff: ½|G|² of the longest plane wave [hartree].
            factor: points along an axis, relative to those that hold the plane waves.
        """
        end = len(self.n) - self.alone
        count = int(np.sum(np.sum(self.G[:end] ** 2, axis=1) / 2 < cutoff))
        n, cell = np.asarray(self.n)[: max(count, 1)], np.asarray(self.cell)
        return _placed(n, cell, fft_shape(cell, cutoff, factor))


def of_rows(of_pair: Float[np.ndarray, " pair"], alone: int = 0) -> Float[np.ndarray, " row"]:
    """Return a number of each pair at its rows; the last `alone` have one row each."""
    end = len(of_pair) - alone
    return np.concatenate([of_pair[:1], np.repeat(of_pair[1:end], 2), of_pair[end:]])


def _mapped(f: Callable[[Array], Array], of: Array) -> Array:
    """Return `f` of each function, a few at a time."""
    return jax.lax.map(f, of, batch_size=min(AT_ONCE, len(of)))


def half_sphere(
    cell: Float[np.ndarray, "3 3"], cutoff: float, rule: Rule, factor: float = 1.5
) -> HalfSphere:
    """Return the plane waves of real functions.

    Args:
        cell: lattice vectors as rows [bohr].
        cutoff: E_cut, ½|G|² of the longest plane wave [hartree].
        rule: which plane waves are taken, at k = 0.
        factor: points along an axis, relative to those that hold the plane waves.
    """
    (n,) = rule.select(cell, np.zeros((1, 3)), cutoff)
    n = n[_upper(n)]
    return _placed(n[_rising(n, cell)], cell, fft_shape(cell, cutoff, factor))


def _upper(n: Int[np.ndarray, "pair 3"]) -> Bool[np.ndarray, " pair"]:
    """Return whether the last nonzero integer is positive, or all are zero."""
    positive = [n[:, 0] > 0, n[:, 1] > 0, n[:, 2] > 0]
    level = [n[:, 0] == 0, n[:, 1] == 0, n[:, 2] == 0]
    return positive[2] | level[2] & (positive[1] | level[1] & (positive[0] | level[0]))


def _rising(
    n: Int[np.ndarray, "pair 3"], cell: Float[np.ndarray, "3 3"]
) -> Int[np.ndarray, " pair"]:
    """Return the order of rising |G|."""
    G = n @ (2 * np.pi * np.linalg.inv(cell).T)
    return np.lexsort((*n.T, np.round(np.sum(G**2, axis=1), DIGITS)))


def whole_box(cell: Float[np.ndarray, "3 3"], shape: Shape) -> HalfSphere:
    """Return all plane waves of a box of points: any real function at its points.

    Of the G that differ by a sampling vector the one with the smallest |n_i| is taken.

    Args:
        cell: lattice vectors as rows [bohr], at right angles.
        shape: points of the box along each axis.
    """
    axes = [np.arange(-((m - 1) // 2), m // 2 + 1) for m in shape]
    n = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    code, partner = (np.ravel_multi_index((k % shape).T, shape) for k in (n, -n))
    one_of_two, alone = n[code > partner], n[(code == partner) & (code > 0)]
    pairs = np.where(_upper(one_of_two)[:, None], one_of_two, -one_of_two)
    pairs, alone = (k[_rising(k, cell)] for k in (pairs, alone))
    return _placed(np.concatenate([0 * n[:1], pairs, alone]), cell, shape, len(alone))


def fft_shape(cell: Float[np.ndarray, "3 3"], cutoff: float, factor: float) -> Shape:
    """Return even lengths with factors 2, 3 and 5, at least `factor` 2 √(2E) L/2π.

    Args:
        cell: lattice vectors as rows [bohr].
        cutoff: E_cut [hartree].
        factor: points along an axis, relative to those that hold the plane waves.
    """
    least = factor * np.sqrt(2 * cutoff) * np.linalg.norm(cell, axis=1) / np.pi
    x, y, z = (_even_fast(max(int(np.ceil(m)), 4)) for m in least)
    return x, y, z


def _even_fast(n: int) -> int:
    """Return the next even number from n on with no prime factor but 2, 3 and 5."""
    while True:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1 and n % 2 == 0:
            return n
        n += 1


def _placed(
    n: Int[np.ndarray, "pair 3"], cell: Float[np.ndarray, "3 3"], shape: Shape, alone: int = 0
) -> HalfSphere:
    """Return the sphere with its places in the half spectrum of the box."""
    half = (shape[0], shape[1], shape[2] // 2 + 1)
    pair = np.arange(len(n))
    place = np.ravel_multi_index((n[:, 0] % shape[0], n[:, 1] % shape[1], n[:, 2]), half)
    source, conjugate = np.full(half, len(n)).reshape(-1), np.ones(np.prod(half))
    source[place] = pair
    # The half spectrum holds both members of a pair with n₃ = 0 or half the points.
    flat = pair[(2 * n[:, 2] % shape[2] == 0) & (pair > 0) & (pair < len(n) - alone)]
    other = np.ravel_multi_index(
        (-n[flat, 0] % shape[0], -n[flat, 1] % shape[1], n[flat, 2]), half
    )
    source[other], conjugate[other] = flat, -1
    places = (jnp.asarray(source), jnp.asarray(conjugate), jnp.asarray(place))
    return HalfSphere(n, cell, *places, shape, alone)
