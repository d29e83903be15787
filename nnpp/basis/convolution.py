"""A local operator: V_{G−G′} between plane waves, V(r) = Σ_d V_d e^{id·r} between points.

Plane waves lie in a box of S points along each axis, S ≥ 4·max|n| + 1. Products in real space
then never wrap onto a plane wave: the Fourier transforms are exact.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int

from nnpp.basis.operators import Psi
from nnpp.linalg.blocks import Block, split
from nnpp.pytree import pytree, static

AXES = (-3, -2, -1)
"""The axes of the box come last: a transform is fastest over contiguous memory."""

AT_ONCE = 8
"""States transformed at a time; 64 at a time are 4 times slower (25³ points, one core)."""


@pytree
class Box:
    """The coefficients of a real V at every place of a difference in the box, and V(r).

    Attributes:
        V: V_d, flat, zero difference at `centre` [hartree].
        V_r: V(r) at the points of the box [hartree].
        size: points of the box along each axis.
        centre: the place of the zero difference.
    """

    V: Complex[Array, " place"]
    V_r: Float[Array, "x y z"]
    size: tuple[int, int, int] = static()
    centre: int = static()


def box_of(V: Complex[Array, " place"], size: tuple[int, int, int], centre: int) -> Box:
    """Return the box of the coefficients V_d = V*_{−d}."""
    back = [-int(m) for m in np.unravel_index(centre, size)]
    from_zero = jnp.roll(V.reshape(size), back, axis=(0, 1, 2))
    return Box(V, jnp.fft.ifftn(from_zero).real * len(V), size, centre)


@pytree
class Convolution:
    """The operator V_{G−G′} at one k.

    Attributes:
        box: V, the same for all k.
        code: the place of each plane wave, relative to that of zero.
        real: False for rows of padding.
    """

    box: Box
    code: Int[Array, " g"]
    real: Bool[Array, " g"]

    def matrix(self) -> Complex[Array, "1 g 1 g"]:
        """Return the matrix, one look-up for each pair."""
        pair = self.code[:, None] - self.code[None, :] + self.box.centre
        both = self.real[:, None] & self.real[None, :]
        return jnp.where(both, self.box.V[pair], 0)[None, :, None, :]

    def scalar(self, parts: int) -> Block:
        """Return the matrix as a block of `parts` parts."""
        return split(self.matrix()[0, :, 0, :], parts)

    def __matmul__(self, psi: Psi) -> Psi:
        """Return V ψ: transform to real space, multiply, transform back."""

        def one(psi: Complex[Array, "spin g"]) -> Complex[Array, "spin g"]:
            V_psi = jnp.fft.fftn(self.box.V_r * self._in_space(psi), axes=AXES)
            return jnp.where(self.real, V_psi.reshape(len(psi), -1)[:, self._place()], 0)

        return jnp.moveaxis(_state_by_state(one, psi), 0, 2)

    def diagonal(self) -> Float[Array, "1 g"]:
        """Return V₀, the mean of V, for every plane wave."""
        return jnp.where(self.real, self.box.V[self.box.centre].real, 0)[None]

    def expectation(self, psi: Psi) -> Float[Array, " state"]:
        """Return Σ_r V(r) |ψ(r)|²: one transform for each state; ∂/∂V(r) is the density."""

        def one(psi: Complex[Array, "spin g"]) -> Float[Array, ""]:
            density = self._squared(psi)
            return jnp.vdot(self.box.V_r, density) * density.size

        return _state_by_state(one, psi)

    def density(self, psi: Psi) -> Float[Array, "state x y z"]:
        """Return Σ_σ |Σ_G ψ_Gσ e^{iG·r}|² of every state; its average over the points is 1."""
        return _state_by_state(lambda one: self._squared(one) * self.box.V_r.size**2, psi)

    def among(self, rows: Int[Array, " few"]) -> "Convolution":
        """Return the operator between the plane waves `rows`."""
        return Convolution(self.box, self.code[rows], self.real[rows])

    def _place(self) -> Int[Array, " g"]:
        """Return places shifted half-way to the centre: no component of n is negative."""
        return self.code + self.box.centre // 2

    def _squared(self, psi: Complex[Array, "spin g"]) -> Float[Array, "x y z"]:
        """Return Σ_σ |ψ(r)|², divided by the number of points squared."""
        psi_r = self._in_space(psi)
        return jnp.sum(psi_r.real**2 + psi_r.imag**2, axis=0)

    def _in_space(self, psi: Complex[Array, "spin g"]) -> Complex[Array, "spin x y z"]:
        """Return Σ_G ψ_G e^{iG·r} over the number of points, up to a phase common to all G."""
        grid = jnp.zeros((len(psi), self.box.V_r.size), complex)
        grid = grid.at[:, self._place()].add(jnp.where(self.real, psi, 0))
        return jnp.fft.ifftn(grid.reshape(len(psi), *self.box.size), axes=AXES)


def _state_by_state(f: Callable[[Complex[Array, "spin g"]], Array], psi: Psi) -> Array:
    """Return `f` of every state, states first; a few boxes at a time fit into the cache."""
    return jax.lax.map(f, jnp.moveaxis(psi, 2, 0), batch_size=min(AT_ONCE, psi.shape[2]))
