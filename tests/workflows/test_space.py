"""The search space of a fit, and the fit with other values."""

import jax.numpy as jnp
import pytest

from nnpp.config.inputs import Fit, read_inputs
from nnpp.config.tuning import CURVATURE, DAMPING, EDGES, LAYERS, SIZE, TABLE, WIDTH
from nnpp.errors import InputError
from nnpp.fitting.levenberg_marquardt import FIRST, LevenbergMarquardt
from nnpp.formats.structures import read_crystals
from nnpp.setup.cases import Case
from nnpp.setup.method import stages_of
from nnpp.setup.reference import read_reference
from nnpp.workflows.tune.space import own_values, space_of, with_values
from tests.cli.samples import CSV, write_tiny
from tests.fitting.samples import POTENTIAL, SYSTEM, of_formula, rosenbrock

LM = "fit: {method: lm, steps: 3, hold_out: 0.25}\n"
SIGMA = "potential.envelope.sigma"
ZUNGER = "".join(
    line.replace("kind: neural", "kind: zunger")
    for line in POTENTIAL.splitlines(keepends=True)
    if "network:" not in line
)
WEIGHED = SYSTEM + "    weights: {bands: [1, 2, 3, 4, 5, 6, 7, 8]}\n"


@pytest.fixture
def fit(tmp_path):
    def make(fit=LM, potential=POTENTIAL, system=SYSTEM):
        folder = write_tiny(tmp_path / "fit", "systems:\n" + system + potential + fit)
        (folder / "reference.csv").write_text(CSV, encoding="utf-8")
        return read_inputs(folder)

    return make


def cases_of(fit: Fit) -> list[Case]:
    """Return the systems of a fit without plane waves."""
    found = []
    for i, crystal in enumerate(read_crystals(fit.spec)):
        reference = read_reference(fit.spec, i, crystal)
        k = read_reference(fit.spec, 0, crystal).kpoints
        found.append(Case(fit.spec.systems[i], crystal, k, reference, False, ()))
    return found


def test_the_default_space_is_the_whole_table(fit):
    assert space_of(fit().spec) == TABLE


@pytest.mark.parametrize(
    ("old", "new", "less"),
    [
        ("kind: neural", "kind: neural\n  start: zero", {SIZE, CURVATURE}),
        (
            "features: {kind: radial, width: 0.5, spacing: 1.0, range: 5.0}",
            "features: {kind: bare}",
            {"potential.network.features.width", "potential.network.features.spacing"},
        ),
        ("kind: neural", "kind: neural\n  envelope: {kind: none}", {SIGMA}),
    ],
)
def test_a_default_space_omits_missing_and_unsafe_settings(fit, old, new, less):
    spec = fit(potential=POTENTIAL.replace(old, new)).spec
    assert set(TABLE) - set(space_of(spec)) == less


def test_only_lm_has_a_damping(fit):
    assert DAMPING not in space_of(fit(LM.replace("lm", "adam")).spec)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"fit": LM + "tune: {space: {fit.damping: [1, 2]}}\n"}, None),
        (
            {"fit": LM.replace("lm", "adam") + "tune: {space: {fit.damping: [1, 2]}}\n"},
            r"fit\.yaml:\d+: fit\.damping: this fit has no such setting; remove it",
        ),
        (
            {"potential": ZUNGER},
            r"fit\.yaml:\d+: a potential of kind zunger has no network to tune",
        ),
    ],
)
def test_settings_that_cannot_vary_are_refused(fit, texts, message):
    spec = fit(**texts).spec
    if message is None:
        assert list(space_of(spec)) == [DAMPING]
        return
    with pytest.raises(InputError, match=message):
        space_of(spec)


def test_own_values_give_the_fit_itself(fit):
    """A value outside the space, such as no prior, is replaced by the nearest one."""
    found = fit(system=WEIGHED)
    cases = cases_of(found)
    space = {key: TABLE[key] for key in (LAYERS, SIGMA, DAMPING, EDGES, SIZE, WIDTH)}
    own = own_values(found, space, cases)
    assert own == {LAYERS: 1, SIGMA: 2.0, DAMPING: FIRST, EDGES: 5.0, SIZE: 1e-4, WIDTH: 8}
    same = with_values(found, {LAYERS: 1, SIGMA: 2.0, WIDTH: 4}, cases)
    assert same.spec == found.spec


VALUES = {
    LAYERS: 3,
    WIDTH: 12,
    "potential.network.activation": "silu",
    "potential.network.features.width": 0.3,
    "potential.network.features.spacing": 0.4,
    SIGMA: 2.5,
    SIZE: 0.01,
    CURVATURE: 1e-5,
    DAMPING: 0.1,
    EDGES: 30.0,
}


def test_every_setting_of_the_table_is_written(fit):
    found = fit(LM + "tune: {trials: 3}\n", system=WEIGHED)
    assert set(VALUES) == set(TABLE)
    spec = with_values(found, VALUES, cases_of(found)).spec
    network = spec.potential.network
    assert (network.hidden, network.activation) == ((12, 12, 12), "silu")
    assert (network.features.width, network.features.spacing) == (0.3, 0.4)
    assert spec.potential.envelope.sigma == 2.5
    assert (spec.fit.priors.size, spec.fit.priors.curvature) == (0.01, 1e-5)
    assert spec.systems[0].weights.bands == (1, 2, 3, 30, 30, 6, 7, 8)
    assert spec.tune is None, "a trial is not a search"
    assert spec.systems[0].reference == found.spec.systems[0].reference
    method = stages_of(spec)[0].method
    assert method == LevenbergMarquardt(0.1)
    start = method.start(of_formula(rosenbrock, [1.0, 2.0]), jnp.ones(2))
    assert float(start.damping) == 0.1


def test_a_system_without_weights_or_reference(fit):
    other = WEIGHED.replace("name: zb", "name: other").replace(
        "    reference: reference.csv\n    weights: {bands: [1, 2, 3, 4, 5, 6, 7, 8]}\n", ""
    )
    found = fit(system=SYSTEM + other)
    first, second = with_values(found, {EDGES: 9.0}, cases_of(found)).spec.systems
    assert first.weights.bands == (1, 1, 1, 9, 9, 1, 1, 1)
    assert second == found.spec.systems[1]


def test_invalid_values_are_refused(fit):
    found = fit()
    with pytest.raises(InputError, match=r"spacing: more than 10000 Gaussians"):
        with_values(found, {"potential.network.features.spacing": 1e-6}, cases_of(found))
