"""What a form says of itself, builds again, and hands to priors; strengths that act on v."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.errors import InputError, NnppError
from nnpp.potentials.interface import require_curve
from nnpp.potentials.neural import Gaussian, Network, Open, Radial
from nnpp.potentials.potential import Strengths
from nnpp.potentials.table import table
from nnpp.potentials.zunger import FORMULA
from nnpp.terms.fitted.long_range import long_range
from tests import systems

Q = jnp.linspace(0.0, 6.0, 25)
NETWORK = Network(Radial(0.4, 0.5, 2.0), (3,), 2, scale=(2.0, 3.0))


def network(reference=True):
    form = systems.zunger("Cd", "Se") if reference else None
    return systems.neural(NETWORK, Gaussian(2.5), form, jax.random.key(1))


FORMS = {
    "zunger": systems.zunger("Cd", "Se"),
    "table": table([{0.0: 1.0, 2.0: 5.0}, {2.0: -3.0, 1.0: 4.0}]),
    "network": network(),
    "network alone": network(reference=False),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_built_again_from_its_description(name):
    """The parameters are stored apart, and have the same shapes."""
    form = FORMS[name]
    again = type(form).from_description(form.describe(), 2)
    assert [x.shape for x in jax.tree.leaves(again)] == [x.shape for x in jax.tree.leaves(form)]
    full = jax.tree.unflatten(jax.tree.structure(again), jax.tree.leaves(form))
    assert np.array_equal(full(Q), form(Q))
    assert full.describe() == form.describe()


def test_a_function_without_a_name_cannot_be_described():
    other = systems.neural(
        Network(Radial(0.4, 0.5, 2.0), (3,), 2, activation=jnp.sin), Open(), None,
        jax.random.key(0),
    )  # fmt: skip
    with pytest.raises(NnppError, match="has no name, so that it cannot be written"):
        other.describe()


def test_rows_of_a_card():
    rows = {name: dict(form.rows()) for name, form in FORMS.items()}
    assert rows["zunger"] == {"v(q)": FORMULA}
    assert rows["table"] == {"v(q)": "a table of 3 lengths, zero at every other"}
    with_v0, alone = rows["network"], rows["network alone"]
    assert with_v0["v(q)"] == "(v⁰ + N) · envelope, N a network"
    assert alone["v(q)"] == "N · envelope, N a network without v⁰"
    assert (with_v0["v⁰(q)"], alone["v⁰(q)"]) == (f"{FORMULA}, fixed", "none")


def test_a_prior_is_zero_at_the_damped_form_of_a_network_and_at_a_form_itself():
    zunger = FORMS["zunger"]
    damped = np.asarray(zunger(Q)) * np.exp(-(np.asarray(Q) ** 2) / 12.5)[:, None]
    np.testing.assert_allclose(FORMS["network"].prior_reference()(Q), damped, rtol=1e-13)
    assert FORMS["network alone"].prior_reference() is None
    assert np.array_equal(zunger.prior_reference()(Q), zunger(Q))
    assert np.array_equal(FORMS["network"].reference_form()(Q), zunger(Q))
    assert zunger.reference_form() is None is FORMS["network alone"].reference_form()


def test_only_a_network_is_drawn_at_random():
    assert {name: form.is_random for name, form in FORMS.items()} == {
        "zunger": False, "table": False, "network": True, "network alone": True,
    }  # fmt: skip
    assert FORMS["zunger"].redraw(jax.random.key(0)) is None
    one, other = (FORMS["network"].redraw(jax.random.key(i)).weights for i in (1, 2))
    draws = [np.asarray(x["params"]["Dense_0"]["kernel"]) for x in (one, other)]
    assert np.abs(draws[0] - draws[1]).max() > 1e-3


def test_a_table_has_the_lengths_of_every_species_and_zero_where_one_lists_none():
    form = FORMS["table"]
    assert form.lengths == (0.0, 1.0, 2.0)
    assert form(jnp.array([0.0, 1.0, 2.0])).tolist() == [[1, 0], [0, 4], [5, -3]]
    require_curve(FORMS["zunger"], "a mass")
    with pytest.raises(InputError, match=r"a mass needs v\(q\) at lengths that a table"):
        require_curve(form, "a mass")


def test_factors_act_on_v_before_additions():
    """(v·(1 + s1 ε + s2 ε³)) + v_LR, the charges shifted so that the cell is neutral."""
    s, a4 = jnp.array([[0.3, 2.0], [-0.5, 7.0]]), jnp.array([0.4, -0.1])
    v, count = FORMS["zunger"](Q), jnp.array([1.0, 3.0])
    e = 0.2
    found = Strengths(charge=a4, strain=s).on_v(v, Q, jnp.asarray(e), count)
    factor = 1 + np.asarray(s) @ [e, e**3]
    charges = np.asarray(a4) - (0.4 - 3 * 0.1) / 4
    np.testing.assert_allclose(found, v * factor + long_range(Q, charges), rtol=1e-12)
    assert charges @ np.asarray(count) == pytest.approx(0, abs=1e-15)
