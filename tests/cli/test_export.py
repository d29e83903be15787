"""An export is refused if its files, read again, give other band edges than the run."""

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import RULES
from nnpp.errors import InputError
from nnpp.formats.bands_h5 import write_bands_h5
from nnpp.formats.filter_codes import texts_of
from nnpp.formats.filter_reader import read_element
from nnpp.formats.model import read_model, write_model
from nnpp.observables.bands import bands
from nnpp.potentials.potential import Potential, Strengths
from nnpp.runs.outputs import unrecorded
from nnpp.structures.kpoints import listed
from nnpp.workflows.export import export
from nnpp.workflows.export.export import AGREES_MEV, Comparison, Made, run_export
from nnpp.workflows.export.levels import compared, systems_of
from nnpp.workflows.export.radial import elements_of, radial
from tests import systems

CUTOFF, ZUNGER = 2.0, systems.zunger("Cd", "Se")


def potential(**more):
    """Zunger's form with spin-orbit, p waves and strain: filter codes know all of it."""
    strengths = Strengths(
        {"nonlocal": jnp.array([[0.05, 0.1], [-0.1, 0.06]])},
        spin_orbit=jnp.array([1.2, 0.7]),
        strain=jnp.array([[0.4, 3.0], [-0.3, 2.0]]),
        **more,
    )
    return Potential(ZUNGER, strengths, ("Cd", "Se"))


def charged(charges):
    return potential(charge=jnp.array(charges))


S_WAVES = jnp.array([[0.1, 0.05], [0.06, -0.02]])


def write_run(folder, of, rule="per-k", strain=0.02):
    """Write a run with the bands of strained zinc blende at Γ, X, L."""
    crystal = systems.zincblende().strained(strain * np.eye(3))
    kpoints = listed(crystal, systems.GXL, labels=("Γ", "X", "L"))
    built = systems.at(crystal, systems.GXL, CUTOFF, rule=RULES[rule])
    E = bands(of, built, crystal, kpoints)
    about = {"cutoff_hartree": CUTOFF, "plane_waves": rule}
    write_bands_h5(folder / "zb" / "bands.h5", E, crystal, about)
    write_model(folder / "potential", of, {"fit": "zb"})
    return E


@pytest.mark.parametrize("rule", ["per-k", "smooth"])
def test_files_give_the_band_edges_of_the_run(rule, tmp_path):
    """All terms that the codes know, with charges, in a strained crystal: to 0.01 meV."""
    E = write_run(tmp_path, charged([0.3, -0.3]), rule)
    comparison, made = run_export(tmp_path)
    assert isinstance(comparison, Comparison) and isinstance(made, Made)
    assert {name for name in unrecorded(tmp_path) if name.startswith("export/")} == set()
    found = {edge.what: edge for edge in comparison.edges}
    assert found["VBM"].run == pytest.approx(float(E.E[:, E.occupied - 1].max()), abs=1e-9)
    assert found["CBM"].run == pytest.approx(float(E.E[:, E.occupied].min()), abs=1e-9)
    assert found["gap"].run == pytest.approx(found["CBM"].run - found["VBM"].run)
    assert max(abs(edge.difference_mev) for edge in comparison.edges) < 0.01
    readme = (tmp_path / "export" / "README.md").read_text("utf-8")
    assert "| zb" in readme and "Warning" not in readme


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        (potential(s_wave=S_WAVES), "no s-wave term"),
        (charged([9.0, -3.0]), "do not sum to zero"),
    ],
)
def test_other_levels_are_refused_and_nothing_is_written(of, reason, nnpp, tmp_path):
    write_run(tmp_path, of)
    before = sorted(tmp_path.rglob("*"))
    refused = nnpp("export", tmp_path)
    assert refused.code == 2 and refused.err.count("\n") == 1
    assert reason in refused.err and "--force" in refused.err
    assert refused.out.count("\n") == 4  # the table
    assert sorted(tmp_path.rglob("*")) == before
    forced = nnpp("export", tmp_path, "--force")
    assert forced.code == 0, forced.err
    readme = (tmp_path / "export" / "README.md").read_text("utf-8")
    assert "**Warning: these files do not give the levels of the fit.**" in readme
    assert refused.out.split()[-1] in readme  # its last difference


