"""The form of v_s(q) as JSON knows it: kind, and every number and name that is no parameter."""

from dataclasses import asdict
from typing import Any

import jax
import jax.numpy as jnp

from nnpp.errors import NnppError
from nnpp.potentials.envelopes import Gaussian, Open, Sigmoid
from nnpp.potentials.features import Bare, Radial
from nnpp.potentials.neural import ACTIVATIONS, STARTS, Network, Neural
from nnpp.potentials.potential import FormFactors
from nnpp.potentials.table import Table
from nnpp.potentials.zunger import Zunger

FEATURES = {"bare": Bare, "radial": Radial}
ENVELOPES = {"gaussian": Gaussian, "sigmoid": Sigmoid, "none": Open}


def described(local: FormFactors) -> dict[str, Any]:
    """Kind and form of v_s(q)."""
    match local:
        case Zunger():
            return {"kind": "zunger", "form": {}}
        case Table():
            return {"kind": "table", "form": {"q": list(local.q)}}
        case Neural():
            return {"kind": "neural", "form": _of_network(local)}
    raise NnppError(f"a form factor of type {type(local).__name__} cannot be written")


def made(description: dict[str, Any], species: int) -> FormFactors:
    """The form that is described, all its parameters zero."""
    form = description["form"]
    match description["kind"]:
        case "zunger":
            return Zunger(jnp.zeros((species, 4)))
        case "table":
            q = tuple(float(x) for x in form["q"])
            return Table(q, jnp.zeros((len(q), species)))
        case "neural":
            return _network(form, species)
    raise ValueError(f"kind {description['kind']!s:.20}")


def _of_network(local: Neural) -> dict[str, Any]:
    """What a network is beside its weights."""
    n = local.network
    return {
        "features": _spelt(FEATURES, n.features),
        "hidden": list(n.hidden),
        "activation": _name(ACTIVATIONS, n.activation),
        "start": _name(STARTS, n.start),
        "last": _name(STARTS, n.last),
        "scale": list(n.scale) if isinstance(n.scale, tuple) else n.scale,
        "envelope": _spelt(ENVELOPES, local.envelope),
        "reference": None if local.reference is None else [list(a) for a in local.reference],
    }


def _network(form: dict[str, Any], species: int) -> Neural:
    """A network of this form, its weights as first drawn."""
    scale, reference = form["scale"], form["reference"]
    network = Network(
        features=_made(FEATURES, form["features"]),
        hidden=tuple(form["hidden"]),
        species=species,
        activation=ACTIVATIONS[form["activation"]],
        start=STARTS[form["start"]],
        last=STARTS[form["last"]],
        scale=tuple(scale) if isinstance(scale, list) else scale,
    )
    weights = network.init(jax.random.key(0), jnp.zeros(1))
    fixed = None if reference is None else tuple(tuple(a) for a in reference)
    return Neural(weights, fixed, network, _made(ENVELOPES, form["envelope"]))


def _name(table: dict[str, Any], function: Any) -> str:
    """The name of a function in its table."""
    for name, known in table.items():
        if known is function:
            return name
    raise NnppError(f"{function!r:.60} has no name, so that it cannot be written")


def _spelt(table: dict[str, Any], thing: Any) -> dict[str, Any]:
    """Kind and numbers of one of the classes in a table."""
    return {"kind": _name(table, type(thing)), **asdict(thing)}


def _made(table: dict[str, Any], spelt: dict[str, Any]) -> Any:
    """What was spelt so."""
    return table[spelt["kind"]](**{k: v for k, v in spelt.items() if k != "kind"})
