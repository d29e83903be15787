"""Targets of a fit that states tell: masses, deformation potentials, couplings."""

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np

from nnpp.config.targets import (
    CouplingTarget,
    DielectricTarget,
    EnergyTarget,
    MassTarget,
    StretchTarget,
    Target,
)
from nnpp.errors import InputError
from nnpp.fitting.targets.quantity import Quantity
from nnpp.hamiltonian.bulk import System
from nnpp.observables.dielectric import Dielectric, Response
from nnpp.observables.edges import (
    Edges,
    Measure,
    conduction_by_volume,
    gap_by_volume,
    inverse_electron_mass,
    inverse_heavy_mass,
    inverse_light_mass,
    kane,
    valence_by_volume,
)
from nnpp.potentials.interface import require_curve
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.setup.tabulated_targets import (
    coupled,
    refuse_unknown_atom,
    refuse_unknown_band,
    stretched,
)
from nnpp.structures.kpoints import listed
from nnpp.structures.symmetry import mesh_off_gamma, space_group
from nnpp.units import HARTREE_EV

KINDS = {
    "kane_energy": kane,
    "electron_mass": inverse_electron_mass,
    "heavy_hole_mass": inverse_heavy_mass,
    "light_hole_mass": inverse_light_mass,
    "gap_by_volume": gap_by_volume,
    "conduction_by_volume": conduction_by_volume,
    "valence_by_volume": valence_by_volume,
}
"""What each kind of target measures; of masses their inverse."""

BY_VOLUME = (*(kind for kind in KINDS if kind.endswith("by_volume")), "stretched")
OF_VALENCE = tuple(
    kind for kind in KINDS if kind not in ("electron_mass", "conduction_by_volume")
)
ZINC_BLENDE_OR_DIAMOND = ("(216)", "(227)")
"""Their valence edge at Γ is known to be Γ15, or Γ8."""

LARGEST = 1500
"""Functions beyond which dense matrices and their derivatives take gigabytes and minutes."""


def at_gamma(case: Case) -> System:
    """The plane waves of a case at Γ."""
    return case.at(listed(case.crystal, np.zeros((1, 3))))


def quantities(case: Case, start: Potential) -> Iterator[Quantity]:
    """All such targets of a case; `start` tells which levels are multiplets."""
    aims = case.spec.targets
    one = [t for t in aims if isinstance(t, EnergyTarget | MassTarget)]
    yield from (_at_edge(case, t) for t in one if t.kind in KINDS)
    yield from (_dielectric(case, t) for t in aims if isinstance(t, DielectricTarget))
    yield from stretched(case, [t for t in aims if isinstance(t, StretchTarget)])
    yield from coupled(case, [t for t in aims if isinstance(t, CouplingTarget)], start)


def _at_edge(case: Case, target: EnergyTarget | MassTarget) -> Quantity:
    """What the states at the band edges tell."""
    measure = Measure(KINDS[target.kind], Edges(case.occupied, case.spinor))
    value, scale = target.value, np.sqrt(target.weight)
    if isinstance(target, MassTarget):
        value, scale = 1 / target.value, scale * target.value / HARTREE_EV
    name = f"{case.spec.name}: {target.kind}"
    y, s = jnp.asarray(value)[None], jnp.asarray(scale)[None]
    return Quantity(at_gamma(case), y, s, measure, name)


def _dielectric(case: Case, target: DielectricTarget) -> Quantity:
    """ε₁ or ε₂ over a mesh."""
    kpoints = mesh_off_gamma(case.crystal, target.mesh)
    edges = Edges(case.occupied, case.spinor)
    response = Response(target.energy, target.width, target.part == "imaginary")
    measure = Dielectric(edges, tuple(np.asarray(kpoints.weights).tolist()), response)
    y = jnp.asarray(target.value)[None]
    scale = jnp.sqrt(jnp.asarray(target.weight))[None] / HARTREE_EV
    what = target.place if target.energy else "dielectric"
    return Quantity(case.at(kpoints), y, scale, measure, f"{case.spec.name}: {what}")


def refuse_unknown(case: Case, potential: Potential, target: Target) -> None:
    """Refuse what has no meaning for a crystal and its potential, or would not end."""
    kind = target.kind
    if isinstance(target, CouplingTarget):
        refuse_unknown_atom(case, target)
    if isinstance(target, CouplingTarget | StretchTarget):
        refuse_unknown_band(case, target)
    elif kind not in (*KINDS, "dielectric"):
        return
    group = space_group(case.crystal)
    if kind in OF_VALENCE and not any(n in group for n in ZINC_BLENDE_OR_DIAMOND):
        raise InputError(
            f"{kind} is known of zinc blende and diamond alone; this is {group}",
            "remove the target",
        )
    if kind.endswith("hole_mass") and not case.spinor:
        raise InputError(
            f"{kind} is that of Γ8, and no element has a spin-orbit strength",
            "add spin_orbit to an element, or remove the target",
        )
    if kind in (*BY_VOLUME, "coupling"):
        require_curve(potential.local, kind)
    functions = case.n_plane_waves * (1 + case.spinor)
    if functions > LARGEST:
        raise InputError(
            f"{kind}: dense matrices of {functions} functions, {LARGEST} are the most",
            "lower the cutoff, or remove the target",
        )
