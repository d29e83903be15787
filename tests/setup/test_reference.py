"""The scissor shift of reference bands."""

from pathlib import Path

import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.formats.bands_h5 import read_reference_h5
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV
from tests.fitting.samples import write_fit
from tests.setup.test_objective import SPINORS, SYSTEM, ZUNGER

REFERENCE = "reference: reference.csv"


@pytest.mark.parametrize(("potential", "occupied"), [(ZUNGER, 4), (SPINORS, 8)])
def test_scissor_raises_the_empty_levels(tmp_path, potential, occupied):
    E = []
    for i, shift in enumerate(("0 eV", "0.5 eV")):
        text = SYSTEM.replace(
            REFERENCE, f"reference: {{file: reference.csv, scissor: {shift}}}"
        )
        assert text != SYSTEM
        (case,) = prepare(read_inputs(write_fit(tmp_path / str(i), "", potential, text, n=10)))
        E.append(np.asarray(case.reference.E) * HARTREE_EV)
    shift = E[1] - E[0]
    assert np.allclose(shift[:, :occupied], 0)
    assert np.allclose(shift[:, occupied:], 0.5)
    assert shift[:, occupied:].size


def test_the_highest_levels_are_raised_in_an_unsorted_file(tmp_path):
    text = SYSTEM.replace(REFERENCE, "reference: {file: reference.csv, scissor: 0.5 eV}")
    folder = write_fit(tmp_path / "fit", "", ZUNGER, text)
    (sorted_,) = prepare(read_inputs(folder))
    header, *rows = (folder / "reference.csv").read_text().splitlines()
    cells = [row.split(",") for row in rows]
    mixed = [",".join(row[:-8] + row[:-9:-1]) for row in cells]
    (folder / "reference.csv").write_text("\n".join([header, *mixed]) + "\n")
    (unsorted,) = prepare(read_inputs(folder))
    E = np.asarray(unsorted.reference.E)
    assert np.all(np.diff(E, axis=1) <= 0)
    assert np.allclose(E[:, ::-1], sorted_.reference.E)


@pytest.mark.parametrize(
    ("provenance", "name"),
    [
        ({"program": "GPAW 22.8.0, ASE 3.22.1", "functional": "GLLBSC"}, "GPAW GLLB-SC"),
        ({"program": "Elk", "functional": "exchange: mgga_x_tb09; correlation"}, "Elk TB09"),
        ({"program": "VASP", "functional": "hybrid of PBE, AEXX 0.25"}, "VASP hybrid of PBE"),
        (
            {"program": "Quantum ESPRESSO", "functional": "libxc " + "9" * 20},
            "Quantum ESPRESSO",
        ),
        ({"functional": "PBE"}, ""),
        ({}, ""),
    ],
)
def test_a_reference_is_named_by_program_and_functional(provenance, name):
    one = np.zeros((1, 3))
    assert ReferenceBands(Path("bands.h5"), one, one, provenance=provenance).name == name


@pytest.mark.parametrize(("of", "name"), [("InAs", "Elk TB09"), ("zb-CdSe", "GPAW GLLB-SC")])
def test_shipped_references_record_their_names(of, name):
    file = Path(__file__).parents[2] / "inputs/reference" / of / "1.00.h5"
    assert read_reference_h5(file).name == name
