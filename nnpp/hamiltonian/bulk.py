"""H(k) = T + V + Σ separable terms, as a sum of operators between plane waves.

A `System` holds everything that the atoms and the k-points fix; it is built once. A `Potential`
holds everything that a fit changes. It enters H through `Values`: numbers at the shells of the
system.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from nnpp.basis.convolution import Box
from nnpp.basis.operators import Diagonal, Operator
from nnpp.basis.plane_waves import PlaneWaves, plane_waves
from nnpp.basis.rules import Rule
from nnpp.devices.start import require_jax
from nnpp.devices.tracing import concrete, differentiated
from nnpp.hamiltonian.operator import PlaneWaveHamiltonian
from nnpp.linalg.blocks import Block
from nnpp.potentials.interface import FormFactors
from nnpp.potentials.potential import Potential, Strengths
from nnpp.pytree import pytree, static
from nnpp.structures.crystal import Crystal
from nnpp.structures.inversion import centred
from nnpp.structures.kpoints import KPoints
from nnpp.terms.chunked import LazyProjectors, chunked
from nnpp.terms.kinetic import kinetic
from nnpp.terms.local import LocalTerm, local_term
from nnpp.terms.projectors import (
    Centres,
    RadialProjectors,
    bytes_a_centre,
    centres,
    projectors,
    radial_projectors,
    separable,
)
from nnpp.terms.term import terms

PROJECTORS = 128_000_000
"""Largest size of the projectors of one kind at one k [bytes]; above, they are chunked."""

Projectors = Block | LazyProjectors
"""The projectors of one weight at all centres."""


@pytree
class System:
    """A crystal in its plane waves at a set of k-points.

    Attributes:
        waves: the plane waves at every k.
        local: structure factors at every difference G−G′.
        centres: the atoms that carry projectors.
        radial: the radial projectors of every weight, by the name of their term.
        count: atoms of each species in the cell.
        dilation: Ω/Ω₀ − 1, or one value for each species.
        species: the elements, in order of first appearance.
        fewest: the smallest number of plane waves at any k.
        centred: whether the origin is a centre of inversion.
    """

    waves: PlaneWaves
    local: LocalTerm
    centres: Centres
    radial: dict[str, tuple[RadialProjectors, ...]]
    count: Float[Array, " species"]
    dilation: Float[Array, "*species"]
    species: tuple[str, ...] = static()
    fewest: int = static()
    centred: bool = static()

    @property
    def q(self) -> Float[Array, " shell"]:
        """The lengths |G−G′| at which form factors are evaluated [bohr⁻¹]."""
        return self.local.differences.q

    def bare(self, numbers: "AtShells") -> "System":
        """Return what a solver needs: without names, and without unused projectors."""
        used = {name: self.radial[name] for name in numbers.strengths}
        return replace(self, species=(), fewest=0, radial=used)

    def at(self, i: int) -> "System":
        """Return the system at its `i`-th k-point alone, so that systems share programs."""
        return replace(self, waves=jax.tree.map(lambda x: row(x, i), self.waves))

    def max_levels(self, spinor: bool) -> int:
        """The number of levels that exist at every k: plane waves, times two for spinors."""
        return self.fewest * (1 + spinor)


def row(x: Array, i: int) -> Array:
    """Return row `i` as an array of one row, by NumPy: without a program for each shape."""
    return x[i : i + 1] if differentiated(x) else jnp.asarray(np.asarray(x)[i : i + 1])


def system(
    crystal: Crystal,
    kpoints: KPoints,
    cutoff: float,
    rule: Rule,
) -> System:
    """Build the system of a crystal at a set of k-points.

    A crystal with a centre of inversion is shifted so that the origin is one: levels do not
    change, and V becomes real.

    Args:
        crystal: cell and atoms.
        kpoints: where H is built.
        cutoff: E_cut, ½|k+G|² of the longest plane wave [hartree].
        rule: which plane waves are taken: the rule of the fit, as `nnpp.SMOOTH`. With another
            one the potential gives other levels; `Fitted.system` knows its rule and cutoff.
    """
    require_jax()
    crystal, is_centred = centred(crystal)
    waves, differences = plane_waves(crystal, kpoints, cutoff, rule)
    longest = float(np.linalg.norm(np.asarray(concrete(waves.K)), axis=-1).max())
    atoms = centres(crystal, is_centred)
    return System(
        waves=waves,
        local=local_term(crystal, differences),
        centres=atoms,
        radial={
            term.name: tuple(radial_projectors(W, longest, term.l) for W in term.weights)
            for term in terms()
            if term.weights
        },
        count=jnp.asarray(np.bincount(atoms.species, minlength=len(crystal.species)) * 1.0),
        dilation=crystal.dilation,
        species=crystal.species,
        fewest=int(np.asarray(waves.real).sum(axis=1).min()),
        centred=is_centred,
    )


@pytree
class AtShells:
    """All numbers that a potential contributes to one system; H is affine in them.

    Attributes:
        v: v_s at the shells, strain and long range included [hartree·bohr³].
        strengths: of the terms that have projectors, in the order of the system's species.
    """

    v: Float[Array, "shell species"]
    strengths: Strengths


@pytree
class Values:
    """The numbers of `AtShells` with the local potential on its box: all that H depends on.

    Attributes:
        V: the local potential in its box [hartree].
        strengths: of the terms that have projectors, in the order of the system's species.
    """

    V: Box
    strengths: Strengths


def at_shells(
    potential: Potential, system: System, q: Float[Array, " shell"] | None = None
) -> AtShells:
    """Return the numbers of `potential` in `system`; v at `q`, by default `system.q`."""
    require_jax()
    columns, q = potential.columns(system.species), system.q if q is None else q
    of_system = q, system.dilation, system.count
    return _at_shells(potential.local, potential.strengths, columns, *of_system)


@jax.jit
def _at_shells(
    local: FormFactors,
    strengths: Strengths,
    columns: Int[Array, " species"],
    q: Float[Array, " shell"],
    dilation: Float[Array, "*species"],
    count: Float[Array, " species"],
) -> AtShells:
    """Compute `at_shells` without names, so that all elements share one program."""
    here = strengths.at(columns)
    return AtShells(here.on_v(local(q)[:, columns], q, dilation, count), here.separable())


def values(numbers: AtShells, system: System) -> Values:
    """Return the same numbers with v_s(q) summed over the atoms into V."""
    return Values(system.local.box(numbers.v), numbers.strengths)


@pytree
class Frame:
    """The parts of H at one k that do not depend on the potential.

    Attributes:
        waves: the plane waves.
        kinetic: T.
        B: the projectors of every weight, by the name of their term.
        species: the species at each of their centres.
    """

    waves: PlaneWaves
    kinetic: Diagonal
    B: dict[str, tuple[Projectors, ...]]
    species: Int[Array, " centre"]


def frame(waves: PlaneWaves, system: System) -> Frame:
    """Return the parts of H at one k that do not depend on the potential."""
    B = {
        name: tuple(_projectors(waves, system.centres, radial) for radial in of_term)
        for name, of_term in system.radial.items()
    }
    return Frame(waves, kinetic(waves), B, system.centres.species)


def _projectors(waves: PlaneWaves, centres: Centres, radial: RadialProjectors) -> Projectors:
    """Return B at one k, built in chunks if it is larger than `PROJECTORS` bytes."""
    F, directions = radial(jnp.sum(waves.K**2, axis=-1)), 2 * radial.l + 1
    at_once = PROJECTORS // bytes_a_centre(centres, F.size, directions)
    if len(centres.tau) <= at_once:
        return projectors(waves, centres, F, directions)
    return LazyProjectors(waves, F, centres, max(1, at_once), directions)


def separable_terms(
    frame: Frame, strengths: Strengths
) -> tuple[tuple[Operator, ...], tuple[Operator, ...]]:
    """Return the terms with projectors: those that keep spin, and those that mix spins."""
    scalar: list[Operator] = []
    spin: list[Operator] = []
    for term, a in strengths.by_term():
        of_weight = a.reshape(len(a), -1).T
        operators = spin if term.acts_on_spin else scalar
        for of_species, B in zip(of_weight, frame.B[term.name], strict=True):
            of_centre = of_species[frame.species]
            lazy = isinstance(B, LazyProjectors)
            made = chunked(term, of_centre, B) if lazy else separable(term, of_centre, B)
            operators.append(made)
    return tuple(scalar), tuple(spin)


def within(frame: Frame, system: System, values: Values) -> PlaneWaveHamiltonian:
    """Return H from its frame and the values of a potential."""
    scalar, spin = separable_terms(frame, values.strengths)
    local = system.local.operator(values.V, frame.waves)
    return PlaneWaveHamiltonian((frame.kinetic, local, *scalar), spin, system.centred)


def hamiltonian(waves: PlaneWaves, system: System, values: Values) -> PlaneWaveHamiltonian:
    """Return H at the k-point of `waves`."""
    return within(frame(waves, system), system, values)


def matrix(
    numbers: AtShells, system: System, shift: Float[Array, " 3"] | None = None
) -> Complex[Array, "n n"]:
    """Return the dense H(k + shift) at the first k-point of `system` [hartree]."""
    waves = jax.tree.map(lambda x: x[0], system.waves)
    if shift is not None:
        waves = replace(waves, K=waves.K + shift)
    return hamiltonian(waves, system, values(numbers, system)).matrix()
