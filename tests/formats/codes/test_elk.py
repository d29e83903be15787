"""Elk's BAND.OUT and EIGVAL.OUT against each other and INFO.OUT; odd ones are refused."""

import re
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.codes.elk import FORMATS, read_elk_band, read_elk_eigval
from nnpp.formats.codes.format import Hints
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.units import HARTREE_EV
from tests.config.samples import assert_error

DATA = Path(__file__).parent / "data" / "elk"
READERS = {"BAND.OUT": read_elk_band, "EIGVAL.OUT": read_elk_eigval}
PATH = [
    [0.5, 0, 0],
    [0.25, 0, 0],
    [0, 0, 0],
    [0, 1 / 6, 1 / 6],
    [0, 1 / 3, 1 / 3],
    [0, 0.5, 0.5],
]


def read(folder: Path, name: str) -> ReferenceBands:
    return READERS[name](folder / name, Hints())


def copy(folder: Path, name: str = "si") -> Path:
    return Path(shutil.copytree(DATA / name, folder / name))


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("name", "spinor", "occupied", "bands", "symbols"),
    [("si", False, 4, 7, ("Si", "Si")), ("gaas", True, 28, 36, ("Ga", "As"))],
)
def test_path_and_mesh_agree(name, spinor, occupied, bands, symbols):
    """Elk solves for both anew, from one potential; X is (0, ½, ½) here and (½, ½, 0) there."""
    path, mesh = (read(DATA / name, file) for file in READERS)
    assert np.allclose(path.k, PATH, atol=1e-12)
    assert np.allclose(mesh.k, [[0, 0, 0], [0.5, 0, 0], [0.5, 0.5, 0]], atol=1e-12)
    assert path.E.shape == (6, bands)
    assert mesh.fermi is not None
    assert np.abs(path.E[[2, 0, 5]] - (mesh.E - mesh.fermi)).max() < 2e-9
    for found in (path, mesh):
        assert (found.spinor, found.occupied) == (spinor, occupied)
        assert found.crystal.symbols == symbols
        assert found.provenance["version"] == "8.4.30"
        assert found.provenance["functional"].startswith("Perdew-Burke-Ernzerhof")
        assert (found.labels, found.weights, found.notes) == (None, None, ())


def test_levels_stand_as_printed():
    """Lines of the files themselves, typed off."""
    path, mesh = (read(DATA / "si", file) for file in READERS)
    assert mesh.E[1, :3].tolist() == [-0.1478156500, -0.05079544734, 0.1633052313]
    assert mesh.fermi == 0.2199235122
    assert path.E[4, -1] == 0.2633099742
    assert path.E[0, 0] == -0.3677391622
    assert path.fermi == 0


@pytest.mark.parametrize("name", ["si", "gaas"])
def test_gaps_are_those_of_info(name):
    text = (DATA / name / "INFO.OUT").read_text()
    indirect, direct = (
        float(re.findall(rf"^Estimated {kind} band gap +: +(\S+)", text, re.MULTILINE)[-1])
        for kind in ("indirect", "direct")
    )
    mesh = read(DATA / name, "EIGVAL.OUT")
    below, above = mesh.E[:, mesh.occupied - 1], mesh.E[:, mesh.occupied]
    assert above.min() - below.max() == pytest.approx(indirect, abs=1e-8)
    assert (above - below).min() == pytest.approx(direct, abs=1e-8)


def test_spin_orbit_splits_the_valence_top():
    """GaAs: 0.34 eV (Vurgaftman et al., J. Appl. Phys. 89, 5815 (2001))."""
    E = read(DATA / "gaas", "BAND.OUT").E[2]
    assert np.ptp(E[24:28]) < 1e-5
    assert (E[24] - E[23]) * HARTREE_EV == pytest.approx(0.34, abs=0.03)


@pytest.mark.parametrize("name", ["si", "gaas"])
def test_path_is_as_long_as_in_the_zone(name):
    bands = read(DATA / name, "BAND.OUT")
    corners = np.loadtxt(DATA / name / "BANDLINES.OUT")[::2, 0]
    assert np.allclose(bands.distance[[0, 2, 5]], corners)
    kpoints = bands.kpoints(bands.crystal)
    assert np.allclose(kpoints.distance, bands.distance, atol=1e-8)
    assert bands.warnings_for(bands.crystal) == ()


def test_crystal():
    fcc = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    si, gaas = (read(DATA / name, "EIGVAL.OUT").crystal for name in ("si", "gaas"))
    assert np.allclose(si.cell, 10.26 * fcc)
    assert np.allclose(si.fractional, [[0.375] * 3, [-0.375] * 3])  # as Elk has shifted them
    assert np.allclose(gaas.cell, 10.687 * fcc)
    assert np.allclose(gaas.fractional, [[0] * 3, [0.25] * 3])


