"""Numbers of a crystal at Γ that its states tell: as targets of a fit, and as a report."""

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

OF_VALENCE = ("heavy_hole_mass", "light_hole_mass", "gap_by_volume", "valence_by_volume")
CUBIC = ("(216)", "(227)")
"""Zinc blende and diamond: their valence edge at Γ is known to be Γ15, or Γ8."""


def at_gamma(case: Case) -> System:
    """The plane waves of a case at Γ."""
    return case.at(listed(case.crystal, np.zeros((1, 3))))


def quantity(case: Case, target: EnergyTarget | MassTarget) -> Quantity:
    """A target."""
    refuse_unknown(case, target.kind)
    measure = Measure(KINDS[target.kind], Edges(case.occupied, case.spinor))
    value, scale = target.value, np.sqrt(target.weight)
    if isinstance(target, MassTarget):
        value, scale = 1 / target.value, scale * target.value / HARTREE_EV
    name = f"{case.spec.name}: {target.kind}"
    return Quantity(at_gamma(case), jnp.asarray(value), jnp.asarray(scale), measure, name)


def refuse_unknown(case: Case, kind: str) -> None:
    """Refuse what has no meaning for a crystal."""
    if kind in OF_VALENCE and not any(n in space_group(case.crystal) for n in CUBIC):
        raise InputError(
            f"{kind} is known of zinc blende and diamond alone; this is "
            f"{space_group(case.crystal)}",
            "remove the target",
        )
    if kind.endswith("hole_mass") and not case.spinor:
        raise InputError(
            f"{kind} is that of Γ8, and no element has a spin-orbit strength",
            "add spin_orbit to an element, or remove the target",
        )
