"""H(k) = T + V + Σ separable terms, as a dense matrix and as `H @ psi`.

A `System` is everything that the atoms and the k-points fix, built once. A `Potential` is
everything that a fit changes; it enters through `Values`: numbers at the shells of the system.
"""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from nnpp.basis.convolution import Box
from nnpp.basis.operators import Diagonal, Operator
from nnpp.basis.plane_waves import PlaneWaves, plane_waves
from nnpp.basis.rules import per_k
from nnpp.hamiltonian.operator import PlaneWaveHamiltonian
from nnpp.linalg.blocks import Block
from nnpp.potentials.potential import FormFactors, Potential
from nnpp.potentials.strengths import Strengths
from nnpp.pytree import pytree, static
from nnpp.structures.crystal import Crystal
from nnpp.structures.inversion import centred
from nnpp.structures.kpoints import KPoints
from nnpp.terms.chunked import LazyProjectors, chunked
from nnpp.terms.kinetic import kinetic
from nnpp.terms.local import LocalTerm, local_term
from nnpp.terms.projectors import Centres, bytes_a_centre, centres, projectors, separable
from nnpp.terms.radial import RadialProjectors, radial_projectors
from nnpp.terms.term import terms

PROJECTORS = 128_000_000
"""Bytes that the projectors of one kind may take at one k; beyond, centres take turns."""

Projectors = Block | LazyProjectors
"""Those of one weight and all centres."""


@pytree
class System:
    """A crystal in its plane waves at a set of k-points.

    Attributes:
        waves: the basis at every k.
        local: structure factors at every difference G−G′.
        centres: where projectors sit.
        radial: the radial projectors of every weight, by the name of their term.
        count: atoms of each species in the cell.
        dilation: Ω/Ω₀ − 1, or of each species its own.
        species: the elements, in order of first appearance.
        fewest: plane waves at the k that has the fewest.
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
        """The lengths at which form factors are wanted [bohr⁻¹]."""
        return self.local.differences.q

    def bare(self, numbers: "AtShells") -> "System":
        """What solving needs: no names, no room, no projectors that `numbers` do not use."""
        used = {name: self.radial[name] for name in numbers.strengths}
        return replace(self, species=(), fewest=0, radial=used)

    def at(self, i: int) -> "System":
        """The same at its `i`-th k-point alone; systems of any number then share programs."""
        return replace(self, waves=jax.tree.map(lambda x: x[i : i + 1], self.waves))

    def room(self, spinor: bool) -> int:
        """How many levels fit at every k: plane waves, times two for spinors."""
        return self.fewest * (1 + spinor)


def system(
    crystal: Crystal,
    kpoints: KPoints,
    cutoff: float,
    rule: Callable[[Crystal, np.ndarray, float], list[np.ndarray]] = per_k,
) -> System:
    """Build once what `crystal`, `kpoints` and the kinetic energy `cutoff` [hartree] fix.

    A crystal with a centre of inversion is moved so that the origin is one: levels do not
    change, and V becomes real.
    """
    crystal, is_centred = centred(crystal)
    waves, differences = plane_waves(crystal, kpoints, cutoff, rule)
    longest = float(jnp.linalg.norm(waves.K, axis=-1).max())
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
        count=jnp.bincount(atoms.species, length=len(crystal.species)).astype(float),
        dilation=crystal.dilation,
        species=crystal.species,
        fewest=int(np.asarray(waves.real).sum(axis=1).min()),
        centred=is_centred,
    )


@pytree
class AtShells:
    """All numbers that a potential sends into one system; H is affine in them.

    Attributes:
        v: v_s at the shells, strain and long range included [hartree·bohr³].
        strengths: of the terms that have projectors, in the order of the system's species.
    """

    v: Float[Array, "shell species"]
    strengths: Strengths


@pytree
class Values:
    """The same, with the local potential where plane waves look it up; all that H sees.

    Attributes:
        V: the local potential in its box [hartree].
        strengths: of the terms that have projectors, in the order of the system's species.
    """

    V: Box
    strengths: Strengths


def at_shells(
    potential: Potential, system: System, q: Float[Array, " shell"] | None = None
) -> AtShells:
    """What `potential` comes to in `system`, the same for all k; v at `system.q`, or at `q`."""
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
    """The same without names, so that crystals of other elements share the program."""
    here = strengths.at(columns)
    return AtShells(here.on_v(local(q)[:, columns], q, dilation, count), here.separable())


def values(numbers: AtShells, system: System) -> Values:
    """The same numbers, v_s(q) summed over the atoms into V."""
    return Values(system.local.box(numbers.v), numbers.strengths)


@pytree
class Frame:
    """What the atoms fix of H at one k, whatever the potential.

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
    """All of H at one k that no potential changes."""
    B = {
        name: tuple(_projectors(waves, system.centres, radial) for radial in of_term)
        for name, of_term in system.radial.items()
    }
    return Frame(waves, kinetic(waves), B, system.centres.species)


def _projectors(waves: PlaneWaves, centres: Centres, radial: RadialProjectors) -> Projectors:
    """B at one k, unless that of all centres is larger than `PROJECTORS` bytes."""
    F, directions = radial(jnp.sum(waves.K**2, axis=-1)), 2 * radial.l + 1
    at_once = PROJECTORS // bytes_a_centre(centres, F.size, directions)
    if len(centres.tau) <= at_once:
        return projectors(waves, centres, F, directions)
    return LazyProjectors(waves, F, centres, max(1, at_once), directions)


def separable_terms(
    frame: Frame, strengths: Strengths
) -> tuple[tuple[Operator, ...], tuple[Operator, ...]]:
    """The terms that have projectors: those that leave spin alone, and those that mix it."""
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
    """H in its frame."""
    scalar, spin = separable_terms(frame, values.strengths)
    local = system.local.operator(values.V, frame.waves)
    return PlaneWaveHamiltonian((frame.kinetic, local, *scalar), spin, system.centred)


def hamiltonian(waves: PlaneWaves, system: System, values: Values) -> PlaneWaveHamiltonian:
    """H at the one k-point of `waves`."""
    return within(frame(waves, system), system, values)


def matrix(numbers: AtShells, system: System) -> Complex[Array, "n n"]:
    """H at the first k-point of `system`, dense [hartree]."""
    waves = jax.tree.map(lambda x: x[0], system.waves)
    return hamiltonian(waves, system, values(numbers, system)).matrix()
