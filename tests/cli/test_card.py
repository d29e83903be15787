"""`nnpp card` and `nnpp package`: their numbers are those of the run, and damage is found."""

import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from matplotlib.figure import Figure

from nnpp.errors import InputError
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.model import read_model, write_model
from nnpp.formats.results import write_bands
from nnpp.runs.metrics import append
from nnpp.runs.package import SUMS, refuse_damaged, write_package
from nnpp.setup.potential import before_training
from nnpp.setup.prepare import prepare
from nnpp.structures.kpoints import listed
from nnpp.workflows.bands.bands import run_bands
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.fits.provenance import about_model, hashes, write_run
from nnpp.workflows.fits.read import read_fits, read_runs
from tests import systems
from tests.cli.samples import tree, write_tiny
from tests.fitting.samples import SYSTEM, write_fit
from tests.plotting.undrawn import leave_undrawn


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A fit and its run, with a potential as if trained, bands, and figures not drawn."""
    folder = tmp_path_factory.mktemp("made")
    write_fit(folder / "small")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", leave_undrawn)
        (fit,), run = read_fits([folder / "small"]), folder / "results/small"
        write_run(run, fit, hashes(fit), {})
        moved = jax.tree.map(lambda x: x + 0.01, before_training(fit.spec.potential))
        about = about_model(fit, prepare(fit), hashes(fit)) | {"loss_ev2": 0.5}
        write_model(run / "potential", moved, about)
        append(run / "metrics.jsonl", {"step": 6, "holdout_ev2": 0.25})
        for name in ("history.png", "errors.png"):
            (run / name).write_bytes(b"not drawn")
        list(run_bands(read_runs([run], folder), folder / "results", Choices(plot=True)))
    return folder


@pytest.fixture
def run(made, tmp_path, monkeypatch):
    """Return a copy of the run, in the current folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("results/small")


@pytest.fixture(scope="module")
def packed(made, tmp_path_factory):
    """Return its package, unpacked."""
    from nnpp.formats.card import Attribution
    from nnpp.workflows.card.card import run_package

    folder = tmp_path_factory.mktemp("packed")
    attribution = Attribution("A. Nyone", "CC BY 4.0")
    paths = run_package(made / "results/small", folder / "small", attribution, True)
    assert sorted(map(str, paths)) == [str(p) for p in sorted(folder.rglob("*")) if p.is_file()]
    return folder / "small"


