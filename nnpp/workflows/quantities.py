"""Targets of a fit that the states at Γ tell: masses and deformation potentials."""

import jax.numpy as jnp
import numpy as np

from nnpp.crystal.kpoints import listed
from nnpp.crystal.symmetry import space_group
from nnpp.errors import InputError
from nnpp.fitting.targets.quantity import Quantity
from nnpp.hamiltonian import System
from nnpp.io.schema.targets import EnergyTarget, MassTarget
from nnpp.observables.edges import (
    Edges,
    Measure,
    conduction_by_volume,
    gap_by_volume,
    inverse_electron_mass,
    inverse_heavy_mass,
    inverse_light_mass,
    valence_by_volume,
)
from nnpp.potentials.potential import Potential
from nnpp.potentials.table import Table
from nnpp.units import HARTREE_EV
from nnpp.workflows.cases import Case

KINDS = {
    "electron_mass": inverse_electron_mass,
    "heavy_hole_mass": inverse_heavy_mass,
    "light_hole_mass": inverse_light_mass,
    "gap_by_volume": gap_by_volume,
    "conduction_by_volume": conduction_by_volume,
    "valence_by_volume": valence_by_volume,
}
"""What each kind of target measures; of masses their inverse."""

BY_VOLUME = tuple(kind for kind in KINDS if kind.endswith("by_volume"))
OF_VALENCE = ("heavy_hole_mass", "light_hole_mass", "gap_by_volume", "valence_by_volume")
ZINC_BLENDE_OR_DIAMOND = ("(216)", "(227)")
"""Their valence edge at Γ is known to be Γ15, or Γ8."""

LARGEST = 1500
"""Functions beyond which dense matrices and their derivatives take gigabytes and minutes."""


def at_gamma(case: Case) -> System:
    """The plane waves of a case at Γ."""
    return case.at(listed(case.crystal, np.zeros((1, 3))))


def quantity(case: Case, target: EnergyTarget | MassTarget) -> Quantity:
    """A target."""
    measure = Measure(KINDS[target.kind], Edges(case.occupied, case.spinor))
    value, scale = target.value, np.sqrt(target.weight)
    if isinstance(target, MassTarget):
        value, scale = 1 / target.value, scale * target.value / HARTREE_EV
    name = f"{case.spec.name}: {target.kind}"
    return Quantity(at_gamma(case), jnp.asarray(value), jnp.asarray(scale), measure, name)


def refuse_unknown(case: Case, potential: Potential, kind: str) -> None:
    """Refuse what has no meaning for a crystal and its potential, or would not end."""
    if kind not in KINDS:
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
    if kind in BY_VOLUME and isinstance(potential.local, Table):
        raise InputError(
            f"{kind}: a table knows v(q) at its lengths alone, and a strain changes them",
            "use a form or a network, or remove the target",
        )
    functions = case.n_plane_waves * (1 + case.spinor)
    if functions > LARGEST:
        raise InputError(
            f"{kind}: dense matrices of {functions} functions, {LARGEST} are the most",
            "lower the cutoff, or remove the target",
        )
