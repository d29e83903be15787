"""`nnpp bands` beside a reference, and on folders of the older code."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.units import DEEPSEUDOPOT_HARTREE_EV, HARTREE_EV
from tests.cli.samples import OTHER, table
from tests.config.samples import OLDER, write_older


@pytest.mark.parametrize("suffix", ["csv", "h5", "json"])
def test_a_run_compared_with_itself(nnpp, done, suffix):
    done()
    plot = ["--plot"] if suffix == "csv" else []
    file = f"out/tiny/zb/bands.{suffix}"
    again = nnpp("bands", "tiny", "--compare", file, "--out", "again", *plot)
    assert (again.code, again.err) == (0, "")
    assert "RMSE by band 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 meV" in again.out
    (folder,) = Path("again/tiny/zb").glob("compare-bands-*")
    summary = json.loads((folder / "summary.json").read_text())
    assert 0 <= summary["loss_ev2"] < 1e-12
    assert max(summary["systems"]["zb"]["rmse_mev"]) < 1e-5
    both = (table(str(f / "bands.csv")) for f in (Path("out/tiny/zb"), folder))
    for ours, theirs in zip(*both, strict=True):
        # The k-points of a CSV are rounded, so that the last printed digit may differ.
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1.5e-8)
    assert (folder / "bands.png").exists() == bool(plot)


def test_a_reference_moved_by_a_tenth_of_an_electronvolt(nnpp, done):
    done()
    text = Path("out/tiny/zb/bands.csv").read_text(encoding="utf-8")
    head, *rows = (line.split(",") for line in text.splitlines())
    moved = [[*row[:6], str(float(row[6]) + 0.1), *row[7:]] for row in rows]
    lines = [",".join(row) for row in (head, *moved)]
    Path("moved.csv").write_text("\n".join(lines), encoding="utf-8")
    again = nnpp("bands", "tiny", "--compare", "moved.csv")
    assert again.code == 0
    assert "RMSE by band 100.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 meV" in again.out
    (file,) = Path("results/tiny/zb").glob("compare-moved-*/summary.json")
    summary = json.loads(file.read_text())
    assert summary["loss_ev2"] == pytest.approx(0.01 * len(rows), rel=1e-6)


def test_a_reference_elsewhere_is_drawn_and_not_compared(nnpp, done):
    done()
    again = nnpp("bands", "tiny", "--compare", "out/tiny/zb/bands.csv", *OTHER, "--plot")
    assert again.code == 0
    assert "not compared" in again.err
    (file,) = Path("results/tiny/zb").glob("compare-*_path-G-X_*/summary.json")
    assert json.loads(file.read_text())["loss_ev2"] is None


def test_a_folder_of_the_older_code(nnpp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_older(tmp_path / "older", **{"input_0.par": "maxKE = 3\nnBands = 4\nidxVB = 7\n"})
    validated = nnpp("check", "older")
    assert validated.code == 0
    assert "expBandStruct_0.par: 4 bands, each spinless level twice, at 2" in validated.out
    assert "num_cores: not needed" in validated.err
    message = nnpp("bands", "older", "--out", "out")
    assert message.code == 0
    assert "the network is not trained" in message.err
    _, E = table("out/older/CdSe/bands.csv")
    assert E.shape == (2, 2)
    about = json.loads(Path("out/older/summary.json").read_text())["systems"]["CdSe"]
    theirs = np.array([[-19.9, -19.9, -9.0, -9.0], [-20.1, -20.1, -6.3, -6.3]])
    error = np.repeat(E, 2, axis=1) - theirs * HARTREE_EV / DEEPSEUDOPOT_HARTREE_EV
    loss = (np.array([[10.0], [1.0]]) * np.array([1.0, 1.0, 2.0, 2.0]) * error**2).sum()
    assert about["loss_ev2"] == pytest.approx(loss, rel=1e-5)
    assert len(about["rmse_mev"]) == 4
    read = read_bands_h5(Path("out/older/CdSe/bands.h5")).provenance["inputs_sha256"]
    assert set(read) == set(OLDER)


def test_the_older_code_beside_a_run_of_nnpp(nnpp, tmp_path, monkeypatch):
    """Its levels count twice, those of bands.csv once."""
    monkeypatch.chdir(tmp_path)
    write_older(tmp_path / "older", **{"input_0.par": "maxKE = 3\nnBands = 4\n"})
    assert nnpp("bands", "older", "--out", "out").code == 0
    for file in ("bands.csv", "bands.h5"):
        again = nnpp("bands", "older", "--compare", f"out/older/CdSe/{file}", "--out", "again")
        assert again.code == 0, again.err
        assert "RMSE by band 0.0 0.0 meV" in again.out
