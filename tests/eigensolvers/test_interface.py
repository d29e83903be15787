"""A Hamiltonian that only this file knows: every solver, and the one derivative rule.

A particle in a rectangular box, on a grid of points with three-point differences. Its levels
are known in closed form, also on the grid:

    E_ij = Σ_axis (1 − cos(π j/(N + 1)))/h²,   h = L/(N + 1),   ∂E_ij/∂L_x = −2 E_i/L_x.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

from nnpp.eigensolvers.choice import SOLVERS, faster
from nnpp.eigensolvers.davidson import TOLERANCE, davidson, fits, width
from nnpp.eigensolvers.levels import eigenvalues
from nnpp.eigensolvers.wanted import Lowest, Nearest
from nnpp.hamiltonian.interface import Hamiltonian, Start
from nnpp.pytree import pytree, static

POINTS, LENGTHS = 16, np.array([3.0, 3.7])
MIDDLE = 40.0
"""An energy inside the spectrum, 0.9 to 218 [hartree]."""


def second_differences(X):
    """−½ ∂²X along the first axis, times h²; X vanishes beyond the ends."""
    padded = jnp.pad(X, [(1, 1)] + [(0, 0)] * (X.ndim - 1))
    return X - (padded[2:] + padded[:-2]) / 2


def axis_levels():
    """(1 − cos(π j/(N + 1)))/h² for unit length."""
    j = np.arange(1, POINTS + 1)
    return (1 - np.cos(np.pi * j / (POINTS + 1))) * (POINTS + 1) ** 2


@pytree
class Minimal(Hamiltonian):
    """A box of two lengths, with nothing but what an interface demands."""

    lengths: Float[Array, "2"]
    kind: int = static()

    @property
    def rows(self):
        return POINTS**2

    @property
    def parts(self):
        return self.kind

    def __matmul__(self, X, /):
        on_grid = X.reshape(POINTS, POINTS, *X.shape[1:])
        h = self.lengths / (POINTS + 1)
        x = second_differences(on_grid) / h[0] ** 2
        y = jnp.swapaxes(second_differences(jnp.swapaxes(on_grid, 0, 1)), 0, 1) / h[1] ** 2
        return (x + y).reshape(X.shape)


@pytree
class Box(Minimal):
    """The same with random starting functions and 1/(1 + T) of a square box: positive, so that
    the search goes to the lowest levels."""

    def start(self, levels, columns):
        shape = (self.rows, columns)
        X = jnp.linalg.qr(jax.random.normal(jax.random.key(0), shape))[0]
        X = jnp.pad(X[:, None], ((0, 0), (0, self.parts - 1), (0, 0)))
        j = jnp.arange(1, POINTS + 1)
        S = jnp.sqrt(2 / (POINTS + 1)) * jnp.sin(jnp.pi * jnp.outer(j, j) / (POINTS + 1))
        e = jnp.asarray(axis_levels()) / jnp.mean(self.lengths) ** 2

        def precondition(R, _):
            on_grid = R.reshape(POINTS, POINTS, *R.shape[1:])
            R_S = jnp.einsum("ax,by,xypc->abpc", S, S, on_grid)
            W_S = R_S / (1 + e[:, None, None, None] + e[None, :, None, None])
            return jnp.einsum("ax,by,abpc->xypc", S, S, W_S).reshape(R.shape)

        return Start(self, precondition, X)


def closed_form(parts):
    """All levels in rising order, and their derivatives with respect to both lengths."""
    x, y = (axis_levels() / L**2 for L in LENGTHS)
    E = np.add.outer(x, y).ravel()
    slopes = np.stack(
        [
            np.broadcast_to(-2 * x[:, None] / LENGTHS[0], (POINTS, POINTS)).ravel(),
            np.broadcast_to(-2 * y[None, :] / LENGTHS[1], (POINTS, POINTS)).ravel(),
        ],
        axis=1,
    )
    order = np.repeat(np.argsort(E), 2 if parts == 4 else 1)
    return E[order], slopes[order]


def nearest(E, n):
    """Places of the `n` levels nearest to MIDDLE."""
    return np.sort(np.argsort(np.abs(E - MIDDLE), kind="stable")[:n])


every_solver = pytest.mark.parametrize("solver", SOLVERS)
every_kind = pytest.mark.parametrize("parts", [1, 2, 4])


@every_kind
@every_solver
def test_lowest_levels_and_states(solver, parts):
    """Real, complex and quaternionic coefficients; with four parts every level is a pair."""
    H, wanted = Box(jnp.asarray(LENGTHS), parts), Lowest(6)
    E, psi = jax.jit(lambda H: SOLVERS[solver](H, wanted))(H)
    np.testing.assert_allclose(E, closed_form(parts)[0][:6], atol=1e-11)
    assert float(jnp.abs(H.apply(psi) - psi * E).max()) < TOLERANCE
    assert float(jnp.abs(psi.conj().T @ psi - jnp.eye(6)).max()) < 1e-12
    np.testing.assert_allclose(H.expectation(psi), E, atol=1e-11)


@every_kind
@every_solver
def test_nearest_levels(solver, parts):
    H, (E, _) = Box(jnp.asarray(LENGTHS), parts), closed_form(parts)
    found, psi = jax.jit(lambda H: SOLVERS[solver](H, Nearest(MIDDLE, 8)))(H)
    np.testing.assert_allclose(found, E[nearest(E, 8)], atol=1e-10)
    assert float(jnp.abs(H.apply(psi) - psi * found).max()) < 1e-10


@pytest.mark.parametrize("wanted", [Lowest(6), Nearest(MIDDLE, 6)], ids=["lowest", "nearest"])
@every_kind
@every_solver
def test_the_derivative_rule(solver, parts, wanted):
    """Every level with respect to both lengths, in reverse and forward mode."""
    E, slopes = closed_form(parts)
    chosen = np.arange(6) if isinstance(wanted, Lowest) else nearest(E, 6)

    def levels(lengths):
        return eigenvalues(Box(lengths, parts), wanted, SOLVERS[solver])

    for jacobian in (jax.jacrev, jax.jacfwd):
        found = jax.jit(jacobian(levels))(jnp.asarray(LENGTHS))
        np.testing.assert_allclose(found, slopes[chosen], rtol=1e-7)


def test_davidson_iterates_here_and_needs_the_right_inverse():
    """The box is solved by iteration; a class without `start` is solved as a matrix."""
    lengths = jnp.asarray(LENGTHS)
    assert faster(Box(lengths, 1).size, Lowest(6)) is davidson
    assert Minimal(lengths, 1).start(6, 10) is None
    programs = [str(jax.make_jaxpr(lambda H: davidson(H, Lowest(6)))(H(lengths, 1)))
                for H in (Box, Minimal)]  # fmt: skip
    assert "while[" in programs[0]
    assert "while[" not in programs[1]
    E, _ = davidson(Minimal(lengths, 1), Lowest(6))
    np.testing.assert_allclose(E, closed_form(1)[0][:6], atol=1e-11)


def test_davidson_is_chosen_for_large_matrices_and_few_levels():
    """From 200 rows on, and from 16 rows for each level: 256 rows are enough for 16 levels."""
    H = Box(jnp.asarray(LENGTHS), 1)
    assert [faster(H.size, Lowest(n)) for n in (1, 16, 17)] == [
        davidson,
        davidson,
        SOLVERS["dense"],
    ]
    assert faster(H.size, Nearest(MIDDLE, 1)) is SOLVERS["dense"]


def test_a_correction_has_the_worst_half_of_many_columns():
    assert [width(n) for n in (1, 3, 8, 9, 15, 16, 17, 40)] == [1, 3, 8, 8, 8, 8, 9, 20]


@pytest.mark.parametrize(("parts", "most"), [(1, 126), (2, 126), (4, 252)])
def test_the_search_space_is_at_most_that_of_all_functions(parts, most):
    """n + 4 and twice n/2 columns, 256 for n = 126; with four parts a column is a pair."""
    H = Box(jnp.asarray(LENGTHS), parts)
    assert (fits(H, most), fits(H, most + 2)) == (True, False)


@every_kind
def test_the_default_matrix(parts):
    """H @ identity; Hermitian, with all levels of the closed form."""
    H = Minimal(jnp.asarray(LENGTHS), parts)
    M = np.asarray(H.matrix())
    assert M.shape == (H.size, H.size)
    assert np.abs(M - M.conj().T).max() < 1e-12
    np.testing.assert_allclose(np.linalg.eigvalsh(M), closed_form(parts)[0], atol=1e-10)
