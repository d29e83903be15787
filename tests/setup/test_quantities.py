"""Masses, deformation potentials and dielectric functions as targets."""

import jax.numpy as jnp
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.fitting.targets.quantity import Quantity
from nnpp.setup.objective import objective_of
from nnpp.setup.potential import start_of
from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV
from tests.fitting.samples import write_fit
from tests.setup.test_objective import LISTED, SPINORS, ZUNGER

AIMS = "    targets: [{kind: electron_mass, value: 0.12 me, weight: 4}, %s]\n"
LM = "fit: {method: lm, steps: 8}\n"


def made(folder, other, potential=ZUNGER, system=LISTED):
    fit = read_inputs(write_fit(folder / "fit", LM, potential, system + AIMS % other))
    return objective_of(fit, prepare(fit), start_of(fit.spec.potential))


def test_a_mass_and_a_deformation_potential_are_met(tmp_path):
    objective = made(tmp_path, "{kind: gap_by_volume, value: -2.5 eV, weight: 2}")
    mass, volume = objective.sources
    assert isinstance(mass, Quantity)
    assert (mass.name, volume.name) == ("zb: electron_mass", "zb: gap_by_volume")
    method, state = LevenbergMarquardt(), None
    method = LevenbergMarquardt()
    state = method.start(objective, objective.parameters.start())
    inverse, slope = (float(y[0]) for y in state.measured.y)
    before = 4 * (0.12 * inverse - 1) ** 2 + 2 * (slope * HARTREE_EV + 2.5) ** 2
    assert float(state.measured.loss) * HARTREE_EV**2 == pytest.approx(before, rel=1e-9)
    for _ in range(8):
        state = method.advance(objective, state)
    inverse, slope = (float(y[0]) for y in state.measured.y)
    assert 1 / inverse == pytest.approx(0.12, rel=1e-5)
    assert slope * HARTREE_EV == pytest.approx(-2.5, rel=1e-5)
    assert jnp.isfinite(state.J).all()


@pytest.mark.parametrize(
    ("at", "value", "name"),
    [
        ("", 8, "zb: dielectric"),
        ("part: imaginary, energy: 4 eV, width: 2 eV, ", 4.5, "zb: ε₂(4 + 2i eV)"),
    ],
)
def test_a_dielectric_function_is_reached(tmp_path, at, value, name):
    aim = f"{{kind: dielectric, {at}value: {value}, mesh: [2, 2, 2], weight: 100}}"
    objective = made(tmp_path, aim)
    at = objective.names.index(name)
    source = objective.sources[at]
    method = LevenbergMarquardt()
    state = method.start(objective, objective.parameters.start())
    before = float(state.measured.y[at][0])
    r = source.residuals(state.measured.y[at])
    assert float(r[0]) * HARTREE_EV == pytest.approx(10 * (before - value), rel=1e-9)
    for _ in range(8):
        state = method.advance(objective, state)
    assert abs(float(state.measured.y[at][0]) - value) < 0.1 * abs(before - value), (
        "with a mass as another target"
    )


@pytest.mark.parametrize(
    ("other", "potential", "words"),
    [
        ("{kind: light_hole_mass, value: 0.1 me}", ZUNGER, "is a mass of Γ8, but no element"),
        ("{kind: light_hole_mass, value: 0.1}", SPINORS, 'write "0.1 me"'),
        ("{kind: light_hole_mass, value: -0.1 me}", SPINORS, "greater than 0"),
        ("{kind: gap_by_volume, value: 0.1 me}", ZUNGER, "unknown unit 'me'"),
        ("{kind: heavy_mass, value: 0.1 me}", SPINORS, "did you mean"),
        ("{kind: dielectric, value: 9, part: imaginary}", ZUNGER, "static ε₂ is 0"),
        ("{kind: dielectric, value: 9, energy: 3 eV}", ZUNGER, "add width: 2 eV"),
        ("{kind: dielectric, value: 9, width: -1 eV}", ZUNGER, "width: is negative"),
        ("{kind: dielectric, value: 9, width: 1 eV}", ZUNGER, "no effect on static ε₁"),
        ("{kind: dielectric, value: 0.9}", ZUNGER, "static ε₁ is more than 1"),
        (
            "{kind: dielectric, value: -9, part: imaginary, energy: 3 eV, width: 2 eV}",
            ZUNGER,
            "ε₂ is positive",
        ),
        ("3", ZUNGER, "write {kind: gap, value: 1.74 eV}"),
    ],
)
def test_invalid_targets_are_refused(tmp_path, other, potential, words):
    with pytest.raises(InputError) as caught:
        made(tmp_path, other, potential)
    assert words in str(caught.value)
    assert "fit.yaml:" in str(caught.value)


def test_valence_edges_are_defined_for_zinc_blende_only(tmp_path):
    longer = LISTED.replace("[0.5, 0.5, 0]]", "[0.5, 0.6, 0]]")
    with pytest.raises(InputError, match="for zinc blende and diamond only"):
        made(tmp_path, "{kind: valence_by_volume, value: 1 eV}", system=longer)
