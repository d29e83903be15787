"""Objectives from fit.yaml: held-out k-points, targets, priors and errors."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.config.systems import LevelZero
from nnpp.errors import InputError
from nnpp.fitting.method import measure
from nnpp.fitting.targets.curves import Prior
from nnpp.fitting.targets.levels import BandsTarget
from nnpp.setup.objective import held_out, objective_of
from nnpp.setup.potential import start_of
from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV
from nnpp.workflows.train.outputs import errors_by_band
from tests import systems
from tests.fitting.samples import FOUR_K, POTENTIAL, SYSTEM, write_fit

MANY_K = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 3)).round(4)
ZUNGER = "".join(
    line.replace("kind: neural", "kind: zunger")
    for line in POTENTIAL.splitlines(keepends=True)
    if "network:" not in line
)
SPINORS = ZUNGER.replace("{local: [8", "{spin_orbit: 0.4, local: [8")
LISTED = SYSTEM.replace("reference: reference.csv", "kpoints: {list: [[0, 0, 0]]}")


@pytest.fixture
def made(tmp_path):
    """The objective of a fit, as `made(fit=…, system=…)`."""

    def make(**texts):
        fit = read_inputs(write_fit(tmp_path / f"fit-{len(list(tmp_path.iterdir()))}", **texts))
        return objective_of(fit, prepare(fit), start_of(fit.spec.potential))

    return make


@pytest.fixture
def case(tmp_path):
    """A system with a reference at these k-points."""

    def make(k):
        folder = write_fit(tmp_path / f"fit-{len(list(tmp_path.iterdir()))}", k=np.asarray(k))
        return prepare(read_inputs(folder))[0]

    return make


def test_the_seed_determines_the_held_out_k_points(case):
    twenty = case(MANY_K)
    first = held_out(twenty, 0.3, 0)
    assert np.array_equal(first, held_out(twenty, 0.3, 0))
    others = [held_out(twenty, 0.3, seed) for seed in range(1, 5)]
    assert all(not np.array_equal(first, other) for other in others)
    assert all(other.sum() == 6 for other in others)
    assert np.any(others, axis=0).sum() > 6


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.1, 2), (0.25, 5), (0.9, 18)])
def test_the_share_is_respected(case, share, count):
    twenty = case(MANY_K)
    assert held_out(twenty, share, 3).sum() == count


def test_a_k_point_listed_twice_is_held_out_twice(case):
    twice = case(np.vstack([MANY_K[:8], MANY_K[:8] + 1e-9]))
    seen = set()
    for seed in range(6):
        held = held_out(twice, 0.5, seed)
        assert np.array_equal(held[:8], held[8:])
        assert held.sum() == 8
        seen.add(held.tobytes())
    assert len(seen) > 2


def test_equivalent_k_points_are_held_out_together(case):
    """U and K are equivalent; so are k and −k, and rotated k-points."""
    k = np.array([[5, 2, 5], [3, 3, 6], [1, 2, 3], [-1, -2, -3], [2, 3, 1], [4, 0, 1]]) / 8
    seeds = [held_out(case(np.vstack([MANY_K, k])), 0.4, seed)[-6:] for seed in range(8)]
    assert all(held[0] == held[1] and len(set(held[2:5])) == 1 for held in seeds)
    assert {held[0] for held in seeds} == {held[2] for held in seeds} == {False, True}


def test_band_edges_and_the_zero_of_energy_are_always_fitted(case):
    """All levels are measured from them."""
    made = case(MANY_K)
    E = np.array(made.reference.E)
    E[7, 4:] -= 1.0  # so that the edges are at different k-points
    made = replace(made, reference=replace(made.reference, E=jnp.asarray(E)))
    level = replace(
        made, spec=made.spec.model_copy(update={"zero": LevelZero(band=1, kpoint=3)})
    )
    edges = {int(E[:, 3].argmax()), int(E[:, 4].argmin())}
    assert len(edges) == 2
    for seed in range(10):
        assert not edges & set(np.flatnonzero(held_out(made, 0.9, seed)))
        assert not (edges | {2}) & set(np.flatnonzero(held_out(level, 0.8, seed)))
    with pytest.raises(InputError, match=r"20 of 20 different k-points .* only 1\d can be"):
        held_out(made, 0.99, 0)


def test_levels_without_weight_are_neither_fitted_nor_held_out(made):
    weights = "    weights: {kpoints: [0, 1, 1, 0]}\n"
    (source,) = made(fit="fit: {hold_out: 0.2}\n", system=SYSTEM + weights).sources
    assert [t.seen.tolist() for t in source.targets] == [[False, True, True, False]]
    assert source.held == ()


def test_nothing_left_to_fit_is_refused(case):
    with pytest.raises(
        InputError, match=r"1 of 1 different k-points .* only 0 can be.*; lower"
    ):
        held_out(case(FOUR_K[:1]), 0.9, 0)


def test_held_out_levels_are_not_fitted_and_the_others_are(made):
    """Each level is either in the residuals or held out."""
    (source,) = made(fit="fit: {hold_out: 0.5}\n", potential=ZUNGER).sources
    (fitted,), (held,) = source.targets, source.held
    seen, unseen = (np.asarray(t.weights).any(axis=1) for t in (fitted, held))
    assert np.array_equal(seen, ~unseen)
    assert (seen.sum(), unseen.sum()) == (2, 2)
    assert np.array_equal(fitted.reference, held.reference)


def test_the_published_form_reproduces_its_own_bands(made):
    """The reference file has nine decimals of an electronvolt."""
    objective = made(potential=ZUNGER, fit="fit: {hold_out: 0.25}\n")
    measured = measure(objective, objective.parameters.start())
    assert float(measured.loss) * HARTREE_EV**2 < 24 * 1e-17
    (errors,) = errors_by_band(objective, measured)
    assert (errors.name, errors.occupied) == ("zb", 4)
    for mev in (errors.fitted_mev, errors.held_mev):
        assert mev.shape == (8,)
        assert mev.max() < 1e-5


def test_weights_and_zero_reach_the_target(made):
    weighed = SYSTEM + (
        "    zero: vbm\n"
        "    weights: {bands: [1, 1, 2, 3, 1, 1, 1, 0], kpoints: [10, 1, 1, 1],\n"
        "      windows: [{from: -0.1 eV, to: 0.1 eV, weight: 5}]}\n"
    )
    (source,) = made(system=weighed, fit="", potential=ZUNGER).sources
    (target,) = source.targets
    assert isinstance(target, BandsTarget)
    assert float(jnp.max(target.reference[:, :4])) == 0.0
    w = np.array([10, 1, 1, 1])[:, None] * np.array([1, 1, 2, 3, 1, 1, 1, 0.0])
    top = np.abs(np.asarray(target.reference)) < 0.1 / HARTREE_EV
    assert top.any()
    assert np.allclose(target.weights, w * np.where(top, 5, 1))


def test_targets_without_a_reference(made):
    gap = LISTED + "    targets: [{kind: gap, value: 1.5 eV, weight: 4}]\n"
    objective = made(system=gap, fit="", potential=ZUNGER)
    (source,) = objective.sources
    assert source.n == 5
    measured = measure(objective, objective.parameters.start())
    E = np.asarray(measured.y[0])[0] * HARTREE_EV
    assert float(measured.loss) * HARTREE_EV**2 == pytest.approx(4 * (E[4] - E[3] - 1.5) ** 2)


def test_a_direct_gap(made):
    """Γ is the second of the k-points."""
    aimed = LISTED.replace("[[0, 0, 0]]", "[[0.5, 0, 0], [0, 0, 0]]")
    aimed += "    targets: [{kind: direct_gap, value: 1.5 eV, weight: 4}]\n"
    objective = made(system=aimed, fit="", potential=ZUNGER)
    measured = measure(objective, objective.parameters.start())
    E = np.asarray(measured.y[0]) * HARTREE_EV
    assert E[0, 4] - E[0, 3] > E[1, 4] - E[1, 3] + 1
    aside = E[1, 4] - E[1, 3] - 1.5
    assert float(measured.loss) * HARTREE_EV**2 == pytest.approx(4 * aside**2)


def test_a_splitting(made):
    """Levels up to the lowest empty one; Γ is found among the k-points of the reference."""
    aimed = LISTED.replace("[[0, 0, 0]]", "[[0.5, 0, 0], [0, 0, 0]]")
    aimed += "    targets: [{kind: splitting, value: 0.4 eV}]\n"
    objective = made(system=aimed, fit="", potential=SPINORS)
    (source,) = objective.sources
    assert (source.n, source.spinor, source.targets[0].gamma) == (9, True, 1)
    measured = measure(objective, objective.parameters.start())
    E = np.asarray(measured.y[0])[1] * HARTREE_EV
    splitting = E[4:8].mean() - E[2:4].mean()
    assert splitting > 0.05
    assert float(measured.loss) * HARTREE_EV**2 == pytest.approx((splitting - 0.4) ** 2)


REFUSED = [
    (LISTED, ZUNGER, 1, "nothing to fit; add reference: FILE"),
    (
        LISTED + "    targets: [{kind: splitting, value: 0.4 eV}]\n",
        ZUNGER,
        None,
        "no element has a",
    ),
    (
        LISTED.replace("[[0, 0, 0]]", "[[0.5, 0, 0]]")
        + "    targets: [{kind: splitting, value: 0.4 eV}]\n",
        SPINORS,
        None,
        "Γ is not among the k-points",
    ),
    (
        LISTED.replace("[[0, 0, 0]]", "[[0.5, 0, 0]]")
        + "    targets: [{kind: direct_gap, value: 0.4 eV}]\n",
        ZUNGER,
        None,
        "Γ is not among the k-points",
    ),
]


@pytest.mark.parametrize(("system", "potential", "line", "words"), REFUSED)
def test_impossible_targets_are_refused(made, system, potential, line, words):
    with pytest.raises(InputError, match=words) as refusal:
        made(system=system, potential=potential, fit="")
    assert f"fit.yaml:{'' if line is None else line}" in str(refusal.value)


def test_priors(made):
    """Priors are zero for the first weights; the tail begins after the last shell."""
    settings = "fit: {priors: {size: 2, curvature: 0.5, tail: 3}}\n"
    objective = made(fit=settings)
    source, *priors = objective.sources
    assert [p.name for p in priors] == [f"prior on {x}" for x in ("size", "curvature", "tail")]
    assert all(isinstance(p, Prior) for p in priors)
    weights = [float(p.weight) * HARTREE_EV**2 for p in priors]
    assert weights == pytest.approx([2, 0.5, 3])
    assert float(priors[2].q[0]) >= float(source.system.q[-1])
    at_start = measure(objective, objective.parameters.start())
    assert np.asarray(at_start.losses[1:]).max() < 1e-25
    moved = measure(objective, objective.parameters.start() + 0.1)
    assert np.asarray(moved.losses).min() > 1e-12
    assert objective.names == ("zb", *(p.name for p in priors))


def test_a_table_has_no_curve_for_a_prior(made):
    q = np.sqrt([3.0, 4.0, 8.0, 11.0]) * 2 * np.pi / systems.A_CDSE
    table = f"{{local: {{q: {q.tolist()}, v: [1, 2, 3, 4]}}}}"
    text = f"potential: {{kind: table, elements: {{Cd: {table}, Se: {table}}}}}\n"
    with pytest.raises(InputError, match="a table has no curve"):
        made(potential=text, fit="fit: {priors: {size: 1}}\n")
