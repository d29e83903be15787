"""The potential of a card: its form, how it was fitted, and its limitations."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import jax
import numpy as np

from nnpp.config.inputs import Fit
from nnpp.files.text import read_bytes
from nnpp.fitting.parameters import Parameters
from nnpp.formats.card import Table
from nnpp.formats.ensemble import StoredEnsemble
from nnpp.formats.filter_codes import lost_terms
from nnpp.formats.model import Model
from nnpp.potentials.potential import Potential, Strengths
from nnpp.runs.folder import RunFolder
from nnpp.setup.compare import from_zero, reference_bands, weights_of
from nnpp.terms.term import terms
from nnpp.units import HARTREE_EV
from nnpp.workflows.card.systems import Evaluated
from nnpp.workflows.export.radial import decays_at, transformed

FAR = np.arange(12.0, 40.0, 0.05)
"""Distances from an atom at which v(r) should vanish [bohr]."""

Row = tuple[str, str]


def terms_of(strengths: Strengths) -> tuple[str, ...]:
    """Return the names of the terms in addition to the local one."""
    return tuple(term.words for term, _ in strengths.by_term())


def form_rows(fit: Fit, model: Model) -> Iterator[Row]:
    """Yield name and value of each property of the potential."""
    potential, parts = model.potential, fit.spec.potential.train
    yield "elements", ", ".join(potential.species)
    yield from potential.local.rows()
    yield "other terms", ", ".join(terms_of(potential.strengths)) or "none"
    for term, x in potential.strengths.by_term():
        each = zip(potential.species, x.reshape(len(x), -1).tolist(), strict=True)
        numbers = "; ".join(f"{s} {', '.join(f'{v:.6g}' for v in row)}" for s, row in each)
        yield term.words, numbers + ("" if term.unit == "1" else f" {term.unit}")
    yield "serves", served(potential)
    yield "parameters", str(sum(x.size for x in jax.tree.leaves(potential)))
    trained = Parameters(potential, tuple(parts)).start().size
    yield "trained", f"{trained} parameters: {', '.join(p.replace('_', '-') for p in parts)}"
    yield "SHA-256", f"`{sha256(read_bytes(model.path)).hexdigest()}` ({model.path.name})"


def served(potential: Potential) -> str:
    """Return the codes that give the levels of the potential."""
    if potential.local.lengths is not None:
        return "nnpp only: a table has no v(r) to export"
    lost = [f"no {term.words} term" for term in lost_terms(potential.strengths)]
    if lost:
        return f"nnpp only: filter-diagonalisation codes have {' and '.join(lost)}"
    return "nnpp, and filter-diagonalisation codes by `nnpp export`"


def reference_form(potential: Potential) -> Table | None:
    """Return the parameters of v⁰, or of Zunger's form itself."""
    found = (potential.local.reference_form() or potential.local).parameters()
    if found is None:
        return None
    heads, values = found
    each = zip(potential.species, values, strict=True)
    return Table(("element", *heads), tuple((s, *(f"{x:.8g}" for x in row)) for s, row in each))


def training_rows(fit: Fit, model: Model, about: Mapping[str, Any]) -> Iterator[Row]:
    """Yield how it was fitted, with which program versions; `about` is its run.yaml.

    A number that the run does not contain is printed as not recorded.
    """
    s, lines = fit.spec.fit, RunFolder(fit.folder).metrics()
    taken = f"{lines[-1]['step']} taken" if lines else "the number taken is not recorded"
    eased = f", the first {s.eased} with levels weighted evenly" if s.eased else ""
    yield "method", f"{s.method}, at most {s.steps} steps{eased}; {taken}"
    yield "held out", f"{s.hold_out:g} of the k-points, seed {s.seed}"
    priors = {k: v for k, v in s.priors.model_dump().items() if v}
    yield "priors", ", ".join(f"{k} {v:g}" for k, v in priors.items()) or "none"
    loss, held = model.about.get("loss_ev2"), lines[-1].get("holdout_ev2") if lines else None
    yield "weighted loss", "not recorded" if loss is None else f"{loss:.4g} eV², with priors"
    yield "held-out loss", "not recorded" if held is None else f"{held:.4g} eV²"
    versions = model.about.get("versions") or about.get("versions") or {}
    yield "versions", ", ".join(f"{k} {v}" for k, v in versions.items()) or "not recorded"
    devices = [str(d) for d in about.get("devices", [])]
    yield "devices", json.dumps(devices, ensure_ascii=False).strip("[]").replace('"', "")
    for note in fit.notes:
        yield "note", note


