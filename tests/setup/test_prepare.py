"""Preparation of a fit: terms, notes, levels and errors."""

import json

import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.bands import levels
from nnpp.setup.checks import memory_of
from nnpp.setup.potential import before_training
from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.bands import run_bands
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.bands.solve import density_of_states
from tests.cli.samples import TINY, write_tiny

WURTZITE = """\
rounded to five decimals
1.0
 4.29956  0.00000  0.00000
-2.14978  3.72353  0.00000
 0.00000  0.00000  7.01689
Cd Se
2 2
Direct
0.33333 0.66667 0.00000
0.66667 0.33333 0.50000
0.33333 0.66667 0.37500
0.66667 0.33333 0.87500
"""


def made(folder, text=TINY):
    """Return the fit with this text, its only system, and its potential."""
    fit = read_inputs(write_tiny(folder, text))
    (case,) = prepare(fit)
    return fit, case, before_training(fit.spec.potential)


def test_the_strain_factor_depends_on_the_dilation(tmp_path):
    """v → v (1 + s1 ε + s2 ε³) with the ε of fit.yaml, and no factor without one."""
    strained = TINY.replace("0.3227]}", "0.3227], strain: [0.5, 3.0]}")
    dilated = strained.replace("    cutoff:", "    dilation: 0.1\n    cutoff:")
    v = {}
    for name, text in {"plain": TINY, "strained": strained, "dilated": dilated}.items():
        _, case, potential = made(tmp_path / name, text)
        v[name] = np.asarray(at_shells(potential, case.system).v)
    assert np.array_equal(v["plain"], v["strained"])
    assert np.allclose(v["dilated"][:, 0], v["plain"][:, 0], rtol=1e-14)
    assert np.allclose(v["dilated"][:, 1], v["plain"][:, 1] * (1 + 0.05 + 0.003), rtol=1e-13)


def test_charges_that_are_not_neutral_give_a_note(tmp_path):
    text = TINY.replace("1.6603]}", "1.6603], charge: 1.5}")
    _, case, _ = made(tmp_path / "one", text)
    (note,) = case.notes
    assert "+1.5 e over the cell" in note
    assert "-0.75 e is added to each atom" in note
    neutral = text.replace("0.3227]}", "0.3227], charge: -1.5}")
    assert made(tmp_path / "two", neutral)[1].notes == ()


def test_an_infinite_form_factor_is_refused(tmp_path):
    """a2 = 1 puts the pole of Zunger's form at q = 0."""
    text = TINY.replace("1.3600, 0.3227", "1.0, 0.3227")
    with pytest.raises(InputError, match=r"fit\.yaml:\d+: v\(q\) of Se is not finite at q = 0"):
        made(tmp_path / "fit", text)


def test_rounded_coordinates_change_the_path_only_with_a_note(tmp_path):
    """Wurtzite with five decimals has a lower symmetry within 1e-5 bohr."""
    structure = TINY[TINY.index("    structure:") : TINY.index("    cutoff:")]
    text = TINY.replace(structure, "    structure: wz.vasp\n").replace("L Γ X U|K Γ", "auto")
    folder = write_tiny(tmp_path / "fit", text)
    (folder / "wz.vasp").write_text(WURTZITE)
    (case,) = prepare(read_inputs(folder))
    assert {"Γ", "M", "K", "A", "H", "L"} == {label for label in case.kpoints.labels if label}
    assert any("P6_3mc (186) within 0.01 bohr" in note for note in case.notes)


@pytest.mark.parametrize("broadening", [None, 0.01])
def test_the_density_of_states_does_not_depend_on_the_number_of_bands(tmp_path, broadening):
    """It ends where bands begin that were not computed."""
    of = {}
    for n in (6, 12):
        text = TINY.replace("bands: 8", f"bands: {n}")
        _, case, potential = made(tmp_path / str(n), text)
        choices = Choices(dos=True, mesh=(3, 3, 3), broadening=broadening)
        of[n], _ = density_of_states(case, potential, choices)
    few, many = of[6], of[12]
    assert few.energy[-1] * HARTREE_EV > 1.3
    step = np.diff(many.energy).max()
    # Flat bands make N(E) jump between two energies of the other grid.
    low, high = (np.interp(few.energy + d, many.energy, many.integrated) for d in (-step, step))
    assert np.ptp(few.integrated) > 8
    assert np.all(low - 1e-6 <= few.integrated) and np.all(few.integrated <= high + 1e-6)


def test_the_splitting_of_zinc_blende_spinors_is_in_the_summary(tmp_path):
    text = TINY.replace("0.3227]}", "0.3227], spin_orbit: 8.0}").replace(
        "bands: 8", "bands: 10"
    )
    fit, case, potential = made(tmp_path / "fit", text)
    list(run_bands([fit], tmp_path / "out", Choices()))
    summary = json.loads((tmp_path / "out" / "fit" / "summary.json").read_text())
    E = np.asarray(levels(potential, case.system, 10))[case.kpoints.gamma] * HARTREE_EV
    assert E[4] - E[3] > 0.02
    assert summary["systems"]["zb"]["splitting_ev"] == pytest.approx(E[4] - E[3], abs=1e-9)


def test_too_little_memory_is_an_error_with_a_remedy(tmp_path, monkeypatch):
    """The remedy names fewer devices only if one k-point fits into memory."""
    write_tiny(tmp_path / "tiny")
    fit = read_inputs(tmp_path / "tiny")
    needed = memory_of(prepare(fit)[0], before_training(fit.spec.potential))
    assert needed.total() > needed.total(at_once=1) > needed.per_k > 0
    monkeypatch.setattr("nnpp.setup.checks.device_memory", lambda: needed.total(at_once=1))
    with pytest.raises(InputError, match=r"GB of memory.*JAX_NUM_CPU_DEVICES=1.*cutoff"):
        prepare(fit)
    monkeypatch.setattr("nnpp.setup.checks.device_memory", lambda: needed.per_k)
    with pytest.raises(
        InputError, match=r"GB of memory are needed.*lower the cutoff"
    ) as caught:
        prepare(fit)
    assert "JAX_NUM_CPU_DEVICES" not in str(caught.value)
    monkeypatch.setattr("nnpp.setup.checks.device_memory", lambda: None)
    prepare(fit)
