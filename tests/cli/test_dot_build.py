"""`nnpp dot build`: its table and file, or one clear line and nothing written."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.io import write

from nnpp.formats.dots import read_dot
from tests.reference.data import reference

D = ("--diameter", "1.1 nm")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_dot_is_described_and_written(nnpp):
    done = nnpp("dot", "build", "zb-InP", *D)
    assert (done.code, done.err) == (0, "")
    for row in (
        "zb-InP: sphere of 1.1 nm, centre: cation",
        "composition  In13 P16 (29 atoms), passivants 12 P1, 24 P2",
        "removed      no atom with fewer than two bonds",
        "bonds        40, and 36 broken; atoms: 5 with 4, 12 with 3, 12 with 2",
        "charge       0 (formal; -9 without passivants)",
        "occupied     64 states (128 electrons)",
        "wrote zb-InP-1.1nm.xyz",
    ):
        assert row in done.out
    found = read_dot(Path("zb-InP-1.1nm.xyz"))
    assert Counter(found.symbols) == {"In": 13, "P": 16, "P1": 12, "P2": 24}
    assert found.occupied == 64
    again = nnpp("dot", "build", "zb-InP", *D)
    assert again.code == 2 and "add --force to replace it" in again.err
    assert nnpp("dot", "build", "zb-InP", *D, "--force").code == 0


def test_a_published_dot_of_65_sites_is_built(nnpp):
    """In13P16 + 36 passivants of the older code, site by site."""
    published = read_dot(reference("dots/In13P16") / "conf.par")
    nnpp("dot", "build", "zb-InP", *D, "--out", "conf.par")
    built = read_dot(Path("conf.par"))
    a, b = (np.asarray(x.positions) - np.mean(x.positions, axis=0) for x in (published, built))
    apart = np.linalg.norm(a[:, None] - b, axis=-1)
    assert apart.min(axis=1).max() < 1e-3
    assert [built.symbols[i] for i in apart.argmin(axis=1)] == list(published.symbols)


def test_a_structure_file_and_a_name_give_the_same_dot(nnpp):
    write("InP.vasp", bulk("InP", "zincblende", a=4 / np.sqrt(3) * 2.5228))
    nnpp("dot", "build", "InP.vasp", *D, "--out", "a.par")
    nnpp("dot", "build", "zb-InP", *D, "--out", "b.par")
    a, b = (np.sort(read_dot(Path(x)).positions, axis=0) for x in ("a.par", "b.par"))
    np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_folder_with_the_name_of_a_crystal_is_not_read(nnpp):
    Path("zb-InP").mkdir()
    assert nnpp("dot", "build", "zb-InP", *D, "--bond", "P-In 2.6 angstrom").code == 0
    r = np.asarray(read_dot(Path("zb-InP-1.1nm.xyz")).positions) * 0.529177210903
    assert np.sort(np.linalg.norm(r, axis=1))[1:5] == pytest.approx(2.6, rel=1e-6)


def test_core_shell_alloys_and_numbers_of_atoms(nnpp):
    done = nnpp(
        *("dot", "build", "zb-CdSe", "--atoms", 87, "--shell", "CdS 0.3 nm"),
        *("--alloy", "Te:0.25", "--seed", 3, "--passivation", "Cl,H", "--neutral"),
        *("--out", "a.vasp"),
    )
    assert (done.code, done.err) == (0, "")
    assert "relaxation   Keating; atoms moved up to" in done.out
    assert "charge       0 (formal)" in done.out
    found = read_dot(Path("a.vasp"))
    counts = Counter(found.symbols)
    assert abs(sum(counts[s] for s in ("Cd", "Se", "Te", "S")) - 87) < 8
    assert counts["S"] > counts["Se"] > counts["Te"] > 0
    assert found.charge == 0


@pytest.mark.parametrize(
    ("cells", "surface", "counts", "occupied"),
    [
        (1, "CsI", {"Cs": 8, "Pb": 1, "I": 6}, 25),
        (3, "CsI", {"Cs": 64, "Pb": 27, "I": 108}, 459),
        (2, "PbI", {"Cs": 8, "Pb": 27, "I": 54}, 243),
    ],
)
def test_cubes_of_a_perovskite(nnpp, cells, surface, counts, occupied):
    done = nnpp(
        *("dot", "build", "perovskite-CsPbI3", "--cells", cells),
        *("--surface", surface, "--out", "a.xyz"),
    )
    assert (done.code, done.err) == (0, "")
    found = read_dot(Path("a.xyz"))
    assert Counter(found.symbols) == counts
    assert found.occupied == occupied


def test_the_published_cube_of_15_atoms_is_built(nnpp):
    published = read_dot(reference("dots/CsPbI3-1x1x1") / "conf.par")
    bond = ("--bond", "Pb-I 5.942 bohr")
    nnpp("dot", "build", "perovskite-CsPbI3", "--cells", 1, *bond, "--out", "conf.par")
    built = read_dot(Path("conf.par"))
    shift = np.mean(published.positions, axis=0)
    apart = np.linalg.norm((published.positions - shift)[:, None] - built.positions, axis=-1)
    assert apart.min(axis=1).max() < 1e-6
    assert [built.symbols[i] for i in apart.argmin(axis=1)] == list(published.symbols)


def test_a_heterovalent_shell_is_named(nnpp):
    done = nnpp("dot", "build", "zb-InP", *D, "--shell", "ZnS 0.2 nm", "--no-relax")
    assert "heterovalent  In +3, Zn +2, S -2, P -3" in done.out, done.err


WRONG = [
    (("zb-CdSe",), "size:", "no size is given; give one of --diameter"),
    (("zb-CdSe", *D, "--atoms", 9), "size:", "several sizes"),
    (("zb-CdSe", "--diameter", "2.2"), "--diameter:", '2.2 has no unit; write "2.2 nm"'),
    (("zb-CdSe", "--diameter", "0.1 nm"), "", "no atom with two bonds is left"),
    (("zb-CdSe", "--diameter", "1 m"), "--diameter:", "unknown unit 'm'"),
    (("zb-CdSe", "--diameter", "900 nm"), "", "too large"),
    (("zb-CdSee", *D), "", "did you mean 'zb-CdSe'?"),
    (("none.vasp", *D), "", "neither a structure file nor a known crystal"),
    (("zb-CdSe", *D, "--shape", "cub"), "--shape:", "did you mean 'cube'?"),
    (("zb-CdSe", *D, "--centre", "top"), "--centre:", "known: cation"),
    (("zb-CdSe", *D, "--facets", "111:1"), "--facets:", "add --shape wulff"),
    (("zb-CdSe", *D, "--shape", "wulff", "--facets", "1111:1"), "--facets:", "is no facet"),
    (("zb-CdSe", *D, "--axis", "000"), "--axis:", "is no direction"),
    (("zb-CdSe", *D, "--shell", "CdS"), "--shell:", "write e.g. 'CdS 0.6 nm'"),
    (("zb-CdSe", *D, "--shell", "CdPo 0.6 nm"), "", "formal charge of Po is not known"),
    (("zb-CdSe", *D, "--shell", "MgTe 0.3 nm"), "", "--bond 'Mg-"),
    (("zb-CdSe", *D, "--alloy", "Te:1.3"), "--alloy:", "a fraction up to 1"),
    (("zb-CdSe", *D, "--passivation", "Cx"), "--passivation:", "unknown ligand 'Cx'"),
    (("zb-CdSe", *D, "--passivation", "Cl", "--neutral"), "--neutral:", "remains"),
    (("zb-CdSe", *D, "--length", "1 nm"), "--length:", "add --shape rod or platelet"),
    (("zb-CdSe", "--atoms", 1000000), "--atoms:", "give 1 to 100,000"),
    (("zb-CdSe", *D, "--bond", "Cd-Te"), "--bond:", "is no bond"),
    (("zb-CdSe", *D, "--bond", "Cd-In 2 angstrom"), "--bond:", "write cation and anion"),
    (("zb-InP", *D, "--shell", "ZnS 0.3 nm"), "", "not known: In-S, Zn-P"),
    (("zb-CdSe", *D, "--neutral"), "--neutral:", "add e.g. --passivation Cl"),
    (("zb-CdSe", *D, "--passivants", "P1:0.5"), "--passivants:", "P1:0.55,P2:0.25"),
    (("zb-CdSe", *D, "--out", "a.vasp"), "a.vasp:", "cannot hold Gaussian passivants"),
    (("zb-CdSe", *D, "--format", "pdb"), "--format:", "unknown format 'pdb'"),
    (("zb-CdSe", "--cells", 3), "--cells:", "only cubes of perovskites"),
    (("zb-CdSe", *D, "--surface", "CsI"), "--surface:", "only cubes of perovskites have one"),
    (("zb-CdSe", *D, "--shell", "SeCd 0.3 nm", "--no-relax"), "--shell:", "SeCd is not a"),
    (("zb-CdSe", "--atoms", 20, "--shell", "CdS 1 nm"), "--atoms:", "nearest number of atoms"),
    (("zb-CdSe", *D, "--axis", "111"), "--axis:", "add --shape rod or platelet"),
    (("zb-CdSe", *D, "--seed", 1), "--seed:", "add e.g. --alloy Te:0.3"),
    (("zb-CdSe", *D, "--bond", "Cd-Te 2.8 angstrom"), "--bond:", "Cd-Te is not used"),
    (("zb-CdSe", *D, "--bond", "Cd-Se 2.6"), "--bond:", 'write "2.6 angstrom"'),
    (("zb-CdSe", *D, "--alloy", "Te:0.2,Te:0.9"), "--alloy:", "repeats an entry"),
    (("zb-CdSe", *D, "--alloy", "Cd:0.5"), "--alloy:", "so nothing changes"),
    (("zb-CdSe", *D, "--shape", "wulff", "--facets", "100:1 100:2"), "--facets:", "repeats"),
    (("perovskite-CsPbI3", *D, "--centre", "anion"), "", "leave out --passivants and --centre"),
    (("perovskite-CsPbI3", *D, "--passivants", "P1:0.5,P2:0.2"), "", "leave out --passivants"),
    (("perovskite-CsPbI3", *D, "--bond", "Cs-I 4 angstrom"), "--bond:", "Cs-I is not used"),
    (("perovskite-CsPbI3", *D, "--surface", "CsPb"), "--surface:", "unknown surface"),
    (("perovskite-CsSnI3", *D), "", "unknown crystal"),
]


@pytest.mark.parametrize(("words", "place", "message"), WRONG, ids=lambda x: str(x)[:50])
def test_wrong_options_give_one_line(refused, words, place, message):
    refused("dot", "build", *words, at=place, message=message)


def test_a_group_without_a_verb_is_refused(refused):
    refused("dot", at="dot:", message="missing command; see `nnpp dot --help`")


def test_a_crystal_that_is_not_tetrahedral_is_refused(refused):
    write("NaCl.vasp", bulk("NaCl", "rocksalt", a=5.6))
    refused("dot", "build", "NaCl.vasp", *D, at="NaCl.vasp:", message="has 6 bonds, not 4")
