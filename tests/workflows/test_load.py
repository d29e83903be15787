"""Use of a fitted potential: in Python, in a fit.yaml, for new crystals, and verified."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.formats.model import read_model, write_model
from nnpp.observables.bands import levels
from nnpp.potentials.neural import Neural, Open
from nnpp.potentials.potential import Potential
from nnpp.setup.potential import before_training
from nnpp.setup.prepare import prepare
from nnpp.structures.paths import path
from nnpp.units import BOHR_ANGSTROM
from nnpp.workflows.bands.bands import run_bands
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.fits.read import fit_of_structure
from nnpp.workflows.load import load
from nnpp.workflows.python.inputs import kpoints_from
from nnpp.workflows.verify.verify import run_verify
from tests import systems
from tests.cli.samples import SYSTEM, TINY, write_tiny

BASIS = [{"name": "zb", "cutoff_hartree": 3.0, "plane_waves": "per-k", "spinor": False}]


def store(folder, potential, **about):
    """Write a run with this potential; return its folder."""
    write_model(folder / "potential", potential, {"systems": BASIS, **about})
    return folder


def atoms_of(crystal):
    """Return the crystal as ASE's Atoms."""
    cell = np.asarray(crystal.cell) * BOHR_ANGSTROM
    return Atoms(
        crystal.symbols, cell=cell, scaled_positions=np.asarray(crystal.fractional), pbc=True
    )


@pytest.fixture
def run(tmp_path):
    return store(tmp_path / "run", systems.cdse())


def test_bands_of_every_kind_of_structure(run, tmp_path):
    """A Crystal, ASE's Atoms and a file give the levels of the plain formula."""
    crystal = systems.zincblende()
    exact = np.asarray(levels(systems.cdse(), systems.at(crystal, systems.GXL), 8))
    write(tmp_path / "zb.xyz", atoms_of(crystal), format="extxyz")
    for structure in (
        crystal,
        atoms_of(crystal),
        str(tmp_path / "zb.xyz"),
        tmp_path / "zb.xyz",
    ):
        found = load(run).bands(structure, systems.GXL)
        assert np.abs(np.asarray(found.E) - exact).max() < 1e-7
        assert found.occupied == 4
    coarser = np.asarray(load(run).bands(crystal, systems.GXL, cutoff=2.0, n=3).E)
    assert coarser.shape == (3, 3)
    assert np.abs(coarser - exact[:, :3]).max() > 1e-4


def test_paths(run):
    crystal = systems.zincblende()
    k = load(run).bands(crystal, "L-G-X U|K Γ", points=9).kpoints
    assert [label for label in k.labels if label] == ["L", "Γ", "X", "U", "K", "Γ"]
    assert load(run).bands(crystal, k).kpoints is k
    assert kpoints_from(crystal, None, 9).labels == path(crystal, None, 9).labels


@pytest.mark.parametrize(
    ("structure", "k", "words"),
    [
        ("nowhere.cif", None, "no such file"),
        (3.0, None, "a float is not a crystal"),
        (systems.zincblende(), "L!", "is not a special point"),
        (systems.zincblende(), "L", "fewer than two"),
        (systems.zincblende(), "L Q", "no special point 'Q'"),
        (systems.zincblende(), [[1.0, 2.0]], "three finite coordinates"),
        (systems.zincblende("Zn"), systems.GXL, "no parameters for Zn"),
    ],
)
def test_wrong_structures_and_k_points_are_refused(structure, k, words, run):
    with pytest.raises(InputError, match=words):
        load(run).bands(structure, k)


def test_atoms_without_a_lattice_are_refused(run):
    molecule = atoms_of(systems.zincblende())
    molecule.pbc = (True, True, False)
    with pytest.raises(InputError, match="not periodic"):
        load(run).bands(molecule)


def test_a_table_is_refused_where_it_has_no_values(tmp_path):
    with pytest.raises(InputError, match="entry of the table"):
        load(store(tmp_path, systems.table())).bands(systems.zincblende(), systems.GXL)


def test_a_model_without_a_cutoff_needs_one(tmp_path):
    write_model(tmp_path / "potential", systems.cdse(), {})
    with pytest.raises(InputError, match="does not state the cutoff"):
        load(tmp_path).bands(systems.zincblende(), systems.GXL)
    assert load(tmp_path).bands(systems.zincblende(), systems.GXL, cutoff=2.0).E.shape == (3, 8)


def test_the_largest_cutoff_of_the_fit_is_used(tmp_path):
    wider = {"name": "b", "cutoff_hartree": 4.0, "plane_waves": "sphere"}
    write_model(tmp_path / "potential", systems.cdse(), {"systems": [*BASIS, wider]})
    write(tmp_path / "zb.vasp", atoms_of(systems.zincblende()))
    (system,) = fit_of_structure(read_model(tmp_path), tmp_path / "zb.vasp").spec.systems
    assert (system.cutoff, system.plane_waves) == (4.0, "sphere")