def rows(text: str) -> list[list[str]]:
    """Return the cells of all tables."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_a_card_has_the_numbers_of_the_run(nnpp, run, tmp_path):
    done = nnpp("card", run)
    assert (done.code, done.out, done.err) == (0, "wrote results/small/README.md\n", "")
    text = (run / "README.md").read_text(encoding="utf-8")
    cells = {(row[0], row[1]): row[2:] for row in rows(text) if len(row) > 2}
    summary = json.loads((run / "summary.json").read_text())["systems"]["zb"]
    rmse = np.array(summary["rmse_mev"])
    shown = {
        "highest valence band (4)": rmse[3],
        "lowest conduction band (5)": rmse[4],
        "all 8 bands": np.sqrt(np.mean(rmse**2)),
    }
    for what, value in shown.items():
        fitted, held, every = map(float, cells["zb", what])
        assert every == pytest.approx(value, rel=1e-3)
        # three k-points of four were fitted: a mean over all is a mean of both
        assert (3 * fitted**2 + held**2) / 4 == pytest.approx(every**2, rel=2e-3)
    for what, key in (("gap", "gap_ev"), ("valence band maximum", "vbm_ev")):
        ours, theirs, apart = map(float, cells["zb", what])
        assert ours == pytest.approx(summary[key], abs=1e-4)
        assert apart == pytest.approx((ours - theirs) * 1e3, rel=1e-3)
    assert cells["zb", "CdSe, F-43m (216)"][0] == f"{systems.A_CDSE * 0.529177210903:.4f}"
    assert str(tmp_path) not in text


def test_links_exist_and_tables_are_aligned(nnpp, run):
    (run / "errors.png").unlink()
    assert nnpp("card", run).code == 0
    text = (run / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)
    assert links == ["zb/bands.png", "potential.png", "history.png"]
    assert all((run / link).is_file() for link in links)
    assert "does not have: `errors.png`." in text
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) == 7
    for table in tables:
        assert len({len(line) for line in table.splitlines()}) == 1
        assert len({line.count(" | ") for line in table.splitlines()}) == 1


def test_author_and_licence_are_kept_and_the_rest_is_the_same(nnpp, run):
    card = run / "README.md"
    assert nnpp("card", run).code == 0
    first = card.read_bytes()
    assert "licence of the potential: not stated: ask the author" in first.decode()
    assert nnpp("card", run).code == 0
    assert card.read_bytes() == first
    assert nnpp("card", run, "--licence", 'CC "BY" 4.0', "--author", "Ø. N*me").code == 0
    signed = card.read_bytes()
    assert 'license: "CC \\"BY\\" 4.0"' in signed.decode()
    assert "author of the potential: Ø. N\\*me" in signed.decode()
    assert nnpp("card", run).code == 0
    assert card.read_bytes() == signed != first
    expected = first.decode().replace("potential: not stated\n", "potential: Ø. N\\*me\n")
    assert len(expected.splitlines()) == len(signed.decode().splitlines())


def test_missing_bands_are_not_in_the_card(nnpp, run):
    """Bands at other k-points are not compared; without bands there is no number.

    A run of an earlier version has no list of its files.
    """
    (run / "outputs.json").unlink()
    text = (run / "run.yaml").read_text(encoding="utf-8")
    (run / "run.yaml").write_text(text.replace("outputs: outputs.json\n", ""), "utf-8")
    stored = read_bands_h5(run / "zb/bands.h5")
    three = listed(stored.crystal, systems.GXL)
    fewer = replace(stored.bands, kpoints=three, E=stored.bands.E[:3])
    write_bands(run / "zb", fewer, stored.crystal, stored.provenance)
    assert nnpp("card", run).code == 0
    text = (run / "README.md").read_text(encoding="utf-8")
    assert "its bands in this run are at other k-points" in text
    assert "all 8 bands" not in text
    shutil.rmtree(run / "zb")
    assert nnpp("card", run).code == 0
    text = (run / "README.md").read_text(encoding="utf-8")
    assert "its bands are not in this run" in text
    assert "valence band" not in text
    assert "`zb/bands.png`" in text


def test_a_package_is_reproducible_also_from_itself(nnpp, run):
    words = ("--author", "A. Nyone", "--licence", "CC BY 4.0")
    first = nnpp("package", run, *words)
    assert (first.code, first.out, first.err) == (0, "wrote results/small.zip\n", "")
    data = Path("results/small.zip").read_bytes()
    assert nnpp("package", run, *words, "--out", "again.zip").code == 0
    assert Path("again.zip").read_bytes() == data
    with zipfile.ZipFile("again.zip") as archive:
        archive.extractall("there")
    validated = subprocess.run(
        ["sha256sum", "-c", "--strict", SUMS], cwd="there/small", capture_output=True, text=True
    )
    assert (validated.returncode, validated.stderr) == (0, "")
    inside = {p for p in tree(Path("there/small")) if Path("there/small", p).is_file()}
    assert validated.stdout.count(": OK\n") == len(inside) - 1
    assert nnpp("package", "there/small").code == 0
    assert Path("there/small.zip").read_bytes() == data


def test_a_package_is_used_like_its_run(nnpp, packed, tmp_path, monkeypatch):
    """It is verified, read by `kind: model`, and its own bands are reproduced."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(packed, "p")
    verified = nnpp("verify", "p")
    assert (verified.code, verified.err) == (0, "")
    assert re.search(r"SHA256SUMS +agrees; \d\d files", verified.out)
    again = nnpp("bands", "p", "--out", "out")
    assert (again.code, again.err) == (0, "")
    ours, theirs = (
        json.loads(Path(p, "summary.json").read_text())["systems"]["zb"] for p in ("out/p", "p")
    )
    assert ours["rmse_mev"] == pytest.approx(theirs["rmse_mev"], abs=1e-6)
    model = "potential: {kind: model, file: ../p}\n"
    system = SYSTEM.replace("reference.csv", "../p/inputs/zb/reference/reference.csv")
    write_tiny(Path("fit"), "systems:\n" + system + model)
    assert nnpp("bands", "fit", "--out", "out").code == 0
    by_fit = json.loads(Path("out/fit/summary.json").read_text())["systems"]["zb"]
    assert by_fit["gap_ev"] == pytest.approx(theirs["gap_ev"], abs=1e-9)
    assert str(tmp_path) not in Path("p/run.yaml").read_text(encoding="utf-8")


def test_a_package_without_inputs(nnpp, run):
    """It contains the potential, its card and bands, and no file of other authors."""
    done = nnpp("package", run, "--without-inputs", "--out", "p")
    assert done.code == 0
    names = tree(Path("p"))
    assert not {"run.yaml", "inputs"} & set(names)
    assert {"potential.safetensors", "README.md", "zb/bands.h5", SUMS} <= set(names)
    assert nnpp("verify", "p").code == 0


