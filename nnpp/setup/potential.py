"""From what a fit.yaml says of a potential to the potential itself."""

from typing import TypeGuard

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.config.model_potential import ModelPotential
from nnpp.config.potential import (
    NeuralPotential,
    PotentialSpec,
    TablePotential,
    ZungerPotential,
)
from nnpp.formats.model import read_model
from nnpp.potentials.envelopes import Envelope, Gaussian, Open, Sigmoid
from nnpp.potentials.features import Bare, Features, Radial
from nnpp.potentials.neural import ACTIVATIONS, STARTS, Network, neural
from nnpp.potentials.potential import FormFactors, Potential
from nnpp.potentials.strengths import Strengths
from nnpp.potentials.table import Table
from nnpp.potentials.zunger import Zunger
from nnpp.terms.term import terms

Written = ZungerPotential | TablePotential | NeuralPotential
"""Potentials whose numbers stand in the fit itself."""


def start_of(spec: PotentialSpec) -> Potential:
    """The potential with the numbers it starts from."""
    if isinstance(spec, ModelPotential):
        return read_model(spec.file).potential
    return Potential(_local(spec), _strengths(spec), tuple(spec.elements))


def before_training(spec: PotentialSpec) -> Potential:
    """The start; for a network that knows nothing yet, the Zunger form it will be fitted to."""
    if to_learn_zunger(spec):
        return Potential(_zunger(spec), _strengths(spec), tuple(spec.elements))
    return start_of(spec)


def to_learn_zunger(spec: PotentialSpec) -> TypeGuard[NeuralPotential]:
    """Whether v is all network, and every element gives the form to begin with."""
    return (
        isinstance(spec, NeuralPotential)
        and spec.start == "zero"
        and all(element.local is not None for element in spec.elements.values())
    )


def _local(spec: Written) -> FormFactors:
    """v_s(q) of all elements."""
    match spec:
        case TablePotential():
            return _table(spec)
        case NeuralPotential():
            return _neural(spec)
        case ZungerPotential():
            return _zunger(spec)


def _zunger(spec: ZungerPotential | NeuralPotential) -> Zunger:
    """The forms that the elements give."""
    return Zunger(jnp.array([element.local for element in spec.elements.values()], float))


def _table(spec: TablePotential) -> Table:
    """One table for all elements, on the union of their lengths."""
    tables = [element.local for element in spec.elements.values()]
    q = sorted({x for table in tables for x in table.q})
    known = [dict(zip(table.q, table.v, strict=True)) for table in tables]
    return Table(tuple(q), jnp.array([[entry.get(x, 0.0) for entry in known] for x in q]))


def _neural(spec: NeuralPotential):
    """The network as first drawn, on Zunger's form or alone."""
    n = spec.network
    scale = tuple(n.scale[s] for s in spec.elements) if isinstance(n.scale, dict) else n.scale
    network = Network(
        features=_features(n.features),
        hidden=n.hidden,
        species=len(spec.elements),
        activation=ACTIVATIONS[n.activation],
        start=STARTS[n.initial],
        last=STARTS["zero" if n.last_layer == "zero" else n.initial],
        scale=scale,
    )
    reference = None if spec.start == "zero" else _zunger(spec)
    return neural(network, _envelope(spec.envelope), reference, jax.random.key(n.seed))


def _features(spec) -> Features:
    if spec.kind == "bare":
        return Bare()
    return Radial(spec.width, spec.spacing, spec.range)


def _envelope(spec) -> Envelope:
    if spec.kind == "gaussian":
        return Gaussian(spec.sigma)
    return Sigmoid(spec.rate, spec.center) if spec.kind == "sigmoid" else Open()


def _strengths(spec: Written) -> Strengths:
    """Each strength of every element, or None where no element has it."""
    found = {}
    for term in terms():
        given = [element.strength(term.name) for element in spec.elements.values()]
        if any(x is not None for x in given):
            without = np.zeros(term.shape)
            found[term.name] = jnp.asarray(
                np.array([without if x is None else x for x in given])
            )
    return Strengths(found)
