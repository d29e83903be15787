"""Checks that a fit can be solved, before anything is computed or written."""

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.config.inputs import Fit
from nnpp.config.values import MAX_HARTREE
from nnpp.devices.parallel import device_memory, on_processors
from nnpp.errors import InputError
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.memory import REAL, Memory, process_memory
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.setup.quantities import check_target
from nnpp.terms.kinetic import FILLING
from nnpp.units import HARTREE_EV

MOST_PLANE_WAVES = 200_000
"""Larger systems are refused: one solution would take more than an hour."""

COPIES, JACOBIANS = 6, 2
"""Arrays of the size of the parameters (with gradient and moments), and of their slopes."""

MOST_ROWS = 1e7
"""Limit of the plane waves of all k-points; their construction then needs about 1 GB."""


def check_system(fit: Fit, i: int, case: Case, potential: Potential) -> None:
    """Raise an InputError, with its line, if system `i` of a fit cannot be solved."""
    _check_zero(fit, i, case)
    _check_basis_size(fit, i, case)
    with fit.spec.origin.error_context("systems", i, "cutoff"):
        _check_band_count(fit, i, case)
        _check_system_memory(fit, i, case, potential)
        _check_table_entries(fit, case, potential)
        _check_form_factors(fit, case, potential)
    for j, target in enumerate(case.spec.targets):
        with fit.spec.origin.error_context("systems", i, "targets", j):
            check_target(case, potential, target)


def _check_basis_size(fit: Fit, i: int, case: Case) -> None:
    """Refuse a basis that is too large, as from a cutoff in the wrong unit.

    The number of plane waves in a sphere is N ≈ Ω K³/6π², K²/2 = cutoff.
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
            "use fewer k-points or a lower cutoff",
            *("systems", i, "kpoints"),
        )


def _check_system_memory(fit: Fit, i: int, case: Case, potential: Potential) -> None:
    needed, available = memory_of(case, potential), device_memory() or np.inf
    helps = on_processors() and needed.total(at_once=1) <= available
    one = "set JAX_NUM_CPU_DEVICES=1 (one k-point at a time), " if helps else ""
    remedy = f"{one}{_lower_cutoff(case)} or request fewer bands"
    with fit.spec.origin.error_context("systems", i, "cutoff"):
        check_memory(case.spec.name, needed.total(), remedy)


def check_network(fit: Fit, cases: list[Case]) -> None:
    """Raise an InputError if the network of a fit needs more memory than the device has."""
    is_dense = fit.spec.fit.method == "lm"
    needed = training_memory(fit.spec.potential.n_weights, cases if is_dense else [])
    remedy = "use fewer units" + (", or method: adam" if is_dense else "")
    with fit.spec.origin.error_context("potential", "network", "hidden"):
        check_memory("the network", needed, remedy)


def training_memory(parameters: int, cases: list[Case]) -> int:
    """Return the memory of parameters and of the slopes of all levels by them [bytes].

    Args:
        parameters: number of parameters.
        cases: systems whose slopes are stored, as Levenberg-Marquardt does.
    """
    residuals = sum(case.reference.E.size for case in cases if case.reference is not None)
    return REAL * parameters * (COPIES + JACOBIANS * residuals)


def check_memory(what: str, needed: int, remedy: str) -> None:
    """Raise an InputError if `what` needs more memory than the device has [bytes]."""
    available = device_memory()
    if available is not None and needed > available:
        raise InputError(
            f"{what}: about {needed / 1e9:.1f} GB of memory are needed, of "
            f"{available / 1e9:.1f}",
            remedy,
        )


def _lower_cutoff(case: Case) -> str:
    """Return the remedy for a basis that is too large; a large cutoff may be meant in eV."""
    cutoff = case.spec.cutoff
    if cutoff <= MAX_HARTREE:
        return "lower the cutoff"
    meant = f"{cutoff:g} eV are {cutoff / HARTREE_EV:.4g} hartree"
    return f"lower the cutoff of {cutoff:g} hartree and check its unit ({meant})"


def memory_of(case: Case, potential: Potential) -> Memory:
    """Return the memory that is needed to solve one system."""
    numbers = jax.eval_shape(at_shells, potential, case.system)
    return process_memory(numbers, case.system, case.n_levels, case.solve)


def _check_band_count(fit: Fit, i: int, case: Case) -> None:
    """Refuse more levels than the basis has functions."""
    largest = case.system.max_levels(case.spinor)
    if case.n_levels > largest:
        raise fit.spec.origin.error(
            f"{case.spec.name}: {case.n_levels} bands do not fit into {largest} plane waves"
            + (" and spins" if case.spinor else ""),
            "raise the cutoff or request fewer bands",
            *("systems", i, "bands"),
        )


def _check_zero(fit: Fit, i: int, case: Case) -> None:
    """Refuse the zero `vbm` if the reference ends below the valence band maximum."""
    if case.reference is None or case.spec.zero != "vbm":
        return
    bands = case.reference.E.shape[1]
    if bands < case.occupied_in_reference:
        raise fit.spec.origin.error(
            f"{bands} reference bands do not reach the valence band maximum, "
            f"band {case.occupied_in_reference}",
            "use `zero: absolute`, or a reference with more bands",
            *("systems", i, "zero"),
        )


def _check_table_entries(fit: Fit, case: Case, potential: Potential) -> None:
    """Refuse a table with entries at lengths that the crystal does not have."""
    system = case.system
    unused = potential.local.lost(system.q)
    columns = np.asarray(potential.columns(system.species))
    v = np.asarray(potential.local(jnp.asarray(unused)))[:, columns] if unused else []
    lost = [q for q, row in zip(unused, v, strict=True) if np.any(row)]
    if lost:
        raise fit.spec.origin.error(
            f"{case.spec.name}: no |G−G′| of this crystal is {lost[0]:.6f} bohr⁻¹, "
            "so that entry of the table would be lost",
            "list v at 2π/a·√n for the lattice constant of this crystal",
            *("potential", "elements"),
        )


def _check_form_factors(fit: Fit, case: Case, potential: Potential) -> None:
    """Refuse a form factor that is not finite, or extreme, at a length of the crystal."""
    v, q = (np.asarray(x) for x in (at_shells(potential, case.system).v, case.system.q))
    largest = FILLING / 2 * float(case.crystal.volume)  # H holds v/Ω of each atom
    for element, of_shells in zip(case.system.species, v.T, strict=True):
        if not np.isfinite(of_shells).all():
            worst = q[~np.isfinite(of_shells)][0]
            raise fit.spec.origin.error(
                f"v(q) of {element} is not finite at q = {worst:.4f} bohr⁻¹, which "
                f"{case.spec.name} has",
                "correct its parameters: a2 exp(a3 q²) must not be 1",
                *("potential", "elements", element),
            )
        if np.abs(of_shells).max() > largest:
            raise fit.spec.origin.error(
                f"v(q) of {element} reaches {np.abs(of_shells).max():.1e} hartree·bohr³ at the "
                f"lengths of {case.spec.name}",
                f"correct its parameters: at most {largest:.0e} hartree·bohr³ can be solved",
                *("potential", "elements", element),
            )
