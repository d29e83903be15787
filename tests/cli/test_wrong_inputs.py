"""Wrong inputs to the command: exit code 2, one line with a remedy, nothing written."""

from pathlib import Path

import pytest

from tests.cli.samples import ATOMS, CSV, TINY, write_tiny
from tests.config.samples import write_fit

LISTED = 'kpoints: {path: "L Γ X U|K Γ", points: 12}'

FITS = [
    ("cutoff: 3 hartree", "cutof: 3 hartree", 7, "did you mean 'cutoff'?"),
    ("cutoff: 3 hartree", "cutoff: 3", 7, 'write "3 hartree"'),
    ("cutoff: 3 hartree", "cutoff: 300", 7, 'did you mean "300 eV" (11 hartree)?'),
    ("cutoff: 3 hartree", "cutoff: -3 hartree", 7, "greater than 0"),
    ("cutoff: 3 hartree", "cutoff: .nan", 7, "has no unit"),
    ("cutoff: 3 hartree", "cutoff: 3 hartre", 7, "did you mean 'hartree'?"),
    ("cutoff: 3 hartree", "cutoff: 3e4 hartree", 7, "check its unit"),
    ("cutoff: 3 hartree", "cutoff: 1e-9 hartree", 7, "raise the cutoff"),
    ("    cutoff: 3 hartree\n", "", 2, "`cutoff` is missing"),
    ("bands: 8", "bands: 800", 8, "request fewer bands"),
    ("bands: 8", "bands: many", 8, "write an integer"),
    ("bands: 8", "electrons: 7", 8, "even number"),
    ("bands: 8", "weights: {bands: [1, 1]}\n    bands: 8", 8, "write 8 weights"),
    ("bands: 8", "reference: none.csv", 8, "no such file"),
    ("L Γ X U|K Γ", "L Γ Q", 9, "no special point 'Q'"),
    ("L Γ X U|K Γ", "L", 9, "fewer than two"),
    (LISTED, "kpoints: {list: [[0, 0, 7]]}", 9, "fractional coordinates"),
    (LISTED, "kpoints: {mesh: [0, 4, 4]}", 9, "greater than or equal to 1"),
    (LISTED, "kpoints: reference", 9, "add reference: FILE"),
    ("scale: 11.4485278 bohr", "scale: 11.4485278", 4, 'write "11.4485 bohr"'),
    ("[Cd, 0.125", "[Cx, 0.125", 6, "did you mean"),
    ("[Cd, 0.125", "[Zn, 0.125", 12, "add Zn to elements"),
    ("[Cd, 0.125, 0.125, 0.125]", "[Cd, 0.125, 0.125]", 6, "only 3 entries"),
    (ATOMS, "[[Cd, 0, 0, 0], [Se, 0, 0, 0.001]]", 3, "apart"),
    ("structure:\n", "structure: none.vasp\n    x:\n", 4, "unknown key 'x'"),
    ("Cd: {local: [-31.4518,", "Cd: {local: [.nan,", 13, "finite"),
    ("[-31.4518, 1.3890,", "[1.3890,", 13, "only 3 entries"),
    ("kind: zunger", "kind: zungr", 10, "did you mean 'zunger'?"),
    ("potential:", "potentiel:", 10, "did you mean 'potential'?"),
    ("systems:", "systems: [", None, "correct the YAML"),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), FITS)
def test_a_wrong_fit(refused, tiny, old, new, line, message):
    assert old in TINY
    (tiny / "fit.yaml").write_text(TINY.replace(old, new, 1), encoding="utf-8")
    place = f"tiny/fit.yaml:{'' if line is None else f'{line}:'}"
    refused("bands", "tiny", "--out", "out", message=message, at=place)


