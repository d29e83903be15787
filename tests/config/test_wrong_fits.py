"""Wrong fit.yaml files: one error each, in one line: file, line, remedy; nothing written."""

import pytest

from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.formats.structures import read_crystals
from nnpp.setup.reference import read_reference
from tests.config.samples import FIT, assert_error, files_of, spoil, write_fit

EDITS = [
    ("cutoff: 5 hartree", "cutof: 5 hartree", 5, "did you mean 'cutoff'?"),
    ("    cutoff: 5 hartree\n", "", 3, "`cutoff` is missing"),
    ("5 hartree", "5", 5, 'write "5 hartree"'),
    ("5 hartree", "5 hartre", 5, "did you mean 'hartree'?"),
    ("5 hartree", "-5 hartree", 5, "greater than 0"),
    ("5 hartree", "1e999 Ry", 5, "not finite"),
    ("5 hartree", ".nan", 5, "no unit"),
    ("5 hartree", "five hartree", 5, "is not a quantity"),
    ("bands: 8", "bands: 0", 6, "greater than or equal to 1"),
    ("bands: 8", "bands: 8.5", 6, "write an integer"),
    ("bands: 8", "bands: true", 6, "write an integer"),
    ("bands: 8", 'bands: "8"', 6, "write an integer"),
    ("bands: 8", "bands: 7", 12, "write 7 weights"),
    ("bands: 8", "plane_waves: perk", 6, "did you mean 'per-k'?"),
    ("bands: 8", "spin: twice", 6, "known: once, doubled"),
    ("electrons: 8", "electrons: 7", 7, "even number"),
    ("kpoints: reference", "kpoints: {mesh: [8, 0, 8]}", 8, "greater than or equal to 1"),
    ("kpoints: reference", "kpoints: {mesh: [8, 8]}", 8, "only 2 entries"),
    ("kpoints: reference", "kpoints: {msh: [8, 8, 8]}", 8, "did you mean 'mesh'?"),
    ("kpoints: reference", "kpoints: {list: [[0, 0, 30]]}", 8, "fractional coordinates"),
    ("kpoints: reference", "kpoints: {list: [[0, 0, 0]], weights: [1, 2]}", 8, "1 and 2"),
    ("kpoints: reference", "kpoints: 5", 8, "write reference, {path"),
    ("L-G-X U|K GAMMA", "L|K", 25, "fewer than two"),
    ("L-G-X U|K GAMMA", "L &!", 25, "is not a special point"),
    (
        'kpoints: {path: "L-G-X U|K GAMMA", points: 12}',
        "kpoints: reference",
        25,
        "no reference",
    ),
    ("reference.csv", "reference.dat", 9, "csv|h5|json|deepseudopot"),
    ("reference.csv", "reference.par", 9, "add kpoints: FILE"),
    ("reference.csv", "missing.csv", 9, "no such file"),
    ("{band: 4, kpoint: 2}", "vbn", 10, "did you mean 'vbm'?"),
    ("{band: 4, kpoint: 2}", "{band: 9}", 10, "there is no band 9"),
    ("{band: 4, kpoint: 2}", "{band: 4, kpoint: 3}", 10, "8 bands at 2 k-points"),
    ("20, 20, 1, 1, 1]", "20, 20, 1, 1]", 12, "write 8 weights"),
    ("[10, 1]", "[10, 1, 1]", 13, "the reference has 2"),
    ("[10, 1]", "[0, 0]", 13, "all kpoints have weight zero"),
    ("[10, 1]", "[10, -1]", 13, "greater than or equal to 0"),
    ("from: -1 eV", "from: 3 eV", 14, "not below"),
    ("kind: gap", "kind: gop", 16, "did you mean 'gap'?"),
    ("name: inline", "name: ZB-cdse", 17, "rename one"),
    ("name: inline", "name: ../up", 17, "letters, digits"),
    ("scale: 6.0583 angstrom", "scale: 6.0583 eV", 19, "known: bohr"),
    ("[Cd, .125", "[Cq, .125", 22, "did you mean 'C"),
    ("- [Cd, .125, .125, .125]", "- [Cd, .125, .125]", 22, "only 3 entries"),
    ("[Se, -.125, -.125, -.125]", "[Se, .126, .125, .125]", 18, "Å apart"),
    ("[[0, .5, .5]", "[[1, .5, .5]", 18, "no volume"),
    ("kind: neural", "kind: nural", 26, "did you mean 'neural'?"),
    ("  kind: neural\n", "", 26, "`kind` is missing"),
    ("    Cd: {", "    Cq: {", 29, "unknown element"),
    ("    Cd: {local", "    Zn: {local", 28, "add Cd to elements"),
    ("[-31.4518, ", "[", 29, "only 3 entries"),
    ("[-31.4518, ", "[.nan, ", 29, "finite"),
    ("[-31.4518, ", "[abc, ", 29, "write a number"),
    ("local: [-31.4518, 1.3890, -0.0502, 1.6603], ", "", 29, "`local` is missing"),
    ("[local, nonlocal]", "[local, charge]", 31, "first value of charge"),
    ("[local, nonlocal]", "[local, nonlokal]", 31, "did you mean 'nonlocal'?"),
    ("  elements:", "  for: filtre\n  elements:", 28, "did you mean 'filter'?"),
    ("  train: [local", "  for: filter\n  train: [s_wave", 32, "no s-wave term"),
    (
        "  elements:\n    Cd: {",
        "  for: filter\n  elements:\n    Cd: {s_wave: [0, 0], ",
        30,
        "remove s_wave",
    ),
    ("hidden: [4]", "hidden: [4], scale: {Cd: 1}", 32, "write numbers for Cd, Se"),
    ("width: 0.3", "spacing: 1e-9", 32, "increase it"),
    ("rate: 1.5, ", "", 33, "`rate` is missing"),
    ("steps: 60", "stepps: 60", 36, "did you mean 'steps'?"),
    ("decay: 0.9", "decay: 1.9", 38, "less than or equal to 1"),
    ("hold_out: 0.1", "hold_out: 1", 39, "less than 1"),
    ("title:", "title: a\ntitle:", 2, "duplicate key"),
    ("    cutoff: 5", "\tcutoff: 5", 5, "not tabs"),
    ("title: Zinc", "title: !!python/object:os.system Zinc", 1, "remove it"),
    ("title: Zinc", "title: *none", 1, "define it with & first"),
    ("hold_out: 0.1\n", "hold_out: 0.1\n---\na: 1\n", 40, "another document"),
]

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