def test_without_bands_a_term_that_codes_lack_is_refused(nnpp, tmp_path):
    write_model(tmp_path / "lost" / "potential", potential(s_wave=S_WAVES), {})
    refused = nnpp("export", tmp_path / "lost")
    assert refused.code == 2 and "no s-wave term" in refused.err
    assert not (tmp_path / "lost" / "export").exists()
    write_model(tmp_path / "zero" / "potential", potential(s_wave=0 * S_WAVES), {})
    done = nnpp("export", tmp_path / "zero")
    assert done.code == 0 and "levels are not compared" in done.err


def numbers(change):
    """Return a function that changes the columns of a file."""

    def changed(text):
        rows = change(np.array(text.split(), float).reshape(len(text.splitlines()), -1))
        return "".join(" ".join(map(repr, row)) + "\n" for row in rows.tolist())

    return changed


SPOILED = {
    "v in eV": ("potSe.par", numbers(lambda x: x * [1, 27.2114])),
    "r in Å": ("potCd.par", numbers(lambda x: x * [0.529177, 1])),
    "v(r) of the other sign": ("potSe.par", numbers(lambda x: x * [1, -1])),
    "spin-orbit of the other sign": ("SO_Se.par", numbers(lambda x: x * [[-1], [1], [1]])),
    "non-local of the other sign": ("SO_Se.par", numbers(lambda x: x * [[1], [-1], [1]])),
    "rows in another order": ("SO_Cd.par", numbers(lambda x: x[[0, 2, 1]])),
    "columns in another order": ("SO_Cd.par", numbers(lambda x: x[:, ::-1])),
    "strain of the other sign": ("potCd_a4.par", numbers(lambda x: -x)),
    "strain dropped": ("potCd_a4.par", None),
    "cubic strain dropped": ("potCd_a5.par", None),
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The systems of a run, and the texts of its export."""
    folder = tmp_path_factory.mktemp("run")
    write_run(folder, potential(), strain=0.05)
    model = read_model(folder)
    return systems_of(model), texts_of(list(elements_of(model.potential, radial(ZUNGER))))


@pytest.mark.parametrize("what", SPOILED)
def test_wrong_files_give_other_levels(what, exported):
    solvable, texts = exported
    name, change = SPOILED[what]
    assert name in texts
    changed = {} if change is None else {name: change(texts[name])}
    spoiled = {file: text for file, text in texts.items() if file != name} | changed
    files = {symbol: read_element(spoiled, symbol) for symbol in ("Cd", "Se")}
    comparison = Comparison(tuple(compared(potential(), files, solvable)), ())
    assert comparison.exceeds(AGREES_MEV)


def test_a_wrong_file_is_refused_and_nothing_is_written(tmp_path, monkeypatch):
    write_run(tmp_path, potential())
    double = numbers(lambda x: 2 * x)

    def spoiled(elements):
        texts = texts_of(elements)
        return texts | {"SO_Se.par": double(texts["SO_Se.par"])}

    monkeypatch.setattr(export, "texts_of", spoiled)
    with pytest.raises(InputError, match="for an unknown reason"):
        list(run_export(tmp_path))
    assert not (tmp_path / "export").exists()


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("potSe.par", numbers(lambda x: x * [1, 1.5]), "is not the sum of its parts"),
        ("potSe_SR.par", numbers(lambda x: x * [1, 0.5]), "is not the sum of its parts"),
        ("potSe.par", numbers(lambda x: x[::-1]), "no uniform table"),
        ("potSe.par", numbers(lambda x: np.repeat(x, 2, axis=0)), "no uniform table"),
    ],
)
def test_files_that_codes_cannot_read_are_refused(name, change, words, tmp_path, monkeypatch):
    write_model(tmp_path / "potential", charged([0.3, -0.3]), {})

    def spoiled(elements):
        texts = texts_of(elements)
        return texts | {name: change(texts[name])}

    monkeypatch.setattr(export, "texts_of", spoiled)
    with pytest.raises(InputError, match=words):
        list(run_export(tmp_path))
    assert not (tmp_path / "export").exists()
