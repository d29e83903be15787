"""States near the gap of small dots, against dense `eigh`, and of a published dot."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import simpson

from nnpp.basis.half_sphere import half_sphere
from nnpp.basis.rules import PER_K
from nnpp.dots import coarse as coarse_module
from nnpp.dots import edges as edges_module
from nnpp.dots.edges import edges
from nnpp.hamiltonian.dot import DotHamiltonian
from nnpp.terms.local_box import box_shells, local_potential
from tests.reference.data import FOLDER
from tests.wells import levels, wells

SITES = 8

DOT = FOLDER / "dots" / "CdSe-2.2nm"


@pytest.fixture
def iterative(monkeypatch):
    """Solve by iteration, as if the matrix were large."""
    monkeypatch.setattr(edges_module, "DENSE", 0)


@pytest.mark.parametrize("spinor", [False, pytest.param(True, marks=pytest.mark.slow)])
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
    late = edges(H, SITES, 3, 4, resume=saved[-1])
    assert late.fine_applications < found.fine_applications / 3
    for again in (
        late,
        edges(H, SITES, 3, 4, resume=saved[2]),
        edges(H, SITES, 3, 4, warm=found),
    ):
        np.testing.assert_allclose(again.E, expected, atol=1e-8)
        assert again.coarse_applications < found.coarse_applications


def test_a_small_matrix_is_diagonalized_as_a_whole():
    H = wells(4, cutoff=1.0, spinor=True)
    found = edges(H, 4, 2, 2)
    np.testing.assert_allclose(found.E, levels(H)[2:6], atol=1e-10)
    assert float(found.residual.max()) < 1e-10


def test_a_wrong_number_of_electrons_is_reported():
    H = wells(SITES)
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


def published() -> DotHamiltonian:
    """Return H of Cd39Se39 with 72 passivants, from v(r) of each species, within 5 hartree."""
    lines = [line.split() for line in (DOT / "conf.par").read_text().splitlines()[1:]]
    symbols = np.array([line[0] for line in lines if line])
    r = np.array([line[1:4] for line in lines if line], float)
    edges_of_box = np.array([45.6, 41.6, 36.0])
    sphere = half_sphere(np.diag(edges_of_box), 5.0, PER_K, 1.5)
    assert sphere.shape == (72, 64, 60)
    lengths = box_shells(np.diag(edges_of_box), sphere.shape)
    x, species = (r - r.mean(axis=0)) / edges_of_box, sorted(set(symbols))
    V = local_potential(
        lengths,
        [jnp.asarray(x[symbols == s]) for s in species],
        [jnp.ones(int(np.sum(symbols == s))) for s in species],
        [jnp.asarray(transformed(DOT / f"pot{s}.par", np.asarray(lengths.q))) for s in species],
        sphere.volume,
    )
    return DotHamiltonian(sphere, jnp.asarray(sphere.K2 / 2), V, (), False)


def transformed(path, q: np.ndarray) -> np.ndarray:
    """Return v(q) = 4π ∫ r² v(r) j₀(qr) dr of a table by Simpson's rule."""
    r, v = np.loadtxt(path).T
    pieces = np.array_split(q, len(q) // 2000 + 1)
    j0 = (np.sinc(some[:, None] * r / np.pi) for some in pieces)
    return np.concatenate([4 * np.pi * simpson(r**2 * v * one, x=r) for one in j0])


@pytest.mark.slow
@pytest.mark.skipif(not DOT.is_dir(), reason="the published dot is not in shared/")
def test_levels_of_a_published_dot():
    """HOMO and LUMO of an independent program in the same basis."""
    found = edges(published(), 156, 8, 8)
    assert found.E[7] == pytest.approx(-0.24333927, abs=2e-8)
    assert found.E[8] == pytest.approx(-0.11860691, abs=2e-8)
    assert found.warning == ""
    assert found.missed < 1e-3
    assert float(found.residual.max()) < 1e-5
    assert found.coarse_applications < 10_000
    assert found.fine_applications < 80 * 16
