"""H(k) = T + V + H_NL + H_SO, as a dense matrix and as `H @ psi`.

A `System` is everything that the atoms and the k-points fix, built once. A `Potential` is
everything that a fit changes; it enters through `Values`: numbers at the shells of the system.
"""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from nnpp.basis.convolution import Box
from nnpp.basis.operators import Diagonal, Operator
from nnpp.basis.plane_waves import PlaneWaves, plane_waves
from nnpp.basis.rules import per_k
from nnpp.basis.sum_of_operators import Hamiltonian
from nnpp.blocks import Block
from nnpp.crystal.crystal import Crystal
from nnpp.crystal.inversion import centred
from nnpp.crystal.kpoints import KPoints
from nnpp.potentials.potential import Potential
from nnpp.potentials.strengths import strain_factor
from nnpp.pytree import pytree, static
from nnpp.terms.in_turn import Term, Unmade, in_turn
from nnpp.terms.kinetic import kinetic
from nnpp.terms.local import LocalTerm, local_term
from nnpp.terms.long_range import long_range, neutral
from nnpp.terms.nonlocal_ import nonlocal_
from nnpp.terms.projectors import Centres, bytes_a_centre, centres, projectors
from nnpp.terms.radial import (
    RadialProjectors,
    inner_weight,
    outer_weight,
    radial_projectors,
    spin_orbit_weight,
)
from nnpp.terms.spin_orbit import spin_orbit

PROJECTORS = 128_000_000
"""Bytes that the projectors of one kind may take at one k; beyond, centres take turns."""


Projectors = Block | Unmade | None
"""Of one kind and all centres; none where no term uses them."""


@pytree
class System:
    """A crystal in its plane waves at a set of k-points.

    Attributes:
        waves: the basis at every k.
        local: structure factors at every difference G−G′.
        centres: where projectors sit.
        radial: the radial projectors of W_so, W₁ and W₂; None where no term uses them.
        count: atoms of each species in the cell.
        dilation: Ω/Ω₀ − 1.
        species: the elements, in order of first appearance.
        fewest: plane waves at the k that has the fewest.
        centred: whether the origin is a centre of inversion.
    """

    waves: PlaneWaves
    local: LocalTerm
    centres: Centres
    radial: tuple[RadialProjectors | None, RadialProjectors | None, RadialProjectors | None]
    count: Float[Array, " species"]
    dilation: Float[Array, ""]
    species: tuple[str, ...] = static()
    fewest: int = static()
    centred: bool = static()

    @property
    def q(self) -> Float[Array, " shell"]:
        """The lengths at which form factors are wanted [bohr⁻¹]."""
        return self.local.differences.q

    def bare(self, numbers: "AtShells") -> "System":
        """What solving needs: no names, no room, no projectors that `numbers` do not use."""
        so, inner, outer = self.radial
        so = None if numbers.spin_orbit is None else so
        inner, outer = (None, None) if numbers.nonlocal_ is None else (inner, outer)
        return replace(self, species=(), fewest=0, radial=(so, inner, outer))

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
    so, inner, outer = (
        radial_projectors(w, longest) for w in (spin_orbit_weight, inner_weight, outer_weight)
    )
    atoms = centres(crystal, is_centred)
    return System(
        waves=waves,
        local=local_term(crystal, differences),
        centres=atoms,
        radial=(so, inner, outer),
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
        spin_orbit: a5 of each species [hartree], None for spinless electrons.
        nonlocal_: a6, a7 of each species [hartree], or None.
    """

    v: Float[Array, "shell species"]
    spin_orbit: Float[Array, " species"] | None
    nonlocal_: Float[Array, "species 2"] | None


@pytree
class Values:
    """The same, with the local potential where plane waves look it up; all that H sees.

    Attributes:
        V: the local potential in its box [hartree].
        spin_orbit: a5 of each species [hartree], None for spinless electrons.
        nonlocal_: a6, a7 of each species [hartree], or None.
    """

    V: Box
    spin_orbit: Float[Array, " species"] | None
    nonlocal_: Float[Array, "species 2"] | None


def form_factors(potential: Potential, system: System) -> Float[Array, "shell species"]:
    """v_s at the shells of `system`, strain and long range included [hartree·bohr³]."""
    columns, strengths = potential.columns(system.species), potential.strengths
    v = potential.local(system.q)[:, columns]
    if strengths.strain is not None:
        v = v * strain_factor(strengths.strain[columns], system.dilation)
    if strengths.charge is not None:
        v = v + long_range(system.q, neutral(strengths.charge[columns], system.count))
    return v


@jax.jit
def at_shells(potential: Potential, system: System) -> AtShells:
    """What `potential` comes to in `system`, the same for all k."""
    columns, strengths = potential.columns(system.species), potential.strengths
    return AtShells(
        v=form_factors(potential, system),
        spin_orbit=None if strengths.spin_orbit is None else strengths.spin_orbit[columns],
        nonlocal_=None if strengths.nonlocal_ is None else strengths.nonlocal_[columns],
    )


def values(numbers: AtShells, system: System) -> Values:
    """The same numbers, v_s(q) summed over the atoms into V."""
    return Values(system.local.box(numbers.v), numbers.spin_orbit, numbers.nonlocal_)


@pytree
class Frame:
    """What the atoms fix of H at one k, whatever the potential.

    Attributes:
        waves: the plane waves.
        kinetic: T.
        B: the projectors of W_so, W₁ and W₂, as far as they are used.
        species: the species at each of their centres.
    """

    waves: PlaneWaves
    kinetic: Diagonal
    B: tuple[Projectors, Projectors, Projectors]
    species: Int[Array, " centre"]


def frame(waves: PlaneWaves, system: System) -> Frame:
    """All of H at one k that no potential changes."""
    so, inner, outer = (_projectors(waves, system.centres, radial) for radial in system.radial)
    return Frame(waves, kinetic(waves), (so, inner, outer), system.centres.species)


def _projectors(
    waves: PlaneWaves, centres: Centres, radial: RadialProjectors | None
) -> Projectors:
    """B at one k, unless that of all centres is larger than `PROJECTORS` bytes."""
    if radial is None:
        return None
    F = radial(jnp.sum(waves.K**2, axis=-1))
    at_once = PROJECTORS // bytes_a_centre(centres, F.size)
    if len(centres.tau) <= at_once:
        return projectors(waves, centres, F)
    return Unmade(waves, F, centres, max(1, at_once))


def _term(term: Term, a: Float[Array, " species"], B: Projectors, frame: Frame) -> Operator:
    """A separable term, from the strength of each species."""
    assert B is not None, "every strength has its projectors"
    of_centre = a[frame.species]
    return in_turn(term, of_centre, B) if isinstance(B, Unmade) else term(of_centre, B)


def within(frame: Frame, system: System, values: Values) -> Hamiltonian:
    """H in its frame."""
    so, *of_weights = frame.B
    scalar: list[Operator] = [frame.kinetic, system.local.operator(values.V, frame.waves)]
    if values.nonlocal_ is not None:
        for a, B in zip(values.nonlocal_.T, of_weights, strict=True):
            scalar.append(_term(nonlocal_, a, B, frame))
    spin: list[Operator] = []
    if values.spin_orbit is not None:
        spin.append(_term(spin_orbit, values.spin_orbit, so, frame))
    return Hamiltonian(tuple(scalar), tuple(spin), system.centred)


def hamiltonian(waves: PlaneWaves, system: System, values: Values) -> Hamiltonian:
    """H at the one k-point of `waves`."""
    return within(frame(waves, system), system, values)
