"""Light against closed forms, sum rules, and the spectrum of a published potential."""

from itertools import pairwise

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import RULES
from nnpp.eigensolvers.multiplet import group
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.bands import Bands
from nnpp.observables.dos import tetrahedron_dos
from nnpp.observables.kdotp import along, expansion, inverse_masses
from nnpp.observables.optics import (
    agreeing,
    change,
    every_second,
    expected_electrons,
    kramers_kronig,
    levels_and_velocities,
    optics,
    strongest,
    symmetric,
)
from nnpp.potentials.potential import Potential, Strengths
from nnpp.structures.crystal import crystal
from nnpp.structures.kpoints import listed
from nnpp.structures.symmetry import mesh
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV, SPEED_OF_LIGHT
from tests import systems
from tests.observables.hand import on
from tests.reference.test_cohen_bergstresser import GAAS, potential
from tests.structures.cells import wurtzite

CUBIC = crystal(np.eye(3) * 6.0, [[0, 0, 0]], ("Po",))


def two_bands(size, P=0.7):
    """A flat full band, an empty one of cosines 3.5 hartree above, and one velocity P."""
    k = mesh(CUBIC, size)
    up = 3.5 - np.cos(2 * np.pi * np.asarray(k.fractional)).sum(axis=1)
    E = np.stack([np.zeros(len(k)), up], axis=1)
    v = np.zeros((len(k), 3, 2, 2), complex)
    v[:, :, 0, 1] = v[:, :, 1, 0] = P
    return Bands(k, jnp.asarray(E), 1, False), v


def test_two_bands_of_one_velocity():
    """J is the density of the empty band, and ε₂ = 4π²P²J/Ωω²; both spins."""
    size, energy = (20,) * 3, np.linspace(0, 8, 801)
    bands, v = two_bands(size)
    found = optics(bands, v, CUBIC, size, energy)
    alone = tetrahedron_dos(on(bands.kpoints, bands.E[:, 1]), CUBIC, size, energy)
    np.testing.assert_allclose(found.joint, alone.density, atol=1e-9)
    wanted = 4 * np.pi**2 / 216 * 0.7**2 * found.joint / np.maximum(energy, 0.1) ** 2
    xx = found.imaginary[:, 0, 0]
    assert np.abs(xx - wanted).max() < 0.02 * wanted.max()
    assert np.abs(found.imaginary - xx[:, None, None] * np.eye(3)).max() < 1e-12
    of_mesh = float(np.asarray(bands.kpoints.weights) @ (1 / np.asarray(bands.E[:, 1])))
    assert found.electrons[-1] == pytest.approx(4 * 0.7**2 * of_mesh, rel=1e-4)


def test_a_lorentzian_has_its_real_part():
    """ε = 1 + f/(ω₀² − ω² − iγω); what is left falls with the square of the step."""
    left = []
    for step in (0.02, 0.01):
        w = np.arange(round(20 / step) + 1) * step
        epsilon = 1 + 2.0 / (1.3**2 - w**2 - 0.2j * w)
        real = kramers_kronig(w, epsilon.imag[:, None, None] * np.eye(3))
        left.append(np.abs(real[w < 4, 1, 1] - epsilon.real[w < 4]).max())
    assert left[1] < 0.012, "of 7.7 at most"
    assert left[0] / left[1] == pytest.approx(4, rel=0.1)


def test_stars_of_k_are_summed_by_turning_their_tensors():
    """A hexagonal crystal: the irreducible points with turned tensors, and all of the mesh."""
    structure, size = wurtzite(), (3, 3, 2)
    few = mesh(structure, size)
    every = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), -1).reshape(-1, 3)
    whole = listed(structure, every / np.array(size))
    tensors = []
    for k in (few, whole):
        system = systems.at(structure, np.asarray(k.fractional), 1.2)
        v = np.asarray(levels_and_velocities(systems.cdse(), system, 10)[1])
        up = v[:, :, :8, :8]  # of all full levels, which no multiplet leaves
        T = np.einsum("kicv,kjcv->kij", up, up.conj()).real
        tensors.append(np.einsum("k,kij->ij", np.asarray(k.weights), T))
    turned = symmetric(tensors[0], structure)
    np.testing.assert_allclose(turned, symmetric(tensors[1], structure), atol=1e-8)
    np.testing.assert_allclose(turned, tensors[1], rtol=1e-6, atol=1e-9)
    assert turned[0, 0] == pytest.approx(turned[1, 1]) != pytest.approx(turned[2, 2], rel=1e-3)


