"""`nnpp optics` and `nnpp report` from the command line."""

import csv
from pathlib import Path

import numpy as np
import pytest

from nnpp.runs.outputs import unrecorded
from tests.cli.samples import POTENTIAL, TINY, write_tiny, written

SPINOR = TINY.replace(
    POTENTIAL,
    """\
potential:
  kind: zunger
  elements:
    Cd: {local: [-31.4518, 1.3890, -0.0502, 1.6603], spin_orbit: 0.8}
    Se: {local: [8.4921, 4.3513, 1.3600, 0.3227], spin_orbit: 1.9}
""",
).replace("bands: 8", "bands: 16")


def rows(path):
    with Path(path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_optics(nnpp, tiny):
    done = nnpp("optics", "tiny", "--mesh", "4x4x4", "--bands", "20", "--out", "out")
    assert done.code == 0, done.err
    assert "zb: ε₁(0) = " in done.out
    assert "expected (8 electrons; non-local and cutoff terms add " in done.out
    assert "the mesh is too coarse for maxima of ε₂" in done.out
    assert "from 2×2×2 to 4×4×4 points; choose a finer mesh" in done.err
    assert sorted(written(done.out)) == [
        f"out/tiny/zb/mesh-4x4x4_bands-20/optics.{x}" for x in ("csv", "pdf", "png")
    ]
    assert unrecorded(Path("out/tiny")) == []
    table = rows("out/tiny/zb/mesh-4x4x4_bands-20/optics.csv")
    e2 = np.array([float(r["eps2_xx"]) for r in table])
    energy = np.array([float(r["energy_ev"]) for r in table])
    assert e2.max() > 5 and np.abs(e2[energy < 0.5]).max() < 1e-3
    zz = np.array([float(r["eps2_zz"]) for r in table])
    np.testing.assert_allclose(zz, e2, atol=1e-6)
    assert float(table[-1]["electrons"]) == pytest.approx(8, abs=1)


@pytest.mark.parametrize(
    ("words", "at", "message"),
    [
        (["--to", "5"], "--to:", "has no unit"),
        (["--to", "-5 eV"], "--to:", "is out of range for photons"),
        (["--broaden", "0.1 meV"], "--broaden:", "below 1 meV"),
        (["--mesh", "4x4"], "--mesh:", "e.g. 12x12x12"),
        (["--bands", "4"], "", "4 of 4 levels are occupied"),
    ],
)
def test_wrong_options_of_optics(refused, tiny, words, at, message):
    refused("optics", "tiny", *words, message=message, at=at)


def test_optics_needs_more_memory_than_there_is(refused, tiny, monkeypatch):
    monkeypatch.setattr("nnpp.workflows.optics.bytes_of", lambda *_: 10**15)
    refused("optics", "tiny", message="GB of memory are needed, of ", at="")


def test_a_report(nnpp, tmp_path, monkeypatch):
    """Terminal, table and page have the same numbers; CdSe has two measured numbers."""
    monkeypatch.chdir(tmp_path)
    write_tiny(tmp_path / "tiny", SPINOR)
    done = nnpp("report", "tiny", "--out", "out")
    assert (done.code, done.err) == (0, ""), done.err
    assert unrecorded(Path("out/tiny")) == []
    table = {r["quantity"]: r for r in rows("out/tiny/report.csv")}
    assert {"gap", "Δso", "m electron Γ", "γ₁", "E_P", "dE_g/d ln Ω", "b"} <= set(table)
    one, two = (float(table[f"γ{n}"]["nnpp"]) for n in "₁₂")
    assert float(table["m heavy 100"]["nnpp"]) == pytest.approx(1 / (one - 2 * two), rel=1e-4)
    assert float(table["Δso"]["nnpp"]) > 0.2
    measured = {key: r["experiment"] for key, r in table.items() if r["experiment"]}
    assert measured == {"gap": "1.75", "gap at Γ": "1.75", "Δso": "0.42"}
    assert not any(r["reference"] for r in table.values())
    page = Path("out/tiny/report.html").read_text(encoding="utf-8")
    (line,) = (line.split() for line in done.out.splitlines() if line.startswith("E_P"))
    assert float(line[2]) == pytest.approx(float(table["E_P"]["nnpp"]), abs=6e-4)
    assert f"<td>{line[2]}</td>" in page
    lines = [line for line in done.out.splitlines() if not line.startswith("  ")]
    assert max(map(len, lines)) <= 80


def test_a_report_with_experiment(nnpp, tmp_path, monkeypatch):
    """GaAs is recognised by its formula and space group, not by its potential."""
    monkeypatch.chdir(tmp_path)
    text = TINY.replace("Cd", "Ga").replace("Se", "As").replace("11.4485278", "10.683")
    write_tiny(tmp_path / "tiny", text)
    assert nnpp("report", "tiny", "--out", "out").code == 0
    table = {r["quantity"]: r for r in rows("out/tiny/report.csv")}
    assert table["gap"]["experiment"] == "1.519"
    assert float(table["gap"]["nnpp"]) != pytest.approx(1.519, abs=0.1)
    assert "γ₁" not in table, "without spin-orbit there is no Γ8"
