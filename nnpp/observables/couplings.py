"""Electron-phonon couplings between k and k+q, as atoms move in a wave q.

Atom a of the cell at R moves along γ by u e^{−iq·R}. To first order in u, electrons go from k+q
to k by

    ⟨K|∂V/∂τ_aγ|K′⟩ = −i(K−K′)_γ ⟨K|V_a|K′⟩,  K = k+G, K′ = k+q+G′,

where V_a is the part of H from atom a. This holds for local, non-local and spin-orbit terms,
which depend on τ_a by the factor e^{−i(K−K′)·τ_a} alone. The sum over all atoms at q = 0 is
−i[K, H], so that no level couples to itself (acoustic sum rule). H is linear in the parameters:
with some of them set to zero, V_a is the part of the others.

The change of strain factors by moving neighbours is neglected.
Units: hartree/bohr.
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from nnpp.basis.plane_waves import PlaneWaves, shells
from nnpp.basis.rules import Rule
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
"""A range of levels: the first one, from 0, and the one after the last."""

FORBIDDEN = 1e-7
"""Smaller mean couplings are zero by symmetry; only rounding errors remain [hartree/bohr]."""

Vector = np.ndarray | Float[Array, " 3"]


@pytree
class Pair:
    """Everything in the couplings between k and k+q that depends on the crystal alone.

    Attributes:
        system: the plane waves at k and at k+q.
        atoms: every atom as a species of its own.
        species: index of the species of each atom.
        shell: index of the length |K−K′| in `q`.
        q: the distinct lengths [bohr⁻¹].
    """

    system: System
    atoms: Centres
    species: Int[Array, " atom"]
    shell: Int[Array, "l r"]
    q: Float[Array, " shell"]


def pair(crystal: Crystal, k: Vector, q: Vector, cutoff: float, rule: Rule) -> Pair:
    """Return everything that depends on the crystal alone.

    Args:
        crystal: the crystal.
        k: fractional k-point.
        q: fractional wave vector of the motion.
        cutoff: kinetic energy cutoff [hartree].
        rule: selects the plane waves.
    """
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
    """H at k and k+q, and the couplings of all plane waves by each atom.

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
    """Return both Hamiltonians and all couplings between plane waves."""
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
    """Return the parameters with every atom as a species, and zero except for atom `a`."""
    only = (jnp.arange(len(species)) == a).astype(float)
    strengths = jax.tree.map(
        lambda x: jnp.einsum("a,a...->a...", only, x[species]), numbers.strengths
    )
    return AtShells(numbers.v[:, species] * only, strengths)


def _potential(
    alone: AtShells, pair: Pair, left: PlaneWaves, right: PlaneWaves, a: Int[Array, ""]
) -> Complex[Array, "l r"]:
    """Return ⟨K|V_a|K′⟩ with all terms, spinors as in H [hartree]."""
    real, tau = left.real[:, None] & right.real, pair.atoms.tau[a]
    v = jnp.where(real, alone.v[pair.shell, a], 0) / pair.atoms.volume
    V = jnp.exp(-1j * (left.K @ tau))[:, None] * v * jnp.exp(1j * (right.K @ tau))
    K, code, real = (
        jnp.concatenate([getattr(left, name), getattr(right, name)])
        for name in ("K", "code", "real")
    )
    both = PlaneWaves(K, code, real, left.K_max)
    at_all = frame(both, replace(pair.system.bare(alone), centres=pair.atoms))
    (scalar, spin), n = separable_terms(at_all, alone.strengths), len(left.K)
    V = V + sum(op.matrix()[0, :n, 0, n:] for op in scalar)
    if not spin:
        return V
    mixed = sum(op.matrix()[:, :n, :, n:] for op in spin)
    return (jnp.eye(2)[:, None, :, None] * V[None, :, None, :] + mixed).reshape(2 * n, -1)


def couplings(at: Moved, left: Levels, right: Levels) -> Complex[Array, "atom 3 l r"]:
    """Return ⟨k,l|∂V/∂τ_aγ|k+q,r⟩; phases and the states within a multiplet are arbitrary."""
    L, R = (
        group(H, *levels).U[:, slice(*levels)]
        for H, levels in ((at.left, left), (at.right, right))
    )
    return jnp.einsum("gl,aigh,hr->ailr", L.conj(), at.slope, R)


def mean_couplings(at: Moved, left: Levels, right: Levels) -> Float[Array, "atom 3"]:
    """Return g_aγ = √(Σ_lr |⟨k,l|∂V/∂τ_aγ|k+q,r⟩|² / n_l n_r) of two multiplets.

    The result is differentiable.
    """
    P, Q = (projector(group(H, *levels)) for H, levels in ((at.left, left), (at.right, right)))
    squared = jnp.einsum("aigh,aigh->ai", P @ at.slope @ Q, at.slope.conj()).real
    mean = squared / ((left[1] - left[0]) * (right[1] - right[0]))
    allowed = mean > FORBIDDEN**2
    return jnp.where(allowed, jnp.sqrt(jnp.where(allowed, mean, 1)), 0)


@dataclass(frozen=True)
class Coupled:
    """Mean couplings of some atoms and multiplets, as a function of a potential.

    Attributes:
        places: atom and direction of each coupling, from 0.
        members: levels of each coupling at k and at k+q.
    """

    places: tuple[tuple[int, int], ...]
    members: tuple[tuple[Levels, Levels], ...]

    def __call__(self, potential: Potential, pair: Pair) -> Float[Array, " y"]:
        """Return each mean coupling [hartree/bohr]."""
        at = moved(potential, pair)
        g = {both: mean_couplings(at, *both) for both in dict.fromkeys(self.members)}
        each = zip(self.members, self.places, strict=True)
        return jnp.stack([g[both][place] for both, place in each])