@pytest.mark.parametrize("file", READERS)
def test_elk_in_alone_suffices(tmp_path, file):
    folder = copy(tmp_path)
    for name in ("GEOMETRY.OUT", "INFO.OUT", "EFERMI.OUT"):
        (folder / name).unlink()
    edit(folder, "elk.in", "scale\n", "scale3 ! of the third vector\n 1d0\nscale\n")
    found, whole = read(folder, file), read(DATA / "si", file)
    assert np.array_equal(found.E, whole.E)
    assert np.allclose(found.k, whole.k)
    assert np.allclose(found.crystal.fractional, [[0] * 3, [0.25] * 3])
    assert found.spinor is False
    assert found.occupied == (4 if file == "EIGVAL.OUT" else None)
    assert "no INFO.OUT" in found.notes[0]


def test_electrons_of_a_metal_are_those_of_info(tmp_path):
    folder = copy(tmp_path)
    edit(folder, "EIGVAL.OUT", "0.2326558781      0.5907890836E-05", "0.2326558781 1.0")
    assert read(folder, "EIGVAL.OUT").occupied == 4
    (folder / "INFO.OUT").unlink()
    assert read(folder, "EIGVAL.OUT").occupied is None


def test_formats_are_known():
    band, eigval = FORMATS
    heads = {file: (DATA / "gaas" / file).read_text()[:4096] for file in READERS}
    assert band.matches("BAND.OUT", heads["BAND.OUT"])
    assert eigval.matches("EIGVAL.OUT", heads["EIGVAL.OUT"])
    assert not band.matches("EIGVAL.OUT", heads["EIGVAL.OUT"])
    assert not eigval.matches("BAND.OUT", heads["BAND.OUT"])
    assert not band.matches("GAP.OUT", heads["BAND.OUT"])


ROW = "0.2651753456     -0.4246320287"
STATE = "2  0.2078842862       1.999988184"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        (ROW, "0.2651753456     ********", 2, "is not a number"),
        (ROW, "0.2651753456     NaN", 2, "is not finite"),
        (ROW, "0.2651753456", 2, "has 1 columns, not 2"),
        (ROW, "0.2651753456 0.1 0.2", 2, "has 3 columns, not 2"),
        (ROW, "0.2651753457     -0.4246320287", 9, "another distance than in"),
        (
            "  0.2651753456     -0.1579043185    \n",
            "",
            9,
            "another distance than in",
        ),
        ("   1.142746920     -0.3010342604    \n", "", 13, "ends a band of 5 k-points, not 6"),
        ("0.1104909113", "0.1104909113\n0 0", 37, "another distance than in"),
        ("  0.2651753456 ", "  0.2751753456 ", None, "is not the path of BAND.OUT"),
        ("   1.142746920 ", "   1.152746920 ", None, "is not the path of BAND.OUT"),
        ("  0.2651753456 ", "  0.5303506913 ", None, "is not the path of BAND.OUT"),
    ],
)
def test_odd_bands(tmp_path, old, new, line, words):
    folder = copy(tmp_path)
    edit(folder, "BAND.OUT", old, new)
    with pytest.raises(InputError) as caught:
        read(folder, "BAND.OUT")
    file = "elk.in" if line is None else "BAND.OUT"
    assert_error(caught.value, file, caught.value.line if line is None else line, words)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        (STATE, "2  ****************       1.999988184", 7, "is not a number"),
        (STATE, "2  Infinity       1.999988184", 7, "is not finite"),
        (STATE, "3  0.2078842862       1.999988184", 7, "is not entry 2 of 2 numbers"),
        (f"     {STATE}    \n", "", 7, "is not entry 2 of 2 numbers"),
        (STATE, "2  0.2078842862", 7, "is not entry 2 of 2 numbers"),
        ("     3 : nkpt", "     2 : nkpt", 26, "follows after all 2 k-points"),
        ("     3 : nkpt", "     4 : nkpt", None, "ends before its last k-point"),
        ("     3 : nkpt", "1000000000 : nkpt", None, "ends before its last k-point"),
        ("     7 : nstsv", "1000000000 : nstsv", 15, "is not entry 8"),
        ("     3 : nkpt", "     0 : nkpt", 1, "gives nkpt = 0"),
        ("     3 : nkpt", "     3", 1, "does not give nkpt"),
        ("     2  0.5000000000 ", "     2  50.00000000 ", None, "far outside the cell"),
        (
            "2.000000000",
            "3.000000000",
            None,
            "has up to 3 electrons in a level, but elk.in allows 2",
        ),
    ],
)
def test_odd_meshes(tmp_path, old, new, line, words):
    folder = copy(tmp_path)
    edit(folder, "EIGVAL.OUT", old, new)
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        read(folder, "EIGVAL.OUT")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert_error(caught.value, "EIGVAL.OUT", line, words)
    assert most < 50e6


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("elk.in", "0.0   0.5   0.5\n", "0.0   0.5   0.0\n", "is not the path of BAND.OUT"),
        ("elk.in", "3 6  ", "3 7  ", "is not the path of BAND.OUT"),
        ("elk.in", "3 6  ", "1 6  ", "is not the path of BAND.OUT"),
        ("elk.in", "3 6  ", "1000000000 6  ", "ends inside plot1d"),
        ("elk.in", "3 6  ", "3 ", "plot1d needs 2 numbers"),
        ("elk.in", "plot1d", "plot2d", "has no plot1d"),
        ("elk.in", "rgkmax", "spinorb\n .true.\n\nrgkmax", "disagrees with INFO.OUT"),
        ("elk.in", "rgkmax", "spinpol\n T\n\nrgkmax", "two spins"),
        ("elk.in", "rgkmax", "spinpol\n 1\n\nrgkmax", "is not a logical value"),
        ("INFO.OUT", " spin-unpolarised", " spin-polarised", "two spins"),
        ("INFO.OUT", "Convergence targets", "Convergence", "did not finish"),
        (
            "INFO.OUT",
            "Convergence targets achieved",
            "Reached self-consistent loops maximum",
            "did not converge",
        ),
        ("INFO.OUT", "valence charge    :    8.0", "valence charge    :    7.0", "7 electrons"),
        ("INFO.OUT", "valence charge    :    8.0", "valence charge    :    8.2", "is 8.2"),
        ("INFO.OUT", "valence states :    7", "valence states :    8", "INFO.OUT gives 8"),
        ("GEOMETRY.OUT", "5.130000000    ", "5.2", "is not the path of BAND.OUT"),
        ("GEOMETRY.OUT", "avec", "vec", "has no avec"),
        ("GEOMETRY.OUT", "Si.in", "Xx.in", "not named after an element"),
        ("GEOMETRY.OUT", "Si.in", "Silicon.in", "not named after an element"),
        ("GEOMETRY.OUT", "   2    ", "   2000000000    ", "ends inside atoms"),
        ("GEOMETRY.OUT", "   2    ", "   1.5    ", "is not an integer"),
        ("GEOMETRY.OUT", "5.130000000", "0.000000000", "flat, or a number"),
        ("GEOMETRY.OUT", "atoms", "molecule\n T\n\natoms", "describes a molecule"),
    ],
)
def test_odd_files_beside(tmp_path, file, old, new, words):
    folder = copy(tmp_path)
    edit(folder, file, old, new)
    with pytest.raises(InputError) as caught:
        read(folder, "BAND.OUT")
    message = caught.value
    assert_error(message, Path(message.path).name, message.line, words)
    assert Path(message.path).parent == folder


