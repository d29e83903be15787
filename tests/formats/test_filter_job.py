"""Folders of jobs of filter-diagonalisation codes: what is read, and every damage."""

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.filter_job import CONVENTIONS, is_filter_job, read_filter_job
from nnpp.formats.filter_tables import read_potentials
from tests.formats.jobs import NEWER, SITES, SPIN, R, V, strained, table, write_job
from tests.reference.data import reference


def test_a_job_of_filterbse(tmp_path):
    job = read_filter_job(write_job(tmp_path))
    assert is_filter_job(tmp_path)
    assert job.dot.symbols == job.potential.species == ("Cd", "Se", "P1")
    # extent 7.3, 0.7 and 0.4 bohr: at least 18, 10 and 10 bohr
    assert job.shape == (12, 7, 7)
    np.testing.assert_allclose(job.box, [16.8, 9.8, 9.8])
    assert (job.cap, job.notes, job.occupied) == (10.0, (), 4)
    assert not job.potential.spinor
    v = job.potential.local.v
    np.testing.assert_allclose(v[0], V["Cd"](R), atol=1e-6)
    np.testing.assert_allclose(v[2], 0.64 * np.exp(-(R**2) / 2.2287033), atol=1e-4)


def test_a_job_of_the_older_code(tmp_path):
    """The box has whole bohr, and the last value of a table is subtracted."""
    job = read_filter_job(write_job(tmp_path, **strained()))
    assert job.shape == (12, 10, 11)
    np.testing.assert_allclose(job.box, [18, 10, 10])
    np.testing.assert_allclose(job.dot.strains, [0.02, -0.01, 0], atol=1e-12)
    v = job.potential.local.v
    assert v[:, -1].tolist() == [0, 0, 0]
    np.testing.assert_allclose(v[1], V["Se"](R) - V["Se"](R)[-1], atol=1e-6)
    np.testing.assert_array_equal(job.potential.strengths["strain"][:, 0], [0.5, -0.3, 0])


def test_a_job_with_spinors(tmp_path):
    spin = {f"SO_{s}__par": text for s, text in SPIN.items()}
    on = NEWER.replace("spinOrbit = 0", "spinOrbit = 1") + "KEmax = 15\n"
    job = read_filter_job(write_job(tmp_path, input__par=on, **spin))
    assert (job.cap, job.potential.spinor) == (15.0, True)
    assert job.potential.strengths["spin_orbit"].tolist() == [0.4, 0.9, 0]
    assert job.potential.strengths["nonlocal"].tolist() == [[0.2, -0.03], [0.3, 0.1], [0, 0]]
    off = read_filter_job(write_job(tmp_path, input__par=NEWER))
    assert (off.cap, off.potential.spinor) == (10.0, False)
    assert off.notes == ("SO_*.par are not used, since spinOrbit is 0",)


def test_conventions_can_be_chosen(tmp_path):
    job = read_filter_job(write_job(tmp_path), "filterbse-spinors")
    assert job.cap == 20.0
    with pytest.raises(InputError, match="unknown conventions 'older2'; did you mean 'older'"):
        read_filter_job(tmp_path, "older2")


def test_passivants_of_the_codes_differ():
    newer, older = CONVENTIONS["filterbse"].passivants, CONVENTIONS["older"].passivants
    assert (newer["P3"].amplitude, newer["P4"].amplitude) == (0.05, -0.684)
    assert (older["P3"].amplitude, older["P4"].amplitude) == (0.64, -0.20)
    assert newer["P1"] == older["P1"] and newer["P2"] == older["P2"]


def test_potentials_of_a_folder(tmp_path):
    """All tables are read, with spin-orbit strengths, and no other file."""
    spin = {f"SO_{s}__par": text for s, text in SPIN.items()}
    write_job(tmp_path, potP2__par=table(lambda r: -0.384 * np.exp(-(r**2))), **spin)
    (tmp_path / "potCd_SR.par").write_text("not read\n")
    potential = read_potentials(tmp_path)
    assert potential.species == ("Cd", "P2", "Se")
    assert potential.strengths["spin_orbit"].tolist() == [0.4, 0, 0.9]
    assert not read_potentials(tmp_path, spinor=False).spinor


ROWS = table(V["Cd"]).split("\n")


def rows(i, text):
    """The table of Cd with another row i, counted from 1."""
    return "\n".join([*ROWS[: i - 1], text, *ROWS[i:]])