def test_a_flipped_byte_is_reported_with_the_name_of_its_file(nnpp, packed, tmp_path):
    rng = np.random.default_rng(0)
    shutil.copytree(packed, tmp_path / "p")
    files = sorted(p for p in (tmp_path / "p").rglob("*") if p.is_file())
    assert len(files) > 10
    listed = refuse_damaged(tmp_path / "p")
    assert listed == len(files) - 1
    for file in files:
        whole = file.read_bytes()
        for at in rng.integers(len(whole), size=40 if file.name == SUMS else 2):
            flipped = bytes([whole[at] ^ int(rng.integers(1, 256))])
            file.write_bytes(whole[:at] + flipped + whole[at + 1 :])
            with pytest.raises(InputError) as refusal:
                refuse_damaged(tmp_path / "p")
            if file.name != SUMS:
                assert f"{file}: is damaged" in str(refusal.value)
        file.unlink()
        with pytest.raises(InputError):
            refuse_damaged(tmp_path / "p") if file.name != SUMS else refuse_damaged(file)
        file.write_bytes(whole)
    (tmp_path / "p/summary.json").write_text("{}")
    done = nnpp("verify", tmp_path / "p")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "summary.json: is damaged: its SHA-256" in done.err


def damaged(path: str):
    """Return a function that changes a byte in the middle of a file."""

    def spoil():
        whole = Path(path).read_bytes()
        half = len(whole) // 2
        Path(path).write_bytes(whole[:half] + b"\0" + whole[half + 1 :])

    return spoil


def trained_on():
    """Replace the potential by one whose bands were not computed."""
    model = read_model(Path(RUN))
    other = systems.cdse()
    write_model(Path(RUN, "potential"), other, model.about)


def of_other_bands():
    path = Path(RUN, "summary.json")
    summary = json.loads(path.read_text())
    summary["systems"]["zb"]["rmse_mev"][0] += 1e-3
    path.write_text(json.dumps(summary))


def written(path: str, text: str = "mine\n"):
    """Return a function that writes a file."""
    return lambda: Path(path).write_text(text)


RUN = "results/small"

WRONG = [
    (["card", "nowhere"], None, "nowhere:", "no such file or folder"),
    (["card", "small"], None, "small:", "is not a run"),
    (["card", RUN, "small"], None, "small:", "is not a run"),
    (["card", RUN + "/run.yaml"], None, RUN, "is not a run"),
    (["card", RUN], lambda: Path(RUN, "potential.safetensors").unlink(), RUN, "not trained"),
    (["card", RUN], damaged(RUN + "/potential.safetensors"), RUN, "damaged"),
    (["card", RUN], written(RUN + "/potential.json", "{}"), RUN, "does not belong to"),
    (["card", RUN], written("small/reference.csv", "k\n"), "small/", "has changed since"),
    (["card", RUN], lambda: Path("small/reference.csv").unlink(), "small/", "no such file"),
    (["card", RUN], written(RUN + "/README.md"), f"{RUN}/README.md:", "is no model card"),
    (
        ["card", RUN],
        written(RUN + "/summary.json", '{"systems": {"zb": 3}}'),
        RUN,
        "no summary",
    ),
    (["card", RUN], of_other_bands, RUN, "describes other bands"),
    (["card", RUN], trained_on, f"{RUN}:", "the run has another potential"),
    (["card", RUN, "--licence", " "], None, "--licence:", "is empty"),
    (["package", RUN], damaged(RUN + "/potential.safetensors"), RUN, "damaged"),
    (["package", RUN], trained_on, f"{RUN}:", "the run has another potential"),
    (["package", RUN], written("results/small.zip"), "results/small.zip:", "no package"),
    (["package", RUN, "--out", "small"], None, "small:", "is there already"),
    (["package", RUN, "--out", "small/fit.yaml/p"], None, "small/fit.yaml", "is a file"),
    (["package", RUN, "--author", ""], None, "--author:", "is empty"),
    (["package", "small"], None, "small:", "is not a run"),
    (["verify", "a.zip"], written("a.zip"), "a.zip:", "is zipped; unpack it"),
]


@pytest.mark.parametrize(("words", "spoil", "at", "why"), WRONG)
def test_an_error_is_one_line_and_nothing_is_written(refused, run, words, spoil, at, why):
    if spoil is not None:
        spoil()
    assert at in refused(*words, message=why)


def test_the_card_of_a_package_does_not_change(refused, run, packed):
    shutil.copytree(packed, "p")
    refused("card", "p", at="p:", message="is a package")


def test_a_folder_is_written_completely_or_not_at_all(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_package(tmp_path / "p", "p", {"a": b"1", "a/b": b"2"})
    assert list(tmp_path.iterdir()) == []
    write_package(tmp_path / "p", "p", {"a": b"1", "c/b": b"2"})
    assert {p.name for p in tmp_path.iterdir()} == {"p"}
    assert refuse_damaged(tmp_path / "p") == 2
