"""Units, errors and pytrees."""

import jax
import jax.numpy as jnp
import pytest
from jaxtyping import Array, Float
from scipy import constants

from nnpp import units
from nnpp.errors import InputError, suggest
from nnpp.pytree import pytree, static


def test_units_agree_with_those_of_scipy():
    """CODATA of any year agrees with 2018 to 1e-9."""
    hartree = constants.value("Hartree energy in eV")
    assert pytest.approx(hartree, rel=1e-9) == units.HARTREE_EV
    assert pytest.approx(constants.value("Bohr radius") * 1e10, rel=1e-9) == units.BOHR_ANGSTROM
    assert units.ENERGY["Ry"] / units.ENERGY["eV"] == pytest.approx(13.605693, rel=1e-7)
    assert units.ENERGY["eV"] == pytest.approx(1000 * units.ENERGY["meV"])
    assert units.LENGTH["nm"] == pytest.approx(10 * units.LENGTH["Å"])
    assert units.LENGTH["Å"] == pytest.approx(1 / 0.529177, rel=1e-6)


def test_an_error_tells_its_place_once():
    bare = InputError("the cutoff\n  is negative", "raise it")
    assert str(bare) == "the cutoff is negative; raise it"
    placed = bare.at("fit.yaml", 7)
    assert str(placed) == "fit.yaml:7: the cutoff is negative; raise it"
    assert str(placed.at("other.yaml", 9)) == str(placed)
    assert str(InputError("a", "b", path="x").at("y", 3)) == "x: a; b"


def test_the_nearest_word_is_offered_or_all_of_them():
    assert suggest("Gama", ["Γ", "GAMMA", "X"]) == "did you mean 'GAMMA'?"
    assert suggest("zzz", ["GAMMA", "X"]) == "known: GAMMA, X"


@pytree
class Pair:
    x: Float[Array, "..."]
    name: str = static()


def test_a_pytree_has_leaves_but_no_static_fields():
    pair = Pair(jnp.arange(3.0), "a")
    assert len(jax.tree.leaves(pair)) == 1
    doubled = jax.jit(lambda p: jax.tree.map(lambda x: 2 * x, p))(pair)
    assert (doubled.name, doubled.x.tolist()) == ("a", [0, 2, 4])
    assert jax.tree.structure(pair) != jax.tree.structure(Pair(pair.x, "b"))
    with pytest.raises(AttributeError):
        pair.name = "b"
