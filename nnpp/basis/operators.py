"""Three kinds of operator between plane waves; every term of H is one of them.

    Diagonal      d_G δ_GG′
    Convolution   V_{G−G′}
    Separable     Σ_p Σ_ij B_{G,pi} s_p C_ij B*_{G′,pj}

Each gives `matrix()`, acts as `op @ psi` and knows its `diagonal()`. `psi` has the axes
(spin, plane wave, state); an operator that does not touch spin takes one component or two.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int

from nnpp.pytree import pytree, static


@pytree
class Diagonal:
    """d_G δ_GG′, real."""

    d: Float[Array, " g"]

    def matrix(self) -> Complex[Array, "1 g 1 g"]:
        """As a matrix."""
        return jnp.diag(self.d).astype(complex)[None, :, None, :]

    def __matmul__(self, psi: Complex[Array, "spin g state"]) -> Complex[Array, "spin g state"]:
        """D ψ."""
        return self.d[:, None] * psi

    def diagonal(self) -> Float[Array, "1 g"]:
        """D itself."""
        return self.d[None]


@pytree
class Convolution:
    """V_{G−G′}, given at every place of the box that a difference can have.

    Attributes:
        V: Fourier coefficients in the box, flat, zero difference at `centre` [hartree].
        code: the place of each plane wave.
        real: which plane waves take part.
        box: size of the box.
        centre: place of the zero difference.
    """

    V: Complex[Array, " place"]
    code: Int[Array, " g"]
    real: Bool[Array, " g"]
    box: tuple[int, int, int] = static()
    centre: int = static()

    def matrix(self) -> Complex[Array, "1 g 1 g"]:
        """As a matrix: one look-up for each pair."""
        pair = self.code[:, None] - self.code[None, :] + self.centre
        both = self.real[:, None] & self.real[None, :]
        return jnp.where(both, self.V[pair], 0)[None, :, None, :]

    def __matmul__(self, psi: Complex[Array, "spin g state"]) -> Complex[Array, "spin g state"]:
        """V ∗ ψ by Fourier transform to the box in real space, product, and back; exact.

        The box has 4·max|n| + 1 points or more, so that nothing wraps onto a plane wave; ψ is
        moved half-way to `centre`, where no component of n is negative.
        """
        axes = (1, 2, 3)
        middle = np.unravel_index(self.centre, self.box)
        V = jnp.roll(self.V.reshape(self.box), [-int(m) for m in middle], axis=(0, 1, 2))
        spins, _, states = psi.shape
        place = self.code + self.centre // 2
        grid = jnp.zeros((spins, len(self.V), states), complex)
        grid = grid.at[:, place].add(jnp.where(self.real[:, None], psi, 0))
        psi_r = jnp.fft.ifftn(grid.reshape(spins, *self.box, states), axes=axes)
        V_r = jnp.fft.ifftn(V)[..., None] * len(self.V)
        V_psi = jnp.fft.fftn(V_r * psi_r, axes=axes).reshape(spins, -1, states)
        return jnp.where(self.real[:, None], V_psi[:, place], 0)

    def diagonal(self) -> Float[Array, "1 g"]:
        """V₀, the mean of V."""
        return jnp.where(self.real, self.V[self.centre].real, 0)[None]


@pytree
class Separable:
    """Σ_p Σ_ij B_{G,pi} s_p C_{σi,σ′j} B*_{G′,pj}: a few projectors p of three directions i.

    Attributes:
        B: the projectors; zero on rows that only fill up.
        strength: s_p, real.
        coupling: C, Hermitian; one spin component where spin is not touched.
    """

    B: Complex[Array, "g p 3"]
    strength: Float[Array, " p"]
    coupling: Complex[Array, "spin 3 spin 3"]

    def matrix(self) -> Complex[Array, "spin g spin g"]:
        """As a matrix; only small factors are stored before the last product."""
        CB = jnp.einsum("sitj,p,hpj->sitph", self.coupling, self.strength, self.B.conj())
        return jnp.einsum("gpi,sitph->sgth", self.B, CB)

    def __matmul__(self, psi: Complex[Array, "spin g state"]) -> Complex[Array, "spin g state"]:
        """Project, mix directions and spins, and back."""
        seen = jnp.einsum("gpj,tgn->tpjn", self.B.conj(), psi)
        if self.coupling.shape[0] == 1:
            mixed = jnp.einsum(
                "ij,p,tpjn->tpin", self.coupling[0, :, 0, :], self.strength, seen
            )
        else:
            mixed = jnp.einsum("sitj,p,tpjn->spin", self.coupling, self.strength, seen)
        return jnp.einsum("gpi,spin->sgn", self.B, mixed)

    def diagonal(self) -> Float[Array, "spin g"]:
        """The diagonal, real because C is Hermitian."""
        C = jnp.einsum("sisj->sij", self.coupling)
        return jnp.einsum("gpi,sij,p,gpj->sg", self.B, C, self.strength, self.B.conj()).real


Operator = Diagonal | Convolution | Separable
