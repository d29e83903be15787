"""`nnpp volume` from the command line."""

from pathlib import Path

import numpy as np
import pytest
from ase.io.cube import read_cube_data

from nnpp.formats.model import write_model
from nnpp.runs.outputs import unrecorded
from tests import systems
from tests.cli.samples import TINY, files, write_tiny, written


def test_files_and_their_descriptions(nnpp, tiny):
    answer = nnpp("volume", "tiny", "--kpoint", "G", "--band", "vbm", "--band", "1")
    assert (answer.code, answer.err) == (0, "")
    assert sorted(written(answer.out)) == files("results")
    assert unrecorded(Path("results/tiny")) == []
    names = {Path(path).name for path in files("results/tiny/zb")}
    assert names == {"potential.cube", "density-Gamma-vbm.cube", "density-Gamma-1.cube"}
    assert "vbm: mean of levels 2 to 4 (degenerate), -5.96" in answer.out
    data, _ = read_cube_data("results/tiny/zb/density-Gamma-1.cube")
    assert np.unravel_index(data.argmax(), data.shape) == _nearest_to_se(data.shape)
    head = Path("results/tiny/zb/density-Gamma-vbm.cube").read_text().splitlines()[0]
    assert "|psi|^2 of CdSe at Gamma k = (0 0 0), mean of levels 2 to 4" in head


def _nearest_to_se(shape):
    """Return the grid point next to Se at −⅛; its s state is the lowest level."""
    return tuple(round(-n / 8) % n for n in shape)


def test_another_crystal_by_coordinates(nnpp, tmp_path, tiny):
    basis = [{"cutoff_hartree": 2.0}]
    write_model(tmp_path / "run/potential", systems.cdse(), {"systems": basis})
    text = "CdSe\n6.2\n0 .5 .5\n.5 0 .5\n.5 .5 0\nCd Se\n1 1\nDirect\n0 0 0\n.25 .25 .25\n"
    Path("other.vasp").write_text(text, encoding="utf-8")
    words = ("--structure", "other.vasp", "--kpoint", "0.5 0 0", "--format", "xsf")
    answer = nnpp("volume", "run", *words)
    assert (answer.code, answer.err) == (0, "")
    names = {Path(path).name for path in written(answer.out)}
    assert names == {
        "potential.xsf", "density-0.5_0_0-vbm.xsf", "density-0.5_0_0-cbm.xsf"
    }  # fmt: skip


WRONG = [
    (["--band", "0"], "--band:", "a number from 1"),
    (["--band", "top"], "--band:", "vbm, cbm"),
    (["--band", "9" * 9], "--band:", "no level 999999999"),
    (["--kpoint", "Q"], "--kpoint:", "no special point 'Q'"),
    (["--kpoint", "0 0 7"], "--kpoint:", "far outside"),
    (["--kpoint", "0 0"], "--kpoint:", "three fractional coordinates"),
    (["--kpoint", "nan 0 0"], "--kpoint:", "; "),
    (["--kpoint", "X Γ"], "--kpoint:", "not a single k-point"),
    (["--kpoint", "?"], "--kpoint:", "is not a special point"),
    (["--format", "cub"], "--format:", "did you mean 'cube'?"),
    (["--cutoff", "3"], "--cutoff:", 'write "3 hartree"'),
    (["--structure", "none.vasp"], "--structure:", "name one fitted run"),
]


@pytest.mark.parametrize(("words", "place", "message"), WRONG)
def test_wrong_options(refused, tiny, words, place, message):
    runs = [] if "--structure" in words else ["tiny"]
    refused("volume", *runs, *words, message=message, at=place)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2\nno cell\nCd 0 0 0\nSe 1.5 1.5 1.5\n", "a.xyz: has no cell"),
        (
            '1\nLattice="4 0 0 0 4 0 0 0 4" pbc="T T T"\nZn 0 0 0\n',
            "potential.safetensors is fitted for Cd, Se only; use a potential",
        ),
    ],
)
def test_an_unsuitable_crystal_is_refused(refused, tmp_path, tiny, text, message):
    write_model(
        tmp_path / "run/potential", systems.cdse(), {"systems": [{"cutoff_hartree": 2.0}]}
    )
    Path("a.xyz").write_text(text, encoding="utf-8")
    for verb in ("volume", "bands"):
        refused(verb, "run", "--structure", "a.xyz", message=message)


def test_a_point_missing_in_the_second_system_stops_the_first(refused, tmp_path, tiny):
    skew = TINY.replace("[0, 0.5, 0.5]", "[0, 0.5, 0.7]").replace("L Γ X U|K Γ", "auto")
    write_tiny(tmp_path / "skew", skew)
    refused("volume", "tiny", "skew", "--kpoint", "L", message="no special point 'L'")
