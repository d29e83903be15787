"""A local operator: V_{G−G′} between plane waves, V(r) = Σ_d V_d e^{id·r} between points.

Plane waves lie in a box of S points an axis, S ≥ 4·max|n| + 1, so that products in real space
never wrap onto a plane wave: what is done here by Fourier transforms is exact.
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
"""Those of the box, behind the others: a transform runs fastest over what lies together."""

AT_ONCE = 8
"""States in their boxes at a time; 64 at once take four times as long (25³ points, a core)."""


@pytree
class Box:
    """Coefficients of a real V at every place that a difference can have, and V itself.

    Attributes:
        V: V_d, flat, zero difference at `centre` [hartree].
        V_r: V(r) at the points of the box [hartree].
        size: of the box.
        centre: place of the zero difference.
    """

    V: Complex[Array, " place"]
    V_r: Float[Array, "x y z"]
    size: tuple[int, int, int] = static()
    centre: int = static()


def box_of(V: Complex[Array, " place"], size: tuple[int, int, int], centre: int) -> Box:
    """The box of coefficients V_d = V*_{−d}."""
    back = [-int(m) for m in np.unravel_index(centre, size)]
    from_zero = jnp.roll(V.reshape(size), back, axis=(0, 1, 2))
    return Box(V, jnp.fft.ifftn(from_zero).real * len(V), size, centre)


@pytree
class Convolution:
    """V_{G−G′} at one k.

    Attributes:
        box: V, which all k share.
        code: the place of each plane wave, counted from that of zero.
        real: which plane waves take part.
    """

    box: Box
    code: Int[Array, " g"]
    real: Bool[Array, " g"]

    def matrix(self) -> Complex[Array, "1 g 1 g"]:
        """As a matrix: one look-up for each pair."""
        pair = self.code[:, None] - self.code[None, :] + self.box.centre
        both = self.real[:, None] & self.real[None, :]
        return jnp.where(both, self.box.V[pair], 0)[None, :, None, :]

    def scalar(self, parts: int) -> Block:
        """In parts."""
        return split(self.matrix()[0, :, 0, :], parts)

    def __matmul__(self, psi: Psi) -> Psi:
        """V ψ: to real space, product, and back."""

        def one(psi: Complex[Array, "spin g"]) -> Complex[Array, "spin g"]:
            V_psi = jnp.fft.fftn(self.box.V_r * self._in_space(psi), axes=AXES)
            return jnp.where(self.real, V_psi.reshape(len(psi), -1)[:, self._place()], 0)

        return jnp.moveaxis(_state_by_state(one, psi), 0, 2)

    def diagonal(self) -> Float[Array, "1 g"]:
        """V₀, the mean of V."""
        return jnp.where(self.real, self.box.V[self.box.centre].real, 0)[None]

    def expectation(self, psi: Psi) -> Float[Array, " state"]:
        """Σ_r V(r) |ψ(r)|²: one transform a state, and ∂/∂V(r) is the density."""

        def one(psi: Complex[Array, "spin g"]) -> Float[Array, ""]:
            density = self._squared(psi)
            return jnp.vdot(self.box.V_r, density) * density.size

        return _state_by_state(one, psi)

    def density(self, psi: Psi) -> Float[Array, "state x y z"]:
        """Σ_σ |Σ_G ψ_Gσ e^{iG·r}|² of every state: 1 on the average over the points."""
        return _state_by_state(lambda one: self._squared(one) * self.box.V_r.size**2, psi)

    def among(self, rows: Int[Array, " few"]) -> "Convolution":
        """Between a few plane waves."""
        return Convolution(self.box, self.code[rows], self.real[rows])

    def _place(self) -> Int[Array, " g"]:
        """Places half-way to the centre, where no component of n is negative."""
        return self.code + self.box.centre // 2

    def _squared(self, psi: Complex[Array, "spin g"]) -> Float[Array, "x y z"]:
        """|ψ(r)|² of both spins over the number of points squared."""
        psi_r = self._in_space(psi)
        return jnp.sum(psi_r.real**2 + psi_r.imag**2, axis=0)

    def _in_space(self, psi: Complex[Array, "spin g"]) -> Complex[Array, "spin x y z"]:
        """Σ_G ψ_G e^{iG·r} over the number of points, but for a phase common to all G."""
        grid = jnp.zeros((len(psi), self.box.V_r.size), complex)
        grid = grid.at[:, self._place()].add(jnp.where(self.real, psi, 0))
        return jnp.fft.ifftn(grid.reshape(len(psi), *self.box.size), axes=AXES)


def _state_by_state(f: Callable[[Complex[Array, "spin g"]], Array], psi: Psi) -> Array:
    """`f` of every state, states first; a few boxes at a time stay in the cache."""
    return jax.lax.map(f, jnp.moveaxis(psi, 2, 0), batch_size=min(AT_ONCE, psi.shape[2]))
