"""Plane waves |k+G⟩ at many k-points, and the few distinct lengths |G−G′| between them.

Each vector n = (n₁, n₂, n₃) has a place in a box of S₁×S₂×S₃ points,
code(n) = (n₁S₂ + n₂)S₃ + n₃. The place is linear in n, so code(n) − code(n′) is the place of
the difference. An operator that depends on G−G′ alone therefore needs one integer for each
plane wave instead of a table of pairs.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.fft import next_fast_len

from nnpp.basis.rules import Rule
from nnpp.devices.tracing import concrete, differentiated
from nnpp.errors import InputError
from nnpp.pytree import pytree, static
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints

DIFFERENCES = 128
"""Differences are padded to multiples of this, so that nearly equal bases share programs."""

SAME_LENGTH = 1e-9
"""Relative difference of squared lengths, with respect to the longest, within one shell."""


@pytree
class PlaneWaves:
    """The plane waves at each k-point, padded to one size so that all k share one program.

    Attributes:
        K: k+G [bohr⁻¹].
        code: the place of G in the box.
        real: False for a row of padding, which couples to nothing.
        K_max: |k+G| where the kinetic energy diverges; ∞ for a sharp cutoff [bohr⁻¹].
    """

    K: Float[Array, "*k g 3"]
    code: Int[Array, "*k g"]
    real: Bool[Array, "*k g"]
    K_max: Float[Array, "*k"]


@pytree
class Differences:
    """The distinct G−G′ of a basis, and the shells of equal length among them.

    Rows of padding are differences that do not occur; they are assigned to shell 0.

    Attributes:
        n: the differences as integers.
        Q: the differences, Cartesian [bohr⁻¹].
        place: the place of each difference in the box.
        shell: the index of its length in `q`.
        occurs: False for a row of padding.
        q: the distinct lengths |G−G′| [bohr⁻¹], where form factors are evaluated.
        box: the size of the box, S ≥ 4·max|n| + 1 along each axis.
        centre: the place of the zero difference.
    """

    n: Int[Array, "delta 3"]
    Q: Float[Array, "delta 3"]
    place: Int[Array, " delta"]
    shell: Int[Array, " delta"]
    occurs: Bool[Array, " delta"]
    q: Float[Array, " shell"]
    box: tuple[int, int, int] = static()
    centre: int = static()


def _code(n: np.ndarray, box: tuple[int, int, int]) -> np.ndarray:
    """Return the place of n in the box, relative to that of zero."""
    return n @ np.array([box[1] * box[2], box[2], 1])


def _occurring(codes: list[np.ndarray], box: tuple[int, int, int], centre: int) -> np.ndarray:
    """Return the places of all differences within the sets, by autocorrelation of each."""
    present = np.zeros(box, bool)
    for code in {c.tobytes(): c for c in codes}.values():
        filled = np.zeros(np.prod(box))
        filled[code + centre] = 1
        spectrum = np.abs(np.fft.rfftn(filled.reshape(box))) ** 2
        present |= np.fft.irfftn(spectrum, box, axes=(0, 1, 2)) > 0.5
    middle = np.unravel_index(centre, box)
    return np.flatnonzero(np.roll(present, middle, axis=(0, 1, 2)))


def shells(Q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shell of each vector, and the lengths of the shells in rising order."""
    squares = np.sum(Q**2, axis=1)
    order = np.argsort(squares, kind="stable")
    rising = squares[order]
    new = np.diff(rising, prepend=-1.0) > SAME_LENGTH * rising[-1]
    new[0] = True
    shell = np.empty(len(Q), int)
    shell[order] = np.cumsum(new) - 1
    return shell, np.sqrt(rising[new])


def lengths(
    Q: Float[Array, "delta 3"], absent: Bool[np.ndarray | Array, " delta"]
) -> Float[Array, " delta"]:
    """Return |Q| with a derivative, also at Q = 0; zero where a difference is `absent`."""
    zero = jnp.all(Q == 0, axis=-1) | absent
    return jnp.where(zero, 0.0, jnp.sqrt(jnp.where(zero, 1.0, jnp.sum(Q**2, axis=-1))))


