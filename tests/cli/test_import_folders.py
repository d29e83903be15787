"""`nnpp import FOLDER` finds the one file of bands in the folder of a run."""

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnpp.config.fit_yaml import read_fit
from nnpp.units import HARTREE_EV
from tests.cli.test_import import DATA, SI
from tests.config.samples import OLDER, files_of, spoil, write_older
from tests.formats.codes.test_gpaw import LEVELS, rewritten


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder in which the command runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def copied(*names: str, to: str) -> Path:
    """Copy files of the tests of the readers into a folder."""
    for name in names:
        target = Path(to) / (Path(name).name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DATA / name, target)
    return Path(to)


def espresso(folder: str) -> Path:
    """Make the folder of a run of pw.x, which writes its file twice."""
    copied("espresso/si.bands.xml", to=f"{folder}/si.save")
    save = Path(folder) / "si.save"
    (save / "si.bands.xml").rename(save / "data-file-schema.xml")
    shutil.copy(save / "data-file-schema.xml", f"{folder}/si.xml")
    (save / "charge-density.dat").write_bytes(b"\0" * 100)
    return save


FOLDERS = {
    "vasp": lambda: copied("vasp/line/vasprun.xml", "vasp/line/KPOINTS", to="run"),
    "espresso": lambda: espresso("run"),
    "espresso above": lambda: espresso("run").parent,
    "elk": lambda: shutil.copytree(DATA / "elk" / "si", "run"),
    "gpaw": lambda: copied("gpaw/si.gpw", "gpaw/si.json", "gpaw/si.py", to="run"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_one_run(nnpp, here, name):
    made = nnpp("import", FOLDERS[name](), "--system", "silicon")
    assert made.code == 0, made.err
    assert files_of(Path("inputs")).keys() == {
        f"inputs/silicon/{file}" for file in ("fit.yaml", "silicon.vasp", "silicon.h5")
    }
    assert "k-points" in made.out and "next: nnpp check inputs/silicon" in made.out


def test_a_folder_with_two_runs_lists_them(refused, here):
    copied("vasp/line/vasprun.xml", "gpaw/si.gpw", to="run")
    refused(
        "import", "run", message="contains 2 files of bands (si.gpw, vasprun.xml)", at="run"
    )


def test_a_folder_of_runs_names_them(refused, here):
    copied("vasp/line/vasprun.xml", to="runs/bands")
    copied("vasp/hybrid/vasprun.xml", to="runs/hybrid")
    refused("import", "runs", message="but its folders do (bands, hybrid); name one", at="runs")


MISSING = {
    "OUTCAR": "is a folder of VASP (OUTCAR) without vasprun.xml",
    "elk.in": "is a folder of Elk (elk.in) without BAND.OUT",
    "charge-density.dat": "without data-file-schema.xml or prefix.xml",
    "t_EIG": "is a folder of ABINIT (t_EIG) without *_GSR.nc",
    "notes.txt": "contains no file of bands; it needs one of: ABINIT (*_GSR.nc), ",
}


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_file_is_named(refused, here, name):
    Path("run").mkdir()
    Path("run", name).write_text("nothing\n")
    refused("import", "run", message=MISSING[name], at="run")


def two_spins_json() -> None:
    tree = json.loads((DATA / "gpaw" / "si.json").read_text())
    (_, k, bands), kind, levels = tree["energies"]["__ndarray__"]
    tree["energies"]["__ndarray__"] = [[2, k, bands], kind, levels * 2]
    Path("run/si.json").write_text(json.dumps(tree))


def two_spins_gpaw() -> None:
    changes = {"eigenvalues": LEVELS, "occupations": np.sort(LEVELS)}
    rewritten(Path("run/si.gpw"), *((f"wave_functions.{n}", x) for n, x in changes.items()))


def two_spins_vasp() -> None:
    copied("vasp/line/vasprun.xml", to="run")
    spoil(Path("run/vasprun.xml"), 'name="ISPIN">     1', 'name="ISPIN">     2')


def two_spins_espresso() -> None:
    copied("espresso/si.bands.xml", to="run")
    old = "<band_structure>\n      <lsda>"
    spoil(Path("run/si.bands.xml"), f"{old}false", f"{old}true")


def two_spins_elk() -> None:
    shutil.copytree(DATA / "elk" / "si", "run", dirs_exist_ok=True)
    spoil(Path("run/elk.in"), "rgkmax", "spinpol\n T\n\nrgkmax")


def two_spins_abinit() -> None:
    packed = (DATA / "abinit" / "Si_twoo_DS2_GSR.nc.gz").read_bytes()
    Path("run/Si_twoo_DS2_GSR.nc").write_bytes(gzip.decompress(packed))


@pytest.mark.parametrize(
    "write",
    [
        *(two_spins_json, two_spins_gpaw, two_spins_vasp),
        *(two_spins_espresso, two_spins_elk, two_spins_abinit),
    ],
)
def test_two_spins_are_refused_with_the_reason(refused, here, write):
    Path("run").mkdir()
    write()
    error = refused("import", "run", "--fit", "x", message="spin")
    assert "two spins; " in error or "2 spins; " in error


def test_force_replaces_what_an_import_made(nnpp, refused, here):
    assert nnpp("import", SI, "--fit", "mine").code == 0
    text = Path("inputs/mine/fit.yaml").read_text()
    refused("import", SI, "--fit", "mine", message="or replace it (--force)")
    refused("import", "none.xml", "--fit", "mine", "--force", message="no such file")
    made = nnpp("import", SI, "--fit", "mine", "--system", "other", "--force")
    assert made.code == 0, made.err
    assert sorted(p.name for p in Path("inputs").iterdir()) == ["mine"]
    names = ["fit.yaml", "fit.yaml.bak", "other.h5", "other.vasp"]
    assert sorted(p.name for p in Path("inputs/mine").iterdir()) == names
    assert text == Path("inputs/mine/fit.yaml.bak").read_text()
    assert text.replace("Si", "other") == Path("inputs/mine/fit.yaml").read_text().replace(
        "Si:", "other:"
    )


def test_force_keeps_edited_settings(nnpp, here):
    """Each fit.yaml that differs from the imported one is kept once."""
    again = ("import", SI, "--fit", "mine", "--cutoff", "100 eV", "--force")
    fit = Path("inputs/mine/fit.yaml")
    assert nnpp(*again).code == 0
    written = fit.read_text()
    assert yaml.safe_load(written)["systems"][0]["cutoff"] == f"{100 / HARTREE_EV!r} hartree"
    for text in ("# one\n", "# two\n", "# two\n"):
        fit.write_text(written + text)
        assert nnpp(*again).code == 0
    assert nnpp(*again).code == 0
    kept = {p.name: p.read_text() for p in fit.parent.glob("fit.yaml*")}
    assert kept == {
        "fit.yaml": written,
        "fit.yaml.bak": f"{written}# one\n",
        "fit.yaml.bak2": f"{written}# two\n",
    }


def test_the_working_directory_is_not_replaced(nnpp, refused, here, monkeypatch):
    assert nnpp("import", SI, "--fit", "mine").code == 0
    monkeypatch.chdir("inputs/mine")
    words = ("--into", "..", "--fit", "mine", "--force")
    refused("import", SI, *words, message="contains the working directory")


@pytest.mark.parametrize("name", ["README.md", "Si.cif", "alone.h5"])
def test_force_removes_no_other_file(nnpp, refused, here, name):
    assert nnpp("import", SI, "--fit", "mine").code == 0
    Path("inputs/mine", name).write_text("mine\n")
    refused("import", SI, "--fit", "mine", "--force", message=f"contains '{name}'")
    Path("inputs/mine/fit.yaml").unlink()
    refused("import", SI, "--fit", "mine", "--force", message="has no fit.yaml, so --force")


def test_an_error_while_replacing_keeps_the_old_folder(nnpp, here, monkeypatch):
    assert nnpp("import", SI, "--fit", "mine").code == 0
    before = files_of(Path("inputs"))

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nnpp.workflows.import_.import_fit.write_structure", no_space)
    made = nnpp("import", SI, "--fit", "mine", "--force")
    assert made.code == 2 and "no space left" in made.err
    assert files_of(Path("inputs")) == before


NAMES = [
    (("--system", "a/b"), "cannot be the name of a system"),
    (("--system", "tune"), "cannot be the name of a system"),
    (("--system", "a", "--system", "A"), "is given twice"),
    (("--system", "a", "--system", "b"), "2 names for 1 systems"),
]


@pytest.mark.parametrize(("words", "message"), NAMES)
def test_wrong_names_of_systems(refused, here, words, message):
    refused("import", SI, *words, message=message, at="--system")


LEVELS_EV = "-20.1 -20.1 -9.0 -9.0 -6.6 -6.6 -6.6 -6.6 1.3 1.3 2.3 2.3"
SETTINGS = {
    "input_0.par": "maxKE = 4.5\nnBands = 12\nidxVB = 7\nidxCB = 8\nidxGap = 1\n"
    "relE_bIdx = 7\nfit_defPot = 1\n",
    "expBandStruct_0.par": f"0.0 {LEVELS_EV}\n0.5 {LEVELS_EV}\n",
    "bandWeights_0.par": "1.0\n1.0\n1.0\n1.0\n1.0\n1.0\n9.0\n9.0\n8.0\n8.0\n1.0\n1.0\n",
    "expDefPot_0.par": "-2.0\n-7.5\n",
}


def test_a_folder_of_deepseudopot_gets_the_network_of_nnpp(nnpp, here):
    made = nnpp("import", write_older(Path("older"), **SETTINGS), "--fit", "new")
    assert made.code == 0, made.err
    assert "are replaced by those that nnpp uses by default" in made.err
    fit = yaml.safe_load(Path("inputs/new/fit.yaml").read_text())
    (system,) = fit["systems"]
    assert (system["bands"], system["cutoff"]) == (6, "4.5 hartree")
    assert system["weights"] == {"bands": [1, 1, 1, 9, 8, 1], "kpoints": [10, 1]}
    assert system["zero"] == {"band": 4, "kpoint": 1}
    assert [t["band"] for t in system["targets"]] == [4, 5]
    assert fit["potential"]["network"]["features"]["kind"] == "radial"
    elements = fit["potential"]["elements"]
    assert elements["Cd"]["local"] == [-31.4518, 1.389, -0.0502, 1.6603]
    assert elements["Se"]["charge"] == 0.5 and elements["Se"]["strain"] == [0.1746, 0]
    assert fit["potential"]["train"] == ["local", "nonlocal", "s_wave", "strain"]
    assert fit["fit"]["steps"] == 60
    spec = read_fit(Path("inputs/new/fit.yaml"))
    assert spec.systems[0].plane_waves == "smooth"


def test_a_folder_of_deepseudopot_is_imported_alone(refused, here):
    write_older(Path("older"))
    refused("import", "older", SI, message="import it alone", at="older")
    spoil(Path("older/NN_config.par"), "nSystem", "nSistem")
    refused("import", "older", message="did you mean 'nSystem'?", at="older")
    assert OLDER.keys() <= {p.name for p in Path("older").iterdir()}
