"""Names in a KPOINTS beside VASP's bands are taken where it lists the same k-points."""

import pytest

from nnpp.formats.codes.format import Hints
from tests.formats.codes.test_vasp import DATA, VASP, changed


@pytest.mark.parametrize(
    ("kpoints", "labels"),
    [
        ("names\n3\nLine\nrec\n.5 .5 .5 L\n0 0 0 G\n\n0 0 0 gamma\n.5 0 .5 $X$\n", "L  Γ Γ  X"),
        ("names\n3\nl\nCart\n-.5 .5 .5 L\n0 0 0 Γ\n0 0 0 Γ\n-1 0 0 SIGMA_0\n", "L  Γ Γ  Σ_0"),
        ("names\n3\nline\nrec\n.5 .5 .5\n0 0 0\n0 0 0\n.5 0 .5\n", None),
        ("mesh\n0\nGamma\n2 2 2\n0 0 0\n", None),
        ("", None),
    ],
)
def test_names_in_kpoints(tmp_path, kpoints, labels):
    (tmp_path / "KPOINTS").write_text(kpoints, encoding="utf-8")
    bands = VASP.read(changed(tmp_path), Hints())
    assert bands.labels == (labels and tuple(labels.split(" ")))
    assert bands.notes == ()


def test_names_in_another_encoding_are_not_taken(tmp_path):
    (tmp_path / "KPOINTS").write_bytes((DATA / "line" / "KPOINTS").read_bytes() + b"\xb5\xe3")
    bands = VASP.read(changed(tmp_path), Hints())
    assert bands.labels is None
    assert bands.notes == ("KPOINTS is not UTF-8 text: names of k-points are not used",)


@pytest.mark.parametrize(
    "kpoints",
    [
        "other points\n3\nLine\nrec\n.5 .5 .5 L\n0 0 0 G\n\n0 0 0 G\n.5 .5 0 X\n",
        "other number\n4\nLine\nrec\n.5 .5 .5 L\n0 0 0 G\n\n0 0 0 G\n.5 0 .5 X\n",
        "other lines\n3\nl\nCart\n-.5 .5 .5 L\n0 0 0 G\n0 0 0 G\n-1 1 0 X\n",
        "no numbers\n3\nLine\nrec\n.5 .5 .5 L\n0 0 nan G\n0 0 0 G\n.5 0 .5 X\n",
    ],
)
def test_names_of_other_points_are_not_taken(tmp_path, kpoints):
    (tmp_path / "KPOINTS").write_text(kpoints, encoding="utf-8")
    bands = VASP.read(changed(tmp_path), Hints())
    assert bands.labels is None
    assert bands.notes == ("KPOINTS lists other k-points: names of k-points are not used",)
