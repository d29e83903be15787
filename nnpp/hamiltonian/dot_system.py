"""What the sites and the plane waves of a dot fix, and H from it and a potential."""

from collections.abc import Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.basis.half_sphere import HalfSphere, half_sphere
from nnpp.basis.rules import Rule
from nnpp.devices.start import require_jax
from nnpp.hamiltonian.dot import DotHamiltonian
from nnpp.potentials.interface import FormFactors
from nnpp.potentials.passivants import PASSIVANTS
from nnpp.potentials.potential import Potential, Strengths
from nnpp.pytree import pytree, static
from nnpp.structures.crystal import Crystal
from nnpp.structures.dots.dot import Dot
from nnpp.terms.kinetic import kinetic_energy
from nnpp.terms.local_box import BoxShells, box_shells, local_potential
from nnpp.terms.projectors import radial_projectors
from nnpp.terms.real_projectors import RealSeparable, real_coupling, real_projectors
from nnpp.terms.term import neutral

MARGIN = 5.0
"""Distance of the sites from the sides of the box [bohr], rounded to whole bohr."""

AT_ONCE = 32768
"""Lengths at which a form is evaluated at a time."""


@pytree
class DotSystem:
    """Sites in a periodic cell, and plane waves of real functions.

    Attributes:
        sphere: the plane waves.
        lengths: the lengths |G| of the box.
        positions: Cartesian positions of the sites [bohr].
        strains: ε of each site.
        T: kinetic energy of each row [hartree].
        longest: the largest |G| of the sphere [bohr⁻¹].
        symbols: the symbol of each site.
    """

    sphere: HalfSphere
    lengths: BoxShells
    positions: Float[Array, "site 3"]
    strains: Float[Array, " site"]
    T: Float[Array, " row"]
    longest: float = static()
    symbols: tuple[str, ...] = static()

    @property
    def fractional(self) -> Float[Array, "site 3"]:
        """Positions in units of the lattice vectors."""
        return self.positions @ np.linalg.inv(np.asarray(self.sphere.cell))


def default_box(positions: Float[np.ndarray, "site 3"]) -> Float[np.ndarray, " 3"]:
    """Return the edges L_i = 2 rint(extent_i/2 + 5) of the box of a dot [bohr]."""
    return 2 * np.rint(np.ptp(positions, axis=0) / 2 + MARGIN)


def dot_system(
    of: Dot | Crystal,
    cutoff: float,
    rule: Rule,
    box: Float[np.ndarray, " 3"] | None = None,
    factor: float = 1.5,
) -> DotSystem:
    """Return the system of a dot in a rectangular box, or of a crystal at k = 0 in its cell.

    The mean of all sites of a dot lies on a point of the box.

    Args:
        of: the dot or the crystal.
        cutoff: E_cut [hartree].
        rule: which plane waves are taken: that of the fit.
        box: edges of the box of a dot [bohr]; by default `default_box`.
        factor: points along an axis, relative to those that hold the plane waves; with 2 all
            products are exact.
    """
    require_jax()
    positions = jnp.asarray(of.positions)
    if isinstance(of, Crystal):
        cell, strains = np.asarray(of.cell), of.strains
    else:
        edges = default_box(np.asarray(of.positions)) if box is None else np.asarray(box, float)
        cell, positions = np.diag(edges), positions - positions.mean(axis=0)
        strains = jnp.zeros(len(positions)) if of.strains is None else jnp.asarray(of.strains)
    sphere = half_sphere(cell, cutoff, rule, factor)
    K_max = np.sqrt(2 * cutoff) if rule.smooth else np.inf
    return DotSystem(
        sphere=sphere,
        lengths=box_shells(cell, sphere.shape),
        positions=positions,
        strains=strains,
        T=kinetic_energy(jnp.asarray(sphere.K2), jnp.asarray(K_max)),
        longest=float(np.sqrt(sphere.K2.max())),
        symbols=of.symbols,
    )


def box_potential(potential: Potential, system: DotSystem) -> Float[Array, "x y z"]:
    """Return V(r) of a potential at the points of the box [hartree]; differentiable.

    A strain factor multiplies v_s of each site; additions, as a long range, follow it.
    """
    x = system.fractional
    summands = list(_summands(potential, system))
    return local_potential(
        system.lengths,
        [x[members] for members, _, _ in summands],
        [w for _, w, _ in summands],
        [v for _, _, v in summands],
        system.sphere.volume,
    )


