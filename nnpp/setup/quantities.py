"""Targets of a fit that states tell: masses, deformation potentials, couplings."""

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np

from nnpp.basis.rules import RULES, fixed_at_gamma
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
from nnpp.hamiltonian.bulk import System, system
from nnpp.observables.dielectric import Dielectric, Response
from nnpp.observables.edges import (
    Edges,
    Measure,
    conduction_by_volume,
    gap_by_volume,
    kane,
    valence_by_volume,
)
from nnpp.observables.masses import Masses, small_k
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
    "gap_by_volume": gap_by_volume,
    "conduction_by_volume": conduction_by_volume,
    "valence_by_volume": valence_by_volume,
}
"""What each kind of target at Γ measures."""

MASSES = ("electron_mass", "heavy_hole_mass", "light_hole_mass")

BY_VOLUME = (*(kind for kind in KINDS if kind.endswith("by_volume")), "stretched")
OF_VALENCE = (*(kind for kind in KINDS if kind != "conduction_by_volume"), *MASSES[1:])
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
    masses = [t for t in aims if isinstance(t, MassTarget)]
    if masses:
        yield _masses(case, masses)
    energies = [t for t in aims if isinstance(t, EnergyTarget)]
    yield from (_at_edge(case, t) for t in energies if t.kind in KINDS)
    yield from (_dielectric(case, t) for t in aims if isinstance(t, DielectricTarget))
    yield from stretched(case, [t for t in aims if isinstance(t, StretchTarget)])
    yield from coupled(case, [t for t in aims if isinstance(t, CouplingTarget)], start)


def _masses(case: Case, targets: list[MassTarget]) -> Quantity:
    """Return the inverse masses at Γ as targets; r = √w (m₀/m − 1) eV."""
    cubic = any(n in space_group(case.crystal) for n in ZINC_BLENDE_OR_DIAMOND)
    k = small_k(case.crystal, 1 if cubic else 3)
    rule = fixed_at_gamma(RULES[case.spec.plane_waves])
    m = np.array([target.value for target in targets])
    weight = np.array([target.weight for target in targets])
    kinds = tuple(target.kind for target in targets)
    return Quantity(
        system=system(case.crystal, listed(case.crystal, k), case.spec.cutoff, rule),
        value=jnp.asarray(1 / m),
        scale=jnp.asarray(np.sqrt(weight) * m / HARTREE_EV),
        measure=Masses(kinds, Edges(case.occupied, case.spinor)),
        name=f"{case.spec.name}: {', '.join(kinds)}",
    )


def _at_edge(case: Case, target: EnergyTarget) -> Quantity:
    """Return a number that states of the band edges determine, as a target."""
    measure = Measure(KINDS[target.kind], Edges(case.occupied, case.spinor))
    y, s = jnp.asarray(target.value)[None], jnp.sqrt(jnp.asarray(target.weight))[None]
    return Quantity(at_gamma(case), y, s, measure, f"{case.spec.name}: {target.kind}")


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
    elif kind not in (*KINDS, *MASSES, "dielectric"):
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
