"""Import: the content of the fit.yaml that an import writes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnpp.formats.structures import covalent_radius
from nnpp.potentials.zunger import PUBLISHED, first_form
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import atomic_number, electrons, valence_electrons
from nnpp.structures.symmetry import space_group
from nnpp.terms.term import Codes, Term, terms
from nnpp.workflows.import_.convert import Imported
from nnpp.workflows.import_.options import CUTOFF, Request

ROUNDED = 1e-6
"""A dilation below this is rounding."""

EDGES = {None: 20.0, "filter": 40.0}
"""Weight of the band edges by the codes that the fit serves; without s waves they need more."""

FIT = {"steps": 60, "hold_out": 0.2, "priors": {"size": 1.0e-4, "curvature": 2.0e-5}}
"""Settings of a fit of imported bands; the priors are those of inputs/zb-CdSe."""

NETWORK = {
    "network": {"features": {"kind": "radial", "width": 0.3, "spacing": 0.25}},
    "envelope": {"kind": "gaussian", "sigma": 3.0},
}
"""Network of a fit of imported bands, as in inputs/III-V."""


def fit_content(found: Mapping[str, Imported], request: Request) -> dict[str, Any]:
    """Return the content of a fit.yaml for systems by name, with the default network."""
    first = _first_terms(next(iter(found.values())).bands.spinor, request.serves)
    programs = sorted({one.found.provenance.get("program", "a file") for one in found.values()})
    return {
        "title": f"{', '.join(found)}; bands from {', '.join(programs)}",
        "systems": [_system(name, found, request) for name in found],
        "potential": {
            "kind": "neural",
            **({"for": request.serves} if request.serves else {}),
            "elements": _elements(found, first),
            "train": ["local", *(term.name for term in first)],
            **NETWORK,
        },
        "fit": FIT,
    }


def _system(name: str, found: Mapping[str, Imported], request: Request) -> dict[str, Any]:
    """Return one system; its dilation is relative to the first system of that crystal."""
    one = found[name]
    kind = _kind(one.crystal)
    unstrained = next(x.crystal for x in found.values() if _kind(x.crystal) == kind)
    dilation = float(one.crystal.volume / unstrained.volume) - 1
    n, full, edge = one.bands.E.shape[1], one.bands.occupied, 2 if one.bands.spinor else 1
    at_edge = EDGES[request.serves]
    weights = [at_edge if full - edge <= i < full + edge else 1.0 for i in range(n)]
    w = one.found.weights
    return {
        "name": name,
        "structure": f"{name}.vasp",
        **({"dilation": dilation} if abs(dilation) > ROUNDED else {}),
        "cutoff": cutoff_text(request.cutoff or CUTOFF),
        # other codes have T = ½K²
        **({"plane_waves": "per-k"} if request.serves else {}),
        **({"electrons": request.electrons} if request.electrons else {}),
        "bands": n,
        "reference": f"{name}.h5",
        "zero": "vbm" if request.top is None else "absolute",
        "weights": {"bands": weights}
        | ({} if w is None else {"kpoints": w.astype(float).tolist()}),
    }


def cutoff_text(E: float) -> str:
    """Return a cutoff [hartree] with all its digits, and 7.0 as `7 hartree`."""
    return f"{repr(E).removesuffix('.0')} hartree"


def _kind(crystal: Crystal) -> tuple[list[str], str]:
    """Return what crystals have in common that differ by strain only."""
    return sorted(crystal.symbols), space_group(crystal)


def _elements(found: Mapping[str, Imported], first: list[Term]) -> dict[str, Any]:
    """Return every element with its initial parameters."""
    crystals = [one.crystal for one in found.values()]
    density = float(np.mean([electrons(c) / float(c.volume) for c in crystals]))
    elements = {}
    for symbol in dict.fromkeys(s for c in crystals for s in c.species):
        typical = first_form(valence_electrons(symbol), covalent_radius(symbol), density)
        form = [round(x, 8) for x in PUBLISHED.get(symbol, typical)]
        elements[symbol] = {"local": form, **_first_strengths(symbol, first)}
    return elements


def _first_terms(spinor: bool, serves: Codes | None) -> list[Term]:
    """Return the terms that a new fit starts with, those on spin last."""
    known = [t for t in terms() if t.first is not None and (spinor or not t.acts_on_spin)]
    served = [t for t in known if serves is None or t.in_export]
    return sorted(served, key=lambda term: term.acts_on_spin)


def _first_strengths(symbol: str, first: list[Term]) -> dict[str, Any]:
    """Return the initial strengths of an element, by the name of the term."""
    found = {}
    for term in first:
        assert term.first is not None, "_first_terms selects these"
        strengths = term.first(atomic_number(symbol))
        found[term.name] = list(strengths) if term.shape else strengths[0]
    return found