OPTIONS = [
    (["--path", "L Q"], "--path:", "no special point 'Q'"),
    (["--path", "L"], "--path:", "fewer than two"),
    (["--path", "L &"], "--path:", "is not a special point"),
    (["--path", "Γ Γ"], "--path:", "two different points"),
    (["--cutoff", "5"], "--cutoff:", 'write "5 hartree"'),
    (["--cutoff", "-5 hartree"], "--cutoff:", "greater than 0"),
    (["--cutoff", "5 hartre"], "--cutoff:", "did you mean 'hartree'?"),
    (["--cutoff", "1e999 Ry"], "--cutoff:", "not finite"),
    (["--cutoff", "1e6 eV"], "--cutoff:", "lower the cutoff"),
    (["--bands", "500"], "--bands:", "request fewer bands"),
    (["--cutoff", "300"], "--cutoff: 300", 'has no unit; did you mean "300 eV" (11 hartree)?'),
    (["--path", "LGXWKQ"], "--path:", "no special point 'Q'"),
    (["--window", "5:-5"], "--window:", "is not a window"),
    (["--window", "all"], "--window:", "is not a window"),
    (["--fat", "spd"], "--fat:", "unknown weights 'spd'"),
    (["--plot", "--width", "wide"], "--width:", "is not a width"),
    (["--plot", "--width", "-3"], "--width:", "is not a width"),
    (["--plot", "--width", "5"], "--width:", "too narrow for a font of 8 pt"),
    (["--plot", "--width", "10", "--font-size", "16"], "--width:", "too narrow"),
    (["--plot", "--font-size", "99"], "--font-size:", "out of range"),
    (["--plot", "--colours", "black,zebra"], "--colours:", "'zebra' is not a colour"),
    (["--plot", "--format", "eps"], "--format:", "unknown format 'eps'"),
    (["--format", "svg"], "", "are of figures; add --plot"),
    (["--zero", "vbn"], "--zero:", "did you mean 'vbm'?"),
    (["--dos", "--mesh", "4x4"], "--mesh:", "e.g. 12x12x12"),
    (["--dos", "--mesh", "4x0x4"], "--mesh:", "e.g. 12x12x12"),
    (["--mesh", "4x4x4"], "--mesh:", "add --dos"),
    (["--dos", "--broaden", "0.1"], "--broaden:", "has no unit"),
    (["--dos", "--broaden", "-0.1 eV"], "--broaden:", "below 1 meV"),
    (["--broaden", "0.1 eV"], "--broaden:", "add --dos"),
    (["--compare", "none.csv"], "--compare:", "no such file"),
    (["--compare", "tiny"], "--compare:", "name a .csv, .h5 or .json"),
    (["--compare", "bands.par"], "--compare:", "name a .csv, .h5 or .json"),
    (["--compare", "good.csv", "--bands", "3"], "--bands:", "write bands: 8"),
    (["--out", "good.csv"], "good.csv:", "is a file"),
    (["--out", "good.csv/deeper"], "good.csv:", "is a file"),
]


@pytest.mark.parametrize(("words", "place", "message"), OPTIONS)
def test_a_wrong_option(refused, tiny, words, place, message):
    Path("good.csv").write_text(CSV, encoding="utf-8")
    out = [] if "--out" in words else ["--out", "out"]
    err = refused("bands", "tiny", *words, *out, message=message)
    assert place in err


NAMES = [
    ("ZnTe", "fits in inputs: III-V, zb-CdSe; or create it: nnpp import FILE --fit ZnTe"),
    ("CdSe", "did you mean 'inputs/zb-CdSe'?"),
    ("III-v", "did you mean 'inputs/III-V'?"),
    ("inputs/zb-CdS", "did you mean 'inputs/zb-CdSe'?"),
    ("inputs/zb-CdSe/fit.yml", "correct the name"),
]


@pytest.mark.parametrize("verb", ["fit", "check", "bands"])
@pytest.mark.parametrize(("name", "remedy"), NAMES)
def test_a_fit_that_does_not_exist(refused, tmp_path, monkeypatch, verb, name, remedy):
    monkeypatch.chdir(tmp_path)
    for fit in ("III-V", "zb-CdSe"):
        write_tiny(tmp_path / "inputs" / fit)
    refused(verb, name, message=f"no such file or folder; {remedy}\n", at=f"{name}:")