def test_all_transitions_add_up():
    """With every band: N electrons, less what the basis, cut off, lacks of them.

    2 Σ_c |v_cv|²/E_cv = 1 − 1/m of each full band, and the mean of 1/m would vanish if bands
    were periodic.
    """
    structure, size, cutoff = systems.zincblende(), (4,) * 3, 1.5
    k = mesh(structure, size)
    system, potential_ = systems.at(structure, np.asarray(k.fractional), cutoff), systems.cdse()
    n = system.fewest
    E, v, _ = levels_and_velocities(potential_, system, n)
    energy = np.linspace(0, float(E.max() - E.min()) * 1.05, 3000)
    found = optics(Bands(k, E, 4, False), np.asarray(v), structure, size, energy)
    curved = [
        np.trace(np.asarray(inverse_masses(
            expansion(at_shells(potential_, system), system.at(i)), 0, 4))) / 3
        for i in range(len(k))
    ]  # fmt: skip
    lost = 8 * float(np.asarray(k.weights) @ curved)
    assert abs(lost) < 1.0
    assert found.electrons[-1] == pytest.approx(8 - lost, rel=3e-3)
    assert found.real[0, 0, 0] > 1


@pytest.mark.parametrize("rule", ["smooth", "per-k"])
def test_the_sum_rule_of_one_k_with_every_term(rule):
    """2 Σ |v_cv|²/E_cv = Σ_v (⟨v|H_ii|v⟩ − ∂²E_v/∂k²): spin-orbit, non-local and cutoff terms.

    Neither side is the number of electrons.
    """
    strengths = Strengths(
        {"nonlocal": jnp.array([[0.3, -0.2], [0.4, 0.1]])}, spin_orbit=jnp.array([0.8, 1.9])
    )
    potential_, full = Potential(systems.zunger("Cd", "Se"), strengths, ("Cd", "Se")), 8
    k = [systems.GENERIC_K[3]]
    system = systems.at(systems.zincblende(), k, 1.5, rule=RULES[rule])
    E, v, H_ii = (np.asarray(x) for x in levels_and_velocities(
        potential_, system, system.max_levels(True)))  # fmt: skip
    up = np.abs(v[0][:, full:, :full]) ** 2
    strength = 2 * np.sum(up / (E[0, full:, None] - E[0, None, :full])) / 3
    curved = np.trace(inverse_masses(expansion(at_shells(potential_, system), system), 0, full))
    expected = expected_electrons(
        Bands(listed(systems.zincblende(), k), jnp.asarray(E), full, True), H_ii
    )
    assert strength == pytest.approx(expected - full * curved / 3, abs=1e-8)
    assert abs(expected - full) > 0.05
    assert expected == pytest.approx(H_ii[0, :full].sum())


@pytest.mark.parametrize("rule", ["smooth", "per-k"])
def test_curvatures_of_full_bands_vanish_in_the_mean_if_they_are_periodic(rule):
    """Along a closed line of the zone: with a smooth cutoff, and not with a sharp one."""
    structure, n = systems.zincblende(), 32
    unit = np.asarray(structure.reciprocal)[0]
    unit = jnp.asarray(unit / np.linalg.norm(unit))
    k = np.array([0.1, 0.27, -0.31]) + np.arange(n)[:, None] / n * np.array([1, 0, 0])
    system = systems.at(structure, k, 1.5, rule=RULES[rule])
    numbers, curved = at_shells(systems.cdse(), system), []
    for i in range(n):
        about = expansion(numbers, system.at(i))
        curved.append(np.trace(np.asarray(along(about, group(about.H, 0, 4), unit))).real)
    assert (abs(np.mean(curved)) < 0.01) == (rule == "smooth")
    assert (abs(np.mean(curved)) > 0.5) == (rule == "per-k")
    assert max(map(abs, curved)) > 1


