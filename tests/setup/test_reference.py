"""The scissor shift of reference bands."""

import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
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
