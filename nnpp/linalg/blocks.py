"""Real, complex and quaternionic matrices as real arrays of shape (row, part, column).

    e_a e_b = SIGNS_ab e_{a XOR b},  (V c)_p = Σ_a SIGNS_{a,a XOR p} V_a c_{a XOR p}

One part is a real matrix, two are x₀ + i x₁, four are x₀ + i x₁ + j x₂ + k x₃. A quaternion is
the 2×2 matrix ((u, −d*), (d, u*)) with u = x₀ + i x₁ and d = x₂ − i x₃: a spinor (u, d) and its
time-reversed partner (−d*, u*). A column of quaternions is thus a Kramers pair. Every product
here is one real product. On a CPU, XLA computes it at twice the rate of its complex product
(N = 560, 12 columns, one core: 50 and 25 GFLOP/s for the same operations).
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Inexact

Block = Float[Array, "_ _ _"]
"""(row, part, column), of 1, 2 or 4 parts."""

SIGNS = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, -1, -1, 1], [1, 1, -1, -1]])
"""Signs of the products of 1, i, j, k; the upper left corners are those of 1 and of 1, i."""


def split(x: Inexact[Array, "row column"], parts: int = 2) -> Block:
    """Return the parts of `x`: one is its real part; for four, `x` has all u above all d."""
    if parts < 4:
        return jnp.stack([x.real, x.imag][:parts], axis=1)
    u, d = jnp.split(x, 2)
    return jnp.stack([u.real, u.imag, d.real, -d.imag], axis=1)


def joined(X: Block) -> Complex[Array, "_ _"]:
    """Return the complex matrix; four parts give twice the rows and columns, partners last."""
    if X.shape[1] < 4:
        return X[:, 0] + 1j * X[:, 1] if X.shape[1] == 2 else X[:, 0].astype(complex)
    u, d = jnp.split(spinors(X), 2)
    partners = jnp.concatenate([-d.conj(), u.conj()])
    return jnp.concatenate([spinors(X), partners], axis=1)


def spinors(X: Block) -> Complex[Array, "_ column"]:
    """Return the columns (u, d) of four parts, all u above all d, without their partners."""
    return jnp.concatenate([X[:, 0] + 1j * X[:, 1], X[:, 2] - 1j * X[:, 3]])


def adjoint(V: Block) -> Block:
    """Return V†."""
    turned = jnp.moveaxis(V, 2, 0).swapaxes(1, 2)
    return turned.at[:, 1:].multiply(-1.0)


def diagonal(d: Float[Array, " n"], parts: int) -> Block:
    """Return diag(d) for real d."""
    return jnp.diag(d)[:, None] * jnp.eye(1, parts).T


def times(V: Block, c: Block) -> Block:
    """Return V c; one of them may be real and the other not."""
    (n, p, v), (_, q, w) = V.shape, c.shape
    if q == 1:
        return (V.reshape(n * p, v) @ c[:, 0]).reshape(n, p, w)
    if p == 1:
        return (V[:, 0] @ c.reshape(v, q * w)).reshape(n, q, w)
    rows = [
        jnp.concatenate([SIGNS[a, a ^ part] * c[:, a ^ part] for part in range(q)], axis=1)
        for a in range(p)
    ]
    return (V.reshape(n, p * v) @ jnp.concatenate(rows)).reshape(n, p, w)


def inner(V: Block, W: Block) -> Block:
    """Return V†W; V may be real and W not."""
    (n, p, v), (_, q, w) = V.shape, W.shape
    y = (V.reshape(n, p * v).T @ W.reshape(n, q * w)).reshape(p, v, q, w)
    if p == 1:
        return y[0]
    assert p == q, "both have the same number of parts"
    conjugate = np.where(np.arange(p)[:, None] > 0, -1, 1) * SIGNS[:p, :p]
    parts = [sum(conjugate[a, a ^ c] * y[a, :, a ^ c] for a in range(p)) for c in range(p)]
    return jnp.stack(parts, axis=1)
