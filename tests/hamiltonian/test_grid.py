"""H on a grid against dense matrices between points, made by NumPy from the files of a job."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.filter_job import read_filter_job
from nnpp.hamiltonian import grid
from nnpp.hamiltonian.grid import grid_hamiltonian, grid_potential, grid_system
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.terms.fitted.nonlocal_ import inner_weight, outer_weight
from nnpp.terms.fitted.spin_orbit import EPSILON, SIGMA, weight
from nnpp.terms.grid_projectors import cut_radius, grid_radial
from tests.formats.jobs import OLDER, SPIN, strained, write_job

CAPPED = "nx = 4\nny = 7\nnz = 6\ndGrid = 2.2\nKEmax = 1.5\nspinOrbit = 0\n"
"""A grid of 8×7×6 points, for which T reaches 3 hartree without a cap."""
SPINORS = CAPPED.replace("Orbit = 0", "Orbit = 1")
CASES = {
    "FilterBSE": {"input__par": CAPPED},
    "older": strained() | {"input__par": OLDER.replace("12\n10\n11", "8\n6\n7")},
    "spinors": {"input__par": SPINORS, **{f"SO_{s}__par": text for s, text in SPIN.items()}},
}


def built(job):
    system = grid_system(job.dot, job.shape, job.spacing, job.cap)
    return grid_hamiltonian(job.potential, system)


def coordinates(n, h):
    """Points −n·h/2 + j·h along one axis."""
    return -n * h / 2 + h * np.arange(n)


def kinetic(job):
    """min(½k², cap) between points, by a discrete Fourier transform."""
    k = [2 * np.pi * np.fft.fftfreq(n, h) for n, h in zip(job.shape, job.spacing, strict=True)]
    T = np.minimum(sum(x**2 for x in np.meshgrid(*k, indexing="ij")) / 2, job.cap)
    N = T.size
    waves = np.fft.fftn(np.eye(N).reshape(*job.shape, N), axes=(0, 1, 2)).reshape(N, N)
    return (waves.conj().T @ (T.reshape(-1, 1) * waves) / N).real


def tables(folder, job):
    """r and v(r) of each symbol, as the codes read them."""
    first = np.loadtxt(folder / f"pot{job.dot.symbols[0]}.par")
    for symbol in job.dot.symbols:
        path = folder / f"pot{symbol}.par"
        gaussian = 0.64 * np.exp(-(first[:, 0] ** 2) / 2.2287033)
        r, v = np.loadtxt(path).T if path.exists() else (first[:, 0], gaussian)
        yield r, v - v[-1] if job.conventions.fixed_box else v


def displacements(job):
    """r − τ for each point and site, with the sites about their mean."""
    axes = [coordinates(n, h) for n, h in zip(job.shape, job.spacing, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    tau = np.asarray(job.dot.positions)
    return points - (tau - tau.mean(axis=0))


def local(folder, job, factors):
    """Σ_a w_a v_a(|r − τ_a|)."""
    r = np.linalg.norm(displacements(job), axis=-1)
    V = 0
    for i, (rows, v) in enumerate(tables(folder, job)):
        V = V + factors[i] * np.interp(r[:, i], rows, v, right=0)
    return V


def projected(job, W, site):
    """√dv p(r) √(3/4π) (r−τ)_i/r at the points, and the signs, of one site."""
    h = job.spacing[0]
    radial, d = grid_radial(W, h), displacements(job)[:, site]
    r = np.linalg.norm(d, axis=1)
    rows = radial.step * np.arange(len(radial.p))
    p = np.stack([np.interp(r, rows, x) * (r < cut_radius(h)) for x in radial.p.T], axis=1)
    unit = np.sqrt(3 / (4 * np.pi) * np.prod(job.spacing)) * d / r[:, None]
    return p[:, :, None] * unit[:, None], radial.sign


def with_spin(job, H):
    """H between spinors with L·S and the non-local term, from SO_X.par."""
    whole = np.kron(np.eye(2), H).astype(complex)
    LS = np.einsum("lij,lst->sitj", -0.5j * EPSILON, SIGMA)
    identity = np.einsum("st,ij->sitj", np.eye(2), np.eye(3))
    for site, symbol in enumerate(job.dot.symbols[:2]):
        a5, a6, a7 = (float(row.split()[0]) for row in SPIN[symbol].strip().split("\n"))
        for a, weights, C in (
            ([a5], [weight], LS),
            ([a6, a7], [inner_weight, outer_weight], identity),
        ):
            p, sign = projected(job, partial(combined, a, weights), site)
            whole += np.einsum("xmi,m,sitj,ymj->sxty", p, sign, C, p).reshape(whole.shape)
    return whole


def combined(a, weights, r):
    """Σ_n a_n W_n(r)."""
    return sum(x * W(r) for x, W in zip(a, weights, strict=True))


@pytest.mark.parametrize("case", CASES)
def test_levels_are_those_of_a_dense_matrix(tmp_path, case):
    job = read_filter_job(write_job(tmp_path, **CASES[case]))
    factors = [1.01, 1.003, 1.0] if case == "older" else [1.0, 1.0, 1.0]
    dense = kinetic(job) + np.diag(local(tmp_path, job, factors))
    if case == "spinors":
        dense = with_spin(job, dense)
    H = built(job)
    expected = np.linalg.eigvalsh(dense)
    np.testing.assert_allclose(np.linalg.eigvalsh(np.asarray(H.matrix())), expected, atol=1e-11)
    assert expected[-1] <= float(H.upper)
    if case == "spinors":
        np.testing.assert_allclose(expected[::2], expected[1::2], atol=1e-11)


def test_coarse_functions_are_the_first_rows(tmp_path):
    """Products of functions far below the highest frequency of the grid are the same."""
    H = built(read_filter_job(write_job(tmp_path, **CASES["spinors"])))
    coarse = H.coarse(0.2, factor=2.0)
    X = jnp.asarray(np.random.default_rng(0).normal(size=(coarse.rows, 4, 2)))
    whole = jnp.pad(X, ((0, H.rows - coarse.rows), (0, 0), (0, 0)))
    np.testing.assert_allclose(coarse @ X, (H @ whole)[: coarse.rows], atol=1e-12)


def test_derivative_with_respect_to_v(tmp_path):
    """V is linear in the tables."""
    job = read_filter_job(write_job(tmp_path))
    system = grid_system(job.dot, job.shape, job.spacing, job.cap)
    form = job.potential.local

    def total(v):
        return grid_potential(replace(job.potential, local=replace(form, v=v)), system).sum()

    slope = jax.grad(total)(form.v)
    assert float(jnp.sum(slope * form.v)) == pytest.approx(float(total(form.v)))


def test_what_a_grid_lacks_is_refused(tmp_path):
    job = read_filter_job(write_job(tmp_path))
    system = grid_system(job.dot, job.shape, job.spacing, job.cap)
    other = Potential(Zunger(jnp.ones((3, 4))), Strengths(), job.potential.species)
    with pytest.raises(InputError, match="needs tables of v"):
        grid_hamiltonian(other, system)
    s_wave = replace(job.potential, strengths=Strengths({"s_wave": jnp.ones((3, 2))}))
    with pytest.raises(InputError, match="no projectors for s-wave strengths"):
        grid_hamiltonian(s_wave, system)


def test_projectors_larger_than_memory_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(grid, "LARGEST", 5e4)
    job = read_filter_job(write_job(tmp_path, **CASES["spinors"]))
    with pytest.raises(InputError, match="projectors of 2 sites at 336 points take"):
        built(job)