def _cartesian(
    n: Int[np.ndarray, "*of 3"],
    k: Float[Array, "k 3"] | None,
    b: Float[Array, "3 3"],
) -> Float[np.ndarray | Array, "*of 3"]:
    """Return (n + k)·b [bohr⁻¹], by NumPy unless JAX differentiates it."""
    if differentiated(b) or differentiated(k):
        return (n if k is None else n + k[:, None]) @ b
    return (n if k is None else n + np.asarray(k)[:, None]) @ np.asarray(b)


def _fast_length(n: int) -> int:
    """Return the smallest length from n on with a fast Fourier transform."""
    return next_fast_len(n)  # pyright: ignore[reportReturnType] -- scipy declares None


def _box(sets: list[np.ndarray]) -> tuple[tuple[int, int, int], int]:
    """Return the box that holds every difference without wrapping, and the place of zero."""
    top = np.max([np.abs(n).max(axis=0) for n in sets], axis=0)
    x, y, z = (_fast_length(int(4 * t + 1)) for t in top)
    box = (x, y, z)
    return box, int(_code(2 * top[None], box)[0])


def _padded(rows: list[np.ndarray]) -> np.ndarray:
    """Return arrays of unequal length as one array, padded with zeros at the end."""
    longest = max(map(len, rows))
    return np.stack(
        [np.pad(r, [(0, longest - len(r))] + [(0, 0)] * (r.ndim - 1)) for r in rows]
    )


def plane_waves(
    crystal: Crystal,
    kpoints: KPoints,
    cutoff: float,
    rule: Rule,
) -> tuple[PlaneWaves, Differences]:
    """Return the plane waves of `rule` at every k, and their differences; differentiable.

    Plane waves are integers and stay while the cell moves. Each difference of a differentiated
    cell is a shell of its own, because a strain changes their lengths differently.

    Args:
        crystal: cell and atoms.
        kpoints: the k-points.
        cutoff: E_cut, ½|k+G|² of the longest plane wave [hartree].
        rule: which plane waves are taken.
    """
    if not 0 < cutoff < np.inf:
        raise InputError(f"a cutoff of {cutoff} hartree", "give a positive number")
    fixed, k = crystal.concrete, np.asarray(concrete(kpoints.fractional, "a k-point"))
    sets = rule.select(np.asarray(fixed.cell), k, cutoff)
    box, centre = _box(sets)
    codes = [_code(n, box) for n in sets]
    place = _occurring(codes, box, centre)
    absent = np.setdiff1d(np.arange(np.prod(box)), place)[: -len(place) % DIFFERENCES]
    occurs = np.arange(len(place) + len(absent)) < len(place)
    place = np.concatenate([place, absent])
    n = np.stack(np.unravel_index(place, box), axis=1) - np.unravel_index(centre, box)
    real = _padded([np.ones(len(m), bool) for m in sets])
    K = _cartesian(_padded(sets), kpoints.fractional, crystal.reciprocal)
    Q = _cartesian(n, None, crystal.reciprocal)
    if differentiated(Q):
        shell, q = np.arange(len(n)), lengths(jnp.asarray(Q), ~occurs)
    else:
        of_those, q = shells(np.asarray(Q)[occurs])
        shell = np.pad(of_those, (0, len(absent)))
    waves = PlaneWaves(
        K=jnp.asarray(K * real[..., None]),
        code=jnp.asarray(_padded(codes)),
        real=jnp.asarray(real),
        K_max=jnp.asarray(np.full(len(k), np.sqrt(2 * cutoff) if rule.smooth else np.inf)),
    )
    differences = Differences(
        *map(jnp.asarray, (n, Q, place, shell, occurs, q)), box=box, centre=centre
    )
    return waves, differences
