"""What a potential was never shown, as its card tells it."""

from collections.abc import Iterator

import numpy as np

from nnpp.config.inputs import Fit
from nnpp.formats.ensemble import StoredEnsemble
from nnpp.potentials.potential import Potential
from nnpp.setup.compare import from_zero, reference_bands, weights_of
from nnpp.units import HARTREE_EV
from nnpp.workflows.card.systems import Evaluated
from nnpp.workflows.export import decays_at, transformed

FAR = np.arange(12.0, 40.0, 0.05)
"""Where v(r) of an atom should be at rest [bohr]."""


def limits(
    fit: Fit, potential: Potential, systems: list[Evaluated], ensemble: StoredEnsemble | None
) -> Iterator[str]:
    """One sentence or two for each thing that was not fitted."""
    elements, names = ", ".join(potential.species), ", ".join(s.case.spec.name for s in systems)
    yield f"Elements other than {elements}: nnpp refuses them."
    yield (
        f"Crystals other than {names}: no surface, defect, alloy or nanocrystal was in the fit."
    )
    yield _strain(fit, systems)
    yield _levels(systems)
    yield "Total energies, forces and charge densities: there are none, only levels."
    yield from _ripple(potential)
    yield _spread(ensemble)


def _strain(fit: Fit, systems: list[Evaluated]) -> str:
    """Changes of volume that were in the fit, and whether strain factors were trained."""
    of_atoms = [np.asarray(s.case.crystal.strains) for s in systems]
    dilations = sorted(np.round(np.concatenate(of_atoms), 6).tolist())
    seen = f"beyond dilations of {dilations[0]:+.3g} to {dilations[-1]:+.3g}"
    if not any(dilations):
        seen = "of any kind: all crystals were at rest"
    factors = [e.strength("strain") is not None for e in fit.spec.potential.by_element.values()]
    if "strain" in fit.spec.potential.train:
        return f"Strain {seen}. Its strain factors were trained."
    if any(factors):
        return f"Strain {seen}. Its strain factors were given, not trained."
    return f"Strain {seen}. It has no strain factors."


def _levels(systems: list[Evaluated]) -> str:
    """Levels beyond those of the references, and those that weighed nothing."""
    unseen, some = 0, []
    for one in systems:
        bands = reference_bands(one.case)
        if bands is None:
            continue
        weighs = np.asarray(weights_of(one.case, from_zero(one.case, bands.E)) > 0)
        unseen += int((~weighs).sum())
        some.append(f"{bands.E.shape[1]} of {one.case.spec.name}")
    count = f"{unseen} levels of the references" if unseen else "no level of the references"
    lowest = ", ".join(some) or "none of any system"
    return (
        f"Levels above the lowest ones ({lowest}, counted as the reference does), and k-points "
        f"that are not in a reference; {count} weighed zero."
    )


def _ripple(potential: Potential) -> Iterator[str]:
    """How much of v(r) is left far from an atom."""
    if potential.local.lengths is not None:
        yield "Lengths other than those of its table, where v(q) is zero: it has no v(r)."
        return
    v_r = np.abs(transformed(potential.local, FAR, decays_at(potential.local))).max(axis=0)
    each = ", ".join(
        f"{x * HARTREE_EV:.2g} eV ({s})" for s, x in zip(potential.species, v_r, strict=True)
    )
    tailed = [term.words for term, _ in potential.strengths.by_term() if term.tail is not None]
    tail = f", without the tail of its {' and '.join(tailed)}" if tailed else ""
    yield (
        f"Lengths q between those of its crystals: beyond {FAR[0]:g} bohr of an atom, |v(r)| "
        f"should vanish and reaches {each}{tail}."
    )


def _spread(ensemble: StoredEnsemble | None) -> str:
    """What an ensemble tells of it, if there is one."""
    if ensemble is None:
        return (
            "How far another fit of the same data would differ: no ensemble of it was trained."
        )
    gaps = [
        f"{name} {gap['mean']:.4f} ± {gap['spread']:.2g} eV"
        for name, told in ensemble.about["systems"].items()
        if (gap := told["gap_ev"]) is not None
    ]
    return (
        "Other minima: the members of its ensemble start from this one. Gaps of the members, "
        f"mean and spread: {', '.join(gaps) or 'none'}."
    )
