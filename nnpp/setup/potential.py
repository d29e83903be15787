"""From the potential section of a fit.yaml to the potential it describes."""

import jax.numpy as jnp
import numpy as np

from nnpp.config.elements import PotentialSection
from nnpp.formats.model import read_model
from nnpp.potentials.potential import Potential, Strengths
from nnpp.terms.term import terms


def start_of(spec: PotentialSection) -> Potential:
    """Return the potential with the numbers it starts from."""
    if spec.stored is not None:
        return read_model(spec.stored).potential
    return Potential(spec.form(), _strengths(spec), tuple(spec.by_element))


def first_form(spec: PotentialSection) -> Potential | None:
    """Return the potential that a network without v⁰ learns before training, if any."""
    form = spec.first_form()
    if form is None:
        return None
    return Potential(form, _strengths(spec), tuple(spec.by_element))


def before_training(spec: PotentialSection) -> Potential:
    """Return the form that is to be learned first, or else the start."""
    return first_form(spec) or start_of(spec)


def _strengths(spec: PotentialSection) -> Strengths:
    """Return each strength of every element; terms that no element has are absent."""
    found = {}
    for term in terms():
        given = [element.strength(term.name) for element in spec.by_element.values()]
        if any(x is not None for x in given):
            numbers = [np.zeros(term.shape) if x is None else x for x in given]
            found[term.name] = jnp.asarray(np.array(numbers))
    return Strengths(found)
