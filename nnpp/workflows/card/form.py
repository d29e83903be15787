"""The form of a potential, and how it was fitted, for its card."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import jax

from nnpp.config.inputs import Fit
from nnpp.files.text import read_bytes
from nnpp.fitting.parameters import Parameters
from nnpp.formats.card import Table
from nnpp.formats.model import Model
from nnpp.potentials.potential import Potential
from nnpp.potentials.strengths import Strengths
from nnpp.runs.folder import RunFolder

Row = tuple[str, str]


def terms_of(strengths: Strengths) -> tuple[str, ...]:
    """Return the names of the terms in addition to the local one."""
    return tuple(term.words for term, _ in strengths.by_term())


def form_of(fit: Fit, model: Model) -> Table:
    """Return the description of the potential, row by row."""
    return Table(("", ""), tuple(_form(fit, model)))


def _form(fit: Fit, model: Model) -> Iterator[Row]:
    potential, parts = model.potential, fit.spec.potential.train
    yield "elements", ", ".join(potential.species)
    yield from potential.local.rows()
    yield "beside v(q)", ", ".join(terms_of(potential.strengths)) or "nothing"
    yield from _strengths(potential)
    yield "numbers", str(sum(x.size for x in jax.tree.leaves(potential)))
    trained = Parameters(potential, tuple(parts)).start().size
    yield "trained", f"{trained} of them: {', '.join(p.replace('_', '-') for p in parts)}"
    yield "SHA-256", f"`{sha256(read_bytes(model.path)).hexdigest()}` ({model.path.name})"


def _strengths(potential: Potential) -> Iterator[Row]:
    """Yield the strengths of every term in addition to v(q)."""
    for term, x in potential.strengths.by_term():
        rows = zip(potential.species, x.reshape(len(x), -1).tolist(), strict=True)
        numbers = "; ".join(f"{s} {', '.join(f'{v:.6g}' for v in row)}" for s, row in rows)
        yield term.words, numbers + ("" if term.unit == "1" else f" {term.unit}")


def zunger_of(potential: Potential) -> Table | None:
    """Return the parameters of v⁰, or of Zunger's form itself."""
    found = (potential.local.reference_form() or potential.local).parameters()
    if found is None:
        return None
    heads, values = found
    each = zip(potential.species, values, strict=True)
    rows = tuple((s, *(f"{x:.8g}" for x in row)) for s, row in each)
    return Table(("element", *heads), rows)


def made_of(fit: Fit, model: Model, about: Mapping[str, Any]) -> Table:
    """Return how it was fitted, and with which program versions."""
    return Table(("", ""), tuple(_made(fit, model, about)))


def _made(fit: Fit, model: Model, about: Mapping[str, Any]) -> Iterator[Row]:
    # A number that the run does not contain is named as not recorded.
    s, lines = fit.spec.fit, RunFolder(fit.folder).metrics()
    taken = f"{lines[-1]['step']} taken" if lines else "how many were taken is not recorded"
    eased = f", the first {s.eased} with levels weighted evenly" if s.eased else ""
    yield "method", f"{s.method}, at most {s.steps} steps{eased}; {taken}"
    yield "held out", f"{s.hold_out:g} of the k-points, seed {s.seed}"
    priors = {k: v for k, v in s.priors.model_dump().items() if v}
    yield "priors", ", ".join(f"{k} {v:g}" for k, v in priors.items()) or "none"
    loss = model.about.get("loss_ev2")
    yield (
        "weighted loss",
        "not recorded" if loss is None else f"{loss:.4g} eV², priors included",
    )
    held = lines[-1].get("holdout_ev2") if lines else None
    yield "held-out loss", "not recorded" if held is None else f"{held:.4g} eV²"
    versions = model.about.get("versions") or about.get("versions") or {}
    yield "versions", ", ".join(f"{k} {v}" for k, v in versions.items()) or "not recorded"
    devices = [str(d) for d in about.get("devices", [])]
    yield "devices", json.dumps(devices, ensure_ascii=False).strip("[]").replace('"', "")
    for note in fit.notes:
        yield "note", note