def test_a_rotation_of_the_states_of_multiplets_changes_no_spectrum():
    """ε₂ at degenerate corners; states of a multiplet are whatever LAPACK chose."""
    structure, size, full = systems.zincblende(), (2,) * 3, 4
    k = mesh(structure, size)
    system = systems.at(structure, np.asarray(k.fractional), 1.5)
    E, v, _ = (np.asarray(x) for x in levels_and_velocities(systems.cdse(), system, 12))
    bands, turned, changed = Bands(k, jnp.asarray(E), full, False), [], 0
    rng = np.random.default_rng(1)
    for E_k, v_k in zip(E, v, strict=True):
        U = np.zeros((12, 12), complex)
        ends = [0, *(np.flatnonzero(np.diff(E_k) > 1e-5) + 1), 12]
        for a, b in pairwise(ends):
            changed += b - a > 1
            z = rng.normal(size=(2, b - a, b - a))
            U[a:b, a:b] = np.linalg.qr(z[0] + 1j * z[1])[0]
        turned.append(U.conj().T @ v_k @ U)
    assert changed >= 4
    energy = np.arange(600) * 0.05 / HARTREE_EV
    one, other = (optics(bands, x, structure, size, energy) for x in (v, np.array(turned)))
    assert np.abs(one.imaginary - other.imaginary).max() < 1e-9 * one.imaginary.max()
    np.testing.assert_allclose(other.electrons, one.electrons, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("size", [(4, 4, 4), (8, 8, 4)])
def test_every_second_point_of_a_mesh_is_the_mesh_of_half_the_divisions(size):
    bands, _ = two_bands(size)
    half = (size[0] // 2, size[1] // 2, size[2] // 2)
    direct, _ = two_bands(half)
    k, at = every_second(bands, CUBIC, size)
    assert k.weights.tolist() == direct.kpoints.weights.tolist()
    np.testing.assert_allclose(bands.E[at], direct.E, atol=1e-12)
    assert every_second(bands, CUBIC, (3, 4, 4)) is None


def test_a_spectrum_changes_less_between_finer_meshes():
    energy, changes = np.linspace(0, 8, 801), []
    for n in (8, 16):
        found = [optics(*two_bands((m,) * 3), CUBIC, (m,) * 3, energy) for m in (n, n // 2)]
        changes.append(change(*found, below=7.0))
    assert changes[0] > 2 * changes[1] > 0
    assert change(found[0], found[0], 7.0) == 0
    assert agreeing([1.0, 2.0, 3.0], [1.06, 2.2, 2.95], 0.1) == [1.0, 3.0]


@pytest.fixture(scope="module")
def gallium_arsenide():
    """Cohen and Bergstresser's, as they published it, without spin."""
    a = GAAS["a"] / BOHR_ANGSTROM
    structure = crystal(systems.FCC * a, systems.EIGHTH, ("Ga", "As"))
    size = (16,) * 3
    k = mesh(structure, size)
    cutoff = 11.5 / 2 * (2 * np.pi / a) ** 2
    system = systems.at(structure, np.asarray(k.fractional), cutoff)
    form = potential(GAAS["ff"], a, float(structure.volume))
    E, v, _ = levels_and_velocities(form, system, 20)
    energy = np.arange(1501) * 0.02 / HARTREE_EV
    bands = Bands(k, E, 4, False)
    return bands, optics(bands, np.asarray(v), structure, size, energy, 0.1 / HARTREE_EV)


def test_the_peaks_of_gallium_arsenide(gallium_arsenide):
    """E1 where bands 4 and 5 run alike near L, E2 near X and U; sum rule; a dielectric."""
    bands, found = gallium_arsenide
    E, at = np.asarray(bands.E) * HARTREE_EV, np.asarray(bands.kpoints.fractional)
    places = [int(np.argmin(np.abs(at - k).sum(axis=1))) for k in ([0.5, 0, 0], [0.5, 0.5, 0])]
    gaps = [float(E[i, 4] - E[i, 3]) for i in places]
    peaks = [x * HARTREE_EV for x in strongest(found, 7 / HARTREE_EV)]
    assert peaks[0] == pytest.approx(3.0, abs=0.2), "E1; at L the bands are 2.6 eV apart"
    assert peaks[1] == pytest.approx(4.4, abs=0.2), "E2; at X 4.0 eV"
    assert gaps == pytest.approx([2.6, 4.0], abs=0.1)
    assert found.electrons[-1] == pytest.approx(7.75, abs=0.1), "of 8; 20 bands of 51"
    assert np.einsum("eii->e", found.real)[0] / 3 == pytest.approx(10.4, abs=0.3)
    assert np.all(found.imaginary[found.energy * HARTREE_EV < 0.8] < 1e-3)


def test_absorption_of_a_transparent_medium_is_none(gallium_arsenide):
    _, found = gallium_arsenide
    w = found.energy * HARTREE_EV
    assert found.absorption[w < 0.5].max() < 1e-9 < found.absorption[w > 3].min()
    i = int(np.argmin(np.abs(w - 4.0)))
    e1, e2 = (np.trace(x[i]) / 3 for x in (found.real, found.imaginary))
    k = np.sqrt((np.hypot(e1, e2) - e1) / 2)
    assert found.absorption[i] == pytest.approx(2 * found.energy[i] * k / SPEED_OF_LIGHT)
