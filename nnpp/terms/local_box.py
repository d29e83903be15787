"""The local potential of many atoms at the points of a box.

    V(r) = Σ_G V_G e^{iG·r},  V_G = Ω⁻¹ Σ_s v_s(|G|) Σ_{a∈s} w_a e^{−iG·r_a}

The phase of an atom is a product of one-dimensional phases, e^{−2πi n₁x_a} and so on for
fractional positions x_a, so that the sums over atoms are matrix products over blocks of atoms:
(n₁n₂, atom) times (atom, n₃). Memory is that of a few boxes for any number of atoms.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from nnpp.basis.half_sphere import Shape
from nnpp.basis.plane_waves import shells
from nnpp.pytree import pytree, static

BLOCK = 64
"""Atoms in a block."""


@pytree
class BoxShells:
    """The distinct lengths |G| of the half spectrum of a box.

    Attributes:
        q: the lengths [bohr⁻¹].
        shell: for each place of the half spectrum the index of its length.
        shape: points of the box.
    """

    q: Float[Array, " shell"]
    shell: Int[Array, "x y half"]
    shape: Shape = static()


def box_shells(cell: Float[np.ndarray, "3 3"], shape: Shape) -> BoxShells:
    """Return the lengths |G| of a box with lattice vectors `cell` [bohr]."""
    frequencies = [np.fft.fftfreq(m, 1 / m) for m in shape]
    frequencies[2] = np.arange(shape[2] // 2 + 1.0)
    grid = np.stack(np.meshgrid(*frequencies, indexing="ij"), axis=-1)
    shell, q = shells((grid @ (2 * np.pi * np.linalg.inv(cell).T)).reshape(-1, 3))
    return BoxShells(jnp.asarray(q), jnp.asarray(shell.reshape(grid.shape[:3])), shape)


def structure_factor(
    x: Float[Array, "atom 3"], w: Float[Array, " atom"], shape: Shape
) -> Complex[Array, "x y half"]:
    """Return Σ_a w_a e^{−iG·r_a} in the half spectrum of a box.

    Args:
        x: fractional positions.
        w: weights.
        shape: points of the box.
    """
    fill = -len(x) % BLOCK
    blocks = (
        jnp.pad(x, ((0, fill), (0, 0))).reshape(-1, BLOCK, 3),
        jnp.pad(w, (0, fill)).reshape(-1, BLOCK),
    )
    size = (shape[0], shape[1], shape[2] // 2 + 1)

    @jax.checkpoint
    def add(S: Array, block: tuple[Array, Array]) -> tuple[Array, None]:
        return S + _of_block(*block, size), None

    S, _ = jax.lax.scan(add, jnp.zeros((size[0] * size[1], 2 * size[2])), blocks)
    return jax.lax.complex(S[:, : size[2]], S[:, size[2] :]).reshape(size)


def _of_block(
    x: Float[Array, "atom 3"], w: Float[Array, " atom"], size: Shape
) -> Float[Array, "xy half2"]:
    """Return real and imaginary parts, next to each other, as one real matrix product."""
    n = [jnp.fft.fftfreq(size[0], 1 / size[0]), jnp.fft.fftfreq(size[1], 1 / size[1])]
    n.append(jnp.arange(float(size[2])))
    a, b, c = (2 * jnp.pi * k[:, None] * x[:, i] for i, k in enumerate(n))
    plane = (a[:, None] + b[None]).reshape(-1, len(x))
    left = jnp.concatenate([jnp.cos(plane), jnp.sin(plane)], axis=1)
    cos, sin = w[:, None] * jnp.cos(c.T), w[:, None] * jnp.sin(c.T)
    right = jnp.block([[cos, -sin], [-sin, -cos]])
    return left @ right


@partial(jax.jit, static_argnames="volume")
def local_potential(
    lengths: BoxShells,
    x: Sequence[Float[Array, "_ 3"]],
    w: Sequence[Float[Array, " _"]],
    v: Sequence[Float[Array, " shell"]],
    volume: float,
) -> Float[Array, "x y z"]:
    """Return V(r) at the points of the box [hartree].

    Args:
        lengths: the lengths |G| of the box.
        x: for each species the fractional positions of its atoms.
        w: for each species the weights of its atoms.
        v: for each species v(q) at the lengths [hartree·bohr³].
        volume: Ω [bohr³].
    """
    shape = lengths.shape
    V = jnp.zeros((shape[0], shape[1], shape[2] // 2 + 1), complex)
    for of_x, of_w, of_v in zip(x, w, v, strict=True):
        V = V + of_v[lengths.shell] * structure_factor(of_x, of_w, shape)
    return jnp.fft.irfftn(_without_nyquist(V, shape), s=shape) * (np.prod(shape) / volume)


def _without_nyquist(V: Complex[Array, "x y half"], shape: Shape) -> Complex[Array, "x y half"]:
    """Return V without the planes of the highest frequency, which has no partner −G."""
    V = V.at[shape[0] // 2].set(0).at[:, shape[1] // 2].set(0)
    return V.at[:, :, shape[2] // 2].set(0)


def resampled(V: Float[Array, "x y z"], shape: Shape) -> Float[Array, "X Y Z"]:
    """Return V(r) at the points of a smaller box, by the components that both hold."""
    kept = [min(a, b) for a, b in zip(V.shape, shape, strict=True)]
    of_old = _frequencies(V.shape, kept)
    of_new = _frequencies(shape, kept)
    components = jnp.fft.rfftn(V)[np.ix_(*of_old)]
    spectrum = jnp.zeros((shape[0], shape[1], shape[2] // 2 + 1), components.dtype)
    spectrum = spectrum.at[np.ix_(*of_new)].set(components)
    return jnp.fft.irfftn(spectrum, s=shape) * (np.prod(shape) / V.size)


def _frequencies(shape: Sequence[int], kept: Sequence[int]) -> list[np.ndarray]:
    """Return the places of frequencies below half of `kept` in the half spectrum of a box."""
    two_sided = [
        np.r_[0 : m // 2, n - m // 2 + 1 : n] for n, m in zip(shape[:2], kept[:2], strict=True)
    ]
    return [*two_sided, np.arange(kept[2] // 2)]
