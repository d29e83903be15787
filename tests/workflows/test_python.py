"""Objects for people: structures and paths of other libraries in, eV and plots out."""

import sys
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes

import nnpp
from nnpp.errors import InputError
from nnpp.formats.bands_h5 import write_bands_h5
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV
from nnpp.workflows.python import bands as module
from nnpp.workflows.python.inputs import kpoints_from, mesh_text
from tests import systems
from tests.workflows.test_load import atoms_of, store


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    return nnpp.load(store(tmp_path_factory.mktemp("python") / "run", systems.cdse()))


@pytest.fixture(scope="module")
def bands(fitted):
    return fitted.bands(systems.zincblende(), "LGX", points=12)


def as_pymatgen(crystal):
    """What nnpp uses of a pymatgen Structure."""

    class Structure:
        lattice = SimpleNamespace(matrix=np.asarray(crystal.cell) * BOHR_ANGSTROM)
        frac_coords = np.asarray(crystal.fractional)
        is_ordered = True

        def __iter__(self):
            return (SimpleNamespace(specie=SimpleNamespace(symbol=s)) for s in crystal.symbols)

    return Structure()


def test_structures_of_other_libraries(fitted):
    own = systems.zincblende()
    for other in (atoms_of(own), as_pymatgen(own)):
        found = fitted.crystal(other)
        assert found.symbols == own.symbols
        assert np.abs(np.asarray(found.cell - own.cell)).max() < 1e-12
        assert np.abs(np.asarray(found.fractional - own.fractional)).max() < 1e-12
    mixed = as_pymatgen(own)
    mixed.is_ordered = False
    with pytest.raises(InputError, match="partly occupied"):
        fitted.crystal(mixed)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("LGXWKG", "L Γ X W K Γ"),
        ("L Γ X U|K Γ", "L Γ X U K Γ"),
        ("GXU,KG", "Γ X U K Γ"),
        ("L,G,X", "L Γ X"),
    ],
)
def test_paths_as_text(path, names):
    labels = kpoints_from(systems.zincblende(), path, 12).labels
    assert [x for x in labels if x] == names.split()


def test_ase_paths():
    crystal, text = systems.zincblende(), "GXU,KG"
    atoms = atoms_of(crystal)
    own = kpoints_from(crystal, atoms.cell.bandpath(text, npoints=12), 60)
    same = kpoints_from(crystal, text, 12)
    assert [x for x in own.labels if x] == [x for x in same.labels if x]
    assert float(own.distance[-1]) == pytest.approx(float(same.distance[-1]))
    atoms.set_cell(atoms.cell.array * 1.01)
    with pytest.raises(InputError, match="belongs to another cell"):
        kpoints_from(crystal, atoms.cell.bandpath("GX", npoints=5), 60)


def test_cutoffs_with_units(fitted):
    crystal = systems.zincblende()
    for cutoff in (2.5, "5 Ry", f"{2.5 * HARTREE_EV} eV"):
        assert fitted.basis(crystal, cutoff).cutoff == pytest.approx(2.5, rel=1e-12)
    for cutoff, words in (("5", "has no unit"), (-1.0, "greater than 0")):
        with pytest.raises(InputError, match=f"cutoff: .*{words}"):
            fitted.basis(crystal, cutoff)


def test_bands_for_people(bands):
    E = np.asarray(bands.E)
    assert np.array_equal(bands.energies_ev, E * HARTREE_EV)
    assert bands.gap.ev == pytest.approx((E[:, 4].min() - E[:, 3].max()) * HARTREE_EV)
    assert (bands.gap.direct, bands.gap.where) == (True, "direct at Γ")
    assert float(bands.gap) == bands.gap.ev
    assert repr(bands.gap) == f"{bands.gap.ev:.3f} eV, direct at Γ"
    assert repr(bands) == f"<bands of CdSe: {len(E)} k-points, 8 bands, gap {bands.gap!r}>"
    assert [x for x in bands.labels if x] == ["L", "Γ", "X"]
    one = bands.to_ase()
    assert np.abs(one.energies[0] - bands.energies_ev).max() < 1e-12
    assert one.path.path == "LGX"


def test_plots_are_drawn_into_given_axes_or_new_ones(bands, fitted):
    _, own = pyplot.subplots()
    assert bands.plot(own) is own
    assert len(own.lines) >= 8
    new = bands.plot(window=(-3.0, 4.0))
    assert isinstance(new, Axes) and new is not own
    assert new.get_ylim() == (-3, 4)
    assert "direct at Γ" in new.get_legend().get_texts()[0].get_text()
    assert len(fitted.plot_potential().lines) >= 2
    pyplot.close("all")


def test_a_frame_needs_pandas(bands, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=dict))
    monkeypatch.setattr(module, "find_spec", lambda name: True)
    made = bands.to_frame()
    assert np.array_equal(made["E4"], bands.energies_ev[:, 3])
    assert list(made)[:5] == ["k1", "k2", "k3", "distance", "label"]
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install pandas"):
        bands.to_frame()