def test_a_fit_that_does_not_exist_without_inputs(refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused("fit", "ZnTe", message="or create it: nnpp import FILE --fit ZnTe", at="ZnTe:")


REFERENCES = [
    ("a.csv", "", None, "write the header"),
    ("a.csv", CSV.replace("k1,k2", "kx,ky"), 1, "write the header"),
    ("a.csv", CSV.splitlines()[0], None, "holds no k-point"),
    ("a.csv", CSV.replace("-9.0,", ""), 2, "columns"),
    ("a.csv", CSV.replace("-9.0", "nan"), 2, "finite"),
    ("a.csv", CSV.replace("-9.0", "-9.o"), 2, "is not a number"),
    ("a.csv", CSV.replace("0.5,0.5,0.5", "5,5,5"), None, "outside the cell"),
    ("a.csv", b"\x00\x01\x02", None, "binary"),
    ("a.csv", b"k,\xff\xfe", 1, "UTF-8"),
    ("a.h5", b"\x89HDF nothing more", None, "damaged"),
    ("a.h5", CSV, None, "not an HDF5"),
    ("a.json", "{}", None, "not a band structure"),
    ("a.json", b"\x80\x02junk", None, "UTF-8"),
]


@pytest.mark.parametrize(("name", "content", "line", "message"), REFERENCES)
def test_a_wrong_reference(refused, tiny, name, content, line, message):
    raw = content if isinstance(content, bytes) else content.encode()
    Path(name).write_bytes(raw)
    err = refused("bands", "tiny", "--compare", name, "--out", "out", message=message)
    assert f"{name}:" + ("" if line is None else f"{line}:") in err


def test_weights_of_the_wrong_length(refused, tiny):
    Path("tiny/a.csv").write_text(CSV, encoding="utf-8")
    text = TINY.replace(LISTED, "reference: a.csv\n    weights: {kpoints: [1, 2, 3]}")
    Path("tiny/fit.yaml").write_text(text, encoding="utf-8")
    refused("check", "tiny", message="write 2 weights", at="tiny/fit.yaml:10:")


def test_a_zero_that_the_reference_does_not_reach(refused, tiny):
    few = "".join(",".join(line.split(",")[:8]) + "\n" for line in CSV.splitlines())
    Path("tiny/a.csv").write_text(few, encoding="utf-8")
    text = TINY.replace(LISTED, "reference: a.csv\n    zero: vbm")
    Path("tiny/fit.yaml").write_text(text, encoding="utf-8")
    refused(
        "bands", "tiny", message="do not reach the valence band maximum", at="tiny/fit.yaml:10:"
    )


def test_a_table_that_misses_the_shells(refused, tiny):
    table = "{local: {q: [0.5, 0.95], v: [0.1, 0.2]}}"
    text = TINY[: TINY.index("potential:")]
    text += f"potential: {{kind: table, elements: {{Cd: {table}, Se: {table}}}}}\n"
    Path("tiny/fit.yaml").write_text(text, encoding="utf-8")
    refused("bands", "tiny", message="would be lost", at="tiny/fit.yaml:10:")


def test_the_second_fit_is_wrong_and_the_first_not_begun(refused, tiny, tmp_path):
    write_tiny(tmp_path / "wrong", TINY.replace("L Γ X U|K Γ", "L Γ Q"))
    refused("bands", "tiny", "wrong", "--out", "out", message="no special point 'Q'")


def test_a_reference_for_two_systems(refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_fit(tmp_path / "two")
    refused("bands", "two", "--compare", "two/reference.csv", message="belongs to one")


@pytest.mark.parametrize("verb", ["fit", "train"])
def test_one_of_several_processes_that_knows_no_number(refused, tiny, monkeypatch, verb):
    for name in ("NNPP_PROCESS", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    refused(
        verb,
        "--distributed",
        message="is not set, and this is not a Slurm job step",
        at="NNPP_PROCESS:",
    )