def hamiltonian(potential: Potential, system: DotSystem) -> DotHamiltonian:
    """Return H of a dot; an InputError if the potential lacks an element."""
    V = box_potential(potential, system)
    separable = tuple(_separable(potential, system))
    return DotHamiltonian(system.sphere, system.T, V, separable, potential.spinor)


def is_passivant(symbol: str, potential: Potential) -> bool:
    """Return whether a site is a Gaussian passivant for which the potential has no v(q)."""
    return symbol in PASSIVANTS and symbol not in potential.species


def unknown_symbols(symbols: Sequence[str], potential: Potential) -> list[str]:
    """Return the symbols of sites for which there is neither v(q) nor a Gaussian, each once."""
    return [
        s
        for s in dict.fromkeys(symbols)
        if s not in potential.species and not is_passivant(s, potential)
    ]


Summand = tuple[np.ndarray, Float[Array, " site"], Float[Array, " shell"]]
"""Indices of sites, their weights, and v at the lengths of the box [hartree·bohr³]."""


def _summands(potential: Potential, system: DotSystem) -> Iterator[Summand]:
    """Yield the parts of V: v_s of the sites of each species, and additions to v_s."""
    symbols, q = np.array(system.symbols), system.lengths.q
    species = tuple(dict.fromkeys(system.symbols))
    elements = tuple(s for s in species if not is_passivant(s, potential))
    columns = potential.columns(elements)
    members = {s: np.flatnonzero(symbols == s) for s in species}
    for symbol in set(species) - set(elements):
        yield members[symbol], jnp.ones(len(members[symbol])), PASSIVANTS[symbol](q)
    v, strengths = at_lengths(potential.local, q), potential.strengths.at(columns)
    for i, symbol in enumerate(elements):
        w = strain_factors(strengths, i, system.strains[members[symbol]])
        yield members[symbol], w, v[:, columns[i]]
    count = jnp.array([float(len(members[s])) for s in elements])
    for term, a in strengths.by_term():
        if term.addition is not None:
            added = term.addition(q, neutral(a, count) if term.neutral else a)
            for i, symbol in enumerate(elements):
                yield members[symbol], jnp.ones(len(members[symbol])), added[:, i]


def strain_factors(
    strengths: Strengths, species: int, strains: Float[Array, " site"]
) -> Float[Array, " site"]:
    """Return the factors on v_s of the sites of one species."""
    factors = jnp.ones(len(strains))
    for term, a in strengths.by_term():
        if term.factor is not None:
            of_site = jnp.broadcast_to(a[species], (len(strains), *a.shape[1:]))
            factors = factors * term.factor(of_site, strains)
    return factors


@jax.jit
def at_lengths(local: FormFactors, q: Float[Array, " shell"]) -> Float[Array, "shell species"]:
    """Return v_s(q) at many lengths, some at a time."""
    fill = -len(q) % AT_ONCE
    pieces = jnp.pad(q, (0, fill)).reshape(-1, AT_ONCE)
    return jnp.concatenate(jax.lax.map(jax.checkpoint(lambda some: local(some)), pieces))[
        : len(q)
    ]


def _separable(potential: Potential, system: DotSystem) -> Iterator[RealSeparable]:
    """Yield the terms with projectors, one for each of their weights."""
    symbols = np.array(system.symbols)
    atoms = np.flatnonzero([not is_passivant(s, potential) for s in system.symbols])
    columns = potential.columns(tuple(symbols[atoms].tolist()))
    for term, a in potential.strengths.at(columns).by_term():
        coupling = jnp.asarray(real_coupling(term))
        for W, of_atom in zip(term.weights, a.reshape(len(a), -1).T, strict=False):
            radial = radial_projectors(W, system.longest, term.l)
            B = real_projectors(system.sphere, system.fractional[atoms], radial)
            of_projector = jnp.repeat(of_atom, radial.A.shape[1])
            yield RealSeparable(B, of_projector, coupling)