def test_the_crystal_of_the_run_is_the_default(bands, tmp_path, monkeypatch):
    run = store(tmp_path / "run", systems.cdse())
    with pytest.raises(InputError, match="which crystal"):
        nnpp.load(run).crystal()
    (run / "zb").mkdir()
    write_bands_h5(run / "zb" / "bands.h5", bands.levels, bands.crystal, {})
    for name in (None, "zb"):
        found = nnpp.load(run).crystal(name)
        assert np.array_equal(found.cell, bands.crystal.cell)
    monkeypatch.chdir(run)  # where the system is also a folder
    assert nnpp.load(".").crystal("zb").symbols == bands.crystal.symbols
    with pytest.raises(InputError, match="did you mean 'zb'"):
        nnpp.load(run).crystal("zbb")


def test_masses_are_those_of_the_report(fitted):
    crystal = systems.zincblende()
    found = fitted.masses(crystal)
    gamma = fitted.system(crystal, [[0.0, 0.0, 0.0]])
    about = nnpp.expansion(nnpp.at_shells(fitted.potential, gamma), gamma)
    assert found.electron == pytest.approx(1 / float(nnpp.inverse_masses(about, 4, 5)[0, 0]))
    assert set(found) >= {"electron_mass", "gap_by_volume"}
    assert repr(found) == f"<CdSe at Γ: m electron Γ {found.electron:.3f} mₑ>"
    assert any("needs spin-orbit" in note for note in found.notes)
    with pytest.raises(InputError, match="no heavy_hole_mass"):
        _ = found.heavy_hole


def test_dos_and_spectra_are_those_of_the_verbs(fitted):
    crystal = systems.zincblende()
    dos = fitted.dos(crystal, mesh="2x2x2")
    assert dos.dos.integrated[dos.energies_ev < dos.vbm * HARTREE_EV + 0.02][-1] > 7.5
    assert set(dos.elements) == {"Cd", "Se"}
    assert dos.plot() is not None
    light = fitted.optics(crystal, mesh="2x2x2", levels=8)
    assert light.imaginary.shape == (len(light.energies_ev), 3, 3)
    assert "ε₁(0)" in repr(light)
    assert light.plot() is not None
    pyplot.close("all")
    with pytest.raises(InputError, match="is not a mesh"):
        fitted.dos(crystal, mesh="2")


def test_reprs_are_short(fitted):
    assert repr(fitted) == "<potential run: Zunger form for Cd, Se, fitted to zb>"


def test_three_divisions_are_a_mesh(fitted):
    crystal = systems.zincblende()
    found = kpoints_from(crystal, (4, 4, 4), 60)
    assert len(found) == len(nnpp.mesh(crystal, (4, 4, 4))) > 1
    assert len(kpoints_from(crystal, (0, 0, 0), 60)) == 1
    with pytest.raises(InputError, match="neither a mesh"):
        kpoints_from(crystal, (1, 0, 0), 60)


def test_gaps_are_differentiated_by_k(fitted):
    crystal, k, step = systems.zincblende(), jnp.array([0.1, 0.05, 0.0]), 1e-4

    def gap(x):
        return fitted.bands(crystal, k.at[0].set(x)).gap.ev

    slope = (gap(0.1 + step) - gap(0.1 - step)) / (2 * step)
    assert float(jax.grad(gap)(0.1)) == pytest.approx(float(slope), rel=1e-4)


def test_edges_of_a_partly_occupied_multiplet():
    k = nnpp.listed(systems.zincblende(), [[0.0, 0.0, 0.0]])

    def width(shift):
        return nnpp.gap(nnpp.Bands(k, (jnp.array([0.0, 1, 1]) + shift)[None], 2, True)).width

    assert np.array_equal(jax.grad(width)(jnp.zeros(3)), [0, -1, 1])


def test_what_needs_numbers_is_refused_under_derivatives(fitted):
    crystal = systems.zincblende()

    def of(use):
        return lambda p: use(fitted.with_potential(p))

    gamma = [[0.0, 0.0, 0.0]]
    for use in (
        lambda p: p.masses(crystal),
        lambda p: p.dos(crystal),
        lambda p: p.bands(crystal, gamma).plot(),
        lambda p: p.bands(crystal, gamma).to_ase(),
    ):
        with pytest.raises(InputError, match="derivatives"):
            jax.grad(of(use))(fitted.potential)


def test_numbers_of_other_types(fitted):
    crystal = systems.zincblende()
    found = fitted.bands(crystal, [[0, 0, 0]], np.float32(3.0), 8.0, electrons=np.int64(6))
    assert (found.E.shape, found.occupied) == ((1, 8), 3)
    assert fitted.basis(crystal, np.int64(2)).cutoff == 2.0
    assert mesh_text((4, np.int64(4), 4)) == "4x4x4"
    for wrong, words in (({"n": 8.5}, "n: 8.5 is not an integer"), ({"n": "8"}, "n: ")):
        with pytest.raises(InputError, match=words):
            fitted.bands(crystal, [[0, 0, 0]], **wrong)
    with pytest.raises(InputError, match=r"broaden: 0\.1 has no unit"):
        fitted.dos(crystal, broaden=0.1)
