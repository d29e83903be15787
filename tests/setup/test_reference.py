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
