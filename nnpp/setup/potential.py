"""The potential of a fit: with its first parameters, prepared, or trained."""

import jax.numpy as jnp
import numpy as np

from nnpp.config.elements import PotentialSection
from nnpp.config.inputs import Fit
from nnpp.files.tensors import STEM
from nnpp.formats.model import read_model
from nnpp.potentials.potential import Potential, Strengths
from nnpp.runs.folder import START, RunFolder, is_run
from nnpp.terms.term import terms


def start_of(spec: PotentialSection) -> Potential:
    """Return the potential with its first parameters."""
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
    """Return the potential that a network learns first, or else the first potential."""
    return first_form(spec) or start_of(spec)


def potential_of(fit: Fit) -> Potential:
    """Return the trained potential of a run, else the prepared one, else that of its fit."""
    stem = _stem(fit)
    if stem is None:
        return before_training(fit.spec.potential)
    return read_model(fit.folder / f"{stem}.safetensors").potential


def start_of_run(fit: Fit) -> Potential | None:
    """Return the potential that a trained run started from, or None."""
    if _stem(fit) != STEM or not RunFolder(fit.folder).has(START):
        return None
    return read_model(fit.folder / f"{START}.safetensors").potential


def untrained(fit: Fit) -> tuple[str, ...]:
    """Return a note if the network of a fit is not trained."""
    spec = fit.spec.potential
    if spec.starts_from is None or _stem(fit) == STEM:
        return ()
    return (f"the network is not trained: these are the bands of {spec.starts_from}",)


def _stem(fit: Fit) -> str | None:
    """Return the name of the most advanced model of a run, or None."""
    if not is_run(fit):
        return None
    run = RunFolder(fit.folder)
    return STEM if run.is_trained() else START if run.has(START) else None


def _strengths(spec: PotentialSection) -> Strengths:
    """Return each strength of every element; terms that no element has are absent."""
    arrays = {}
    for term in terms():
        given = [element.strength(term.name) for element in spec.by_element.values()]
        if any(x is not None for x in given):
            values = [np.zeros(term.shape) if x is None else x for x in given]
            arrays[term.name] = jnp.asarray(np.array(values))
    return Strengths(arrays)