def limits(
    fit: Fit, potential: Potential, systems: list[Evaluated], ensemble: StoredEnsemble | None
) -> Iterator[str]:
    """Yield one or two sentences for each thing that was not fitted."""
    elements, names = ", ".join(potential.species), ", ".join(s.case.spec.name for s in systems)
    yield f"Elements other than {elements}; nnpp refuses them."
    yield f"Crystals other than {names}: no surface, defect, alloy or nanocrystal was fitted."
    yield " ".join(_strain(fit, systems))
    yield _levels(systems)
    yield "Total energies, forces and charge densities: the potential gives only levels."
    yield _lengths(potential)
    yield _spread(ensemble)


def _strain(fit: Fit, systems: list[Evaluated]) -> Iterator[str]:
    """Yield the dilations that were fitted, and whether factors for strain were trained."""
    of_atoms = [np.asarray(s.case.crystal.strains) for s in systems]
    dilations = sorted(np.round(np.concatenate(of_atoms), 6).tolist())
    if any(dilations):
        yield f"Strain beyond dilations of {dilations[0]:+.3g} to {dilations[-1]:+.3g}."
    else:
        yield "Strain of any kind: all crystals were unstrained."
    potential = fit.spec.potential
    for term in (t for t in terms() if t.factor is not None):
        if term.name in potential.train:
            yield f"Its {term.words} were trained."
        elif any(e.strength(term.name) is not None for e in potential.by_element.values()):
            yield f"Its {term.words} were given, not trained."
        else:
            yield f"It has no {term.words}."


def _levels(systems: list[Evaluated]) -> str:
    """Return a sentence on levels above those of the references or with zero weight."""
    unseen, known = 0, []
    for one in systems:
        bands = reference_bands(one.case)
        if bands is not None:
            weights = np.asarray(weights_of(one.case, from_zero(one.case, bands.E)))
            unseen += int((~(weights > 0)).sum())
            known.append(f"{bands.E.shape[1]} of {one.case.spec.name}")
    lowest = ", ".join(known) or "none of any system"
    return (
        f"Levels above the lowest ones ({lowest}, counted as in the reference), and k-points "
        f"that are not in a reference. {unseen or 'No'} levels of the references had zero "
        "weight."
    )


def _lengths(potential: Potential) -> str:
    """Return a sentence on other wave numbers, with the largest v(r) far from an atom."""
    if potential.local.lengths is not None:
        return "Wave numbers that are not in its table, where v(q) is zero; it has no v(r)."
    v_r = np.abs(transformed(potential.local, FAR, decays_at(potential.local))).max(axis=0)
    each = ", ".join(
        f"{x * HARTREE_EV:.2g} eV ({s})" for s, x in zip(potential.species, v_r, strict=True)
    )
    tailed = [term.words for term, _ in potential.strengths.by_term() if term.tail is not None]
    tail = f", without the tail of its {' and '.join(tailed)}" if tailed else ""
    return (
        "Wave numbers q between those of its crystals. More than "
        f"{FAR[0]:g} bohr from an atom |v(r)| should vanish; it is at most {each}{tail}."
    )


def _spread(ensemble: StoredEnsemble | None) -> str:
    """Return a sentence on the spread of an ensemble, or on its absence."""
    if ensemble is None:
        return "Differences between fits of the same data: no ensemble was trained."
    gaps = [
        f"{name} {gap['mean']:.4f} ± {gap['spread']:.2g} eV"
        for name, numbers in ensemble.about["systems"].items()
        if (gap := numbers["gap_ev"]) is not None
    ]
    return (
        "Other minima: all members of its ensemble start from this one. Gaps of the members, "
        f"mean ± spread: {', '.join(gaps) or 'none'}."
    )
