"""Plane waves of the bands in a bands.h5, built again from its crystal and its provenance."""

import numpy as np
from jaxtyping import Float

from nnpp.basis.rules import RULES, Rule
from nnpp.errors import InputError, suggest
from nnpp.formats.bands_h5 import StoredBands
from nnpp.hamiltonian.bulk import System, system
from nnpp.structures.kpoints import KPoints, listed


def states_basis(stored: StoredBands) -> bool:
    """Return whether the file states its cutoff; bands of other programs do not."""
    return "cutoff_hartree" in stored.provenance


def stored_cutoff(stored: StoredBands) -> float:
    """Return the cutoff of the bands [hartree]."""
    return float(stored.provenance["cutoff_hartree"])


def stored_rule(stored: StoredBands) -> Rule:
    """Return the rule of the plane waves; files without one are `per-k`."""
    name = stored.provenance.get("plane_waves", "per-k")
    if name not in RULES:
        raise InputError(f"unknown plane waves {name!r:.40}", suggest(str(name), RULES))
    return RULES[name]


def stored_system(
    stored: StoredBands, fractional: Float[np.ndarray, "k 3"]
) -> tuple[KPoints, System]:
    """Return k-points of the crystal of a bands.h5, with the plane waves of its bands.

    Args:
        stored: the file, which must state its basis.
        fractional: fractional coordinates of the k-points.
    """
    kpoints = listed(stored.crystal, fractional)
    return kpoints, system(stored.crystal, kpoints, stored_cutoff(stored), stored_rule(stored))
