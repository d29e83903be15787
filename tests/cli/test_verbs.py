"""Every verb and every option on small fits: what it prints and what it writes."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from nnpp import __version__
from nnpp.config.fit_yaml import read_fit
from nnpp.config.inputs import read_inputs
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.runs.question import question_name
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.fits.read import read_fits
from tests.cli.samples import (
    CSV,
    OTHER,
    OTHER_NAME,
    SYSTEM,
    TINY,
    files,
    table,
    tree,
    without_list,
    write_tiny,
    written,
)


def test_help_and_version(nnpp):
    assert nnpp("--version").out == f"nnpp {__version__}\n"
    for words in (["--help"], ["-h"], ["bands", "--help"], ["check", "-h"]):
        shown = nnpp(*words)
        assert (shown.code, shown.err) == (0, "")
        assert shown.out.startswith("Usage: nnpp")
        assert max(map(len, shown.out.splitlines())) <= 80


def test_schema(nnpp):
    schema = json.loads(nnpp("schema").out)
    assert set(schema["properties"]) == {"title", "systems", "potential", "fit", "tune"}


def test_doctor(nnpp):
    message = nnpp("doctor")
    assert "float64, matrix products highest" in message.out
    assert message.code == (1 if message.err else 0)
    assert message.out.endswith("no problems found\n") == (message.code == 0)
    ill = {line.split(": ")[1] for line in message.err.splitlines()}
    assert ill <= {"threads a device"}, message.err  # the tests have more devices than cores


def test_check(nnpp, tiny):
    (tiny / "a.csv").write_text(
        "k,k1,k2,k3,distance,label,E1,E2,E3,E4,E5,E6,E7,E8\n"
        "1,0,0,0,0,Γ,-12.2,1.6,1.6,1.6,3.5,9,9,9\n",
        encoding="utf-8",
    )
    weights = (
        "reference: a.csv\n    zero: vbm\n    weights: {bands: [1, 1, 1, 20, 20, 1, 1, 1], "
        "kpoints: [10], windows: [{from: -0.1 eV, to: 2 eV, weight: 5}]}\n"
        "    targets: [{kind: gap, value: 1.9 eV, weight: 3}]"
    )
    text = TINY.replace('kpoints: {path: "L Γ X U|K Γ", points: 12}', weights)
    text = text.replace("elements:\n", "elements:\n    Zn: {local: [1, 1, 0.5, 1]}\n")
    (tiny / "fit.yaml").write_text(text, encoding="utf-8")
    before = tree(Path())
    message = nnpp("check", "tiny")
    assert message.code == 0
    for words in (
        "CdSe, F-43m (216), 2 atoms, 375.136 bohr³",
        "8, 4 occupied: 8 electrons, two electrons each",
        "3 hartree, smooth: ",
        "evaluations, ",
        "1: Γ",
        "a.csv: 8 bands, each level once, at 1 k-points",
        "-13.800 to 7.400 eV, zero: vbm",
        "1 1 1 20 20 1 1 1",
        "10 each",
        "-0.1 to 2 eV × 5: 4 levels",
        "10 to 1000; 8 of 8 levels have a weight",
        "gap 1.9 eV, weight 3",
    ):
        assert words in message.out, words
    assert "Zn is in the potential but in no crystal" in message.err
    assert "Zn: the Zunger form is infinite at q = 0.833" in message.err
    assert tree(Path()) == before


def test_bands(done):
    out = done()
    assert [Path(p).name for p in files("out/tiny/zb")] == [
        "bands.csv",
        "bands.h5",
        "bands.json",
    ]
    k, E = table("out/tiny/zb/bands.csv")
    summary = json.loads(Path("out/tiny/summary.json").read_text())
    about = summary["systems"]["zb"]
    assert set(about) == {"loss_ev2", "gap_ev", "vbm_ev", "cbm_ev", "rmse_mev", "n_plane_waves"}
    assert (summary["loss_ev2"], about["loss_ev2"], about["rmse_mev"]) == (None, None, None)
    assert about["vbm_ev"] == pytest.approx(E[:, 3].max(), abs=1e-8)
    assert about["gap_ev"] == pytest.approx(E[:, 4].min() - E[:, 3].max(), abs=1e-8)
    line = next(line for line in out.splitlines() if line.startswith("zb "))
    assert line.split()[1:4] == [str(about["n_plane_waves"]), str(len(k)), "8"]
    assert line.split()[4] == f"{about['gap_ev']:.3f}"


def test_twice_is_the_same_to_the_byte_and_another_zero_moves_the_figure_alone(done):
    done("--plot")
    first = tree(Path("out"))
    Path("out/tiny/zb/bands.csv").write_text("what was here before, and longer" * 1000)
    done("--plot")
    second = tree(Path("out"))
    assert set(first) == set(second)
    for name in ("bands.csv", "bands.json", "bands.png", "bands.pdf"):
        assert first[f"tiny/zb/{name}"] == second[f"tiny/zb/{name}"], name
    assert first["tiny/potential.png"] == second["tiny/potential.png"]
    assert first["tiny/run.yaml"] == second["tiny/run.yaml"]
    done("--plot", "--zero", "absolute")
    absolute = tree(Path("out"))
    assert first["tiny/zb/bands.csv"] == absolute["tiny/zb/bands.csv"]
    assert first["tiny/zb/bands.png"] != absolute["tiny/zb/bands.png"]


@pytest.mark.parametrize(("words", "name"), [([], ""), (OTHER, OTHER_NAME)])
def test_a_run_says_all_that_it_takes_to_run_again(nnpp, done, words, name):
    done(*words)
    assert read_fit(Path("out/tiny/run.yaml")) == read_inputs(Path("tiny")).spec
    again = nnpp("bands", "out/tiny", "--out", "again", *words)
    assert (again.code, again.err) == (0, "")
    first, second = (Path(f, "tiny/zb", name, "bands.csv") for f in ("out", "again"))
    assert first.read_bytes() == second.read_bytes()


def test_every_question_has_its_own_folder(nnpp, tiny):
    def done(*words: str) -> None:
        assert nnpp("bands", "tiny", "--out", "out", *words).code == 0

    done("--plot")
    own = without_list(tree(Path("out")))
    done("--path", "G X|W L", "--plot")
    done("--points", "7", "--dos", "--mesh", "2x2x2")
    done("--cutoff", "80 eV", "--path", "auto")
    after = without_list(tree(Path("out")))
    assert {name: after[name] for name in own} == own
    cutoff = f"cutoff-{80 / HARTREE_EV:.8g}-hartree"
    folders = [p.name for p in sorted(Path("out/tiny/zb").iterdir()) if p.is_dir()]
    assert folders == ["path-G-X_W-L", f"path-auto_{cutoff}", "points-7_mesh-2x2x2"]
    summary = json.loads(Path("out/tiny/zb/path-G-X_W-L/summary.json").read_text())
    assert list(summary["systems"]) == ["zb"]
    question = read_bands_h5(Path("out/tiny/zb/path-G-X_W-L/bands.h5")).provenance["question"]
    assert question == "path-G-X_W-L"


def question(**choices) -> tuple[str, ...]:
    """The question that options make of the small fit."""
    return read_fits([Path("tiny")], Choices(**choices))[0].question


def test_one_question_has_one_name(tiny):
    assert question(path="Γ-X") == question(path="GX") == ("path-G-X",)
    assert question(cutoff="3 hartree", bands=8, window=(-5.0, 5.0), solver="dense") == ()
    (name,) = question(path="X_1 U'|" + "|".join(["L Γ X"] * 40))
    assert name.startswith("path-X_1-Uprime_L-G-X_L-G-X")
    assert 100 < len(question_name([name])) < 120
    assert question_name([name]) != question_name([name + "_L"])


def test_files_of_one_name_are_different_questions(tiny):
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "bands.csv").write_text(CSV.replace("-19.9", f"-1{folder == 'a':d}.9"))
    first, second = (question(compare=Path(f, "bands.csv")) for f in ("a", "b"))
    assert first != second
    assert all(name.startswith("compare-bands-") for name in (*first, *second))


def test_a_folder_of_runs(nnpp, tiny, tmp_path):
    write_tiny(
        tmp_path / "other", TINY.replace("name: zb", "name: b").replace("Γ X U|K Γ", "Γ")
    )
    assert nnpp("bands", "tiny", "other").code == 0
    again = nnpp("bands", "results", "--out", "again")
    assert again.code == 0, again.err
    for path in ("other/b/bands.csv", "tiny/zb/bands.csv"):
        assert Path("results", path).read_bytes() == Path("again", path).read_bytes()


@pytest.mark.parametrize("more", [[], ["--broaden", "0.1 eV"]])
def test_density_of_states_holds_all_electrons_below_the_gap(done, more):
    done("--dos", "--mesh", "4x4x4", *more)
    folder = "mesh-4x4x4" + ("_broaden-0.1-eV" if more else "")
    with Path("out/tiny/zb", folder, "dos.csv").open() as file:
        head, *rows = csv.reader(file)
    names = ["energy_ev", "states_per_ev", "integrated_states", "about_Cd", "about_Se"]
    assert head == names
    energy, density, below, cadmium, selenium = np.array(rows, float).T
    about = json.loads(Path("out/tiny/zb", folder, "summary.json").read_text())["systems"]["zb"]
    middle = (about["vbm_ev"] + about["cbm_ev"]) / 2
    assert np.interp(middle, energy, below) == pytest.approx(8, abs=1e-3)
    full = energy <= middle
    assert np.trapezoid(density[full], energy[full]) == pytest.approx(8, rel=2e-2)
    top = full & (energy > about["vbm_ev"] - 3)
    assert 0 < cadmium[top].sum() < selenium[top].sum() < density[top].sum()


def test_a_page_stands_alone(done):
    done("--html", "--dos", "--mesh", "4x4x4")
    page = Path("out/tiny/zb/mesh-4x4x4/bands.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "states/eV" in page and len(page) < 5e5
    for asks in ("<link", "<img", "<iframe", " src=", "http"):
        assert asks not in page


def test_connected_bands_are_the_same_levels(done):
    done("--connect")
    k, E = table("out/tiny/zb/bands.csv")
    k_too, followed = table("out/tiny/zb/connected.csv")
    assert np.array_equal(k, k_too)
    assert np.allclose(np.sort(followed, axis=1), E, atol=1e-8)
    assert not np.allclose(followed, E, atol=1e-3)


def test_options_change_what_they_say(done):
    done(*OTHER)
    stored = read_bands_h5(Path("out/tiny/zb", OTHER_NAME, "bands.h5"))
    assert stored.bands.E.shape == (6, 9)
    assert [x for x in stored.bands.kpoints.labels if x] == ["Γ", "X"]
    assert stored.provenance["cutoff_hartree"] == 2.5
    assert list(stored.provenance["inputs_sha256"]) == ["fit.yaml"]


def test_points_keep_the_path(done):
    done("--points", "20")
    stored = read_bands_h5(Path("out/tiny/zb/points-20/bands.h5"))
    assert [x for x in stored.bands.kpoints.labels if x] == ["L", "Γ", "X", "U", "K", "Γ"]
    assert 18 <= len(stored.bands.kpoints) <= 24


def test_no_conduction_band(nnpp, tiny):
    message = nnpp("bands", "tiny", "--bands", "4", "--plot")
    assert message.code == 0
    assert "no conduction band is requested" in message.err
    summary = Path("results/tiny/zb/bands-4/summary.json")
    about = json.loads(summary.read_text())["systems"]["zb"]
    assert (about["gap_ev"], about["vbm_ev"]) == (None, None)


def test_two_systems_and_two_fits(nnpp, tiny, tmp_path):
    both = TINY.replace("potential:", SYSTEM.replace("name: zb", "name: again") + "potential:")
    write_tiny(tmp_path / "many" / "both", both)
    write_tiny(tmp_path / "many" / "one")
    message = nnpp("bands", "many", "--out", "out")
    assert (message.code, message.err) == (0, "")
    assert sorted(written(message.out)) == files("out")
    assert sorted(p.name for p in Path("out").iterdir()) == ["both", "one"]
    assert (
        Path("out/both/again/bands.csv").read_bytes()
        == Path("out/one/zb/bands.csv").read_bytes()
    )
