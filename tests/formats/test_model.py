"""Stored potentials are read without any change, or refused."""

import json
from hashlib import sha256

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load

from nnpp.errors import InputError, NnppError
from nnpp.formats.model import read_model, write_model
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
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from tests import systems
from tests.systems import POTENTIALS

ABOUT = {"fit": "zb-CdSe", "loss_ev2": 0.1, "systems": [{"name": "zb", "cutoff_hartree": 3.0}]}

ENVELOPES = {"gaussian": Gaussian(2.5), "sigmoid": Sigmoid(1.5, 5.0), "none": Open()}
FEATURES = {"bare": Bare(), "radial": Radial(0.3, 0.25, 4.0)}


def of_network(features=FEATURES["radial"], envelope=ENVELOPES["gaussian"], **options):
    """A network alone, with weights that are not zero."""
    network = Network(features, (5, 3), 2, last=STARTS["xavier"], **options)
    local = systems.neural(network, envelope, None, jax.random.key(7))
    return Potential(local, Strengths(), ("Cd", "Se"))


MADE = POTENTIALS | {
    **{name: lambda f=f: of_network(features=f) for name, f in FEATURES.items()},
    **{name: lambda e=e: of_network(envelope=e) for name, e in ENVELOPES.items()},
    **{f"{a} layers": lambda a=a: of_network(activation=ACTIVATIONS[a]) for a in ACTIVATIONS},
    "scales": lambda: of_network(scale=(0.3, 7.0), start=STARTS["xavier"]),
    "CsPbI3": systems.cspbi3,
}
"""Potentials of every kind, feature, envelope and activation."""


def leaves(potential):
    """Every number, as bytes."""
    return [
        (x.shape, np.asarray(x).dtype, np.asarray(x).tobytes())
        for x in jax.tree.leaves(potential)
    ]


def same(a, b):
    """The same form, and the same numbers to the bit."""
    return jax.tree.structure(a) == jax.tree.structure(b) and leaves(a) == leaves(b)


@pytest.fixture
def written(tmp_path):
    """A run with a model, and the two files of the model."""
    return tmp_path / "run", *write_model(
        tmp_path / "run/potential", systems.everything(), ABOUT
    )


@pytest.mark.parametrize("name", MADE)
def test_a_potential_is_read_without_any_change(name, tmp_path):
    potential = MADE[name]()
    arrays, copy = write_model(tmp_path / "potential", potential, ABOUT)
    for path in (tmp_path, arrays, copy, tmp_path / "potential"):
        model = read_model(path)
        assert same(model.potential, potential)
        assert (model.about, model.path) == (ABOUT, arrays)


def test_numbers_at_the_edge_of_double_precision(tmp_path):
    a = np.array(
        [[5e-324, -0.0, 1.7976931348623157e308, 0.1], [1 / 3, -1e-300, np.pi, 2**-1074]]
    )
    potential = Potential(Zunger(jnp.asarray(a)), Strengths(), ("Cd", "Se"))
    write_model(tmp_path / "potential", potential, {})
    (found,) = jax.tree.leaves(read_model(tmp_path).potential)
    assert np.asarray(found).tobytes() == a.tobytes()


def test_names_units_and_the_hash_of_the_other_file(written):
    _, arrays, copy = written
    said = json.loads(copy.read_text(encoding="utf-8"))
    assert said["safetensors_sha256"] == sha256(arrays.read_bytes()).hexdigest()
    assert (said["format"], said["version"], said["kind"]) == ("nnpp potential", 1, "neural")
    assert said["arrays"]["strengths/spin_orbit"] == {"shape": [2], "unit": "hartree"}
    stored = load(arrays.read_bytes())
    assert stored.keys() == said["arrays"].keys()
    assert "local/weights/params/Dense_0/kernel" in stored
    assert all(x.dtype == np.float64 for x in stored.values())
    assert said["form"]["reference"][0] == list(systems.ZUNGER["Cd"])


def test_the_same_potential_gives_the_same_bytes(tmp_path):
    first, second = (write_model(tmp_path / n, systems.everything(), ABOUT) for n in "ab")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_about_may_be_any_json(tmp_path):
    about = {"Γ": (1, 2), 10: {"x": None}, 9: [True, 1e-300], "text": "\ud7ff ß 🜁"}
    write_model(tmp_path / "potential", systems.cdse(), about)
    assert read_model(tmp_path).about == json.loads(json.dumps(about))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_no_infinite_number_is_written(bad, tmp_path):
    potential = systems.everything()
    strengths = potential.strengths
    worse = jax.tree.map(lambda x: x.at[0].set(bad), strengths["charge"])
    spoilt = Strengths({**strengths, "charge": worse})
    with pytest.raises(InputError, match="strengths/charge holds a number that is not finite"):
        write_model(
            tmp_path / "potential", Potential(potential.local, spoilt, potential.species), {}
        )
    with pytest.raises(InputError, match="not finite"):
        write_model(tmp_path / "potential", systems.cdse(), {"loss_ev2": bad})
    assert not list(tmp_path.iterdir())


def test_a_function_without_a_name_is_not_written(tmp_path):
    with pytest.raises(NnppError, match="has no name"):
        write_model(tmp_path / "potential", of_network(activation=jnp.sin), {})
    assert not list(tmp_path.iterdir())
