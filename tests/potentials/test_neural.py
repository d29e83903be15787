"""Properties of a network for all weights: even, decaying, double precision; its start."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.potentials.neural import (
    ACTIVATIONS,
    STARTS,
    Bare,
    Gaussian,
    Network,
    Open,
    Radial,
    Sigmoid,
)
from tests import systems

Q = jnp.linspace(0.0, 9.0, 61)
HE, XAVIER = STARTS["he"], STARTS["xavier"]
RADIAL = Radial(0.4, 0.5, 6.0)
ENVELOPES = {"gaussian": Gaussian(2.5), "sigmoid": Sigmoid(1.5, 5.0), "open": Open()}


def fresh(
    seed: int = 0, envelope=ENVELOPES["gaussian"], reference=True, features=RADIAL, **net
):
    """Return a network for Cd and Se."""
    network = Network(features, (7, 5), 2, **net)
    form = systems.zunger("Cd", "Se") if reference else None
    return systems.neural(network, envelope, form, jax.random.key(seed))


def kernel(form, layer: str) -> np.ndarray:
    return np.asarray(form.weights["params"][layer]["kernel"])


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("features", [RADIAL, Bare()], ids=["radial", "bare"])
def test_a_network_starts_exactly_at_the_damped_reference(envelope, features):
    form = fresh(envelope=ENVELOPES[envelope], features=features)
    reference = systems.zunger("Cd", "Se")(Q) * ENVELOPES[envelope](Q)[:, None]
    assert not np.any(form.network.apply(form.weights, Q))
    np.testing.assert_allclose(form(Q), reference, rtol=4e-15)  # fused, products round once
    assert np.abs(reference).max() > 1


STARTED = list(zip(ACTIVATIONS, [HE, XAVIER, HE, XAVIER, HE], strict=True))


@jax.jit
def with_slope(form, q):
    """v and dv/dq."""
    return jax.jvp(form, (q,), (jnp.ones_like(q),))


@pytest.mark.parametrize(("activation", "start"), STARTED, ids=ACTIVATIONS)
def test_random_weights_leave_v_even_and_decaying(activation, start):
    """v(−q) = v(q), v′(0) = 0, and |v| falls as exp(−q²/2σ²), for three draws."""
    net = {"activation": ACTIVATIONS[activation], "start": start, "last": XAVIER}
    for seed in range(3):
        form = fresh(seed, reference=False, **net)
        (v, slope), (mirrored, _) = with_slope(form, Q), with_slope(form, -Q)
        assert np.array_equal(v, mirrored)
        assert np.abs(v).max() > 1e-3 < np.abs(slope[1:]).max()
        assert np.abs(slope[0]).max() < 1e-14
        damping = np.exp(-(Q[:, None] ** 2) / 12.5), np.exp(-((Q[:, None] + 12) ** 2) / 12.5)
        far, _ = with_slope(form, Q + 12)
        assert np.all(np.abs(far) <= 3 * np.abs(v / damping[0]).max() * damping[1])


def test_the_bare_feature_is_not_even():
    """The test above can fail."""
    form = fresh(features=Bare(), last=XAVIER, reference=False)
    assert np.abs(np.asarray(form(Q) - form(-Q))).max() > 1e-2


def test_initializers_have_their_variances():
    """Var = 2/n_in (He), 2/(n_in + n_out) (Glorot and Bengio), 0."""
    wide = {}
    for start in STARTS:
        network = Network(RADIAL, (400,), 1, start=STARTS[start])
        form = systems.neural(network, Open(), None, jax.random.key(1))
        wide[start] = kernel(form, "Dense_0").std()
    n = len(np.arange(0, 6.25, 0.5))
    assert wide["zero"] == 0
    assert wide["he"] == pytest.approx((2 / n) ** 0.5, rel=0.05)
    assert wide["xavier"] == pytest.approx((2 / (n + 400)) ** 0.5, rel=0.05)


def test_the_output_depends_on_the_last_layer_and_the_key():
    one, other = (np.asarray(fresh(s, last=HE, reference=False)(Q)) for s in (1, 2))
    assert np.abs(one - other).max() > 1e-3
    assert np.array_equal(one, fresh(1, last=HE, reference=False)(Q))


def test_every_parameter_is_double_precision():
    leaves = jax.tree.leaves(fresh(last=XAVIER))
    assert len(leaves) == 6, "three layers; v⁰ is no parameter"
    assert {leaf.dtype for leaf in leaves} == {jnp.dtype("float64")}
    assert fresh()(Q).dtype == jnp.dtype("float64")


def test_species_share_all_layers_but_the_last():
    form = fresh(last=XAVIER, reference=False)
    assert [kernel(form, f"Dense_{i}").shape for i in range(3)] == [(13, 7), (7, 5), (5, 2)]
    slope = jax.jacobian(lambda w: type(form)(w, None, form.network, form.envelope)(Q))
    J = jax.jit(slope)(form.weights)["params"]
    shared, last = np.asarray(J["Dense_0"]["kernel"]), np.asarray(J["Dense_2"]["kernel"])
    assert np.all(np.abs(shared).max(axis=(0, 2, 3)) > 1e-3)
    assert np.all(last[:, 0, :, 1] == 0) and np.all(last[:, 1, :, 0] == 0)
    assert np.abs(last[:, 0, :, 0]).max() > 1e-3


def test_a_start_of_zeros_still_has_a_gradient():
    """Only the last layer has a gradient at first, then all layers."""
    form = fresh()

    @jax.jit
    @jax.grad
    def slope_of(weights):
        v = type(form)(weights, form.reference, form.network, form.envelope)(Q)
        return jnp.sum(v**2)

    slope = slope_of(form.weights)["params"]
    assert np.abs(slope["Dense_2"]["kernel"]).max() > 1e-3
    assert np.abs(slope["Dense_0"]["kernel"]).max() == 0
    moved = jax.tree.map(lambda w, g: w - 1e-4 * g, form.weights["params"], slope)
    assert np.abs(slope_of({"params": moved})["params"]["Dense_0"]["kernel"]).max() > 1e-3


@pytest.mark.parametrize("scale", [7.0, (2.0, -3.0)])
def test_the_scale_multiplies_the_output(scale):
    plain = np.asarray(fresh(last=XAVIER, reference=False)(Q))
    scaled = np.asarray(fresh(last=XAVIER, reference=False, scale=scale)(Q))
    assert np.allclose(scaled, plain * np.array(scale), rtol=1e-14, atol=0)


def test_envelopes_are_their_formulas():
    q = np.array([0.0, 1.0, 5.0, 8.0])
    found = {name: np.asarray(e(jnp.asarray(q))) for name, e in ENVELOPES.items()}
    assert found["gaussian"] == pytest.approx(np.exp(-(q**2) / 2 / 2.5**2))
    assert found["sigmoid"] == pytest.approx(1 - 1 / (1 + np.exp(-1.5 * (q - 5))))
    assert found["open"].tolist() == [1, 1, 1, 1]
    far = Sigmoid(1.5, 5.0)(jnp.array([1e4]))
    assert 0 <= float(far[0]) < 1e-300


def test_radial_features_are_pairs_of_gaussians():
    q = np.array([0.0, 0.3, 2.0])
    found = np.asarray(Radial(0.4, 0.5, 1.0)(jnp.asarray(q)))
    centres = np.array([0.0, 0.5, 1.0])
    both = sum(np.exp(-((q[:, None] + s * centres) ** 2) / 0.32) for s in (1, -1))
    assert found == pytest.approx(both)
