"""States near the gap of small dots, against dense `eigh`, and of a published dot."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.dots import coarse as coarse_module
from nnpp.dots import edges as edges_module
from nnpp.dots.edges import edges
from tests.wells import levels, wells

SITES = 8


@pytest.fixture
def iterative(monkeypatch):
    """Solve by iteration, as if the matrix were large."""
    monkeypatch.setattr(edges_module, "DENSE", 0)


@pytest.mark.parametrize("spinor", [False, True], ids=["scalar", "spinor"])
def test_states_are_those_of_the_matrix(spinor, iterative):
    H = wells(SITES, spinor=spinor)
    expected = levels(H)[SITES - 3 : SITES + 4]
    saved, lines = [], []
    found = edges(H, SITES, 3, 4, checkpoint=saved.append, report=lambda *a: lines.append(a))
    np.testing.assert_allclose(found.E, expected, atol=1e-8)
    assert float(found.residual.max()) < 1e-5
    assert np.all(np.abs(found.E - expected) <= found.error + 1e-11)
    R = H @ found.X - found.X * found.E
    np.testing.assert_allclose(jnp.sqrt((R**2).sum((0, 1))), found.residual, atol=1e-8)
    assert found.warning == ""
    assert found.missed < 1e-2
    assert (found.occupied, found.valence) == (SITES, 3)
    assert found.coarse.shape[1:] == (H.parts, SITES)
    assert {line[0] for line in lines} >= {"coarse level", "states below the gap"}
    for again in (edges(H, SITES, 3, 4, resume=saved[2]), edges(H, SITES, 3, 4, warm=found)):
        np.testing.assert_allclose(again.E, expected, atol=1e-8)
        assert again.coarse_applications < found.coarse_applications


def test_a_small_matrix_is_diagonalized_as_a_whole():
    H = wells(4, cutoff=1.5, spinor=True)
    found = edges(H, 4, 2, 2)
    np.testing.assert_allclose(found.E, levels(H)[2:6], atol=1e-10)
    assert float(found.residual.max()) < 1e-10


def test_a_wrong_number_of_electrons_is_reported():
    H = wells(SITES, cutoff=1.5)
    E = levels(H)
    found = edges(H, SITES - 1, 2, 2)
    assert E[SITES - 1] - E[SITES - 2] < 0.02 < E[SITES] - E[SITES - 1]
    assert f"the gap above level {SITES - 1} is" in found.warning
    assert f"that above level {SITES} is" in found.warning


def test_a_function_that_the_coarse_level_lacks_is_added(iterative, monkeypatch):
    """The first cycles are made blind to one occupied function."""
    H = wells(SITES)
    expected = levels(H)[SITES - 3 : SITES + 4]
    plain, calls = coarse_module.chebyshev.cycles, []

    def blind(H, start, upper, degrees, dtype):
        calls.append(degrees)
        for E, X in plain(H, start, upper, degrees, dtype):
            if len(calls) == 1:  # exchange one occupied function and the highest one
                order = np.r_[0:3, 4 : len(E), 3]
                X = (
                    X[:, :, order]
                    .at[:, :, -1]
                    .set(jax.random.normal(jax.random.key(0), X.shape[:2]))
                )
                E = E[order]
            yield E, X

    monkeypatch.setattr(coarse_module.chebyshev, "cycles", blind)
    found = edges(H, SITES, 3, 4)
    assert len(calls) == 2
    np.testing.assert_allclose(found.E, expected, atol=1e-8)
    assert found.missed < 1e-2
