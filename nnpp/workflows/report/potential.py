"""Numbers of a potential for a report, and their spread among the members of an ensemble."""

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.basis.rules import RULES
from nnpp.formats.ensemble import StoredEnsemble
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.bands import Bands, bands
from nnpp.observables.deformation import by_volume, shear, strain_derivative
from nnpp.observables.edges import Edges
from nnpp.observables.experiment import hole_masses
from nnpp.observables.fields import multiplet
from nnpp.observables.gaps import direct_gap_at, gap, splitting_at
from nnpp.observables.kdotp import expansion, inverse_masses, kane_energy, luttinger
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case
from nnpp.setup.quantities import LARGEST, at_gamma, is_cubic
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.of_fit import belongs_to

Numbers = dict[str, float]
"""Values by the keys of `QUANTITIES`, in their units."""

KANE_ENERGY = (
    "E_P is that of the velocities ∂H/∂k of the smooth kinetic energy, which are not k near "
    "the cutoff: it is larger than with T = k²/2, the more so the smaller the cutoff. Do not "
    "compare it with experiment"
)
"""Note on Kane's energy with plane waves `smooth` (docs/limits.md)."""


def levels_of(case: Case, potential: Potential) -> Bands:
    """Return the levels at all k-points of a system."""
    return bands(
        potential, case.system, case.crystal, case.kpoints, case.n_levels, case.electrons,
        case.solve,
    )  # fmt: skip


def why_no_states(case: Case) -> str:
    """Return why no masses and deformation potentials are computed; empty if they are."""
    functions = case.n_plane_waves * (1 + case.spinor)
    if functions > LARGEST:
        limit = f"H has {functions} rows, the limit is {LARGEST}"
        return f"no masses, no deformation potentials: {limit}"
    if not 0 < case.occupied < case.n_levels:
        return "no masses: no occupied or no empty levels"
    return ""


def notes_on_states(case: Case, potential: Potential, numbers: Numbers) -> Iterator[str]:
    """Yield notes on masses, Kane's energy and deformation potentials.

    Args:
        case: the system.
        potential: the potential.
        numbers: its numbers.

    Returns:
        One sentence for each note.
    """
    yield "masses and deformation potentials are at Γ; none for edges of unusual degeneracy"
    if RULES[case.spec.plane_waves].smooth and "kane_energy" in numbers:
        yield KANE_ENERGY
    if potential.local.lengths is not None:
        yield "no deformation potentials: a table has v(q) only at its lengths"
    if not is_cubic(case):
        yield "hole masses are computed only for zinc blende and diamond"
    elif not case.spinor:
        yield "no hole masses: they are those of Γ8, which needs spin-orbit coupling"


def of_levels(found: Bands) -> Numbers:
    """Return gaps and splitting from the levels at the k-points [eV]."""
    full, count = found.occupied, found.E.shape[1]
    if not 0 < full < count:
        return {}
    numbers = {"gap": gap(found).width * HARTREE_EV}
    gamma = found.kpoints.gamma
    if gamma is None:
        return numbers
    numbers["direct_gap"] = float(direct_gap_at(found, gamma)) * HARTREE_EV
    if found.spinor and full >= 6:
        numbers["splitting"] = float(splitting_at(found, gamma)) * HARTREE_EV
    return numbers


def of_states(case: Case, potential: Potential) -> Numbers:
    """Return masses and deformation potentials from the states at Γ [mₑ, eV]."""
    edges, system = Edges(case.occupied, case.spinor), at_gamma(case)
    cubic = is_cubic(case)
    holes = cubic and case.spinor
    about = expansion(at_shells(potential, system), system)
    # The conduction edge may belong to a larger multiplet, as Γ15 of silicon.
    E = np.linalg.eigvalsh(np.asarray(about.H))
    separate = multiplet(E, edges.conduction[0]) == edges.conduction
    found: Numbers = {}
    if separate:
        mean = jnp.trace(inverse_masses(about, *edges.conduction)) / 3
        found["electron_mass"] = 1 / float(mean)
    if holes:
        one, two, three = map(float, luttinger(about, edges.valence[0]))
        found |= {"gamma_1": one, "gamma_2": two, "gamma_3": three} | hole_masses(one, two)
    energies: Numbers = {}
    if cubic and separate:
        energies["kane_energy"] = float(kane_energy(about, edges.conduction, edges.p_like))
    if potential.local.lengths is None:
        at = strain_derivative(potential, system)
        if separate:
            energies["conduction_by_volume"] = float(by_volume(at, *edges.conduction))
        if cubic:
            energies["valence_by_volume"] = float(by_volume(at, *edges.valence))
        if cubic and separate:
            c, v = (energies[f"{x}_by_volume"] for x in ("conduction", "valence"))
            energies["gap_by_volume"] = c - v
        if holes:
            b, d = map(float, shear(at, about, edges.valence[0]))
            energies |= {"b": b, "d": d}
    return found | {name: x * HARTREE_EV for name, x in energies.items()}


def spreads(
    case: Case,
    potential: Potential,
    found: Bands,
    ensemble: StoredEnsemble,
    states: Callable[[Case, Potential], Numbers] | None,
) -> Numbers:
    """Return the standard deviation of each number among the members of an ensemble.

    Args:
        case: the system.
        potential: the potential that the ensemble belongs to.
        found: its levels.
        ensemble: the members.
        states: the numbers that depend on states; None if there are none.
    """
    stored, members = ensemble.systems.get(case.spec.name), []
    stacked = ensemble.stacked(potential)
    for i in range(len(jax.tree.leaves(stacked)[0])):
        numbers = {} if states is None else states(case, _member(stacked, i))
        if stored is not None and belongs_to(stored, found):
            E = jnp.asarray(stored.E[i])
            numbers |= of_levels(Bands(found.kpoints, E, found.occupied, found.spinor))
        members.append(numbers)
    common = set.intersection(*map(set, members))
    return {k: float(np.std([m[k] for m in members], ddof=1)) for k in common}


def _member(stacked: Potential, i: int) -> Potential:
    """Return the potential of one member."""
    return jax.tree.map(lambda x: x[i], stacked)
