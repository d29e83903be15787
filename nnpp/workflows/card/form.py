"""The form of a potential, and how it was fitted, as its card tells them."""

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
from nnpp.formats.model_form import described
from nnpp.potentials.potential import Potential
from nnpp.potentials.strengths import Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.runs.folder import RunFolder

Row = tuple[str, str]

ZUNGER = "a0 (q² − a1)/(a2 e^(a3 q²) − 1)"

ZUNGER_HEADS = ("element", "a0/hartree·bohr⁵", "a1/bohr⁻²", "a2", "a3/bohr²")

ENVELOPES = {
    "gaussian": "e^(−q²/2σ²), σ = {sigma:g} bohr⁻¹",
    "sigmoid": "1 − 1/(1 + e^(−β(q − c))), β = {rate:g} bohr, c = {centre:g} bohr⁻¹",
    "none": "none: v(q) need not decay",
}


def terms_of(strengths: Strengths) -> tuple[str, ...]:
    """The terms that the potential has in addition to the local one, in words."""
    return tuple(term.words for term, _ in strengths.by_term())


def form_of(fit: Fit, model: Model) -> Table:
    """What the potential is made of."""
    return Table(("", ""), tuple(_form(fit, model)))


def _form(fit: Fit, model: Model) -> Iterator[Row]:
    """Its rows."""
    potential, parts = model.potential, fit.spec.potential.train
    said = described(potential.local)
    yield "elements", ", ".join(potential.species)
    yield from FORMS[said["kind"]](said["form"])
    yield "beside v(q)", ", ".join(terms_of(potential.strengths)) or "nothing"
    yield from _strengths(potential)
    yield "numbers", str(sum(x.size for x in jax.tree.leaves(potential)))
    trained = Parameters(potential, tuple(parts)).start().size
    yield "trained", f"{trained} of them: {', '.join(p.replace('_', '-') for p in parts)}"
    yield "SHA-256", f"`{sha256(read_bytes(model.path)).hexdigest()}` ({model.path.name})"


def _network(form: Mapping[str, Any]) -> Iterator[Row]:
    """A network under its envelope."""
    v0, features = form["reference"] is not None, form["features"]
    yield (
        "v(q)",
        f"{'(v⁰ + N)' if v0 else 'N'} · envelope, N a network"
        + ("" if v0 else " that stands alone"),
    )
    yield "v⁰(q)", f"{ZUNGER}, fixed" if v0 else "none"
    hidden = "-".join(map(str, form["hidden"]))
    yield "network", f"{form['activation']} {hidden}, one number out for each element"
    if features["kind"] == "radial":
        yield (
            "features",
            f"Gaussians in q, even: width {features['width']:g}, one every "
            f"{features['spacing']:g} up to {features['end']:g} bohr⁻¹",
        )
    else:
        yield "features", "q itself, not even: v(r) may have a cusp at the atom"
    envelope = dict(form["envelope"])
    yield "envelope", ENVELOPES[envelope.pop("kind")].format(**envelope)


def _zunger(form: Mapping[str, Any]) -> Iterator[Row]:
    """Zunger's form."""
    yield "v(q)", ZUNGER


def _table(form: Mapping[str, Any]) -> Iterator[Row]:
    """A table."""
    yield "v(q)", f"a table of {len(form['q'])} lengths, zero at every other"


FORMS = {"neural": _network, "zunger": _zunger, "table": _table}


def _strengths(potential: Potential) -> Iterator[Row]:
    """The numbers of every term in addition to v(q)."""
    for term, x in potential.strengths.by_term():
        rows = zip(potential.species, x.reshape(len(x), -1).tolist(), strict=True)
        numbers = "; ".join(f"{s} {', '.join(f'{v:.6g}' for v in row)}" for s, row in rows)
        yield term.words, numbers + ("" if term.unit == "1" else f" {term.unit}")


def zunger_of(potential: Potential) -> Table | None:
    """The parameters of v⁰, or of Zunger's form itself."""
    local = potential.local
    a = local.a.tolist() if isinstance(local, Zunger) else getattr(local, "reference", None)
    if a is None:
        return None
    each = zip(potential.species, a, strict=True)
    return Table(ZUNGER_HEADS, tuple((s, *(f"{x:.8g}" for x in row)) for s, row in each))


def made_of(fit: Fit, model: Model, about: Mapping[str, Any]) -> Table:
    """How it was fitted, and with what."""
    return Table(("", ""), tuple(_made(fit, model, about)))


def _made(fit: Fit, model: Model, about: Mapping[str, Any]) -> Iterator[Row]:
    """Its rows; what the run does not hold is said to be missing."""
    s, lines = fit.spec.fit, RunFolder(fit.folder).metrics()
    taken = f"{lines[-1]['step']} taken" if lines else "how many were taken is not told"
    eased = f", the first {s.eased} with levels weighed evenly" if s.eased else ""
    yield "method", f"{s.method}, at most {s.steps} steps{eased}; {taken}"
    yield "held out", f"{s.hold_out:g} of the k-points, seed {s.seed}"
    priors = {k: v for k, v in s.priors.model_dump().items() if v}
    yield "priors", ", ".join(f"{k} {v:g}" for k, v in priors.items()) or "none"
    loss = model.about.get("loss_ev2")
    yield "weighted loss", "not told" if loss is None else f"{loss:.4g} eV², priors included"
    held = lines[-1].get("holdout_ev2") if lines else None
    yield "held-out loss", "not told" if held is None else f"{held:.4g} eV²"
    versions = model.about.get("versions") or about.get("versions") or {}
    yield "versions", ", ".join(f"{k} {v}" for k, v in versions.items()) or "not told"
    devices = [str(d) for d in about.get("devices", [])]
    yield "devices", json.dumps(devices, ensure_ascii=False).strip("[]").replace('"', "")
    for note in fit.notes:
        yield "note", note
