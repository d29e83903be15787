"""GPAW's .gpw and the JSON of its bands, against its own log; damaged and odd files."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.io.ulm import Reader, Writer

from nnpp.errors import InputError
from nnpp.formats.codes.format import Hints
from nnpp.formats.codes.gpaw import FORMATS
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV
from tests.config.samples import assert_error, spoil

DATA = Path(__file__).parent / "data" / "gpaw"

GPW, JSON = FORMATS

SAME = 1e-5
"""The log prints levels to five decimals [eV]."""


@pytest.fixture
def run(tmp_path) -> Path:
    """A copy of the run, to be spoiled."""
    return Path(shutil.copytree(DATA, tmp_path / "run"))


def read(file: Path) -> ReferenceBands:
    """The bands, by the one format that knows the file."""
    head = file.read_bytes()[:4096].decode("latin-1")
    (known,) = [form for form in FORMATS if form.matches(file.name, head)]
    return known.read(file, Hints())


def rewritten(file: Path, *changes: tuple[str, Any]) -> Path:
    """The file as ASE writes it with other values; None takes one away."""
    with Reader(DATA / "si.gpw") as reader:
        tree = reader.asdict()
    for names, value in changes:
        *way, last = names.split(".")
        node = tree
        for name in way:
            node = node[name]
        node.pop(last, None)
        if value is not None:
            node[last] = value
    with Writer(file, tag="GPAW") as writer:
        write(writer, tree)
    return file


def write(writer: Writer, tree: dict[str, Any], inside: str = "") -> None:
    """A tree; those at the top, and the k-points, are written as items of their own."""
    for name, value in tree.items():
        if isinstance(value, dict) and (
            not inside or (inside, name) == ("wave_functions", "kpts")
        ):
            write(writer.child(name), value, name)
        else:
            writer.write(name, value)


def test_levels_of_the_log():
    bands, log = read(DATA / "si.gpw"), (DATA / "si.txt").read_text()
    rows = re.findall(r"^ +(\d+) +(\d+) +(-?\d+\.\d{5}) +\d\.\d{5}$", log, re.MULTILINE)
    assert len(rows) == 8
    for k, band, level in rows:
        assert abs(bands.E[int(k), int(band)] * HARTREE_EV - float(level)) < SAME
    (fermi,) = re.findall(r"Fermi level: (\S+)", log)
    assert abs(bands.fermi * HARTREE_EV - float(fermi)) < SAME
    gap = (bands.E[:, 4].min() - bands.E[:, 3].max()) * HARTREE_EV
    assert gap == pytest.approx(float(re.findall(r"Gap: (\S+) eV", log)[0]), abs=1e-3)
    (electrons,) = re.findall(r"Number of valence electrons: (\d+)", log)
    assert bands.occupied == int(electrons) // 2


def test_points_of_the_log():
    bands, log = read(DATA / "si.gpw"), (DATA / "si.txt").read_text()
    rows = re.findall(r"^ +\d+: +(\S+) +(\S+) +(\S+) +0\.2\d+$", log, re.MULTILINE)
    assert np.abs(bands.k - np.array(rows, float)).max() < 1e-8
    assert (bands.labels, bands.distance, bands.weights) == (None,) * 3


def test_what_the_file_says():
    bands = read(DATA / "si.gpw")
    assert bands.crystal.symbols == ("Si", "Si")
    assert np.allclose(bands.crystal.fractional, [[0, 0, 0], [0.25] * 3])
    assert float(bands.crystal.volume) == pytest.approx(5.431**3 / 4 / BOHR_ANGSTROM**3)
    assert bands.spinor is False
    assert bands.provenance == {
        "program": "GPAW",
        "version": "22.8.0",
        "functional": "PBE",
        "mode": "pw",
        "cutoff": "150.0 eV",
    }
    assert bands.notes == ("si.gpw: bands above 5 may not be converged",)


def test_json_holds_the_same_levels():
    bands, binary = read(DATA / "si.json"), read(DATA / "si.gpw")
    assert np.allclose(bands.E, binary.E, rtol=0, atol=1e-8)
    assert np.allclose(bands.k, binary.k)
    assert bands.fermi == pytest.approx(binary.fermi, abs=1e-8)
    assert [name for name in bands.labels if name] == ["L", "Γ", "X"]
    assert (bands.spinor, bands.occupied, bands.crystal) == (None,) * 3
    assert bands.provenance == {"program": "ASE"}
    assert np.allclose(bands.cell, binary.cell)


def test_json_without_a_reference(run):
    tree = json.loads((run / "si.json").read_text())
    del tree["reference"]
    for reference in ({}, {"reference": "high"}):
        (run / "si.json").write_text(json.dumps(tree | reference))
        assert read(run / "si.json").fermi is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"array": {"__ndarray__": [[3, 3], "float64", [0.0', None, "not finite"),
        ('"reference": ', '"reference": 1e999, "r": ', "not finite"),
        ('"reference": ', '"reference": Infinity, "r": ', "not finite"),
        ('"reference": ', '"reference": 1000000000000, "r": ', "not finite"),
        ('"__ase_objtype__": "bandstructure"', '"a": 1', "not a band structure"),
        ('"energies": {"__ndarray__": [[1, 5', '"energies": {"__ndarray__": [[1, 4', "not a b"),
        ("]]}, ", "", "not a band structure"),
    ],
)
def test_odd_json(run, old, new, words):
    spoil(run / "si.json", old, old[:-3] + "NaN" if new is None else new)
    with pytest.raises(InputError) as caught:
        JSON.read(run / "si.json", Hints())
    assert_error(caught.value, "si.json", getattr(caught.value, "line", None), words)


def test_json_of_two_spins(run):
    tree = json.loads((run / "si.json").read_text())
    (_, k, bands), kind, levels = tree["energies"]["__ndarray__"]
    tree["energies"]["__ndarray__"] = [[2, k, bands], kind, levels * 2]
    (run / "si.json").write_text(json.dumps(tree))
    with pytest.raises(InputError) as caught:
        read(run / "si.json")
    assert_error(caught.value, "si.json", None, "two spins")


def test_rewriting_changes_nothing(tmp_path):
    copy, file = read(rewritten(tmp_path / "copy.gpw")), read(DATA / "si.gpw")
    assert np.array_equal(copy.E, file.E)
    assert copy.provenance == file.provenance


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"bands": "all"}, None),
        ({"bands": 6}, None),
        ({"bands": -2}, "bands above 4 may not be converged"),
        ({"bands": "occupied"}, "empty bands may not be converged"),
        ({"density": 1e-4}, "empty bands may not be converged"),
        (None, "empty bands may not be converged"),
        ({"bands": "CBM+2.0"}, "up to CBM+2.0"),
    ],
)
def test_which_bands_converged(tmp_path, asked, words):
    notes = read(rewritten(tmp_path / "si.gpw", ("parameters.convergence", asked))).notes
    assert len(notes) == (words is not None)
    assert all(words in note for note in notes)


@pytest.mark.parametrize(
    ("named", "functional", "noted"),
    [
        ("GLLBSC", "GLLBSC", True),
        ({"name": "GLLBSCM", "backend": "pw"}, "GLLBSCM", True),
        ({"name": "HSE06"}, "HSE06", False),
        (None, "LDA", False),
    ],
)
def test_functional(tmp_path, named, functional, noted):
    bands = read(rewritten(tmp_path / "si.gpw", ("parameters.xc", named)))
    assert bands.provenance["functional"] == functional
    assert any("derivative discontinuity" in note for note in bands.notes) == noted


@pytest.mark.parametrize("wanted", [{"size": (2, 2, 2)}, {"density": 2.0}, None, (2, 2, 2)])
def test_a_mesh_is_given_reduced(tmp_path, wanted):
    old = read(DATA / "si.gpw")
    bands = read(
        rewritten(
            tmp_path / "si.gpw",
            ("parameters.kpts", wanted),
            ("wave_functions.kpts.bzkpts", np.concatenate([old.k, -old.k])),
            ("wave_functions.kpts.bz2ibz", np.array([0, 1, 2, 3, 4] * 2)),
        )
    )
    assert np.array_equal(bands.k, old.k)
    assert np.array_equal(bands.E, old.E)


@pytest.mark.parametrize("wanted", [{"path": "LGX", "npoints": 5}, np.eye(3), [[0.5, 0, 0]]])
def test_a_path_is_given_as_asked_for(tmp_path, wanted):
    old, row = read(DATA / "si.gpw"), np.array([4, 1, 0, 2, 3, 1])
    bands = read(
        rewritten(
            tmp_path / "si.gpw",
            ("parameters.kpts", wanted),
            ("wave_functions.kpts.bzkpts", -old.k[row]),
            ("wave_functions.kpts.bz2ibz", row),
        )
    )
    assert np.array_equal(bands.k, -old.k[row])
    assert np.array_equal(bands.E, old.E[row])


def filled(*counts: float) -> np.ndarray:
    """Occupations of six bands, so many of them full at each k-point."""
    return np.clip(np.array(counts)[:, None] - np.arange(6), 0, 1)[None]


@pytest.mark.parametrize(
    ("wanted", "shares", "occupied"),
    [
        ({"path": "LGX"}, filled(4, 4, 3.9, 4, 4.1), 4),
        ({"path": "LGX"}, filled(4, 4, 3, 4, 5), None),
        ({"size": (2, 2, 2)}, filled(4, 4, 3, 4, 5), 4),
        ({"size": (2, 2, 2)}, filled(4, 4, 3, 4, 4.5), None),
    ],
)
def test_full_levels(tmp_path, wanted, shares, occupied):
    changes = ("parameters.kpts", wanted), ("wave_functions.occupations", shares)
    bands = read(rewritten(tmp_path / "si.gpw", *changes))
    assert bands.occupied == occupied
    assert any("crosses bands" in note for note in bands.notes) == (occupied is None)


LEVELS = np.sort(np.random.default_rng(1).normal(size=(2, 5, 6)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([("wave_functions.eigenvalues", LEVELS)], " differ"),
        (
            [("wave_functions.eigenvalues", LEVELS), ("wave_functions.occupations", LEVELS)],
            "two spins",
        ),
        ([("wave_functions.fermi_levels", np.array([5.0, 6.0]))], "two spins"),
        ([("wave_functions.eigenvalues", LEVELS[0])], "noncollinear"),
        ([("density.density", np.zeros((4, 2, 2, 2)))], "noncollinear"),
        ([("wave_functions.eigenvalues", np.full((1, 5, 6), np.nan))], "not finite"),
        ([("wave_functions.eigenvalues", None)], "is missing"),
        ([("wave_functions.eigenvalues", "many")], "is not an array of numbers"),
        ([("wave_functions.eigenvalues", [[[10**400]]])], "is not an array of numbers"),
        (
            [("wave_functions.eigenvalues", np.zeros((1, 5, 6), complex))],
            "is not an array of numbers",
        ),
        ([("wave_functions.occupations", 2 * filled(4, 4, 4, 4, 4))], "between 0 and 1"),
        ([("wave_functions.kpts.ibzkpts", np.zeros((4, 3)))], "do not match 5 rows"),
        ([("wave_functions.kpts.bz2ibz", np.arange(5.0) + 1)], "every row of levels"),
        ([("wave_functions.kpts.bz2ibz", np.arange(5) + 0.5)], "not integers"),
        ([("wave_functions.kpts", None)], "is missing"),
        (
            [("parameters.kpts", None), ("wave_functions.kpts.weights", np.ones(4))],
            "4 weights do not match",
        ),
        (
            [
                ("parameters.kpts", {"size": (2, 2, 2)}),
                ("wave_functions.occupations", filled(3.5, 3.5, 3.5, 3.5, 3.5)),
            ],
            "7 electrons, an odd number",
        ),
        ([("ha", 1.0)], "give the hartree in eV"),
        ([("ha", None)], "give the hartree in eV"),
        ([("version", 2)], "has version 2"),
        ([("version", None)], "has version None"),
        ([("scf", {"converged": False})], "did not converge"),
        ([("atoms.cell", np.zeros((3, 3)).tolist())], "no volume"),
        ([("atoms.numbers", np.array([14, 0]))], "are not elements"),
        ([("atoms.numbers", np.array([14]))], "are not elements"),
        ([("atoms.pbc", [True, True, False])], "not periodic"),
        ([("atoms", None)], "is missing"),
    ],
)
def test_odd_calculations(tmp_path, changes, words):
    file = rewritten(tmp_path / "si.gpw", *changes)
    with pytest.raises(InputError) as caught:
        read(file)
    assert_error(caught.value, "si.gpw", None, words)


def replaced(old: bytes, new: bytes) -> bytes:
    """The file with a piece of its JSON replaced by one as long."""
    raw = (DATA / "si.gpw").read_bytes()
    assert raw.count(old) == 1
    assert len(old) == len(new)
    return raw.replace(old, new)


WHOLE = (DATA / "si.gpw").read_bytes()
SHAPE = b'"eigenvalues.": {"ndarray": [[1, 5, 6], "float64", '


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is not a file of GPAW"),
        (b"PK" + WHOLE[2:], "is not a file of GPAW"),
        (WHOLE[:40], "is not a file of GPAW"),
        (WHOLE[:60], "is damaged or truncated"),
        (WHOLE[:-1], "is damaged or truncated"),
        (WHOLE[:32] + bytes(8) + WHOLE[40:], "never finished"),
        (WHOLE[:40] + b"\xff" * 8 + WHOLE[48:], "is damaged"),
        (WHOLE[:48] + b"\x7f" * 8 + WHOLE[56:], "is damaged"),
        (replaced(b'{"version": 3', b'["version": 3'), "is damaged"),
        (replaced(SHAPE, SHAPE.replace(b"1, 5, 6", b"9999999")), "beyond the end of the file"),
        (replaced(SHAPE, SHAPE.replace(b"1, 5, 6", b"9,9e9,6")), "is not an array"),
        (replaced(SHAPE, SHAPE.replace(b"1, 5, 6", b"1,-5,-6")), "is not an array"),
        (replaced(SHAPE, SHAPE.replace(b"float64", b"float63")), "is not an array"),
        (replaced(SHAPE, SHAPE.replace(b"ndarray", b"ndarrax")), "is not an array"),
        (
            replaced(SHAPE, SHAPE.replace(b"[1, 5, 6]", b'"1, 5, 6"')[: len(SHAPE)]),
            "is not an array",
        ),
    ],
)
def test_damaged_files(tmp_path, raw, words):
    (tmp_path / "si.gpw").write_bytes(raw)
    with pytest.raises(InputError) as caught:
        GPW.read(tmp_path / "si.gpw", Hints())
    assert_error(caught.value, "si.gpw", None, words)


def test_no_file(tmp_path):
    for name, words in (("none.gpw", "no such file"), ("", "is a folder")):
        with pytest.raises(InputError) as caught:
            GPW.read(tmp_path / name, Hints())
        assert_error(caught.value, name or tmp_path.name, None, words)


@pytest.mark.parametrize(("form", "name"), [(GPW, "si.gpw"), (JSON, "si.json")])
def test_noise_is_reported_in_one_line(run, form, name):
    whole, rng = (run / name).read_bytes(), np.random.default_rng(7)
    for i in range(200):
        raw = bytearray(whole if i % 4 else whole[: rng.integers(1, len(whole))])
        for at in len(raw) - 1 - rng.integers(0, min(len(raw), 2000), 3):
            raw[at] = rng.integers(32, 127)
        (run / name).write_bytes(bytes(raw))
        try:
            form.read(run / name, Hints())
        except InputError as error:
            assert "\n" not in str(error)
            assert name in str(error)
