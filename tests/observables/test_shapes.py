"""Padding: another number of k-points runs the same program, and levels are the same."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.basis.rules import SMOOTH
from nnpp.devices import parallel
from nnpp.devices.compilation import Count
from nnpp.hamiltonian.bulk import at_shells, matrix, system
from nnpp.observables.bands import bands, levels, states
from nnpp.observables.shapes import common, common_count, common_waves
from nnpp.structures.paths import path
from tests import systems


def test_padding_wastes_little_and_gives_few_shapes():
    counts = range(1, 2000)
    assert all(common_count(n) >= n for n in counts)
    assert len({common_count(n) for n in counts}) <= 11
    for n in range(128, 20_000, 7):
        assert n <= common_waves(n) <= n * (1 + 1 / 15)
    assert all(n <= common_waves(n) < n + 8 for n in range(1, 128))


def test_another_number_of_k_points_compiles_nothing():
    """Bands along paths of 30, 45 and 60 points run the program of the first."""
    crystal, potential = systems.zincblende(), systems.cdse()

    def along(points):
        k = path(crystal, (("L", "Γ", "X"),), points)
        s = system(crystal, k, 1.6, SMOOTH)
        return bands(potential, s, crystal, k, 8)

    along(30)
    count = Count()
    lengths = [len(along(points).kpoints) for points in (45, 61)]
    assert len(set(lengths)) == 2
    assert count.programs == 0


def test_rows_of_padding_change_no_bit():
    """Levels of three k-points, with a fourth of padding, are those of four real ones."""
    crystal, potential = systems.zincblende(), systems.cdse()
    rng = np.random.default_rng(0)
    k = rng.uniform(-0.5, 0.5, (4, 3))
    four = systems.at(crystal, k, 1.6)
    three = replace(four, waves=jax.tree.map(lambda x: x[:3], four.waves))
    E = levels(potential, four, 6)
    assert np.array_equal(levels(potential, three, 6), E[:3])
    assert np.ptp(np.asarray(E)) > 0.1


def test_padding_is_not_computed(monkeypatch):
    """A k-point of padding has zeros for results; on a GPU, a batch of padding."""
    seen = []
    for at_once in (1, 3):
        monkeypatch.setattr(parallel, "k_at_once", lambda each, n=at_once: n)

        def f(x, shared):
            jax.debug.callback(lambda x: seen.append(float(x)), x)
            return x + shared

        x, wanted = np.arange(12.0), np.arange(12) < 5
        found = jax.jit(lambda x, w: parallel.map_k(f, x, 1.0, 0, w))(x, wanted)
        assert np.array_equal(np.asarray(found)[:5], x[:5] + 1)
        jax.effects_barrier()
        devices = jax.device_count()
        assert len(seen) <= 5 if at_once == 1 else len(seen) <= 3 * devices
        seen.clear()


def test_states_have_the_rows_of_the_plane_waves():
    """ψ has as many rows as the system has plane waves, for each spin."""
    strengths = systems.Strengths({"spin_orbit": jnp.ones(2)})
    potential = systems.Potential(systems.zunger("Cd", "Se"), strengths, ("Cd", "Se"))
    s = systems.at(systems.zincblende(), systems.GXL, 1.5)
    assert common(s).waves.K.shape[1] > s.waves.K.shape[1]
    E, psi = states(potential, s, 6)
    assert psi.shape[1] == s.waves.K.shape[1] * (1 + potential.spinor)
    overlap = np.einsum("kgm,kgn->kmn", np.conj(psi), psi)
    assert np.abs(overlap - np.eye(6)).max() < 1e-10
    one = np.asarray(matrix(at_shells(potential, s), s)) @ np.asarray(psi[0])
    assert np.abs(one - np.asarray(psi[0]) * np.asarray(E[0])).max() < 1e-10
