"""Optical transitions of independent electrons and holes in a dot.

    μ_vc = ⟨v|r|c⟩,   E_vc = E_c − E_v,   f_vc,a = 2 E_vc Σ |μ_vc,a|² for light along axis a
    f_vc = (1/3) Σ_a f_vc,a = (2/3) E_vc Σ |μ_vc|²,   A(ω) = Σ_vc f_vc L(ω − E_vc)

Each state holds two electrons: the inner sum is over both spins without spin-orbit coupling,
and over the four pairs of partners of two Kramers pairs with it. So it does not depend on the
choice of partners; sums over the pairs of two multiplets do not depend on the choice of states
within them. The length form holds for every Hamiltonian: functions vanish at the sides of the
box, where r jumps. With a local potential and T = ½k² (not one that rises smoothly) the
velocity form agrees,

    ⟨v|∇|c⟩ = E_vc ⟨v|r|c⟩,

and Σ_c f_vc,a over all c is the number of electrons in v (sum rule of Thomas, Reiche and Kuhn).
There are no excitons and no local fields here.
"""

from collections.abc import Callable
from itertools import pairwise

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.basis.half_sphere import HalfSphere
from nnpp.dots.functions import Functions, points
from nnpp.linalg.blocks import Block, inner

Pairs = Float[np.ndarray, "v c"]

PER_STATE = 2
"""Electrons in a state: two spins, or the partners of a Kramers pair."""


def dipoles(
    of: Functions, V: Block, C: Block, centre: Float[np.ndarray, " 3"]
) -> Float[np.ndarray, "axis v part c"]:
    """Return ⟨v|r|c⟩ along x, y and z [bohr], with the parts of `nnpp.linalg.blocks`.

    Args:
        of: the basis of the states.
        V: valence states.
        C: conduction states.
        centre: centre of the dot, in fractions of the box: `nnpp.dots.functions.middle`.
    """
    r = points(of, centre)
    return _elements(V, [_multiplied(of, r[..., axis], C) for axis in range(3)])


def gradients(sphere: HalfSphere, V: Block, C: Block) -> Float[np.ndarray, "axis v part c"]:
    """Return ⟨v|∇|c⟩ along x, y and z [bohr⁻¹]; E_vc times it is the velocity form of μ.

    Args:
        sphere: the plane waves of the states.
        V: valence states.
        C: conduction states.
    """
    return _elements(V, [_derivative(sphere, axis, C) for axis in range(3)])


def oscillator_strengths(
    mu: Float[np.ndarray, "axis v part c"],
    E_v: Float[np.ndarray | Array, " v"],
    E_c: Float[np.ndarray | Array, " c"],
) -> Float[np.ndarray, "axis v c"]:
    """Return f of light along x, y and z, summed over spins or partners; their mean is f.

    Args:
        mu: ⟨v|r|c⟩ [bohr].
        E_v: valence levels [hartree].
        E_c: conduction levels [hartree].
    """
    return 2 * PER_STATE * transition_energies(E_v, E_c) * np.sum(mu**2, axis=2)


def transition_energies(
    E_v: Float[np.ndarray | Array, " v"], E_c: Float[np.ndarray | Array, " c"]
) -> Pairs:
    """Return E_c − E_v [hartree]."""
    return np.asarray(E_c)[None, :] - np.asarray(E_v)[:, None]


def multiplets(E: Float[np.ndarray | Array, " state"], together: float) -> list[slice]:
    """Return the ranges of rising levels of which neighbours are closer than `together`.

    Args:
        E: levels, rising [hartree].
        together: largest distance of neighbours within a multiplet [hartree].
    """
    E = np.asarray(E)
    ends = [0, *(np.flatnonzero(np.diff(E) > together) + 1).tolist(), len(E)]
    return [slice(a, b) for a, b in pairwise(ends) if b > a]


def summed(
    f: Float[np.ndarray, "*axis v c"], of_v: list[slice], of_c: list[slice]
) -> Float[np.ndarray, "*axis V C"]:
    """Return f summed over the pairs of two multiplets.

    Args:
        f: a number of each pair of states.
        of_v: multiplets of the valence levels.
        of_c: multiplets of the conduction levels.
    """
    by_v = np.stack([f[..., s, :].sum(axis=-2) for s in of_v], axis=-2)
    return np.stack([by_v[..., s].sum(axis=-1) for s in of_c], axis=-1)


def lorentzian(x: Float[np.ndarray, "..."], width: float) -> Float[np.ndarray, "..."]:
    """Return a Lorentzian of integral 1; `width` is its full width at half maximum."""
    return (width / 2 / np.pi) / (x**2 + (width / 2) ** 2)


def gaussian(x: Float[np.ndarray, "..."], width: float) -> Float[np.ndarray, "..."]:
    """Return a Gaussian of integral 1; `width` is its full width at half maximum."""
    sigma = width / np.sqrt(8 * np.log(2))
    return np.exp(-(x**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)


Line = Callable[[Float[np.ndarray, "..."], float], Float[np.ndarray, "..."]]
LINES: dict[str, Line] = {"gaussian": gaussian, "lorentzian": lorentzian}
"""Shapes of lines by their names."""


def absorption(
    energy: Float[np.ndarray, " E"], f: Pairs, E: Pairs, width: float, line: Line = gaussian
) -> Float[np.ndarray, " E"]:
    """Return Σ f L(ω − E) [hartree⁻¹], whose integral is Σ f.

    Args:
        energy: ω [hartree].
        f: oscillator strength of each transition.
        E: energy of each transition [hartree].
        width: full width at half maximum of a line [hartree].
        line: shape of a line.
    """
    total = np.zeros(len(energy))
    for of_E, of_f in zip(E, f, strict=True):  # a row at a time keeps the array small
        total += line(energy[:, None] - of_E, width) @ of_f
    return total


def _elements(V: Block, of_axis: list[Block]) -> Float[np.ndarray, "axis v part c"]:
    """Return ⟨v|c'⟩ for the blocks of three axes."""
    return np.stack([np.asarray(inner(V, C)) for C in of_axis])


def _multiplied(of: Functions, g: Float[np.ndarray, "x y z"], X: Block) -> Block:
    """Return the rows of g(r) ψ(r)."""
    flat = X.reshape(len(X), -1)
    return of.multiplied(jnp.asarray(g), flat).reshape(X.shape)


def _derivative(sphere: HalfSphere, axis: int, X: Block) -> Block:
    """Return the rows of ∂ψ/∂r_axis: i G c_G for c_G = (x_G + i y_G)/√2."""
    G = jnp.asarray(sphere.G[1:, axis])[:, None, None]
    x, y = X[1::2], X[2::2]
    pairs = jnp.stack([-G * y, G * x], axis=1).reshape(-1, *X.shape[1:])
    return jnp.concatenate([jnp.zeros_like(X[:1]), pairs])
