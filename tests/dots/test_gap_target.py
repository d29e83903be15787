"""The gap of a dot as a target of a fit."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import PER_K
from nnpp.config.inputs import read_inputs
from nnpp.dots.gap_target import dot_gap, gap_weights
from nnpp.errors import InputError
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.fitting.parameters import Parameters
from nnpp.formats.dots import write_dot
from nnpp.hamiltonian.dot_system import dot_system
from nnpp.setup.objective import objective_of
from nnpp.setup.potential import start_of
from nnpp.setup.prepare import prepare
from nnpp.structures.dots.dot import dot
from nnpp.units import HARTREE_EV
from nnpp.workflows.dot.build import run_build
from nnpp.workflows.dot.options import Request
from tests import systems
from tests.fitting.samples import POTENTIAL, SYSTEM, write_fit
from tests.setup.test_objective import LISTED, ZUNGER

BOX = np.array([11.0, 11.5, 12.0])
STEP = 1e-4


def molecule():
    """CdSe with three passivants, without symmetry."""
    positions = np.array(
        [[0.0, 0, 0], [2.9, 2.7, 2.8], [-1.6, -1.2, 1.7], [4.0, 3.6, 2.0], [3.5, 1.5, 4.1]]
    )
    return dot(positions, ("Cd", "Se", "P1", "P2", "P2"))


def target(spin, value=0.1):
    system = dot_system(molecule(), 1.2, PER_K, BOX)
    return systems.everything(spin=spin), dot_gap(system, 4, spin, value, 2.0, "dot")


@pytest.mark.parametrize("spin", [False, True])
def test_the_derivative_equals_differences_in_every_parameter(spin):
    potential, source = target(spin)
    names = (term.name for term, _ in potential.strengths.by_term())
    parameters = Parameters(potential, ("local", *names))
    theta = parameters.start()
    at = source.prepared(parameters, theta)
    y, J = jax.jit(lambda s, x: s.linear(parameters, x))(at, theta)
    direction = jnp.asarray(np.random.default_rng(0).normal(size=len(theta)))

    def gap(h):
        return float(
            source.prepared(parameters, theta + h * direction).observe(
                parameters, theta + h * direction
            )[0]
        )

    slope = (8 * (gap(STEP) - gap(-STEP)) - (gap(2 * STEP) - gap(-2 * STEP))) / (12 * STEP)
    assert float(y[0]) == pytest.approx(gap(0), abs=1e-12)
    assert slope == pytest.approx(float(J[0] @ direction), rel=1e-6)
    assert source.residuals(y)[0] == pytest.approx(np.sqrt(2) * (float(y[0]) - 0.1))


def test_forces_on_the_gap_equal_differences():
    potential, source = target(True)
    parameters = Parameters(potential, ("local",))
    theta = parameters.start()
    move = jnp.asarray(np.random.default_rng(1).normal(size=(5, 3)))

    def prepared(h):
        moved = replace(source, positions=source.positions + h * move)
        return moved.prepared(parameters, theta)

    at = prepared(0.0)
    force = jax.grad(lambda x: replace(at, positions=x).observe(parameters, theta)[0])(
        at.positions
    )
    gap = {h: float(prepared(h * STEP).observe(parameters, theta)[0]) for h in (-2, -1, 1, 2)}
    slope = (8 * (gap[1] - gap[-1]) - (gap[2] - gap[-2])) / (12 * STEP)
    assert slope == pytest.approx(float(jnp.sum(force * move)), rel=1e-6)


def test_members_of_degenerate_edges_share_the_weight():
    E = jnp.array([-0.3, -0.2 - 1e-6, -0.2, 0.1, 0.1 + 1e-6, 0.2])
    expected = [0, -0.5, -0.5, 0.5, 0.5, 0]
    np.testing.assert_allclose(gap_weights(E, 3), expected)


def test_a_fit_reaches_the_gap_of_a_dot(tmp_path):
    write_dot(tmp_path / "dot.xyz", molecule(), "extxyz")
    fit = read_inputs(joint(tmp_path, "{kind: dot_gap, dot: ../dot.xyz, value: 6.2 eV}"))
    objective = objective_of(fit, prepare(fit), start_of(fit.spec.potential))
    (gap,) = objective.sources
    assert gap.name == "zb: gap of dot.xyz"
    method = LevenbergMarquardt()
    state = method.start(objective, objective.parameters.start())
    before = float(state.measured.y[0][0]) * HARTREE_EV
    for _ in range(6):
        state = method.advance(objective, state)
    assert abs(before - 6.2) > 0.1
    assert float(state.measured.y[0][0]) * HARTREE_EV == pytest.approx(6.2, abs=1e-4)


@pytest.mark.parametrize(
    ("fit", "sites", "words"),
    [
        ("fit: {method: lbfgs}\n", ("Cd", "Se", "P1", "P2", "P2"), "the line search of lbfgs"),
        ("", ("Zn", "Se", "P1", "P2", "P2"), "no potential of Zn"),
    ],
)
def test_what_cannot_be_fitted_is_one_line(tmp_path, fit, sites, words):
    write_dot(tmp_path / "dot.xyz", dot(np.asarray(molecule().positions), sites), "extxyz")
    with pytest.raises(InputError, match=words):
        read = read_inputs(
            joint(tmp_path, "{kind: dot_gap, dot: ../dot.xyz, value: 6 eV}", fit)
        )
        objective_of(read, prepare(read), start_of(read.spec.potential))


def joint(folder, aim, fit=""):
    system = LISTED + f"    targets: [{aim}]\n"
    return write_fit(folder / "fit", fit, ZUNGER, system)


@pytest.mark.slow
def test_bands_and_the_gap_of_a_dot_are_fitted_together(tmp_path):
    """Bands of the published form, whose dot of 65 sites has a gap of 2.876 eV."""
    run_build("zb-CdSe", Request(atoms=29, out=tmp_path / "dot.xyz"))
    aim = "    targets: [{kind: dot_gap, dot: ../dot.xyz, value: 4.6 eV, weight: 20}]\n"
    network = POTENTIAL.replace("[4]", "[8]").replace("spacing: 1.0", "spacing: 0.5")
    fit = read_inputs(write_fit(tmp_path / "fit", "", network, SYSTEM + aim))
    objective = objective_of(fit, prepare(fit), start_of(fit.spec.potential))
    method = LevenbergMarquardt()
    state = method.start(objective, objective.parameters.start())
    assert float(state.measured.y[1][0]) * HARTREE_EV == pytest.approx(2.876, abs=0.01)
    for _ in range(20):
        state = method.advance(objective, state)
    assert float(state.measured.y[1][0]) * HARTREE_EV == pytest.approx(4.6, abs=0.01)
    assert objective.level_rms(state.measured)[0] * HARTREE_EV < 0.015