JUNK = [
    (b"", None, "is empty"),
    (b"# only a comment\n", 1, "begin with `systems:`"),
    (b"- a\n- b\n", 1, "begin with `systems:`"),
    (b"just words\n", 1, "begin with `systems:`"),
    (b"\x80\x02PK\x00\x01", None, "binary"),
    (b"title: a\nname: \xe9\xe8\n", 2, "save it as UTF-8"),
    (b"a: \x01\n", 1, "not text"),
    (b"a: [1, 2\n", None, "correct the YAML"),
    (b"[" * 500, None, "is not YAML"),
    (b"systems: []\npotential: 5\n", 1, "at least 1"),
    (BOMB.encode(), 1, "aliases"),
    (b"a: &a [*a]\n", 1, "unknown key 'a'"),
    (b"? {a: b}\n: c\n", 1, "unknown key"),
    (b"a: 2001-99-99\n", None, "is not YAML"),
]


def read_all(folder) -> None:
    spec = read_inputs(folder).spec
    for i, crystal in enumerate(read_crystals(spec)):
        read_reference(spec, i, crystal)


def test_the_sample_is_valid(tmp_path):
    read_all(write_fit(tmp_path))


@pytest.mark.parametrize(("old", "new", "line", "words"), EDITS)
def test_one_mistake(tmp_path, old, new, line, words):
    folder = write_fit(tmp_path)
    spoil(folder / "fit.yaml", old, new)
    before = files_of(tmp_path)
    with pytest.raises(InputError) as caught:
        read_all(folder)
    assert_error(caught.value, "fit.yaml", line, words)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize(("content", "line", "words"), JUNK)
def test_no_fit_at_all(tmp_path, content, line, words):
    (write_fit(tmp_path) / "fit.yaml").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_all(tmp_path)
    assert_error(caught.value, "fit.yaml", line, words)


def test_two_mistakes_are_counted(tmp_path):
    text = FIT.replace("5 hartree", "5").replace("steps: 60", "steps: -1")
    with pytest.raises(InputError) as caught:
        read_inputs(write_fit(tmp_path, fit=text))
    assert_error(caught.value, "fit.yaml", 5, "(and fix 1 more)")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("net.pth", b"\x80\x02", "start from Zunger"),
        ("picture.png", b"\x89PNG", "does not describe a fit"),
        (None, b"", "no such file or folder"),
    ],
)
def test_other_files(tmp_path, name, content, words):
    if name:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_inputs(tmp_path / (name or "missing"))
    assert_error(caught.value, name or "missing", None, words)


def test_a_folder_of_fits_is_not_one_fit(tmp_path):
    write_fit(tmp_path / "a")
    write_fit(tmp_path / "b")
    with pytest.raises(InputError, match="name one of them"):
        read_inputs(tmp_path)


def test_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match="contains no fit"):
        read_inputs(tmp_path)
