"""What cannot be solved is refused before anything is computed or written, with its line."""

import jax
import numpy as np

from nnpp.config.inputs import Fit
from nnpp.config.quantity import MAX_HARTREE
from nnpp.devices.parallel import device_memory, on_processors
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.memory import Memory, of_process
from nnpp.potentials.potential import Potential
from nnpp.potentials.table import Table
from nnpp.setup.cases import Case
from nnpp.setup.quantities import refuse_unknown
from nnpp.units import HARTREE_EV

MOST_PLANE_WAVES = 200_000
"""A system of more is not built: one solution would take longer than an hour."""

MOST_ROWS = 1e7
"""Plane waves of all k-points together: about 1 GB with what building them takes."""


def refuse(fit: Fit, i: int, case: Case, potential: Potential) -> None:
    """Raise for whatever cannot be solved of system `i`."""
    _refuse_unreached_zero(fit, i, case)
    _refuse_huge_basis(fit, i, case)
    with fit.spec.origin.error_context("systems", i, "cutoff"):
        _refuse_too_many_bands(fit, i, case)
        _refuse_too_much_memory(fit, i, case, potential)
        _refuse_lost_table_entries(fit, case, potential)
        _refuse_infinite_form_factors(fit, case, potential)
    for j, target in enumerate(case.spec.targets):
        with fit.spec.origin.error_context("systems", i, "targets", j):
            refuse_unknown(case, potential, target)


def _refuse_huge_basis(fit: Fit, i: int, case: Case) -> None:
    """A cutoff in another unit than was meant asks for a matrix that no memory holds.

    N ≈ Ω K³/6π², K²/2 = cutoff: the plane waves in a sphere.
    """
    K = (2 * case.spec.cutoff) ** 0.5
    waves = float(case.crystal.volume) * K**3 / (6 * np.pi**2)
    if waves > MOST_PLANE_WAVES:
        raise fit.spec.origin.error(
            f"{case.spec.name}: about {waves:.0e} plane waves are too many",
            _lower_cutoff(case),
            *("systems", i, "cutoff"),
        )
    if waves * len(case.kpoints) > MOST_ROWS:
        raise fit.spec.origin.error(
            f"{case.spec.name}: {len(case.kpoints)} k-points of about {waves:.0f} plane waves "
            "do not fit into memory",
            "ask for fewer k-points or a lower cutoff",
            *("systems", i, "kpoints"),
        )


def _refuse_too_much_memory(fit: Fit, i: int, case: Case, potential: Potential) -> None:
    """Sooner than the system would, and in clearer words."""
    wanted, there = memory_of(case, potential), device_memory()
    if there is None or wanted.whole() <= there:
        return
    helps = on_processors() and wanted.whole(at_once=1) <= there
    one = "set JAX_NUM_CPU_DEVICES=1 (one k-point at a time), " if helps else ""
    raise fit.spec.origin.error(
        f"{case.spec.name}: about {wanted.whole() / 1e9:.1f} GB of memory are needed, of "
        f"{there / 1e9:.1f}",
        f"{one}{_lower_cutoff(case)} or request fewer bands",
        *("systems", i, "cutoff"),
    )


def _lower_cutoff(case: Case) -> str:
    """The remedy for a basis that is too large; a large number may be meant in eV."""
    cutoff = case.spec.cutoff
    if cutoff <= MAX_HARTREE:
        return "lower the cutoff"
    meant = f"{cutoff:g} eV are {cutoff / HARTREE_EV:.4g} hartree"
    return f"lower the cutoff of {cutoff:g} hartree and check its unit ({meant})"


def memory_of(case: Case, potential: Potential) -> Memory:
    """What it takes to solve one system."""
    numbers = jax.eval_shape(at_shells, potential, case.system)
    return of_process(numbers, case.system, case.n_levels, case.solve)


def _refuse_too_many_bands(fit: Fit, i: int, case: Case) -> None:
    """More levels than plane waves and spins cannot be asked for."""
    room = case.system.room(case.spinor)
    if case.n_levels > room:
        raise fit.spec.origin.error(
            f"{case.spec.name}: {case.n_levels} bands do not fit into {room} plane waves"
            + (" and spins" if case.spinor else ""),
            "raise the cutoff or ask for fewer bands",
            *("systems", i, "bands"),
        )


def _refuse_unreached_zero(fit: Fit, i: int, case: Case) -> None:
    """A reference that ends below the valence top has no energy zero there."""
    if case.reference is None or case.spec.zero != "vbm":
        return
    bands = case.reference.E.shape[1]
    if bands < case.occupied_in_reference:
        raise fit.spec.origin.error(
            f"{bands} reference bands do not reach the valence top, "
            f"band {case.occupied_in_reference}",
            "use `zero: absolute`, or give more bands",
            *("systems", i, "zero"),
        )


def _refuse_lost_table_entries(fit: Fit, case: Case, potential: Potential) -> None:
    """A table known only at lengths that a crystal does not have would act as no potential."""
    system = case.system
    if not isinstance(potential.local, Table):
        return
    lost = potential.local.unmet(system.q)
    columns = np.asarray(potential.columns(system.species))
    values = np.asarray(potential.local.v)[:, columns]
    rows = zip(potential.local.q, values, strict=True)
    unseen = [q for q, row in rows if q in lost and np.any(row)]
    if unseen:
        raise fit.spec.origin.error(
            f"{case.spec.name}: no |G−G′| of this crystal is {unseen[0]:.6f} bohr⁻¹, "
            "so that entry of the table would be lost",
            "list v at 2π/a·√n for the lattice constant of this crystal",
            *("potential", "elements"),
        )


def _refuse_infinite_form_factors(fit: Fit, case: Case, potential: Potential) -> None:
    """A form factor that is infinite or no number at a length that the crystal has."""
    v, q = (np.asarray(x) for x in (at_shells(potential, case.system).v, case.system.q))
    for element, of_shells in zip(case.system.species, v.T, strict=True):
        if not np.isfinite(of_shells).all():
            worst = q[~np.isfinite(of_shells)][0]
            raise fit.spec.origin.error(
                f"v(q) of {element} is not finite at q = {worst:.4f} bohr⁻¹, which "
                f"{case.spec.name} has",
                "mend its numbers: a2 exp(a3 q²) must not be 1",
                *("potential", "elements", element),
            )