@pytest.mark.parametrize("file", READERS)
def test_elk_in_is_asked_for(tmp_path, file):
    folder = copy(tmp_path)
    (folder / "elk.in").unlink()
    with pytest.raises(InputError) as caught:
        read(folder, file)
    assert_error(caught.value, file, None, "needs elk.in in the same folder")


def test_primitive_cell_is_that_of_geometry(tmp_path):
    folder = copy(tmp_path)
    edit(folder, "elk.in", "rgkmax", "primcell\n .true.\n\nrgkmax")
    assert np.allclose(read(folder, "BAND.OUT").k, PATH)
    (folder / "GEOMETRY.OUT").unlink()
    with pytest.raises(InputError) as caught:
        read(folder, "BAND.OUT")
    assert_error(caught.value, "BAND.OUT", None, "needs GEOMETRY.OUT in the same folder")


@pytest.mark.parametrize("file", READERS)
@pytest.mark.parametrize("name", ["si", "gaas"])
def test_cut_files(tmp_path, name, file):
    folder = copy(tmp_path, name)
    whole = (folder / file).read_text()
    for end in (0, 1, 30, len(whole) // 3, len(whole) - 20, len(whole.rstrip())):
        (folder / file).write_text(whole[:end])
        with pytest.raises(InputError) as caught:
            read(folder, file)
        assert_error(caught.value, file, caught.value.line, "; copy the complete file")


@pytest.mark.parametrize(
    ("file", "mark", "words"),
    [
        ("BAND.OUT", "\n\n", "has 6 bands, but INFO.OUT gives 7"),
        ("EIGVAL.OUT", "\n\n\n", "before"),
    ],
)
def test_a_last_block_is_missed(tmp_path, file, mark, words):
    folder = copy(tmp_path)
    blocks = (folder / file).read_text().rstrip().split(mark)
    (folder / file).write_text(mark.join(blocks[:-1]) + mark)
    with pytest.raises(InputError) as caught:
        read(folder, file)
    assert_error(caught.value, file, None, words)


@pytest.mark.parametrize("file", READERS)
def test_random_damage_is_an_input_error_or_harmless(tmp_path, file):
    folder = copy(tmp_path)
    rng = np.random.default_rng(1)
    wholes = {
        name: (folder / name).read_bytes()
        for name in (file, "elk.in", "GEOMETRY.OUT", "EFERMI.OUT")
    }
    ends = {InputError: 0, ReferenceBands: 0}
    for _ in range(100):
        name = rng.choice(list(wholes))
        raw = np.frombuffer(wholes[name], np.uint8).copy()
        raw[rng.integers(0, len(raw), 2)] = np.frombuffer(b"\n\0*-.9e \xff", np.uint8)[
            rng.integers(0, 9, 2)
        ]
        (folder / name).write_bytes(raw.tobytes())
        try:
            ends[type(read(folder, file))] += 1
        except InputError as error:
            assert "\n" not in str(error)
            ends[InputError] += 1
        (folder / name).write_bytes(wholes[name])
    assert min(ends.values()) > 10
