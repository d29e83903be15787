"""Electron-phonon couplings: what an electron at k feels as atoms move in a wave q.

Atom a of the cell at R moves along γ by u e^{−iq·R}. To first order in u, electrons go from k+q
to k by

    ⟨K|∂V/∂τ_aγ|K′⟩ = −i(K−K′)_γ ⟨K|V_a|K′⟩,  K = k+G, K′ = k+q+G′,

V_a being all that atom a adds to H: local, non-local and spin-orbit terms alike, for each of
them holds e^{−i(K−K′)·τ_a} and τ_a nowhere else. All atoms together at q = 0 give −i[K, H], so
that no level couples to itself (acoustic sum rule). H is linear in the numbers of a potential:
some of them set to zero leave the part of the others.

Strain factors are those of the static cell: their change with moving neighbours is neglected.
Units: hartree/bohr.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from nnpp.basis.plane_waves import PlaneWaves, shells
from nnpp.basis.rules import PER_K, Rule
from nnpp.eigensolvers.multiplet import group, projector
from nnpp.hamiltonian.bulk import (
    AtShells,
    System,
    at_shells,
    frame,
    matrix,
    separable_terms,
    system,
)
from nnpp.potentials.potential import Potential
from nnpp.pytree import pytree
from nnpp.structures.crystal import Crystal
from nnpp.structures.inversion import centred
from nnpp.structures.kpoints import listed
from nnpp.terms.projectors import Centres, centres

Levels = tuple[int, int]
"""The first of some levels in a row, from 0, and the one after their last."""

FORBIDDEN = 1e-7
"""A mean coupling below this is zero by symmetry, its root mere noise [hartree/bohr]."""

Vector = np.ndarray | Float[Array, " 3"]


@pytree
class Pair:
    """All that a crystal fixes of the couplings between k and k+q.

    Attributes:
        system: its plane waves at k, and at k+q.
        atoms: every atom for itself.
        species: the species of each.
        shell: which length |K−K′| has.
        q: the distinct lengths [bohr⁻¹].
    """

    system: System
    atoms: Centres
    species: Int[Array, " atom"]
    shell: Int[Array, "l r"]
    q: Float[Array, " shell"]


def pair(crystal: Crystal, k: Vector, q: Vector, cutoff: float, rule: Rule = PER_K) -> Pair:
    """Built once; k and q are fractional, `cutoff` in hartree."""
    crystal, _ = centred(crystal)  # as `system` does: the phases of both have one origin
    both = system(crystal, listed(crystal, np.stack([k, np.asarray(k) + q])), cutoff, rule)
    left, right = np.asarray(both.waves.K)
    shell, lengths = shells((left[:, None] - right[None]).reshape(-1, 3))
    atoms = centres(crystal, False)
    return Pair(
        system=both,
        atoms=replace(atoms, species=jnp.arange(len(crystal.symbols))),
        species=atoms.species,
        shell=jnp.asarray(shell.reshape(len(left), len(right))),
        q=jnp.asarray(lengths),
    )


@pytree
class Moved:
    """H at both ends, and what moving each atom couples them by.

    Attributes:
        left: H at k [hartree].
        right: H at k+q [hartree].
        slope: ⟨K|∂V/∂τ_aγ|K′⟩, spinors as in H [hartree/bohr].
    """

    left: Complex[Array, "l l"]
    right: Complex[Array, "r r"]
    slope: Complex[Array, "atom 3 l r"]


@jax.jit
def moved(potential: Potential, pair: Pair) -> Moved:
    """Both Hamiltonians and all couplings between plane waves."""
    numbers = at_shells(potential, pair.system)
    at_lengths = at_shells(potential, pair.system, pair.q)
    left, right = (jax.tree.map(lambda x, i=i: x[i], pair.system.waves) for i in (0, 1))

    def of_atom(a: Int[Array, ""]) -> Complex[Array, "3 l r"]:
        V = _potential(_alone(at_lengths, pair.species, a), pair, left, right, a)
        spins = len(V) // len(left.K)
        K, L = (jnp.tile(waves.K, (spins, 1)).T for waves in (left, right))
        return -1j * (K[:, :, None] - L[:, None, :]) * V

    slope = jax.lax.map(of_atom, jnp.arange(len(pair.species)))
    return Moved(matrix(numbers, pair.system), matrix(numbers, pair.system.at(1)), slope)


def _alone(numbers: AtShells, species: Int[Array, " atom"], a: Int[Array, ""]) -> AtShells:
    """The numbers of atom `a`, zero of all others, as if each were a species of its own."""
    only = (jnp.arange(len(species)) == a).astype(float)
    strengths = jax.tree.map(
        lambda x: jnp.einsum("a,a...->a...", only, x[species]), numbers.strengths
    )
    return AtShells(numbers.v[:, species] * only, strengths)


def _potential(
    alone: AtShells, pair: Pair, left: PlaneWaves, right: PlaneWaves, a: Int[Array, ""]
) -> Complex[Array, "l r"]:
    """⟨K|V_a|K′⟩, all terms, spinors where H has them [hartree]."""
    real, tau = left.real[:, None] & right.real, pair.atoms.tau[a]
    v = jnp.where(real, alone.v[pair.shell, a], 0) / pair.atoms.volume
    V = jnp.exp(-1j * (left.K @ tau))[:, None] * v * jnp.exp(1j * (right.K @ tau))
    K, code, real = (
        jnp.concatenate([getattr(left, name), getattr(right, name)])
        for name in ("K", "code", "real")
    )
    both = PlaneWaves(K, code, real, left.longest)
    at_all = frame(both, replace(pair.system.bare(alone), centres=pair.atoms))
    (scalar, spin), n = separable_terms(at_all, alone.strengths), len(left.K)
    V = V + sum(op.matrix()[0, :n, 0, n:] for op in scalar)
    if not spin:
        return V
    mixed = sum(op.matrix()[:, :n, :, n:] for op in spin)
    return (jnp.eye(2)[:, None, :, None] * V[None, :, None, :] + mixed).reshape(2 * n, -1)


def couplings(at: Moved, left: Levels, right: Levels) -> Complex[Array, "atom 3 l r"]:
    """⟨k,l|∂V/∂τ_aγ|k+q,r⟩; the members of a multiplet, and all phases, are arbitrary."""
    L, R = (
        group(H, *levels).U[:, slice(*levels)]
        for H, levels in ((at.left, left), (at.right, right))
    )
    return jnp.einsum("gl,aigh,hr->ailr", L.conj(), at.slope, R)


def mean_couplings(at: Moved, left: Levels, right: Levels) -> Float[Array, "atom 3"]:
    """g_aγ = √(Σ_lr |⟨k,l|∂V/∂τ_aγ|k+q,r⟩|² / n_l n_r), over two multiplets; differentiable."""
    P, Q = (projector(group(H, *levels)) for H, levels in ((at.left, left), (at.right, right)))
    squared = jnp.einsum("aigh,aigh->ai", P @ at.slope @ Q, at.slope.conj()).real
    mean = squared / ((left[1] - left[0]) * (right[1] - right[0]))
    seen = mean > FORBIDDEN**2
    return jnp.where(seen, jnp.sqrt(jnp.where(seen, mean, 1)), 0)


@dataclass(frozen=True)
class Coupled:
    """Mean couplings of some atoms and multiplets, as a function of a potential.

    Attributes:
        places: atom and direction of each, from 0.
        members: its levels at k, and those at k+q.
    """

    places: tuple[tuple[int, int], ...]
    members: tuple[tuple[Levels, Levels], ...]

    def __call__(self, potential: Potential, pair: Pair) -> Float[Array, " y"]:
        """G of each [hartree/bohr]."""
        at = moved(potential, pair)
        g = {both: mean_couplings(at, *both) for both in dict.fromkeys(self.members)}
        each = zip(self.members, self.places, strict=True)
        return jnp.stack([g[both][place] for both, place in each])
