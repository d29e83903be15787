"""The current potential of a fit: trained, prepared, or as specified."""

from nnpp.config.inputs import Fit
from nnpp.files.tensors import STEM
from nnpp.formats.model import read_model
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import START, RunFolder, is_run
from nnpp.setup.potential import before_training


def potential_of(fit: Fit) -> Potential:
    """Return the trained potential of a run, else the prepared one, else that of the fit."""
    stem = _stem(fit)
    if stem is None:
        return before_training(fit.spec.potential)
    return read_model(fit.folder / f"{stem}.safetensors").potential


def start_of_run(fit: Fit) -> Potential | None:
    """Return the start of a trained run, or None."""
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
    return next((stem for stem in (STEM, START) if RunFolder(fit.folder).has(stem)), None)