DAMAGES = {
    "no table": ({"potCd__par": None}, "potCd.par: no such file"),
    "no sites": ({"conf__par": None}, "conf.par: no such file"),
    "no input": ({"input__par": None}, "input.par: no such file"),
    "no number": ({"potCd__par": rows(7, "0.150796 nan")}, "potCd.par:7: 'nan' is no finite"),
    "short row": ({"potCd__par": rows(7, "0.150796")}, "potCd.par:7: has 1 columns, not 2"),
    "left out": ({"potCd__par": rows(7, "")}, "potCd.par:8: r = 0.175929 follows 0.125664"),
    "not uniform": (
        {"potCd__par": rows(7, "0.1512 0.2")},
        "potCd.par:7: r = 0.1512, but equal",
    ),
    "from 0.1": ({"potCd__par": rows(1, "0.001 0.2")}, "potCd.par:1: r begins at 0.001"),
    "two rows": ({"potCd__par": "0 1\n1 2\n"}, "potCd.par: has 2 rows, not 3 to 8192"),
    "empty": ({"potSe__par": ""}, "potSe.par: has 0 rows"),
    "count": ({"conf__par": "4\n" + SITES}, "conf.par:1: states 4 sites, but 3 lines follow"),
    "unknown site": (
        {"conf__par": "3\n" + SITES.replace("Cd", "Xx")},
        "conf.par:2: unknown symbol",
    ),
    "coordinate": (
        {"conf__par": "3\n" + SITES.replace("4.9", "inf")},
        "conf.par:3: 'inf' is no",
    ),
    "no points": ({"input__par": NEWER.replace("ny = 4\n", "")}, "input.par: has no ny"),
    "points": (
        {"input__par": NEWER.replace("ny = 4", "ny = 4.5")},
        "input.par:2: ny = 4.5 is no",
    ),
    "spacing": (
        {"input__par": NEWER.replace("1.4", "-1")},
        "input.par:4: dGrid = -1 is not pos",
    ),
    "no value": (
        {"input__par": NEWER + "KEmax\n"},
        "input.par:8: 'KEmax' is not `key = value`",
    ),
    "too fine": (
        {"input__par": NEWER.replace("1.4", "0.001")},
        "input.par: the dot needs 18000",
    ),
    "flag": (
        {"input__par": NEWER.replace("Orbit = 0", "Orbit = 2")},
        "input.par:6: spinOrbit = 2",
    ),
    "refused": (
        {"input__par": NEWER + "longRange = 1\n"},
        "input.par:8: longRange = 1 is not supp",
    ),
    "short list": ({"input__par": "12\n10\n"}, "input.par: has neither"),
    "no spin-orbit": (
        {"input__par": NEWER.replace("Orbit = 0", "Orbit = 1")},
        "SO_Cd.par: no such",
    ),
    "spin-orbit rows": (
        {"input__par": NEWER.replace("Orbit = 0", "Orbit = 1"), "SO_Cd__par": "1 0\n2 0\n"},
        "SO_Cd.par: has 2 rows, not 3",
    ),
    "strain factor": (strained(factor=1.02), "strain.dat:1: the strain factor 1.02"),
    "strain rows": (
        strained() | {"strain__dat": "0 Cd 1 1 1 1 1\n"},
        "strain.dat: has 1 rows, but",
    ),
    "strain site": (
        strained() | {"strain__dat": strained()["strain__dat"].replace("1 Se", "1 S")},
        "strain.dat:2: is not index, Se",
    ),
    "coefficient": (strained() | {"potCd_a4__par": "0.5 0.2"}, "potCd_a4.par:1: has 2 columns"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_one_line(tmp_path, damage):
    files, message = DAMAGES[damage]
    write_job(tmp_path, **{name: text for name, text in files.items() if text is not None})
    for name in (n.replace("__", ".") for n, text in files.items() if text is None):
        (tmp_path / name).unlink()
    with pytest.raises(InputError) as caught:
        read_filter_job(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/{message}"), str(caught.value)


def test_folders_without_files_are_refused(tmp_path):
    assert not is_filter_job(tmp_path)
    with pytest.raises(InputError, match=r"has no file potX\.par"):
        read_potentials(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_filter_job(tmp_path / "none")


@pytest.mark.parametrize(
    "name, shape, spacing, cap, occupied",
    [
        ("CdSe-2.2nm", (57, 52, 45), 0.8, 10.0, 156),
        ("In13P16", (36, 36, 36), 28 / 36, 10.0, 64),
        ("CsPbI3-1x1x1", (44, 44, 44), 0.5, 20.0, 25),
    ],
)
def test_reference_jobs(name, shape, spacing, cap, occupied):
    job = read_filter_job(reference(f"dots/{name}"))
    assert (job.shape, job.cap, job.occupied) == (shape, cap, occupied)
    np.testing.assert_allclose(job.spacing, spacing)
