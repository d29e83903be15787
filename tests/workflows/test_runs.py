"""Files and notes of runs: options, old files, other crystals, shared sites, overlaps."""

import numpy as np
import pytest
from ruamel.yaml import YAML

from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.formats.structures import read_structure
from nnpp.plotting.abscissa import abscissa
from nnpp.plotting.picture import BandPicture, gap_text
from nnpp.setup.prepare import prepare
from nnpp.workflows.bands.bands import run_bands
from nnpp.workflows.bands.options import Choices, choices, chosen
from tests.cli.samples import TINY, write_tiny

SHARED_SITE = """\
data_mixed
_cell_length_a 6.05
_cell_length_b 6.05
_cell_length_c 6.05
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F -4 3 m'
_symmetry_Int_Tables_number 216
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Cd1 Cd 0 0 0 SHARE
Zn1 Zn 0 0 0 0.4
Se1 Se 0.25 0.25 0.25 1.0
"""


def run(fit, out, options):
    """Compute the bands of a fit; return the folder of its only system."""
    list(run_bands([fit], out, options))
    return out / fit.name / "zb"


def test_files_of_other_options_are_kept(tmp_path):
    fit = read_inputs(write_tiny(tmp_path / "fit"))
    asked = Choices(plot=True, dos=True, mesh=(2, 2, 2), connect=True)
    folder = run(fit, tmp_path / "out", asked)
    run(fit, tmp_path / "out", Choices(plot=True))
    first = {p.name: p.read_bytes() for p in (folder / "mesh-2x2x2").iterdir()}
    assert {"bands.png", "bands.pdf", "dos.csv", "connected.csv", "bands.csv"} <= set(first)
    run(fit, tmp_path / "out", Choices())
    again = {p.name: p.read_bytes() for p in (folder / "mesh-2x2x2").iterdir()}
    assert again == first
    assert (folder / "bands.png").exists()
    assert (folder.parent / "potential.png").exists()


def test_a_run_records_its_options_notes_and_first_inputs(tmp_path):
    """Also when the run itself is computed again."""
    fit = read_inputs(write_tiny(tmp_path / "fit", TINY.replace("bands: 8", "bands: 4")))
    folder = run(fit, tmp_path / "out", choices(plot=True, window="-5:4")).parent
    about = YAML(typ="safe").load(folder / "run.yaml")
    assert about["options"] == {
        "zero": "vbm",
        "plot": True,
        "window": [-5, 4],
    }
    assert about["notes"] == ["zb: no conduction band is requested, so there is no gap"]
    run(read_inputs(folder), tmp_path / "out", Choices())
    again = YAML(typ="safe").load(folder / "run.yaml")
    assert again["inputs_sha256"] == about["inputs_sha256"]
    assert set(about["inputs_sha256"]) == {"fit.yaml"}


@pytest.mark.parametrize("suffix", ["h5", "json"])
def test_bands_of_another_crystal_are_refused(tmp_path, suffix):
    fit = read_inputs(write_tiny(tmp_path / "fit"))
    folder = run(fit, tmp_path / "out", Choices())
    other = TINY.replace("11.4485278", "11.1")
    wider = read_inputs(write_tiny(tmp_path / "other", other))
    compare = Choices(compare=folder / f"bands.{suffix}")
    with pytest.raises(InputError, match="bands of another crystal"):
        prepare(chosen(wider, compare))
    assert prepare(chosen(fit, compare))[0].comparable


def test_a_csv_of_another_crystal_is_noted(tmp_path):
    """A table of bands contains no cell, but the length of its path."""
    fit = read_inputs(write_tiny(tmp_path / "fit"))
    folder = run(fit, tmp_path / "out", Choices())
    other = read_inputs(write_tiny(tmp_path / "other", TINY.replace("11.4485278", "11.1")))
    compare = Choices(compare=folder / "bands.csv")
    (note,) = prepare(chosen(other, compare))[0].notes
    assert "0.970 times as long" in note
    assert prepare(chosen(fit, compare))[0].notes == ()


@pytest.mark.parametrize("share", ["0.6", "1.0"])
def test_a_shared_site_is_refused(tmp_path, share):
    path = tmp_path / "mixed.cif"
    path.write_text(SHARED_SITE.replace("SHARE", share))
    with pytest.raises(InputError, match="partly occupied"):
        read_structure(path)
    ordered = SHARED_SITE.replace("SHARE", "1.0").replace("Zn1 Zn 0 0 0 0.4\n", "")
    path.write_text(ordered)
    assert read_structure(path).symbols.count("Cd") == 4


def test_connected_bands_need_a_path(tmp_path):
    listed = TINY.replace('{path: "L Γ X U|K Γ", points: 12}', "{mesh: [2, 2, 2]}")
    fit = read_inputs(write_tiny(tmp_path / "fit", listed))
    with pytest.raises(InputError, match="are not a path"):
        list(run_bands([fit], tmp_path / "out", Choices(connect=True)))
    assert not (tmp_path / "out").exists()


def test_overlapping_bands_have_no_gap(tmp_path):
    """Without two electrons a band is half full: an overlap is printed, not a negative gap."""
    metal = TINY.replace("bands: 8", "bands: 8\n    electrons: 6")
    fit = read_inputs(write_tiny(tmp_path / "fit", metal))
    solved = [e for e in run_bands([fit], tmp_path / "out", Choices()) if hasattr(e, "gap")]
    assert solved[0].gap.width < -0.01
    picture = BandPicture("zb", solved[0].bands, solved[0].gap)
    width, where = gap_text(picture, abscissa(solved[0].bands.kpoints))
    assert width == "none"
    assert where.startswith("bands overlap by ")
    assert np.isfinite(float(where.split()[3]))