def test_a_crystal_that_was_not_fitted(tmp_path, monkeypatch):
    """The fit made of a structure file gives the bands of the model, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    store(tmp_path / "zb", systems.everything())
    write(tmp_path / "my zb.vasp", atoms_of(systems.zincblende()), direct=True)
    fit = fit_of_structure(read_model(tmp_path / "zb"), tmp_path / "my zb.vasp", 2.0)
    assert fit.name == "my-zb-by-zb"
    (case,) = prepare(fit)
    assert (case.spinor, case.spec.cutoff) == (True, 2.0)
    again = levels(before_training(fit.spec.potential), case.at(path(case.crystal, None, 5)), 6)
    exact = load("zb").bands(case.crystal, points=5, cutoff=2.0, n=6).E
    assert np.abs(np.asarray(again - exact)).max() < 1e-12


MODEL = "potential: {kind: model, file: ../run}\n"


def test_a_fit_that_starts_from_a_model(run, tmp_path):
    fit = read_inputs(write_tiny(tmp_path / "fit", "systems:\n" + SYSTEM + MODEL))
    found = before_training(fit.spec.potential)
    assert np.array_equal(found.local.a, systems.cdse().local.a)
    assert list(fit.spec.potential.elements) == ["Cd", "Se"]
    assert not fit.spec.has_spin_orbit
    list(run_bands([fit], tmp_path / "out", Choices()))
    ours = read_inputs(tmp_path / "out/fit")
    assert ours.spec.potential == fit.spec.potential


def test_every_strength_of_a_model_may_be_trained_further(tmp_path):
    store(tmp_path / "run", systems.everything())
    parts = "spin_orbit, nonlocal, s_wave, charge, strain"
    text = MODEL.replace("}", f", train: [local, {parts}]}}")
    fit = read_inputs(write_tiny(tmp_path / "fit", "systems:\n" + SYSTEM + text))
    cadmium = fit.spec.potential.elements["Cd"]
    b = systems.everything().strengths["s_wave"][0]
    assert cadmium.strength("s_wave") == pytest.approx(tuple(map(float, b)))
    others = ("nonlocal", "charge", "strain", "spin_orbit")
    assert None not in [cadmium.strength(name) for name in others]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (MODEL.replace("../run", "../nowhere"), 10, "no such file or folder"),
        (
            MODEL.replace("}", ", train: [charge]}"),
            10,
            "no element has a first value of charge",
        ),
        (MODEL.replace("file", "flie"), 10, "did you mean 'file'"),
        (MODEL.replace(", file: ../run", ""), 10, "`file` is missing"),
    ],
)
def test_a_wrong_model_in_a_fit_is_reported_with_its_line(text, line, words, run, tmp_path):
    folder = write_tiny(tmp_path / "fit", "systems:\n" + SYSTEM + text)
    with pytest.raises(InputError, match=words) as refusal:
        read_inputs(folder)
    assert f"fit.yaml:{line}:" in str(refusal.value)


def test_a_damaged_model_in_a_fit(run, tmp_path):
    folder = write_tiny(tmp_path / "fit", "systems:\n" + SYSTEM + MODEL)
    (run / "potential.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match="is not a safetensors file, or is damaged"):
        read_inputs(folder)


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """Bands of the published form, as written by a run."""
    folder = tmp_path_factory.mktemp("solved")
    list(run_bands([read_inputs(write_tiny(folder / "fit", TINY))], folder / "runs", Choices()))
    return folder / "runs/fit"


def wrong(run):
    """Return the errors that `nnpp verify` finds."""
    return {f.what: f.wrong for f in run_verify(run) if f.wrong}


def test_a_valid_run_is_verified(solved):
    store(solved, systems.cdse(), fit="tiny")
    findings = {f.what: f.found for f in run_verify(solved)}
    assert not wrong(solved)
    assert float(findings["zb: bands"].split()[0]) < 1e-6
    assert findings["v(−q) = v(q)"].startswith("even")


def test_bands_of_another_potential_are_found(solved):
    other = jax.tree.map(lambda a: a * (1 + 1e-5), systems.cdse())
    store(solved, other)
    found = wrong(solved)
    assert found.pop("zb: bands") == "the run has another potential"
    assert set(found) == {"summary.json", *(f"zb/bands.{x}" for x in ("csv", "h5", "json"))}
    assert all(text.startswith("is of another potential") for text in found.values())
    store(solved, systems.everything())
    assert "computed with another potential" in wrong(solved)["zb: bands"]


def test_violated_constraints_are_found(tmp_path):
    local = systems.everything().local
    shifted = jax.tree.map(lambda w: w + 0.1, local.weights)
    flat = Neural(shifted, local.reference, local.network, Open())
    strengths = systems.everything().strengths
    steep = jax.tree.map(lambda s: s - 30.0, strengths["strain"])
    invalid = Potential(flat, type(strengths)(strain=steep), ("Cd", "Se"))
    assert set(wrong(store(tmp_path, invalid))) == {"v(40 bohr⁻¹)", "strain factors"}


def test_only_the_neutral_part_of_charges_acts(tmp_path):
    potential = systems.everything(spin=False)
    store(tmp_path / "run", potential)
    write(tmp_path / "zb.vasp", atoms_of(systems.zincblende()), direct=True)
    fit = fit_of_structure(read_model(tmp_path / "run"), tmp_path / "zb.vasp", 2.0)
    list(run_bands([fit], tmp_path / "out", Choices(points=4)))
    store(tmp_path / "out" / fit.name, potential)
    findings = {f.what: f for f in run_verify(tmp_path / "out" / fit.name)}
    assert not [f for f in findings.values() if f.wrong]
    charge = float(jnp.sum(potential.strengths["charge"]))
    assert f"{charge:+.3g} e a cell" in findings["zb: long-range charge"].found


def test_damaged_bands_are_found(solved):
    store(solved, systems.cdse())
    file = solved / "zb/bands.h5"
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    assert "is not a bands.h5" in wrong(solved)["zb: bands"]
    file.write_bytes(data)
