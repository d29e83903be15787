"""A whole folder of the older code, read as it is: its own Zunger form has no loss."""

import shutil

import numpy as np

from nnpp.config.inputs import read_inputs
from nnpp.observables.bands import bands
from nnpp.setup.compare import compare_with_reference
from nnpp.setup.potential import before_training
from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV
from tests.reference.data import reference


def test_the_loss_of_its_own_form_is_below_1e_8(tmp_path):
    """Σ w_k w_b (E − E_ref)² over 61 k-points and 16 bands, in eV²; plane waves in its box."""
    folder = shutil.copytree(reference("deepseudopot-zbCdSe"), tmp_path / "sample")
    fit = read_inputs(folder)
    (case,) = prepare(fit)
    potential = before_training(fit.spec.potential)
    n = case.n_levels
    found = bands(potential, case.system, case.crystal, case.kpoints, n, case.electrons)
    comparison = compare_with_reference(case, found)
    assert comparison is not None
    assert case.system.waves.K.shape[1] == 453
    assert np.shape(case.reference.E) == (61, 16)
    assert float(np.max(case.reference.k_weights)) == 10.0
    assert float(comparison.loss) * HARTREE_EV**2 < 1e-8
    worse = potential.__class__(
        type(potential.local)(potential.local.a * 1.001), potential.strengths, potential.species
    )
    moved = bands(worse, case.system, case.crystal, case.kpoints, n, case.electrons)
    assert float(compare_with_reference(case, moved).loss) * HARTREE_EV**2 > 1e-3
