"""Common shapes: systems with nearly equal numbers of k-points and plane waves share programs.

Rows of padding follow the real ones. A k-point of padding has no plane waves, and is skipped;
a plane wave of padding couples to nothing, and lies far above all levels.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from nnpp.devices.parallel import on_processors
from nnpp.devices.tracing import differentiated
from nnpp.hamiltonian.bulk import System

COUNTS = (1, 2, 4, 8, 16, 64)
"""Numbers of k-points that have programs; above, powers of two."""

WAVES, SHARE = 8, 16
"""Plane waves are padded to multiples of this, or of the power of two below a share of them."""

SHELLS = 16
"""Lengths |G−G′| are padded to multiples of this."""


def common_count(n: int) -> int:
    """Return the number of k-points that `n` of them are padded to."""
    return next((c for c in COUNTS if c >= n), 1 << (n - 1).bit_length())


def common_waves(n: int) -> int:
    """Return the number of plane waves that `n` of them are padded to: at most 1/16 more."""
    step = max(WAVES, (1 << (n // SHARE).bit_length()) // 2)
    return -(-n // step) * step


def common(system: System) -> System:
    """Return the same system with rows of padding."""
    k, g = system.waves.real.shape
    more_k, more_g = common_count(k) - k, common_waves(g) - g
    waves, d = system.waves, system.local.differences
    waves = replace(
        waves,
        K=_padded(waves.K, (more_k, more_g), last=True),
        code=_padded(waves.code, (more_k, more_g)),
        real=_padded(waves.real, (more_k, more_g)),
        K_max=_padded(waves.K_max, (more_k,), last=True),
    )
    d = replace(d, q=_padded(d.q, (-len(d.q) % SHELLS,), last=True))
    return replace(system, waves=waves, local=replace(system.local, differences=d))


def _padded(x: Array, more: tuple[int, ...], last: bool = False) -> Array:
    """Return an array with more rows along its first axes: zeros, or the last one again.

    NumPy does it, without a program for each shape, unless JAX traces the array.
    """
    if not any(more):
        return x
    widths = [(0, m) for m in more] + [(0, 0)] * (x.ndim - len(more))
    mode: Any = "edge" if last else "constant"
    if differentiated(x):
        return jnp.pad(x, widths, mode=mode)
    return jnp.asarray(np.pad(np.asarray(x), widths, mode=mode))


def real_rows(found: Any, k: int) -> Any:
    """Return results at the first `k` k-points, without those of padding."""
    return jax.tree.map(lambda x: cut(x, lambda y: y[:k]) if len(x) > k else x, found)


def cut(x: Array, part: Callable[[Any], Any]) -> Array:
    """Return a part of an array, by NumPy on processors: without a program for each shape."""
    if differentiated(x) or not on_processors():
        return part(x)
    return jnp.asarray(part(np.asarray(x)))
